"""Product lists that come, are refused, and merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.catalog import Catalog, ListedRow
from pycore.effects import Effect
from pycore.formats.list_products import BadRow
from pycore.missions.profile import Profiles
from pycore.remembered import discreet
from pycore.selection import Selector
from pycore.state import Mission, State
from pycore.update.choosing import matching
from pycore.update.step import Handlers, Step
from pycore.volume import number


def site_read(state: State, message: m.SiteRead) -> Step:
    return replace(state, profiles=Profiles(message.site)), ()


def list_opening(state: State, message: m.ListOpening) -> Step:
    opening = dict(state.opening) | {message.source: message.told}
    return replace(state, opening=tuple(opening.items())), ()


def _closed(state: State, source: str) -> State:
    return replace(state, opening=tuple(entry for entry in state.opening if entry[0] != source))


def list_refused(state: State, message: m.ListRefused) -> Step:
    state = _closed(state, message.source)
    return state.noted("bad", f"{message.source}: {message.sentence} [{message.code}]", message.hint), ()


def list_read(state: State, message: m.ListRead) -> Step:
    state = _closed(state, message.source)
    found = message.products
    shares = _by_mission(message, state.profiles)
    if state.demo and shares and not message.demo:
        # A list of one's own takes the demo's place; one without a single good row takes nothing's.
        state = replace(state, missions=(), current="", preview=replace(state.preview, page=0))
    bad = list(found.bad)
    repeated = 0
    effects: list[Effect] = []
    for name, rows in shares.items():
        state, mission = _joined(state, name, rows)
        bad.extend(mission.selector.catalog.refused)
        repeated += mission.selector.catalog.repeated
        effects.extend(matching(mission))
    if shares and not message.demo:
        addresses = state.memory.addresses | ({discreet(message.base)} if message.base else set())
        entry = (message.source, message.base)
        others = tuple(each for each in state.memory.opened if each != entry)
        state = replace(state, memory=replace(state.memory, addresses=addresses, opened=(*others, entry)))
    demo = message.demo if shares else state.demo
    state = replace(state, demo=demo, current=state.current or next(iter(shares), ""))
    return _told_of(state, message, sorted(bad, key=lambda row: row.number), repeated), effects


def _by_mission(message: m.ListRead, profiles: Profiles) -> dict[str, list[ListedRow]]:
    """The list's rows by mission: the one it names, else the page's, else as their datasets look."""
    found = message.products
    listed = [
        ListedRow(row, number, message.base) for number, row in zip(found.numbers, found.rows, strict=True)
    ]
    named = found.mission or message.mission
    if named:
        return {profiles.named(named).name: listed} if listed else {}
    shares: dict[str, list[ListedRow]] = {}
    for entry, name in zip(listed, profiles.guess([row.dataset for row in found.rows]), strict=True):
        shares.setdefault(name, []).append(entry)
    return shares


def _joined(state: State, name: str, rows: Iterable[ListedRow]) -> tuple[State, Mission]:
    """The state with these rows in the mission of that name; a choice that was made holds for them too."""
    state = replace(state, revisions=state.revisions + 1)
    old = state.named(name)
    profile = state.profiles.named(name)
    if old is None:
        selector = Selector(Catalog(profile.identity, rows), profile)
        mission = Mission(profile, selector, revision=state.revisions)
        return replace(state, missions=(*state.missions, mission)), mission
    selector = Selector(old.selector.catalog.joined(rows), profile)
    # The sets of the old rows mean nothing for the new ones: what is typed runs again.
    pattern = old.pattern.retyped(old.pattern.typed)
    stale = pattern.matching is not None
    mission = replace(old, selector=selector, revision=state.revisions, pattern=pattern, stale=stale)
    return state.changed(mission), mission


def _told_of(state: State, message: m.ListRead, bad: Sequence[BadRow], repeated: int) -> State:
    found = len(message.products.rows) + len(message.products.bad)
    if not found:
        return state.noted("warning", f"{message.source}: the list is empty.")
    if bad:
        hint = "Everything else of the list is here." if len(bad) < found else ""
        state = state.noted("bad", f"{message.source}: {_left_out(len(bad), found)}.", hint, tuple(bad))
    if repeated:
        what = (
            "1 row repeats another and counts"
            if repeated == 1
            else f"{number(repeated)} rows repeat others and count"
        )
        state = state.noted("warning", f"{message.source}: {what} once.")
    return state


def _left_out(bad: int, found: int) -> str:
    if bad == found:
        return (
            "its only row could not be taken"
            if bad == 1
            else f"none of its {number(found)} rows could be taken"
        )
    return (
        f"{number(bad)} of {number(found)} rows could not be taken and {'is' if bad == 1 else 'are'} left out"
    )


HANDLERS: Final[Handlers] = {
    m.SiteRead: site_read,
    m.ListOpening: list_opening,
    m.ListRefused: list_refused,
    m.ListRead: list_read,
}
