"""The preview: its pages, what it shows in which order, what is sought in it, and what is ticked there by hand."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import repeat
from operator import contains
from typing import Final

from pycore import bits, sorting
from pycore import messages as m
from pycore.byhand import NOTHING
from pycore.catalog import Catalog
from pycore.effects import Effect, Focus, Reveal, Work
from pycore.lines import Order
from pycore.preview import Shown, last_page, next_match
from pycore.selection import Choice, Tick
from pycore.state import Find, Folding, Mission, Preview, Sorting, State
from pycore.update.step import Handlers, Step

#: So many names are looked through at one go: some 10 ms in a browser.
_NAMES_A_STEP: Final = 20_000


def _shows(state: State, preview: Preview) -> Step:
    return replace(state, preview=preview), ()


# -- pages ----------------------------------------------------------------------------------------------------


def preview_toggled(state: State, _: m.PreviewToggled) -> Step:
    preview = replace(state.preview, open=not state.preview.open, page=0)
    return replace(state, preview=preview), (Focus("preview"),) if preview.open else ()


def page_turned(state: State, message: m.PageTurned) -> Step:
    last = last_page(state)
    page = min(state.preview.page, last)
    pages = {"first": 0, "previous": max(0, page - 1), "next": min(last, page + 1), "last": last}
    return _shows(state, replace(state.preview, page=pages[message.to]))


def page_asked(state: State, message: m.PageAsked) -> Step:
    try:
        number = int(message.number)
    except ValueError:
        return state, ()
    return _shows(state, replace(state.preview, page=max(0, min(number - 1, last_page(state)))))


def rows_per_page_chosen(state: State, message: m.RowsPerPageChosen) -> Step:
    preview = state.preview
    # The first row that was seen stays in view.
    page = min(preview.page, last_page(state)) * preview.per_page // message.rows
    return _shows(state, replace(preview, per_page=message.rows, page=page))


def show_all_ticked(state: State, message: m.ShowAllTicked) -> Step:
    return _shows(state, replace(state.preview, all=message.on, page=0))


def group_folded(state: State, message: m.GroupFolded) -> Step:
    return _shows(state, _folded_otherwise(state.preview, (message.mission, message.dataset)))


def _folded_otherwise(preview: Preview, group: tuple[str, str]) -> Preview:
    folding = preview.folding
    return replace(preview, folding=replace(folding, others=folding.others ^ {group}))


def all_folded(state: State, message: m.AllFolded) -> Step:
    return _shows(state, replace(state.preview, folding=Folding(message.on), page=0))


# -- order ----------------------------------------------------------------------------------------------------


def sort_asked(state: State, message: m.SortAsked) -> Step:
    """Up at first, then down, then off: the archive's order."""
    if not state.missions:
        return state, ()
    preview, known = state.preview, state.preview.sorting
    same = known is not None and known.column == message.column
    if known is not None and same and known.descending:
        return _shows(state, replace(preview, sorting=None, page=0))
    asked = Sorting(message.column, same, preview.runs, state.basis)
    return _sort(replace(state, preview=replace(preview, page=0)), asked)


def _sort(state: State, asked: Sorting) -> Step:
    preview = state.preview
    asked = replace(asked, run=preview.runs + 1, basis=state.basis, order=None)
    state = replace(state, preview=replace(preview, sorting=asked, runs=asked.run))
    return state, (Work("sort", _sorted(_catalogs(state), asked)),)


def _sorted(catalogs: Sequence[Catalog], asked: Sorting) -> Generator[None, None, m.Sorted]:
    order = yield from sorting.order(catalogs, asked.column, descending=asked.descending)
    made = yield from Order.in_steps(order, [catalog.rows for catalog in catalogs])
    return m.Sorted(asked.run, made)


def sorted_(state: State, message: m.Sorted) -> Step:
    known = state.preview.sorting
    if known is None or known.run != message.run:
        return state, ()
    return _shows(state, replace(state.preview, sorting=replace(known, order=message.order)))


def _catalogs(state: State) -> Sequence[Catalog]:
    return [mission.selector.catalog for mission in state.missions]


# -- finding --------------------------------------------------------------------------------------------------


def find_typed(state: State, message: m.FindTyped) -> Step:
    preview = state.preview
    if message.text == preview.find.text or not state.missions:
        return state, ()
    if not message.text:
        return _shows(state, replace(preview, find=Find()))
    return _seek(state, Find(message.text))


def _seek(state: State, find: Find) -> Step:
    preview = state.preview
    find = replace(find, run=preview.runs + 1, basis=state.basis, rows=None)
    state = replace(state, preview=replace(preview, find=find, runs=find.run))
    return state, (Work("find", _sought(_catalogs(state), find)),)


