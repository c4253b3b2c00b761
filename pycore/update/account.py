"""Signing in and out; the token passes through and stays nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.effects import CheckToken, Focus, ForgetToken, TellTransfer
from pycore.state import Account, Stage, State, waits_for_token
from pycore.transfer import TokenRenewed
from pycore.update.step import Handlers, Step


def sign_in_asked(state: State, message: m.SignInAsked) -> Step:
    mission, token = state.sign_in, message.token.strip()
    if state.account.checking:
        # One answer at a time: that to an older token must not be taken for this one's.
        return state, ()
    if mission is None:
        return _refused(state, "This archive has no sign-in that the page knows of.")
    if _running(state) and not waits_for_token(state):
        # Its manifest names the user of its start; a token of somebody else's must not fetch its files.
        return _refused(state, "A download is under way. Sign in when it has ended.")
    if not token:
        return _refused(state, "Paste a token first.")
    archive = mission.profile.archive
    checking = replace(state.account, checking=True, error="")
    return replace(state, account=checking), (CheckToken(archive.whoami, archive.token_origins, token),)


def _refused(state: State, error: str) -> Step:
    return replace(state, account=replace(state.account, checking=False, error=error)), ()


def _running(state: State) -> bool:
    return state.download is not None and state.download.stage in (Stage.OPENING, Stage.RUNNING)


def signed_in(state: State, message: m.SignedIn) -> Step:
    if state.download is not None and _running(state):
        begun_by = state.download.plan.user
        if message.user != begun_by:
            error = f"This token is {message.user}'s; the download was begun by {begun_by}, and so says its manifest."
            state, _ = _refused(replace(state, account=Account()), error)
            return state, (ForgetToken(),)
        account = Account(message.user, message.origins)
        return replace(state, account=account, menu=""), (TellTransfer(TokenRenewed()), Focus("progress"))
    account = Account(message.user, message.origins)
    return replace(state, account=account, menu=""), (Focus("account-button"),)


def sign_in_refused(state: State, message: m.SignInRefused) -> Step:
    return _refused(state, message.sentence)


def sign_out_asked(state: State, _: m.SignOutAsked) -> Step:
    return replace(state, account=Account(), menu=""), (ForgetToken(), Focus("account-button"))


HANDLERS: Final[Handlers] = {
    m.SignInAsked: sign_in_asked,
    m.SignedIn: signed_in,
    m.SignInRefused: sign_in_refused,
    m.SignOutAsked: sign_out_asked,
}
