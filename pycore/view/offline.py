"""The browser's copy of the page: that it works without a network, or why not; and a new version of it."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.offer import held_back, lost
from pycore.state import State
from pycore.view.memory import names


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


def _what_stays(state: State) -> Markup:
    """What a reload takes along, and what it does not."""
    signed_in = " You will have to sign in again." if state.account.user is not None else ""
    missed = lost(state)
    if not missed:
        return join(f"The page starts anew, and what you have chosen stays.{signed_in}")
    if len(missed) == len(state.memory.opened):
        return join(f"The page starts anew: its lists have to be opened again.{signed_in}")
    has = "has" if len(missed) == 1 else "have"
    told = join(names(missed), f" {has} to be opened again.{signed_in}")
    return join("The page starts anew, and what you have chosen stays, but not every list does: ", told)