def _sought(catalogs: Sequence[Catalog], find: Find) -> Generator[None, None, m.Sought]:
    """In steps, the rows whose file name or dataset holds a text, in whatever case."""
    text, found = find.text.casefold(), list[int]()
    for catalog in catalogs:
        names, flags = catalog.names(), bytearray()
        for start in range(0, catalog.rows, _NAMES_A_STEP):
            some = names[start : start + _NAMES_A_STEP]
            flags += bytes(map(contains, map(str.casefold, some), repeat(text)))
            yield
        for dataset, (start, stop) in catalog.datasets.items():
            if text in dataset.casefold():
                flags[start:stop] = b"\1" * (stop - start)
        found.append(bits.from_flags(flags))
        yield
    return m.Sought(find.run, tuple(found))


def sought(state: State, message: m.Sought) -> Step:
    find = state.preview.find
    if find.run != message.run:
        return state, ()
    state = replace(state, preview=replace(state.preview, find=replace(find, rows=message.rows)))
    return (state, ()) if find.at is not None else _to_match(state, back=False)


def find_stepped(state: State, message: m.FindStepped) -> Step:
    return _to_match(state, back=message.back)


def _to_match(state: State, *, back: bool) -> Step:
    """The next match in view, on its page, and out of the folds."""
    place = next_match(state, back=back)
    if place is None:
        return state, ()
    mission = state.missions[place[0]]
    group = mission.profile.name, mission.selector.catalog.dataset(place[1])
    preview = replace(state.preview, find=replace(state.preview.find, at=place))
    if preview.folding.folded(*group):
        preview = _folded_otherwise(preview, group)
    state = replace(state, preview=preview)
    page = Shown(state).page_of(place)
    return replace(state, preview=replace(preview, page=page)), (Reveal("found"),)


# -- by hand --------------------------------------------------------------------------------------------------


def file_ticked(state: State, message: m.FileTicked) -> Step:
    mission = state.named(message.mission)
    if mission is None or not 0 <= message.index < mission.selector.catalog.rows:
        return state, ()
    choice = mission.selector.tick_file(message.index, mission.choice, mission.matching)
    return state.changed(replace(mission, choice=choice, undo=None)), ()


def dataset_ticked(state: State, message: m.DatasetTicked) -> Step:
    """All of a dataset on, or off; where selected files alone are shown, on is what the controls take of it."""
    mission = state.named(message.mission)
    if mission is None or not mission.selector.dataset(message.dataset):
        return state, ()
    tick = _tick_of(state, mission, message.dataset)
    on = False if tick is Tick.ALL else True if state.preview.all else None
    choice = mission.selector.tick_dataset(message.dataset, mission.choice, on=on)
    lost = len(choice.by_hand.files) < len(mission.choice.by_hand.files)
    return state.changed(replace(mission, choice=choice, undo=mission.choice if lost else None)), ()


def _tick_of(state: State, mission: Mission, dataset: str) -> Tick:
    return Shown(state).group(state.missions.index(mission), dataset).tick


def by_hand_cleared(state: State, _: m.ByHandCleared) -> Step:
    for mission in state.missions:
        if mission.choice.by_hand:
            choice = replace(mission.choice, by_hand=NOTHING)
            state = state.changed(replace(mission, choice=choice, undo=mission.choice))
    return state, (Focus("undo-button"),)


def undo_asked(state: State, _: m.UndoAsked) -> Step:
    for mission in state.missions:
        if mission.undo is not None:
            state = state.changed(replace(mission, choice=mission.undo, undo=None))
    return state, (Focus("clear-by-hand"),)


def undo_after(before: Choice, after: Choice) -> Choice | None:
    """What a step can be undone to: the choice before it, where it has cleared what was chosen by hand."""
    return before if before.by_hand and not after.by_hand else None


# -- as the lists change --------------------------------------------------------------------------------------


def kept_up(state: State) -> Step:
    """What was found out of rows that are others now is found out again, as long as the preview is open."""
    preview, orders = state.preview, list[Effect]()
    if not preview.open or not state.missions:
        return state, ()
    if preview.sorting is not None and preview.sorting.basis != state.basis:
        state, more = _sort(state, preview.sorting)
        orders.extend(more)
    if preview.find.text and preview.find.basis != state.basis:
        state, more = _seek(state, replace(preview.find, at=None))
        orders.extend(more)
    return state, orders


HANDLERS: Final[Handlers] = {
    m.PreviewToggled: preview_toggled,
    m.PageTurned: page_turned,
    m.PageAsked: page_asked,
    m.RowsPerPageChosen: rows_per_page_chosen,
    m.ShowAllTicked: show_all_ticked,
    m.GroupFolded: group_folded,
    m.AllFolded: all_folded,
    m.SortAsked: sort_asked,
    m.Sorted: sorted_,
    m.FindTyped: find_typed,
    m.Sought: sought,
    m.FindStepped: find_stepped,
    m.FileTicked: file_ticked,
    m.DatasetTicked: dataset_ticked,
    m.ByHandCleared: by_hand_cleared,
    m.UndoAsked: undo_asked,
}
