from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from pycore import bits

ROWS = 200
sets = st.sets(st.integers(0, ROWS - 1))


def mask(of: set[int]) -> int:
    return bits.from_indices(of, ROWS)


@given(sets)
def test_a_set_gives_back_its_indices_in_rising_order(members: set[int]) -> None:
    assert list(bits.indices(mask(members))) == sorted(members)


@given(sets, sets)
def test_the_algebra_of_integers_is_the_algebra_of_sets(one: set[int], other: set[int]) -> None:
    assert mask(one) & mask(other) == mask(one & other)
    assert mask(one) | mask(other) == mask(one | other)
    assert mask(one) & ~mask(other) == mask(one - other)
    assert bits.everything(ROWS) & ~mask(one) == mask(set(range(ROWS)) - one)
    assert mask(one).bit_count() == len(one)


@given(st.integers(0, ROWS), st.integers(0, ROWS))
def test_a_span_is_the_range(one: int, other: int) -> None:
    start, stop = sorted((one, other))
    assert list(bits.indices(bits.span(start, stop))) == list(range(start, stop))


def test_the_empty_set_has_no_members() -> None:
    assert list(bits.indices(0)) == []
    assert bits.everything(0) == 0
    assert bits.from_indices([], 0) == 0


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40), st.data())
def test_the_total_over_planes_is_the_sum(values: list[int], data: st.DataObject) -> None:
    column = bits.planes(array("Q", values))
    chosen = data.draw(st.sets(st.sampled_from(range(len(values))))) if values else set()
    among = bits.from_indices(chosen, len(values))
    assert bits.total(column, among) == sum(values[index] for index in chosen)


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 20), st.data())
def test_equal_finds_the_rows_of_a_number(values: list[int], wanted: int, data: st.DataObject) -> None:
    column = bits.planes(array("L", values))
    chosen = data.draw(st.sets(st.sampled_from(range(len(values))))) if values else set()
    found = bits.equal(column, wanted, bits.from_indices(chosen, len(values)))
    assert list(bits.indices(found)) == sorted(index for index in chosen if values[index] == wanted)


def test_swapping_bytes_twice_changes_nothing() -> None:
    column = array("Q", [1, 2**40, 77])
    assert bits.planes(bits._swapped(bits._swapped(column))) == bits.planes(column)
    assert list(bits._swapped(array("H", [0x0102]))) == [0x0201]


def test_planes_end_with_the_highest_digit_that_is_used() -> None:
    assert len(bits.planes(array("Q", [5]))) == 3
    assert bits.planes(array("Q", [0, 0])) == ()
