"""The tables of faults in the documents: every row is what a test has just seen."""

from __future__ import annotations

import os
import re
from typing import Final

from tests.browser.surroundings import ROOT

_PAGE: Final = ROOT / "docs" / "faults.md"


def told(fault: str, *cells: object) -> None:
    """Fail unless the documents have this row for the fault; write it there when the tests are told to."""
    row = f"| {' | '.join(map(str, (fault, *cells)))} |"
    page = _PAGE.read_text("utf-8")
    if os.environ.get("OVERLAY_WRITE_FAULTS"):
        page, count = re.subn(rf"^\| {re.escape(fault)} \|.*$", lambda _: row, page, flags=re.MULTILINE)
        assert count == 1, f"docs/faults.md has one row that begins with {fault}"
        _PAGE.write_text(page, "utf-8")
    assert row in page.split("\n")


def faults(after: str) -> list[str]:
    """The faults that the documents tell of in the table below a heading, in their order."""
    table = _PAGE.read_text("utf-8").partition(f"## {after}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    return rows[1:]
