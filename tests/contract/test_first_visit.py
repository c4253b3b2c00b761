"""The table of what a first visit transfers, and the budget that it is held to."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from web.buildsteps.first_visit import BUDGET_BYTES, first_visit, sentence, table, total


@pytest.fixture(scope="module")
def dist() -> Path:
    return Path(os.environ["OVERLAY_DIST"])


def test_a_first_visit_stays_within_the_budget(dist: Path) -> None:
    weights = first_visit(dist)
    assert total(weights).gzipped <= BUDGET_BYTES, table(weights)


def test_the_built_site_has_twins_where_they_pay(dist: Path) -> None:
    weights = {weight.name: weight for weight in first_visit(dist)}
    for name in ("index.html", "style.css", "runtime/pyodide.asm.js", "runtime/pyodide.asm.wasm"):
        assert weights[name].brotli < weights[name].gzipped < weights[name].plain


def test_the_largest_part_is_gzipped_better_than_by_what_python_has(dist: Path) -> None:
    part = dist / "runtime" / "pyodide.asm.wasm"
    packed = part.with_name(f"{part.name}.gz").read_bytes()
    assert gzip.decompress(packed) == part.read_bytes()
    assert len(packed) < 0.97 * len(gzip.compress(part.read_bytes(), 9))


def test_files_that_no_visit_asks_for_are_not_counted(dist: Path) -> None:
    names = {weight.name for weight in first_visit(dist)}
    assert {"index.html", "boot.js", "sw.js", "site.json", "demo/jwst.json"} <= names
    assert not [name for name in names if name.startswith(("demo/files", "from", "licences", "LICENSE", "."))]
    assert not [name for name in names if name.endswith(".br")]


def test_each_file_counts_in_the_encoding_that_it_is_sent_in(tmp_path: Path) -> None:
    sizes = {
        "both.js": 900,
        "both.js.br": 300,
        "both.js.gz": 400,
        "gzip.js": 800,
        "gzip.js.gz": 500,
        "none.whl": 70,
    }
    for name, size in {**sizes, "index.html": 10}.items():
        (tmp_path / name).write_bytes(bytes(size))
    # This one has no original: it is a file of its own.
    (tmp_path / "memory.bin.gz").write_bytes(bytes(50))
    weights = first_visit(tmp_path)
    assert [(each.name, each.plain, each.gzipped, each.brotli) for each in weights] == [
        ("gzip.js", 800, 500, 500),
        ("both.js", 900, 400, 300),
        ("none.whl", 70, 70, 70),
        ("memory.bin.gz", 50, 50, 50),
        ("index.html", 10, 10, 10),
    ]
    whole = total(weights)
    assert (whole.plain, whole.gzipped, whole.brotli) == (1830, 1030, 930)


def test_the_sums_are_told_in_a_line_and_each_file_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(bytes(2_500_000))
    (tmp_path / "index.html").write_bytes(bytes(500_000))
    weights = first_visit(tmp_path)
    assert sentence(weights) == (
        "A first visit transfers 3.0 MB gzipped (budget 11.0 MB, goal 8.0 MB), 3.0 MB by brotli, "
        "3.0 MB where the server does not compress."
    )
    assert [line.split() for line in table(weights).splitlines()[1:]] == [
        ["a.js", *["2500000"] * 3],
        ["index.html", *["500000"] * 3],
        ["2", "files", *["3000000"] * 3],
    ]
