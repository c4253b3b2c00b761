"""VIEW ALL SELECTED FILES: what is shown over all missions, page by page, in the archive's order or sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pycore import bits
from pycore.lines import Lines, Listed, Masks, Place
from pycore.plan import Part
from pycore.selection import Tick
from pycore.state import Preview, State


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one dataset that stand on a page. ``selected`` counts those on other pages too.

    ``indices`` is empty where the dataset is folded. ``held`` counts the files that are selected although the dataset
    is off by hand, since other datasets have them too.
    """

    mission: str
    dataset: str
    selected: int
    part: Part
    indices: tuple[int, ...]
    tick: Tick = Tick.ALL
    folded: bool = False
    held: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the preview: rows ``start`` to ``stop`` (from 1, inclusive) of ``rows``, which are ``files``.

    In the archive's order there are ``groups``, else ``lines``: rows of all missions in the order asked for.
    ``selected`` and ``selected_files`` count those of all pages that are selected.
    """

    groups: tuple[Group, ...]
    lines: tuple[tuple[Part, int], ...]
    number: int
    last: int
    start: int
    stop: int
    rows: int
    files: int
    selected: int
    selected_files: int


class Shown:
    """What the preview shows of a state. ``masks`` are the rows of each mission, ``matches`` those that were sought."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.parts = state.parts()
        self.masks: Masks = tuple(
            part.catalog.everything if state.preview.all else _shown(state, place)
            for place, part in enumerate(self.parts)
        )
        self.may_take = tuple(map(state.may_take_exclusive, state.missions))
        self.sorted = _is_sorted(state)

    @cached_property
    def rows(self) -> int:
        """How many rows are shown, on all pages, folded ones too."""
        return sum(mask.bit_count() for mask in self.masks)

    @cached_property
    def entries(self) -> Masks:
        """What takes room on pages: the rows, and for each folded dataset the first of its rows."""
        folding = self._state.preview.folding
        if self.sorted or not (folding.all or folding.others):
            return self.masks
        return tuple(map(self._unfolded, self.parts, self.masks))

    @cached_property
    def selected(self) -> tuple[bits.Laid, ...]:
        """Of each mission the selected rows."""
        return tuple(bits.Laid(part.selected, part.catalog.rows) for part in self.parts)

    @cached_property
    def _takeable(self) -> tuple[bits.Laid, ...]:
        """Of each mission the rows shown that can be selected."""
        return tuple(
            bits.Laid(mask if may else mask & ~part.catalog.exclusive, part.catalog.rows)
            for part, mask, may in zip(self.parts, self.masks, self.may_take, strict=True)
        )

    def _unfolded(self, part: Part, mask: int) -> int:
        folding, catalog = self._state.preview.folding, part.catalog
        folded = catalog.everything if folding.all else 0
        for mission, dataset in folding.others:
            span = catalog.datasets.get(dataset)
            if mission == part.profile.name and span:
                folded ^= bits.span(*span)
        return mask & ~folded | bits.firsts(mask, catalog.begins, catalog.rows) & folded

    def lines(self, masks: Masks) -> Lines:
        """The rows of a set in the order of the preview."""
        sorting = self._state.preview.sorting
        if self.sorted and sorting is not None and sorting.order is not None:
            return sorting.order.lines(masks)
        return Listed(masks)

    @cached_property
    def last(self) -> int:
        """The number of the last page, from 0."""
        entries = sum(mask.bit_count() for mask in self.entries)
        return max(0, (entries - 1) // self._state.preview.per_page)

    def page(self) -> Page:
        """The page that is open; one that is past the end gives the last."""
        preview = self._state.preview
        number = min(preview.page, self.last)
        skip = number * preview.per_page
        places = self.lines(self.entries).window(skip, preview.per_page)
        groups = () if self.sorted else self._groups(places)
        start = stop = 0
        if places:
            start = (skip if self.entries is self.masks else self.lines(self.masks).before(places[0])) + 1
            stop = self._stop(places, start)
        return Page(
            groups=groups,
            lines=tuple((self.parts[mission], index) for mission, index in places) if self.sorted else (),
            number=number,
            last=self.last,
            start=start,
            stop=stop,
            rows=self.rows,
            files=_files(self.parts, self.masks),
            selected=sum(part.selected.bit_count() for part in self.parts),
            selected_files=sum(part.catalog.count(part.selected) for part in self.parts),
        )

    def _stop(self, places: list[Place], start: int) -> int:
        if self.entries is self.masks:
            return start + len(places) - 1
        mission, index = places[-1]
        part = self.parts[mission]
        dataset = part.catalog.dataset(index)
        if self._state.preview.folding.folded(part.profile.name, dataset):
            index = part.catalog.datasets[dataset][1] - 1
        return self.lines(self.masks).before((mission, index + 1))

    def _groups(self, places: list[Place]) -> tuple[Group, ...]:
        by_dataset: dict[tuple[int, str], list[int]] = {}
        for mission, index in places:
            by_dataset.setdefault((mission, self.parts[mission].catalog.dataset(index)), []).append(index)
        return tuple(
            self.group(mission, dataset, indices) for (mission, dataset), indices in by_dataset.items()
        )

    def group(self, mission: int, dataset: str, indices: Sequence[int] = ()) -> Group:
        """A dataset as it stands on a page with these of its rows."""
        part = self.parts[mission]
        start, stop = part.catalog.datasets[dataset]
        shown, selected = (laid[mission].span(start, stop) for laid in (self._takeable, self.selected))
        folded = self._state.preview.folding.folded(part.profile.name, dataset)
        off = self._state.missions[mission].choice.by_hand.datasets.get(dataset) is False
        held = (selected & part.catalog.several >> start).bit_count() if off else 0
        tick = Tick.ALL if shown == selected else Tick.PARTIAL
        if not selected or (off and held == selected.bit_count()):
            tick = Tick.NONE
        return Group(
            part.profile.name,
            dataset,
            selected.bit_count(),
            part,
            () if folded else tuple(indices),
            tick,
            folded,
            held,
        )

    @cached_property
    def matches(self) -> Masks | None:
        """The rows shown that were sought; ``None`` where nothing is, or they are not found yet."""
        find = self._state.preview.find
        if find.rows is None or find.basis != self._state.basis:
            return None
        return tuple(found & mask for found, mask in zip(find.rows, self.masks, strict=True))

    def page_of(self, place: Place) -> int:
        """The number of the page on which an entry stands, from 0."""
        return self.lines(self.entries).before(place) // self._state.preview.per_page


def last_page(state: State) -> int:
    """The number of the last page, from 0."""
    return Shown(state).last


def page(state: State) -> Page:
    """The page that is open; one that is past the end gives the last."""
    return Shown(state).page()


def next_match(state: State, *, back: bool) -> Place | None:
    """The next row that was sought after the one that is shown, or before it; round at the ends.

    At first it is the next one from the page's begin on.
    """
    shown, at = Shown(state), state.preview.find.at
    if shown.matches is None:
        return None
    lines = shown.lines(shown.matches)
    if not lines.total:
        return None
    if at is None:
        skip = min(state.preview.page, shown.last) * state.preview.per_page
        (begin,) = shown.lines(shown.entries).window(skip, 1)
        number = lines.before(begin) - (1 if back else 0)
    else:
        here = shown.matches[at[0]] >> at[1] & 1
        number = lines.before(at) + (-1 if back else here)
    (found,) = lines.window(number % lines.total, 1)
    return found


def match_number(state: State) -> int:
    """Which of the matches is shown, from 1; 0 where none is."""
    shown, at = Shown(state), state.preview.find.at
    if at is None or shown.matches is None or not shown.matches[at[0]] >> at[1] & 1:
        return 0
    return shown.lines(shown.matches).before(at) + 1


def is_sorting(preview: Preview) -> bool:
    """Whether the rows are still being sorted."""
    return preview.sorting is not None and preview.sorting.order is None


def _is_sorted(state: State) -> bool:
    sorting = state.preview.sorting
    return sorting is not None and sorting.order is not None and sorting.basis == state.basis


def _shown(state: State, place: int) -> int:
    """The selected rows of a mission, and those that are out by hand alone: what was ticked off stays in view."""
    mission = state.missions[place]
    mask = mission.wanted() | mission.controlled()
    return mask if state.may_take_exclusive(mission) else mask & ~mission.selector.catalog.exclusive


def _files(parts: tuple[Part, ...], masks: Masks) -> int:
    return sum(part.catalog.count(mask) for part, mask in zip(parts, masks, strict=True))
