"""What each message makes of the panel's state, and what it orders from the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.effects import Effect
from pycore.state import State
from pycore.update import (
    account,
    choosing,
    downloading,
    forms,
    lists,
    memory,
    offline,
    previewing,
    showing,
    taking,
)
from pycore.update.step import Handlers, Step

_HANDLERS: Final[Handlers] = {
    **choosing.HANDLERS,
    **showing.HANDLERS,
    **previewing.HANDLERS,
    **lists.HANDLERS,
    **memory.HANDLERS,
    **offline.HANDLERS,
    **account.HANDLERS,
    **taking.HANDLERS,
    **forms.HANDLERS,
    **downloading.HANDLERS,
}


def update(state: State, message: m.Message) -> Step:
    """The state after the message, and the orders that follow from it, to be carried out in turn."""
    needs_selection = isinstance(message, m.ExportAsked | m.ScriptAsked | m.FormAsked | m.DownloadAsked)
    if needs_selection and state.filtering:
        return replace(state, waiting=(*state.waiting, message)), ()
    after, effects = _HANDLERS[type(message)](state, message)
    after, renewing = previewing.kept_up(after)
    after = forms.kept_up(state, after)
    after, remembering = memory.kept_up(state, after, message)
    effects = (*effects, *renewing, *remembering)
    if after.waiting and not after.filtering:
        return _resumed(after, effects)
    return after, effects


def _resumed(state: State, effects: Sequence[Effect]) -> Step:
    """Carry out what had to wait for a pattern to end."""
    waiting, state = state.waiting, replace(state, waiting=())
    for message in waiting:
        state, more = update(state, message)
        effects = (*effects, *more)
    return state, effects
