from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import bits
from pycore.csvexport import HEADER, csv_pieces, guarded, unguarded
from pycore.product import Row
from tests.unit.builders import catalog, row

A, B = "jw02734001001_02101_00001", "jw02734-o002_t002_niriss"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export(rows: list[Row]) -> str:
    of = catalog(rows)
    return "".join(csv_pieces([(of, bits.indices(of.everything))]))


def test_the_file_is_written_to_the_byte() -> None:
    rows = [
        row(f"{A}_nis_cal.fits", A, level="2b", suffix="_cal", instrument="NIRISS", filters="NIS_SOSSTA"),
        row(f"{B}_x1dints.fits", B, level="3", suffix="_x1dints", instrument="NIRISS", filters='F1, "F2"'),
        row(f"{A}_nis_rate.fits", A, level="2a", suffix="_rate"),
    ]
    assert export(rows).encode() == (
        b"Dataset,Filename,Product Level,Suffix,Instrument,Filter / Grating\r\n"
        b"jw02734001001_02101_00001,jw02734001001_02101_00001_nis_cal.fits,2b,_cal,NIRISS,NIS_SOSSTA\r\n"
        b"jw02734001001_02101_00001,jw02734001001_02101_00001_nis_rate.fits,2a,_rate,,\r\n"
        b'jw02734-o002_t002_niriss,jw02734-o002_t002_niriss_x1dints.fits,3,_x1dints,NIRISS,"F1, ""F2"""\r\n'
    )


def test_a_shared_product_has_a_row_for_each_of_its_datasets() -> None:
    read = list(csv.reader(io.StringIO(export([row("pool.csv", A), row("pool.csv", B)]), newline="")))
    assert [cells[:2] for cells in read[1:]] == [[A, "pool.csv"], [B, "pool.csv"]]


def test_nothing_selected_is_the_header_alone() -> None:
    assert "".join(csv_pieces([])) == ",".join(HEADER) + "\r\n"


def test_several_missions_follow_one_another_under_one_header() -> None:
    jwst, hst = catalog([row("a", A)]), catalog([row("b", "JBTAA0010")], "HST")
    text = "".join(csv_pieces([(jwst, [0]), (hst, [0])]))
    assert [line.split(",")[1] for line in text.splitlines()] == ["Filename", "a", "b"]


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 9, 10])
def test_pieces_join_to_the_same_file_and_none_is_empty(rows: int) -> None:
    of = catalog([row(f"{number}.fits", A) for number in range(rows)])
    pieces = list(csv_pieces([(of, range(rows))], rows_a_piece=3))
    assert "".join(pieces) == "".join(csv_pieces([(of, range(rows))]))
    assert all(pieces)
    assert all(piece.endswith("\r\n") and piece.count("\r\n") <= 3 for piece in pieces)


@pytest.mark.parametrize("start", FORMULA)
def test_a_cell_that_looks_like_a_formula_is_guarded(start: str) -> None:
    assert guarded(f"{start}cmd()") == f"'{start}cmd()"


def test_an_apostrophe_is_guarded_too_so_that_nothing_is_lost() -> None:
    assert guarded("'=1") == "''=1"
    assert guarded("a'b=1") == "a'b=1"
    assert guarded("") == ""


cells = st.text(max_size=10).map(lambda text: text.encode("utf-8", "replace").decode())
tricky = cells | st.builds(
    lambda start, rest: start + rest, st.sampled_from([*FORMULA, "'", '"', ",", " "]), cells
)


@given(tricky)
def test_a_guarded_cell_is_no_formula_and_gives_its_text_back(cell: str) -> None:
    assert not guarded(cell).startswith(FORMULA)
    assert unguarded(guarded(cell)) == cell


@given(st.lists(st.tuples(tricky, tricky, tricky, tricky, tricky, tricky), max_size=8))
def test_python_reads_back_every_cell(given: list[tuple[str, ...]]) -> None:
    rows = [
        row(filename, dataset, size, level=level, suffix=suffix, instrument=instrument, filters=filters)
        for size, (dataset, filename, level, suffix, instrument, filters) in enumerate(given)
    ]
    of = catalog(rows)
    text = "".join(csv_pieces([(of, bits.indices(of.everything))], rows_a_piece=2))
    head, *body = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert tuple(head) == HEADER
    order = [of.list_position(index) for index in range(of.rows)]
    assert [tuple(unguarded(cell) for cell in line) for line in body] == [
        given[position] for position in order
    ]
    assert not any(cell.startswith(FORMULA) for line in body for cell in line)
    assert text.endswith("\r\n")
