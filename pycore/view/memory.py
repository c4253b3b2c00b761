"""What the browser keeps of visits: the offer to go on with the last one, and what is kept of this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pycore.html import Markup, element, join
from pycore.messages import LastVisitKnown
from pycore.offer import offer
from pycore.remembered import KeptList, day
from pycore.state import State
from pycore.volume import files, number

#: An address with a hundred datasets in it is no name to read.
_NAME_SHOWN: Final = 60
_NAMES_SHOWN: Final = 3
_NOT_THE_CHOICE: Final = " in this browser for the next visit; there is no room for all that you choose."


def going_on(state: State) -> Markup | None:
    """The offer to go on where the last visit ended, with what it would bring and of when that is."""
    last, found = state.memory.last, offer(state)
    if last is None or found is None:
        return None
    return element(
        "div",
        element(
            "button",
            "Go on where you were",
            type="button",
            id="go-on-button",
            data_do="go-on",
            aria_describedby="go-on-what",
        ),
        _forget(),
        element("p", _what(last, found.missing), id="go-on-what", class_="hint"),
        class_="row",
    )


def _what(last: LastVisitKnown, missing: tuple[KeptList, ...]) -> Markup:
    lists = last.remembered.lists
    when = f"as of {day(last.saved_ms)}"
    if not missing:
        return join(f"What you had chosen of the list{'' if len(lists) == 1 else 's'} here, {when}.")
    if len(missing) < len(lists):
        return join("The kept ", _names(missing), f" and what you had chosen, {when}.")
    return join(f"{files(last.remembered.files)} of ", _names(lists), f", {when}, with what you had chosen.")


def _names(lists: tuple[KeptList, ...]) -> Markup:
    listed = names([kept.source for kept in lists])
    return listed if len(lists) == 1 else join(f"{number(len(lists))} lists (", listed, ")")


def names(sources: Sequence[str]) -> Markup:
    """The names of lists in a sentence, the first few of many."""
    named = [element("bdi", _short(source), title=source) for source in sources[:_NAMES_SHOWN]]
    parted = [join(", " if place else "", name) for place, name in enumerate(named)]
    more = len(sources) - _NAMES_SHOWN
    return join(parted, f" and {more} more" if more > 0 else "")


def _short(name: str) -> str:
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 17]} … {name[-14:]}"


def keeping(state: State) -> Markup | None:
    """Whether this visit is kept for the next one, and the way out of that."""
    memory = state.memory
    if memory.stopped:
        return element("p", "Nothing of this visit is kept.", class_="hint")
    if memory.refusal:
        told = f"This browser keeps no lists for the next visit: {memory.refusal.rstrip('.')}."
        return element("p", told, class_="hint")
    if not memory.lists:
        return None
    return element(
        "div",
        element("p", _what_is_kept(state), class_="hint"),
        # With an offer there is one already, which forgets all.
        None if offer(state) else _forget(),
        class_="row",
    )


def _what_is_kept(state: State) -> Markup:
    memory = state.memory
    what = "list" if len(memory.lists) == 1 else "lists"
    without = [source for source, _ in memory.opened if source in memory.unkept]
    if without:
        kept = [each.source for each in memory.lists if each.source not in memory.unkept]
        told = join(
            "Kept in this browser for the next visit: ", names(kept), ". Not kept: ", names(without), "."
        )
        return join(told, "" if memory.full else " Your choice is kept.")
    if memory.full:
        return join(f"The {what} are kept" if what == "lists" else "The list is kept", _NOT_THE_CHOICE)
    return join(f"The {what} and your choice are kept in this browser for the next visit.")


def _forget() -> Markup:
    return element(
        "button",
        "Forget",
        type="button",
        id="forget-button",
        data_do="forget",
        class_="quiet",
        title="Remove from this browser what is kept of your visits to this page",
    )
