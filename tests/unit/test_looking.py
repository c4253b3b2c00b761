"""What a profile's rules want to know of names is the same, however the names come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycore import bits
from pycore.looking import Looked
from pycore.missions.profile import Profiles

NAMES = [
    f"jw01001001001_{what}_{ending}"
    for what in ("gs-fg_2022190123456", "gs-fg_2022190123457", "02101_00001_nrcb1", "gs-id_1_2022190123456")
    for ending in (
        "cal.fits",
        "uncal.fits",
        "image_cal.fits",
        "stacked_uncal.fits",
        "cal.jpg",
        "TACQ_cal.fits",
    )
]


def looked(names: list[str], *ends: int, products: list[int] | None = None) -> Looked:
    found, firsts = Looked(Profiles().named("JWST")), products or list(range(len(names)))
    for end in (*ends, len(names)):
        bits.finished(found.take(names[:end], firsts[:end]))
    return found


@given(st.lists(st.sampled_from(NAMES), max_size=12), st.data())
def test_names_in_pieces_say_what_they_say_at_once(names: list[str], data: st.DataObject) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(names)), max_size=3)))
    whole, pieces = looked(names), looked(names, *ends)
    assert (pieces.guiding, pieces.never) == (whole.guiding, whole.never)
    assert pieces.highest_calibrated() == whole.highest_calibrated()
    assert list(whole.guiding) == ["_gs-" in name for name in names]


def test_a_calibrated_file_that_comes_later_takes_the_place_of_the_uncalibrated_one() -> None:
    exposure = "jw01001001001_gs-fg_2022190123456"
    names = [f"{exposure}_uncal.fits", "jw01001_other.fits", f"{exposure}_cal.fits"]
    assert list(looked(names[:2]).highest_calibrated()) == [1, 0]
    assert list(looked(names, 2).highest_calibrated()) == [0, 0, 1]


def test_a_row_that_repeats_a_product_is_not_looked_at_again() -> None:
    name = "jw01001001001_gs-fg_2022190123456_cal.fits"
    assert list(looked([name, name], 1, products=[0, 0]).highest_calibrated()) == [1, 0]
