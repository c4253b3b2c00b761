"""The flow that every engine goes through: choose by boxes and pattern, then judge what leaves the page."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path
from typing import Final

from tests.archive.server import ArchiveServer
from tests.browser.downloads.test_main_job import HEADER, jwst_list
from tests.browser.taken import Expected, Row, opened
from tests.browser.test_script import run, tree
from tests.engines.panel import Panel

Rows = list[dict[str, object]]

BOXES: Final = (("ASSOCIATION", "ASSOCIATION"), ("3", "3"), ("2b", "_cal"), ("2b", "_thumb"))
PATTERN: Final = r"_(cal\.fits|pool\.csv|asn\.json|thumb\.jpg)$"
COLUMNS: Final = ("dataset", "filename", "category", "file_suffix", "instrument_name", "filters")


def wanted(rows: Rows, pattern: str) -> list[Row]:
    """The rows that the boxes and the pattern take, for somebody who is not signed in; counted the plain way."""
    levels = {level for level, name in BOXES if level == name}
    suffixes = {box for box in BOXES if box[0] != box[1]}
    own = {row["filename"] for row in rows if row["access"] != "PUBLIC"}
    return [
        row
        for row in rows
        if (row["category"] in levels or (row["category"], row["file_suffix"]) in suffixes)
        and "_gs-" not in str(row["filename"])
        and row["filename"] not in own
        and re.search(pattern, str(row["filename"]))
    ]


def written(folder: Path) -> tuple[Path, Rows]:
    """A list in a file, and its rows."""
    rows = jwst_list()[:700]
    path = folder / "products.json"
    path.write_text(json.dumps({"products": rows}))
    return path, rows


def open_list(panel: Panel, path: Path, rows: Rows) -> None:
    """Open a list from a file, and wait until its files are counted."""
    panel.driver.give_file("#file", path)
    panel.wait_all(len({(row["filename"], row["size"]) for row in rows}))


def choose(panel: Panel, rows: Rows) -> Expected:
    """Choose by boxes and by pattern; give what is to come of it."""
    panel.take(*BOXES)
    return narrow(panel, rows, PATTERN)


def narrow(panel: Panel, rows: Rows, pattern: str) -> Expected:
    """Choose by pattern among what the boxes take."""
    expected = Expected(wanted(rows, pattern))
    panel.filter(pattern)
    panel.wait_selected(len(expected.primaries()))
    return expected


def check_texts(panel: Panel, expected: Expected) -> Path:
    """Preview, CSV and script hold the rows that were selected, in order; the script's path."""
    due = [[str(row[name] or "").strip() for name in COLUMNS] for row in expected.rows]
    shown = panel.listing()
    assert sorted(shown) == sorted(due)
    with panel.csv().open(encoding="utf-8", newline="") as text:
        header, *exported = list(csv.reader(text))
    assert header == HEADER
    assert exported == shown
    script = panel.script()
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    text_of_script = script.read_text("utf-8")
    assert all(expected.path(row) in text_of_script for row in expected.rows)
    return script


def go_through(panel: Panel, archive: ArchiveServer, folder: Path) -> None:
    """The whole way on a list from a file; the page is open."""
    listed, rows = written(folder)
    archive.add_products("JWST", rows)
    open_list(panel, listed, rows)
    expected = choose(panel, rows)
    assert len(expected.primaries()) < len(expected.rows), "some belong to several datasets"

    script = check_texts(panel, expected)
    found = opened(panel.download())
    assert found.files == expected.files(archive)
    assert found.manifest == expected.manifest()

    ended = run(script)
    assert ended.returncode == 0, ended.stderr
    scripted = tree(script)
    del scripted["manifest.html"]
    assert scripted == found.files
