"""Sorted rows: a stable permutation, in steps; and where the rows of a set stand in it."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import bits, sorting
from pycore.lines import Listed, Order
from pycore.product import EXCLUSIVE, Row
from pycore.sorting import order, sorted_places
from tests.unit.builders import catalog, row


@given(st.lists(st.integers(0, 9) | st.integers(), max_size=200), st.booleans(), st.integers(1, 7))
def test_keys_are_sorted_as_python_sorts_them(keys: list[int], descending: bool, run: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Short runs have many shares.
        patch.setattr(sorting, "_RUN", run)
        patch.setattr(sorting, "_SAMPLES_A_RUN", 1)
        found = list(bits.finished(sorted_places(keys, descending=descending)))
    assert found == sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)


def test_a_long_list_of_few_keys_is_sorted_in_many_short_steps() -> None:
    keys = [f"key {number * 7919 % 13}" for number in range(50_000)]
    steps, work = 0, sorted_places(keys)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            break
        steps += 1
    assert list(found) == sorted(range(len(keys)), key=keys.__getitem__)
    assert steps >= 7


ROWS = [
    row("c.fits", "d2", 30, level="2b", suffix="_x", instrument="MIRI", filters="F1"),
    row("a.fits", "d1", 20, level="3", suffix="_y", instrument="NIRCAM", filters="F2", access=EXCLUSIVE),
    row("B.fits", "d1", 30, level="1b", suffix="_x", instrument="FGS"),
    row("b.fits", "d3", 10, level="2b", suffix="", instrument="MIRI", filters="F0"),
]
OTHERS = [row("aa.fits", "d0", 25, level="2b", suffix="_x", instrument="ACS")]


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("Filename", lambda each: each.filename),
        ("Product Level", lambda each: each.level),
        ("Suffix", lambda each: each.suffix),
        ("Instrument", lambda each: each.instrument),
        ("Filter / Grating", lambda each: each.filters),
        ("Size", lambda each: each.size),
        ("Access", lambda each: each.access == EXCLUSIVE),
        ("Dataset", lambda each: each.dataset),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_each_column_sorts_the_rows_of_all_missions(
    column: str, key: Callable[[Row], Any], descending: bool
) -> None:
    catalogs = [catalog(ROWS), catalog(OTHERS, "HST")]
    rows = [each.listed(index).row for each in catalogs for index in range(each.rows)]
    found = bits.finished(order(catalogs, column, descending=descending))
    assert [rows[number] for number in found] == sorted(rows, key=key, reverse=descending)


masks = st.lists(st.integers(0, 2**40 - 1), min_size=3, max_size=3)


@given(masks, st.randoms(use_true_random=False), st.integers(0, 130), st.integers(0, 40), st.integers(0, 119))
def test_a_window_of_a_set_and_what_stands_before_a_row(
    sets: list[int], chance: random.Random, skip: int, count: int, number: int
) -> None:
    numbers = list(range(120))
    chance.shuffle(numbers)
    for lines, through in (
        (Listed(tuple(sets)), list(range(120))),
        (Order(array("I", numbers), [40, 40, 40]).lines(tuple(sets)), numbers),
    ):
        places = [divmod(each, 40) for each in through]
        inside = [place for place in places if sets[place[0]] >> place[1] & 1]
        assert lines.total == len(inside)
        assert lines.window(skip, count) == inside[skip : skip + count]
        here = places.index(divmod(number, 40))
        assert lines.before(divmod(number, 40)) == sum(place in inside for place in places[:here])


@given(st.integers(1, 90), st.sets(st.integers(0, 89)), st.integers(0, 2**90 - 1))
def test_the_first_row_of_each_group(rows: int, begins: set[int], mask: int) -> None:
    starts = sorted({0} | {each for each in begins if each < rows})
    mask &= bits.everything(rows)
    expected = {
        next((row for row in range(start, stop) if mask >> row & 1), None)
        for start, stop in zip(starts, [*starts[1:], rows], strict=True)
    }
    assert set(bits.indices(bits.firsts(mask, bits.from_indices(starts, rows), rows))) == expected - {None}


@given(st.integers(0, 2**300 - 1), st.integers(0, 4000), st.integers(0, 320), st.integers(0, 320))
def test_some_rows_of_a_set(mask: int, shift: int, skip: int, count: int) -> None:
    mask |= mask << shift * 3
    assert bits.some(mask, skip, count) == tuple(bits.indices(mask))[skip : skip + count]


@given(st.integers(0, 2**70 - 1), st.integers(0, 69), st.integers(0, 70))
def test_a_set_that_is_laid_out_answers_as_itself(mask: int, start: int, length: int) -> None:
    laid = bits.Laid(mask, 70)
    stop = min(70, start + length)
    assert (start in laid) is bool(mask >> start & 1)
    assert laid.having(range(start, stop)) == [mask >> row & 1 for row in range(start, stop)]
    assert laid.span(start, stop) == mask >> start & bits.everything(stop - start)
