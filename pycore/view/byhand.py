"""What is chosen by hand in the preview, told beside the selection, with the way out of it and back."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.state import State
from pycore.volume import files, number


def by_hand(state: State) -> Markup | None:
    """The chip with how many files are on and off by hand, or the way back to them.

    Its room is kept while the preview is open, where a click brings it: nothing is to move under the pointer.
    """
    told: Markup | None = None
    if any(mission.choice.by_hand for mission in state.missions):
        told = _chip(_counted(state), "Clear", "clear-by-hand", "clear-by-hand")
    elif any(mission.undo is not None for mission in state.missions):
        told = _chip("By hand: cleared", "Undo", "undo", "undo-button")
    if told is None and not state.preview.open:
        return None
    return element("div", told, class_="by-hand")


def _counted(state: State) -> Markup:
    """How many files are otherwise than the controls have them; access beats both."""
    on = off = 0
    for mission in state.missions:
        catalog, hand = mission.selector.catalog, mission.by_hand()
        takeable = -1 if state.may_take_exclusive(mission) else ~catalog.exclusive
        on += catalog.count(hand.on & takeable)
        off += catalog.count(hand.off & takeable)
    each = [f"{number(count)} {word}" for count, word in ((on, "on"), (off, "off")) if count]
    return join(element("b", f"{files(on + off)} by hand"), f": {', '.join(each)}" if each else "")


def _chip(words: str, button: str, do: str, id: str) -> Markup:
    return element(
        "span",
        element("span", words),
        " ",
        element("button", button, type="button", id=id, data_do=do),
        class_="chip",
    )
