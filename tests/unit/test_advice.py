"""Above 1 TB the script is advised, and told why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.advice import ENGINES_ADVISED, SCRIPT_ADVISED, script_advice
from pycore.volume import volume


@given(st.integers(0, SCRIPT_ADVISED))
def test_up_to_a_terabyte_nothing_is_advised(size: int) -> None:
    assert script_advice(size) is None


@given(st.integers(SCRIPT_ADVISED + 1, 10**19))
def test_above_a_terabyte_the_script_is_advised_with_size_and_time(size: int) -> None:
    told = str(script_advice(size))
    assert told.startswith(f"{volume(size)} takes ")
    assert "API QUERY" in told
    assert ("Globus" in told) == (size > ENGINES_ADVISED)
    assert told.endswith(".")


@pytest.mark.parametrize(
    ("size", "time"),
    [
        (SCRIPT_ADVISED + 1, "2 hours"),
        (10 * 10**12, "22 hours"),
        (100 * 10**12, "9 days"),
        (10**17, "9,259 days"),
    ],
)
def test_the_time_is_the_one_that_a_gigabit_a_second_takes(size: int, time: str) -> None:
    assert f" takes {time} at 1 Gbit/s" in str(script_advice(size))
