"""Sorting a million rows in steps: stable, and never long enough at a time to be felt."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Final

from pycore import bits
from pycore.catalog import Catalog
from pycore.product import Row

#: So many rows are looked up at one go.
_STEP: Final = 100_000
#: So many rows are sorted at one go: some 10 ms in a browser.
_RUN: Final = 8192
_SAMPLES_A_RUN: Final = 24

#: What the rows can be sorted by, by the preview's names of its columns.
FILENAME, LEVEL, SUFFIX, INSTRUMENT, FILTERS, SIZE, ACCESS, DATASET = (
    "Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating", "Size", "Access", "Dataset",
)  # fmt: skip
_OF_PRODUCT: Final[dict[str, Callable[[Row], str]]] = {
    LEVEL: lambda kind: kind.level,
    SUFFIX: lambda kind: kind.suffix,
}
_OF_ROW: Final[dict[str, Callable[[Row], str]]] = {
    INSTRUMENT: lambda kind: kind.instrument,
    FILTERS: lambda kind: kind.filters,
}


def order(catalogs: Sequence[Catalog], column: str, *, descending: bool) -> Generator[None, None, array[int]]:
    """In steps, the rows of all catalogs, numbered through, in the order of a column; equal ones stay as they are.

    Text is in the order of its code points.
    """
    keys = yield from _keys(catalogs, column)
    return (yield from sorted_places(keys, descending=descending))


def sorted_places(keys: Sequence[Any], *, descending: bool = False) -> Generator[None, None, array[int]]:
    """In steps, the places of the keys in their order, as ``sorted(range(len(keys)), key=keys.__getitem__)`` has it.

    Runs are sorted and dealt out between keys of a sample, and what is between two such keys is sorted by itself.
    Keys that equal one of the sample need no sorting: a key that is everywhere makes no share too large.
    """
    at, count = keys.__getitem__, len(keys)
    marks = _marks(keys)
    shares: list[list[int]] = [[] for _ in range(2 * len(marks) + 1)]
    yield
    for start in range(0, count, _RUN):
        run = sorted(range(start, min(start + _RUN, count)), key=at)
        of_run = list(map(at, run))
        begun = 0
        for number, mark in enumerate(marks):
            below = bisect_left(of_run, mark, begun)
            equal = bisect_right(of_run, mark, below)
            shares[2 * number].extend(run[begun:below])
            shares[2 * number + 1].extend(run[below:equal])
            begun = equal
        shares[-1].extend(run[begun:])
        yield
    found = array("I")
    for number in reversed(range(len(shares))) if descending else range(len(shares)):
        share, shares[number] = shares[number], []
        if number % 2 == 0 and len(share) > 1:
            share.sort(key=at, reverse=descending)
            yield
        for start in range(0, len(share), _STEP):
            found.extend(share[start : start + _STEP])
            yield
    return found


def _marks(keys: Sequence[Any]) -> list[Any]:
    runs = len(keys) // _RUN
    if not runs:
        return []
    sample = sorted(map(keys.__getitem__, range(0, len(keys), max(1, _RUN // _SAMPLES_A_RUN))))
    return sorted(set(sample[_SAMPLES_A_RUN::_SAMPLES_A_RUN]))


def _keys(catalogs: Sequence[Catalog], column: str) -> Generator[None, None, Sequence[Any]]:
    if column == FILENAME:
        if len(catalogs) == 1:
            return catalogs[0].names()
        names: list[str] = []
        for catalog in catalogs:
            names.extend(catalog.names())
            yield
        return names
    found = array("Q" if column == SIZE else "I")
    if column == SIZE:
        for catalog in catalogs:
            found.extend((yield from catalog.sizes()))
    elif column == ACCESS:
        for catalog in catalogs:
            flags = bits.flags(catalog.exclusive, catalog.rows)
            for start in range(0, catalog.rows, _STEP):
                found.extend(flags[start : start + _STEP])
                yield
    elif column == DATASET:
        rank = yield from _ranks_of_datasets(catalogs)
        for catalog in catalogs:
            for number, (name, (start, stop)) in enumerate(catalog.datasets.items()):
                found.extend(array("I", [rank[name]]) * (stop - start))
                if number % _RUN == 0:
                    yield
            yield
    else:
        text = _OF_PRODUCT.get(column) or _OF_ROW[column]
        rank = _ranks(text(kind) for catalog in catalogs for kind in catalog.kinds())
        for catalog in catalogs:
            of_row = (
                catalog.kind_numbers()
                if column in _OF_PRODUCT
                else (yield from catalog.listed_kind_numbers())
            )
            of_kind = [rank[text(kind)] for kind in catalog.kinds()]
            for start in range(0, catalog.rows, _STEP):
                found.extend(map(of_kind.__getitem__, of_row[start : start + _STEP]))
                yield
    return found


def _ranks_of_datasets(catalogs: Sequence[Catalog]) -> Generator[None, None, dict[str, int]]:
    """In steps, the place of each dataset's name among all of them: there may be a hundred thousand."""
    names = [name for catalog in catalogs for name in catalog.datasets]
    order = yield from sorted_places(names)
    rank: dict[str, int] = {}
    for start in range(0, len(order), _RUN):
        for place in order[start : start + _RUN]:
            rank.setdefault(names[place], len(rank))
        yield
    return rank


def _ranks(texts: Iterable[str]) -> dict[str, int]:
    return {text: rank for rank, text in enumerate(sorted(set(texts)))}
