"""Whether an answer with status 206 is the rest of the file whose beginning is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from pycore.transfer.resuming import Version, mismatch

STRONG: Final = Version('"a"', "")
DATED: Final = Version("", "Wed, 04 Nov 2026 10:15:00 GMT")
UNKNOWN: Final = Version("", "")


def why(headers: Mapping[str, str], before: Version = STRONG, *, has_checksum: bool = False) -> str:
    """Of a file of 100 bytes 40 are there."""
    return mismatch(before, headers, start=40, size=100, has_checksum=has_checksum)


@pytest.mark.parametrize("told", ["bytes 40-99/100", " bytes 40-99/* ", "bytes 40-70/100"])
def test_the_part_that_was_asked_for_is_taken(told: str) -> None:
    assert why({"content-range": told, "etag": '"a"'}) == ""


@pytest.mark.parametrize(
    "told",
    ["bytes 39-99/100", "bytes 40-100/100", "bytes 40-39/100", "bytes */100", "40-99/100", "bytes 4٠-99/100"],
)
def test_another_part_is_not(told: str) -> None:
    assert (
        why({"content-range": told, "etag": '"a"'})
        == "the archive sent another part of it than was asked for"
    )


def test_a_part_of_a_file_of_another_size_is_not() -> None:
    told = {"content-range": "bytes 40-99/101", "etag": '"a"'}
    assert why(told) == "it has changed its size in the archive meanwhile"


@pytest.mark.parametrize(("length", "is_it"), [("60", True), ("100", False), ("61", False), ("", False)])
def test_a_part_that_nobody_names_is_known_by_its_length(length: str, is_it: bool) -> None:
    told = "" if is_it else "the archive did not say which part of it came"
    assert why({"content-length": length, "etag": '"a"'}) == told


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (STRONG, {"etag": '"b"'}),
        (DATED, {"last-modified": "Wed, 04 Nov 2026 10:15:01 GMT"}),
        (Version('"a"', DATED.modified), {"etag": '"a"', "last-modified": "Thu, 05 Nov 2026 10:15:00 GMT"}),
    ],
)
def test_another_version_is_never_put_behind_it_not_even_with_a_checksum(
    before: Version, now: Mapping[str, str]
) -> None:
    told = {"content-range": "bytes 40-99/100", **now}
    for has_checksum in (False, True):
        assert why(told, before, has_checksum=has_checksum) == "it has changed in the archive meanwhile"


@pytest.mark.parametrize(
    ("before", "now"),
    [(UNKNOWN, {"etag": '"a"'}), (STRONG, {}), (STRONG, {"etag": 'W/"a"'}), (STRONG, {"last-modified": "x"})],
)
def test_a_version_that_nobody_can_compare_needs_a_checksum(before: Version, now: Mapping[str, str]) -> None:
    told = {"content-range": "bytes 40-99/100", **now}
    assert why(told, before, has_checksum=True) == ""
    assert why(told, before) == "the archive did not say whether it is still the same file"
