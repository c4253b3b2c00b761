"""Signing in and out; the token passes through and stays nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.effects import CheckToken, Focus, ForgetToken
from pycore.state import Account, State
from pycore.update.step import Handlers, Step


def sign_in_asked(state: State, message: m.SignInAsked) -> Step:
    mission, token = state.mission, message.token.strip()
    if mission is None or not mission.profile.archive.whoami:
        error = "This archive has no sign-in that the page knows of."
        return replace(state, account=replace(state.account, error=error)), ()
    if state.account.checking:
        # One answer at a time: that to an older token must not be taken for this one's.
        return state, ()
    if not token:
        return replace(state, account=replace(state.account, error="Paste a token first.")), ()
    archive = mission.profile.archive
    checking = replace(state.account, checking=True, error="")
    return replace(state, account=checking), (CheckToken(archive.whoami, archive.token_origins, token),)


def signed_in(state: State, message: m.SignedIn) -> Step:
    account = Account(message.user, message.origins)
    return replace(state, account=account, menu=""), (Focus("account-button"),)


def sign_in_refused(state: State, message: m.SignInRefused) -> Step:
    return replace(state, account=replace(state.account, checking=False, error=message.sentence)), ()


def sign_out_asked(state: State, _: m.SignOutAsked) -> Step:
    return replace(state, account=Account(), menu=""), (ForgetToken(), Focus("account-button"))


HANDLERS: Final[Handlers] = {
    m.SignInAsked: sign_in_asked,
    m.SignedIn: signed_in,
    m.SignInRefused: sign_in_refused,
    m.SignOutAsked: sign_out_asked,
}
