"""Menus and notices: what is shown, whatever is selected."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.effects import Focus
from pycore.state import Forms, State
from pycore.update.step import Handlers, Step


def mission_chosen(state: State, message: m.MissionChosen) -> Step:
    return (
        (state, ())
        if state.named(message.name) is None
        else (replace(state, current=message.name, menu=""), ())
    )


def menu_toggled(state: State, message: m.MenuToggled) -> Step:
    if message.menu in ("", state.menu):
        # Focus goes back to the button that opened what is now closed.
        return replace(state, menu=""), (Focus(f"{state.menu}-button"),) if state.menu else ()
    return replace(state, menu=message.menu, forms=Forms()), ()


def menu_left(state: State, _: m.MenuLeft) -> Step:
    menu = "" if state.menu == "account" else state.menu
    return replace(state, menu=menu, forms=Forms()), ()


def notice_dismissed(state: State, message: m.NoticeDismissed) -> Step:
    return replace(state, notices=tuple(n for n in state.notices if n.number != message.number)), ()


def datasets_typed(state: State, message: m.DatasetsTyped) -> Step:
    return replace(state, datasets=message.text), ()


def told(state: State, message: m.Told) -> Step:
    return state.noted(message.tone, message.sentence, message.hint), ()


HANDLERS: Final[Handlers] = {
    m.MissionChosen: mission_chosen,
    m.MenuToggled: menu_toggled,
    m.MenuLeft: menu_left,
    m.NoticeDismissed: notice_dismissed,
    m.DatasetsTyped: datasets_typed,
    m.Told: told,
}
