"""The exported tables, read by Astropy; and how much memory a long selection takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from astropy.io.votable import parse
from astropy.table import Table

from pycore import bits
from pycore.csvexport import csv_pieces
from pycore.exports.ecsv import ecsv
from pycore.exports.product_list import product_list
from pycore.exports.votable import votable
from pycore.plan import Part, Plan
from pycore.product import Row
from pycore.scripts.menu import TOOLS
from tests.contract.selection import ABOUT, HOSTILE
from tests.unit import builders

FORMATS: Final[dict[str, Callable[[Sequence[Part]], Iterator[str]]]] = {
    "ascii.ecsv": ecsv,
    "votable": votable,
}
each = pytest.mark.parametrize("kind", FORMATS)


def part_of(rows: Sequence[Row], mission: str = "JWST") -> Part:
    of = builders.catalog(rows, mission)
    return Part(builders.profile(mission), of, of.everything)


def read_back(kind: str, parts: Sequence[Part], folder: Path) -> Any:
    path = folder / "table"
    path.write_text("".join(FORMATS[kind](parts)), "utf-8", newline="")
    return Table.read(path, format=kind)


@each
def test_astropy_reads_names_sizes_and_types(kind: str, tmp_path: Path) -> None:
    rows = [
        replace(
            builders.row(name, "jw1", 100 + number, uri=f"jw1/{name}", level="2b"),
            extra={"n": number, "x": number / 3, "good": number % 2 == 0, "deep": [1, {"a": None}]},
        )
        for number, name in enumerate(HOSTILE)
    ]
    table = read_back(kind, [part_of(rows)], tmp_path)
    assert list(table["filename"]) == list(HOSTILE)
    assert list(table["uri"]) == [f"jw1/{name}" for name in HOSTILE]
    assert list(table["size"]) == [100 + number for number in range(len(HOSTILE))]
    assert str(table["size"].unit) == "byte"
    assert list(table["n"]) == list(range(len(HOSTILE)))
    assert [float(x) for x in table["x"]] == [number / 3 for number in range(len(HOSTILE))]
    assert [bool(good) for good in table["good"]] == [number % 2 == 0 for number in range(len(HOSTILE))]
    assert set(table["deep"]) == {'[1, {"a": null}]'}
    assert set(table["mission"]) == {"JWST"}


@each
def test_missions_stand_in_one_table_and_what_is_absent_is_missing(kind: str, tmp_path: Path) -> None:
    jwst = part_of([replace(builders.row("a"), extra={"n": 5})])
    hst = part_of([builders.row("b", instrument="ACS")], "HST")
    table = read_back(kind, [jwst, hst], tmp_path)
    assert list(table["mission"]) == ["JWST", "HST"]
    assert table["n"][0] == 5
    assert str(table["n"][1]) in ("--", "masked")
    assert str(table["instrument_name"][0]) in ("--", "")
    assert table["instrument_name"][1] == "ACS"


def test_the_votable_is_valid_for_astropy(tmp_path: Path) -> None:
    path = tmp_path / "table.vot"
    path.write_text(
        "".join(votable([part_of([builders.row(name) for name in HOSTILE])])), "utf-8", newline=""
    )
    assert parse(path, verify="exception").version == "1.4"


@pytest.fixture(scope="module")
def long_part() -> Part:
    rows = [builders.row(f"jw{number:07}_cal.fits", f"jw{number // 50}", number) for number in range(20_000)]
    return part_of(rows)


def peak(pieces: Iterator[str]) -> int:
    tracemalloc.start()
    try:
        for _ in pieces:
            pass
        return int(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("writer", [ecsv, votable, product_list])
def test_a_long_export_takes_little_memory(
    long_part: Part, writer: Callable[[Sequence[Part]], Iterator[str]]
) -> None:
    # The indices of the rows in the list's order are 0.16 MB; the text itself is 4 MB and more.
    assert peak(writer([long_part])) < 3_000_000


def test_a_long_csv_takes_little_memory(long_part: Part) -> None:
    assert peak(csv_pieces([(long_part.catalog, bits.indices(long_part.selected))])) < 1_000_000


@pytest.fixture(scope="module")
def long_plan() -> Plan:
    name = "jw10678061001_02101_{:05}_nrcb1"
    rows = [
        builders.row(name.format(number) + "_cal.fits", name.format(number), 2880, sha256="ab" * 32)
        for number in range(15_000)
    ]
    return builders.plan(rows)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_long_list_takes_little_memory(long_plan: Plan, tool: Any) -> None:
    files = builders.outcome(tool.files(long_plan, ABOUT))
    whole = sum(len(piece) for pieces in files.values() for piece in pieces)
    files = builders.outcome(tool.files(long_plan, ABOUT))
    assert whole > 1_000_000
    assert max(peak(pieces) for pieces in files.values()) < 2_000_000
