"""Product lists that come, are refused, and merge."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from pycore import bits
from pycore import messages as m
from pycore.batch import ListedRow, batch_of
from pycore.catalog import Catalog
from pycore.effects import Effect, StopOpening
from pycore.missions.profile import Profiles
from pycore.proxies import proxies
from pycore.reading import Found, Reading
from pycore.remembered import discreet
from pycore.selection import Selector
from pycore.state import BrokenList, Mission, PartlyShown, State
from pycore.update.choosing import matching
from pycore.update.step import Handlers, Step
from pycore.volume import number

_BROKEN: Final = "list.broken"


def site_read(state: State, message: m.SiteRead) -> Step:
    return replace(state, profiles=Profiles(message.site), proxies=proxies(message.site, message.page)), ()


def list_opening(state: State, message: m.ListOpening) -> Step:
    opening = dict(state.opening) | {message.source: message.told}
    return replace(state, opening=tuple(opening.items())), ()


def _closed(state: State, source: str) -> State:
    return replace(state, opening=tuple(entry for entry in state.opening if entry[0] != source))


def stop_opening_asked(state: State, message: m.StopOpeningAsked) -> Step:
    source = message.source
    if source not in dict(state.opening):
        return state, ()
    state, shown, orders = _closed(state, source), state.partly_shown, [cast(Effect, StopOpening(source))]
    if shown and shown.source == source:
        state = replace(_without_leavings(state, shown, ()), partly_shown=None)
        for name, selector in shown.without.items():
            state, mission = _joined(state, name, selector)
            orders.extend(matching(mission))
    return state.noted("warning", f"{source} was not opened: you have cancelled it."), orders


def list_refused(state: State, message: m.ListRefused) -> Step:
    state = _closed(state, message.source)
    return state.noted("bad", f"{message.source}: {message.sentence} [{message.code}]", message.hint), ()


def list_read(state: State, message: m.ListRead) -> Step:
    products = message.products
    asked = products.mission or message.mission
    reading = Reading(state.profiles, message.base, asked, open_now(state, demo=message.demo))
    listed = (ListedRow(row, number) for number, row in zip(products.numbers, products.rows, strict=True))
    bits.finished(reading.add_batch(batch_of(listed, message.base), products.bad))
    found = bits.finished(reading.so_far())
    return _come(state, message.source, message.base, found, demo=message.demo)


def list_came(state: State, message: m.ListCame) -> Step:
    if message.more:
        return _shown_partly(state, message)
    return _come(state, message.source, message.base, message.found, demo=False)


def open_now(state: State, *, demo: bool = False) -> dict[str, Catalog]:
    """The catalogs that the rows of a list join, of lists that are whole: one's own take the demo's place."""
    return {name: selector.catalog for name, selector in _whole(state, demo=demo).items()}


def _whole(state: State, *, demo: bool = False) -> Mapping[str, Selector]:
    if state.partly_shown:
        return state.partly_shown.without
    if state.demo and not demo:
        return {}
    return {mission.profile.name: mission.selector for mission in state.missions}


def _come(state: State, source: str, base: str, found: Found, *, demo: bool) -> Step:
    """The state with a list that has come to its end."""
    state = _settled(_closed(state, source), source, found)
    state, effects = _taken(state, found, demo=demo)
    if found.selectors and not demo:
        addresses = state.memory.addresses | ({discreet(base)} if base else set())
        others = tuple(each for each in state.memory.opened if each != (source, base))
        state = replace(
            state, memory=replace(state.memory, addresses=addresses, opened=(*others, (source, base)))
        )
    state = replace(state, broken=_broken(state, source, found))
    return _told_of(state, source, found), effects


def _shown_partly(state: State, message: m.ListCame) -> Step:
    """The state with what has come of a list. Of several on their way one is shown: each alone joins the whole ones."""
    shown = state.partly_shown or PartlyShown(message.source, _whole(state))
    if shown.source != message.source:
        return state, ()
    state = _without_leavings(replace(state, partly_shown=shown), shown, message.found.selectors)
    return _taken(state, message.found, demo=False)


def _settled(state: State, source: str, found: Found) -> State:
    """The state in which this list, of which everything has come, is one of the whole ones."""
    shown = state.partly_shown
    if shown is None:
        return state
    if shown.source == source:
        return replace(_without_leavings(state, shown, found.selectors), partly_shown=None)
    return replace(state, partly_shown=replace(shown, without={**shown.without, **found.selectors}))


def _without_leavings(state: State, shown: PartlyShown, found: Collection[str]) -> State:
    """The state without the missions that nothing but earlier rows of the list were taken for."""
    if state.demo:
        return state
    there = {*shown.without, *found}
    missions = tuple(each for each in state.missions if each.profile.name in there)
    left = replace(state, missions=missions)
    return left if left.mission else replace(left, current=missions[0].profile.name if missions else "")


def _broken(state: State, source: str, found: Found) -> tuple[BrokenList, ...]:
    """The open lists that broke off. The same list makes up for what was missing when it comes with no fewer rows."""
    others = tuple(each for each in state.broken if each.source != source or each.rows > found.rows)
    if not found.broken or not found.selectors or any(each.source == source for each in others):
        return others
    return (*others, BrokenList(source, found.rows))


def _taken(state: State, found: Found, *, demo: bool) -> tuple[State, Sequence[Effect]]:
    if state.demo and found.selectors and not demo:
        # A list of one's own takes the demo's place; one without a single good row takes nothing's.
        state = replace(state, missions=(), current="", preview=replace(state.preview, page=0))
    effects: list[Effect] = []
    for name, selector in found.selectors.items():
        state, mission = _joined(state, name, selector)
        effects.extend(matching(mission))
    if found.selectors:
        state = replace(state, demo=demo, current=state.current or next(iter(found.selectors)))
    return state, effects


def _joined(state: State, name: str, selector: Selector) -> tuple[State, Mission]:
    """The state with these products in the mission of that name; a choice that was made holds for them too."""
    state = replace(state, revisions=state.revisions + 1)
    old = state.named(name)
    if old is None:
        mission = Mission(state.profiles.named(name), selector, revision=state.revisions)
        return replace(state, missions=(*state.missions, mission)), mission
    # The sets of the old rows mean nothing for the new ones: what is typed runs again.
    pattern = old.pattern.retyped(old.pattern.typed)
    stale = pattern.matching is not None
    mission = replace(old, selector=selector, revision=state.revisions, pattern=pattern, stale=stale)
    return state.changed(mission), mission


def _told_of(state: State, source: str, found: Found) -> State:
    if found.broken:
        sentence = f"{source}: the list broke off after {number(found.rows)} rows, and is not complete."
        hint = f"What came is here. Open the list again for the rest. {found.broken}"
        state = state.noted("bad", f"{sentence} [{_BROKEN}]", hint)
    elif not found.rows:
        return state.noted("warning", f"{source}: the list is empty.")
    if found.bad:
        hint = (
            "Everything else of the list is here." if len(found.bad) < found.rows and not found.broken else ""
        )
        sentence = f"{source}: {_left_out(len(found.bad), found.rows)}."
        state = state.noted("bad", sentence, hint, found.bad)
    if found.repeated:
        what = (
            "1 row repeats another and counts"
            if found.repeated == 1
            else f"{number(found.repeated)} rows repeat others and count"
        )
        state = state.noted("warning", f"{source}: {what} once.")
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
    m.StopOpeningAsked: stop_opening_asked,
    m.ListRefused: list_refused,
    m.ListRead: list_read,
    m.ListCame: list_came,
}
