"""VIEW ALL SELECTED FILES: the selected rows over all missions, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from pycore import bits
from pycore.plan import Part
from pycore.state import State


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one dataset that stand on a page; ``selected`` counts those on other pages too."""

    mission: str
    dataset: str
    selected: int
    part: Part
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the preview: rows ``start`` to ``stop`` (from 1, inclusive) of ``rows``, which are ``files``."""

    groups: tuple[Group, ...]
    number: int
    last: int
    start: int
    stop: int
    rows: int
    files: int


def last_page(state: State) -> int:
    """The number of the last page, from 0."""
    rows = sum(part.selected.bit_count() for part in state.parts())
    return max(0, (rows - 1) // state.preview.per_page)


def page(state: State) -> Page:
    """The page that is open; one that is past the end gives the last."""
    parts = state.parts()
    rows = sum(part.selected.bit_count() for part in parts)
    size, last = state.preview.per_page, last_page(state)
    number = min(state.preview.page, last)
    skip, room = number * size, size
    groups: list[Group] = []
    for part in parts:
        here = part.selected.bit_count()
        indices = tuple(islice(bits.indices(part.selected), skip, skip + room)) if skip < here else ()
        skip = max(0, skip - here)
        room -= len(indices)
        groups.extend(_groups(part, indices))
    shown = sum(len(group.indices) for group in groups)
    return Page(
        groups=tuple(groups),
        number=number,
        last=last,
        start=number * size + 1 if shown else 0,
        stop=number * size + shown,
        rows=rows,
        files=sum(part.catalog.count(part.selected) for part in parts),
    )


def _groups(part: Part, indices: tuple[int, ...]) -> list[Group]:
    by_dataset: dict[str, list[int]] = {}
    for index in indices:
        by_dataset.setdefault(part.catalog.listed(index).row.dataset, []).append(index)
    return [
        Group(
            part.profile.name,
            dataset,
            (part.selected & bits.span(*part.catalog.datasets[dataset])).bit_count(),
            part,
            tuple(members),
        )
        for dataset, members in by_dataset.items()
    ]
