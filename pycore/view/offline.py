"""The browser's copy of the page: that it works without a network, or why not; and a new version of it."""

from __future__ import annotations

from pycore.html import Markup, element
from pycore.offer import held_back
from pycore.state import State


def offline(state: State) -> Markup | None:
    """A quiet line on what happens without a network."""
    if state.offline.kept:
        return element("p", "This page works without a network from now on.", class_="hint")
    if state.offline.refusal:
        told = f"This page needs its server each time: {state.offline.refusal.rstrip('.')}."
        return element("p", told, class_="hint")
    return None


def new_version(state: State) -> Markup | None:
    """The notice that a new version waits, with the button that puts it to use."""
    if state.offline.others is None or state.offline.put_off:
        return None
    why = held_back(state)
    error = state.offline.error
    return element(
        "div",
        element(
            "div",
            element("p", "A new version of this page is here."),
            element("p", why or _what_stays(state), id="new-version-hint", class_="hint"),
            element("p", error, class_="error", role="alert") if error else None,
            element(
                "button",
                "Use the new version",
                type="button",
                id="new-version-button",
                data_do="new-version",
                aria_describedby="new-version-hint",
                aria_disabled="true" if why else None,
            ),
        ),
        element(
            "button",
            element("span", "×", aria_hidden="true"),
            type="button",
            class_="close",
            data_do="put-off",
            aria_label="Dismiss: A new version of this page is here.",
        ),
        class_="notice",
        id="new-version",
    )


def _what_stays(state: State) -> str:
    """What a reload takes along, and what it does not."""
    signed_in = " You will have to sign in again." if state.account.user is not None else ""
    open_lists = [mission for mission in state.missions if not state.demo]
    if open_lists and not state.memory.lists:
        return f"The page starts anew: its lists have to be opened again.{signed_in}"
    return f"The page starts anew, and what you have chosen stays.{signed_in}"
