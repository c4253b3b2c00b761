from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.volume import duration, files, number, volume


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1049, "1.0 kB"),
        (1051, "1.1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.000 MB"),
        (1_000_000, "1.000 MB"),
        (999_999_499, "999.999 MB"),
        (999_999_500, "1.000 GB"),
        (20_437_000_000, "20.437 GB"),
        (153_502_000_000, "153.502 GB"),
        (999_999_500_000, "1.000 TB"),
        (10**15, "1.000 PB"),
        (10**18, "1.000 EB"),
        (10**22, "10000.000 EB"),
    ],
)
def test_volumes_are_written_in_decimal_units(size: int, shown: str) -> None:
    assert volume(size) == shown


@given(st.integers(0, 10**21 - 10**18))
def test_a_volume_is_never_written_with_more_than_three_digits_before_the_point(size: int) -> None:
    assert re.fullmatch(r"\d{1,3} B|\d{1,3}\.\d kB|\d{1,3}\.\d{3} [MGTPE]B", volume(size))


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_a_larger_volume_is_never_written_as_a_smaller_one(one: int, other: int) -> None:
    powers = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5, "EB": 6}

    def read(shown: str) -> float:
        figure, unit = shown.split()
        return float(figure) * 1000.0 ** powers[unit]

    small, large = sorted((one, other))
    assert read(volume(small)) <= read(volume(large))


def test_counts_have_commas_from_five_digits_on() -> None:
    assert [number(count) for count in (0, 265, 9999, 10_000, 1_234_567)] == [
        "0",
        "265",
        "9999",
        "10,000",
        "1,234,567",
    ]


def test_one_file_is_no_plural() -> None:
    assert [files(count) for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599, "59 min 59 s"),
        (7500, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (349_200, "4 d 1 h"),
    ],
)
def test_durations_have_their_two_largest_units(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
