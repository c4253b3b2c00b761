"""What the panel may offer now: to go on where an earlier visit ended, and a new version of the page."""

from __future__ import annotations

from dataclasses import dataclass

from pycore.errors import OverlayError
from pycore.remembered import KeptList
from pycore.state import Stage, State


@dataclass(frozen=True, slots=True)
class Offer:
    """A visit to go on with; ``missing`` are those of its lists that are not open."""

    missing: tuple[KeptList, ...]


def worth_going_on(state: State) -> Offer | None:
    """What of the last visit is not on the page: its lists, or what was chosen of them.

    Who has opened other lists needs no way back.
    """
    last = state.memory.last
    if last is None:
        return None
    lists = last.remembered.lists
    if state.demo or not state.missions:
        return Offer(lists)
    missing = tuple(kept for kept in lists if kept.base not in state.memory.addresses)
    if len(missing) == len(lists):
        return None
    return Offer(missing) if missing or last.remembered.choices != state.choices() else None


def offer(state: State) -> Offer | None:
    """The same, once every list of one's own that is on its way is there or refused, and unless the page is leaving."""
    return None if state.offline.taking or (state.opening and not state.demo) else worth_going_on(state)


def check_lists_may_open(state: State) -> None:
    """Raise ``OverlayError`` ``list.changing-over`` while a page gives way to its new version: a list would be lost."""
    if state.offline.taking:
        raise OverlayError(
            "list.changing-over",
            "It was not opened, as the page is changing over to its new version.",
            "Open it again when the page is there again.",
        )


def lost(state: State) -> tuple[str, ...]:
    """The names of open lists that a new start of the page would not have: neither kept, nor in its address."""
    memory = state.memory
    if state.demo:
        return ()
    kept = {each.source for each in memory.lists} - memory.unkept
    return tuple(
        source
        for source, base in memory.opened
        if source not in kept and (not base or base in memory.brought)
    )


def held_back(state: State) -> str:
    """Why the new version that waits cannot be used now, in words; ``""`` where it can."""
    if state.offline.taking:
        return "Changing over …"
    if state.download is not None and state.download.stage in (Stage.OPENING, Stage.RUNNING):
        return "A download is under way. The new version waits until it has ended."
    if state.opening:
        return "A list is being opened."
    others = state.offline.others or 0
    if others == 1:
        return "This page is open in another tab. Close that one first: two versions cannot run side by side."
    if others:
        return f"This page is open in {others} other tabs. Close them first: two versions cannot run side by side."
    return ""
