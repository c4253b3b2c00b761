"""The browser's copy of the page, and a new version of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pycore import messages as m
from pycore.effects import Focus, LeaveNote, TakeNewVersion
from pycore.offer import held_back
from pycore.state import State
from pycore.update.step import Handlers, Step


def _offline(state: State, **changes: Any) -> State:
    return replace(state, offline=replace(state.offline, **changes))


def offline_kept(state: State, _: m.OfflineKept) -> Step:
    return _offline(state, kept=True, refusal=""), ()


def offline_refused(state: State, message: m.OfflineRefused) -> Step:
    return _offline(state, kept=False, refusal=message.why), ()


def new_version_ready(state: State, message: m.NewVersionReady) -> Step:
    return _offline(state, others=max(0, message.others), error=""), ()


def new_version_asked(state: State, _: m.NewVersionAsked) -> Step:
    if state.offline.others is None or state.offline.put_off or held_back(state):
        return state, ()
    return _offline(state, taking=True, error=""), (TakeNewVersion(),)


def new_version_refused(state: State, message: m.NewVersionRefused) -> Step:
    error = f"The new version could not be put to use: {message.why.rstrip('.')}."
    return _offline(state, taking=False, error=error), ()


def new_version_put_off(state: State, _: m.NewVersionPutOff) -> Step:
    return _offline(state, put_off=True), (Focus("open-button"),)


def new_version_taken(state: State, _: m.NewVersionTaken) -> Step:
    return _offline(state, taking=True), (LeaveNote(),)


HANDLERS: Final[Handlers] = {
    m.OfflineKept: offline_kept,
    m.OfflineRefused: offline_refused,
    m.NewVersionReady: new_version_ready,
    m.NewVersionAsked: new_version_asked,
    m.NewVersionRefused: new_version_refused,
    m.NewVersionPutOff: new_version_put_off,
    m.NewVersionTaken: new_version_taken,
}
