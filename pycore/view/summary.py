"""The selection summary and the quick selects."""

from __future__ import annotations

from pycore.catalog import Catalog
from pycore.html import Child, Markup, element, join
from pycore.selection import Quick
from pycore.state import BrokenList, Mission, State
from pycore.view.byhand import by_hand
from pycore.volume import files, number, volume


def summary(state: State) -> Markup:
    """Selected and all, volume and file count, over all missions; with several, a line for each below."""
    if not state.missions:
        return join()
    selected = [(mission, state.selected(mission)) for mission in state.missions]
    everything = [(mission, mission.selector.catalog.everything) for mission in state.missions]
    return join(
        element("p", element("span", "Selected: ", class_="what"), _weight(selected), class_="selected"),
        element("p", element("span", "All: ", class_="what"), _weight(everything), _locked(selected)),
        by_hand(state),
        [_broken(each) for each in state.broken],
        _each(state) if len(state.missions) > 1 else None,
        _not_yours(state),
    )


def _broken(broken: BrokenList) -> Markup:
    rows = "1 row" if broken.rows == 1 else f"{number(broken.rows)} rows"
    told = f"Not complete: {broken.source} broke off after {rows}. Open it again for the rest."
    return element("p", told, class_="warning")


def _weight(sets: list[tuple[Mission, int]]) -> Markup:
    size = sum(mission.selector.catalog.volume(rows) for mission, rows in sets)
    count = sum(mission.selector.catalog.count(rows) for mission, rows in sets)
    return join(f"{volume(size)} - ", _digits(count), " files")


def _digits(count: int) -> Markup:
    """A count for people and programs: these two lines are read by scripts, as digits and the word “files”.

    So the room between thousands is the style's, not in the text.
    """
    if count < 10_000:
        return join(str(count))
    first, *rest = f"{count:,}".split(",")
    return join(first, [element("span", thousand, class_="thousand") for thousand in rest])


def _locked(selected: list[tuple[Mission, int]]) -> Markup | None:
    """The number of exclusive access files that are not selected, with a yellow lock."""
    if not any(mission.selector.catalog.exclusive for mission, _ in selected):
        return None
    left = sum(_exclusive(mission.selector.catalog, ~rows) for mission, rows in selected)
    what = "file" if left == 1 else "files"
    told = [" (", lock(), f" {number(left)} exclusive access {what} not selected)"]
    return idle("span", told, class_="locked") if left == 0 else element("span", told, class_="locked")


def _not_yours(state: State) -> Markup | None:
    """A warning when the controls would take exclusive files that the user may not have."""
    locked = [m for m in state.missions if m.selector.catalog.exclusive and not state.may_take_exclusive(m)]
    if not locked:
        return None
    most = sum(_exclusive(mission.selector.catalog, -1) for mission in locked)
    refused = sum(
        _exclusive(mission.selector.catalog, mission.wanted() & ~state.selected(mission))
        for mission in locked
    )
    # The longest form keeps its room, so that nothing below moves under the pointer as the warning comes and goes.
    return element(
        "div",
        idle("p", _left_out(state, most), class_="warning"),
        element("p", _left_out(state, refused), class_="warning") if refused else None,
        class_="room",
    )


def _left_out(state: State, count: int) -> Markup:
    one = count == 1
    return join(
        lock(),
        f" {number(count)} of the files chosen below {'is' if one else 'are'} under exclusive access and "
        f"{'was' if one else 'were'} left out. {_how_to_get(state, 'it' if one else 'them')}",
    )


def _how_to_get(state: State, them: str) -> str:
    locked = [m for m in state.missions if m.selector.catalog.exclusive and not state.may_take_exclusive(m)]
    if not any(mission.profile.archive.whoami for mission in locked):
        return f"Ask the archive for {them}: this page knows no sign-in there."
    if state.account.user is None:
        return f"Sign in, at the upper right, to take {them}."
    return f"Your sign-in is for another archive: sign out, and in there, to take {them}."


def _exclusive(catalog: Catalog, rows: int) -> int:
    return catalog.count(rows & catalog.exclusive)


def _each(state: State) -> Markup:
    lines = [
        element("li", element("span", mission.profile.name, class_="what"), f" {_of(state, mission)}")
        for mission in state.missions
    ]
    return element("ul", lines, class_="missions")


def _of(state: State, mission: Mission) -> str:
    catalog, rows = mission.selector.catalog, state.selected(mission)
    count, of = catalog.count(rows), catalog.count(catalog.everything)
    return f"{volume(catalog.volume(rows))}, {number(count)} of {files(of)}"


def idle(tag: str, /, *children: Child, class_: str) -> Markup:
    """An element that keeps its room for words that may come, unseen and unheard."""
    return element(tag, *children, class_=f"{class_} idle", aria_hidden="true")


def lock() -> Markup:
    """The yellow lock of exclusive access; the words beside it say the same."""
    return element("span", class_="lock", aria_hidden="true")


def quick_selects(state: State) -> Markup:
    """ALL, RECOMMENDED, NONE; pressed while the choice equals what they make of it."""
    mission = state.mission
    if mission is None:
        return join()
    buttons = [
        element(
            "button",
            quick.value,
            type="button",
            data_do="quick",
            data_with=quick.value,
            aria_pressed="true" if mission.selector.pressed(quick, mission.choice) else "false",
        )
        for quick in Quick
    ]
    return join(
        element("h2", "Choose file types to download", id="quick-title"),
        element("div", buttons, role="group", aria_labelledby="quick-title", class_="segmented"),
    )
