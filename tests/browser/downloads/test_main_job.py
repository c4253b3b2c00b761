"""The main job, from the list to the last byte: open, choose, preview, export, script, download, unpack, compare."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from tests.archive.server import ArchiveServer
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, Row, taken
from tests.browser.test_script import run, tree
from web.buildsteps.demo import jwst_rows

HEADER: Final = ["Dataset", "Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating"]
ROWS: Final = 2000
#: An observation that is its investigators' own for now.
OWN: Final = "jw10001002"


class Steps:
    """How long each step took."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.told.append(f"{name} {time.perf_counter() - began:.2f} s")

    def __str__(self) -> str:
        return ", ".join(self.told)


def jwst_list() -> list[dict[str, object]]:
    """Two thousand rows in a realistic mix; the sizes are small, so that all of it can be fetched."""
    rows = itertools.islice(jwst_rows(200), ROWS)
    return [row | {"size": _small(str(row["filename"])), "access": _access(row)} for row in rows]


def _access(row: Row) -> str:
    own = str(row["filename"]).startswith(OWN) and row["type"] in ("science", "preview")
    return "EXCLUSIVE_ACCESS" if own else "PUBLIC"


def _small(filename: str) -> int:
    drawn = zlib.crc32(filename.encode())
    if filename.endswith(".fits"):
        # Some are large enough to go straight into the archive.
        return 2880 * (1600 if drawn % 97 == 0 else 2 + drawn % 12)
    return 1500 + drawn % 2500


def hst_list() -> list[dict[str, object]]:
    """One visit of a camera in the archive's own form: padded instrument names, suffixes in capitals."""
    dataset = "JZ9X01A1Q"
    products = [
        (f"{dataset.lower()}_raw.fits", "RAW", "UNCALIBRATED", 25_920, "science"),
        (f"{dataset.lower()}_flt.fits", "FLT", "CALIBRATED", 63_360, "science"),
        (f"{dataset.lower()}_drz.fits", "DRZ", "CALIBRATED", 95_040, "science"),
        (f"{dataset.lower()}_spt.fits", "SPT", "AUX", 11_520, "science"),
        (f"{dataset.lower()}_jit.fits", "JIT", "JITTER/SUPPORT", 8_640, "exposure"),
    ]
    return [
        {
            "product_key": f"{dataset}_{name}",
            "access": "PUBLIC",
            "dataset": dataset,
            "instrument_name": "ACS         ",
            "filters": "F606W;CLEAR2L",
            "filename": name,
            "uri": f"{dataset}/{name}",
            "authz_primary_identifier": dataset,
            "authz_secondary_identifier": suffix,
            "file_suffix": suffix,
            "category": level,
            "size": size,
            "type": kind,
        }
        for name, suffix, level, size, kind in products
    ]


def do_the_job(
    panel: PanelPage, archive: ArchiveServer, mission: str, rows: list[dict[str, object]], folder: Path
) -> None:
    """The whole way on a list from a file, with everything that is public and no guide star."""
    archive.add_products(mission, rows)
    listed = folder / "products.json"
    listed.write_text(json.dumps({"products": rows}))
    due: list[Row] = _due(rows)
    expected = Expected(due, mission=mission)
    steps = Steps()

    with steps.step("ready"):
        panel.open()
    with steps.step("list opened"):
        panel.open_list(listed)
        count = len({(row["filename"], row["size"]) for row in rows})
        summary = panel.page.get_by_role("status", name="Selection summary")
        expect(summary).to_contain_text(re.compile(rf"All: .* - {count} files"))
    with steps.step("chosen"):
        panel.button("ALL").click()
        references = panel.page.get_by_role("checkbox", name="INCLUDE CALIBRATION REFERENCE FILES")
        if references.count():
            references.check()
        assert panel.summary().selected == len(expected.primaries())
        assert panel.summary().all == count
    with steps.step("preview"):
        panel.button("VIEW ALL SELECTED FILES").click()
        panel.page.get_by_label("Rows per page").select_option("1000")
        shown = panel.preview_listing()
        while panel.page.get_by_role("button", name="Next page").get_attribute("aria-disabled") != "true":
            panel.page.get_by_role("button", name="Next page").click()
            shown += panel.preview_listing()
        panel.button("VIEW ALL SELECTED FILES").click()
    with steps.step("export"):
        panel.save("EXPORT SELECTED FILE LIST").save_as(folder / "files.csv")
    with steps.step("script"):
        saved = panel.save("API QUERY")
        script = folder / saved.suggested_filename
        saved.save_as(script)
    with steps.step("download"):
        download = panel.download("stream")
    with steps.step("unpack and compare"):
        found = taken(download, folder)
        assert found.files == expected.files(archive)
        assert found.manifest == expected.manifest()

    text = (folder / "files.csv").read_bytes().decode()
    header, *exported = list(csv.reader(io.StringIO(text, newline="")))
    assert header == HEADER
    assert exported == shown
    assert sorted(exported) == sorted(_exported(row) for row in due)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    if len(due) < 100:
        with steps.step("script run"):
            ended = run(script)
        assert ended.returncode == 0, ended.stderr
        scripted = tree(script)
        del scripted["manifest.html"]
        assert scripted == found.files
    size = sum(map(len, found.files.values()))
    print(
        f"\n{mission}: {len(rows)} rows, {len(due)} selected, {len(found.files)} files, {size / 1e6:.1f} MB: {steps}"
    )


def _due(rows: list[dict[str, object]]) -> list[Row]:
    """What is public and no guide star's; a product is its investigators' own as soon as one row says so."""
    own = {row["filename"] for row in rows if row["access"] != "PUBLIC"}
    return [row for row in rows if row["filename"] not in own and "_gs-" not in str(row["filename"])]


def _exported(row: Row) -> list[str]:
    fields = ("dataset", "filename", "category", "file_suffix", "instrument_name", "filters")
    return [str(row[field] or "").strip() for field in fields]


def test_a_visit_of_hubble(panel: PanelPage, archive: ArchiveServer, tmp_path: Path) -> None:
    do_the_job(panel, archive, "HST", hst_list(), tmp_path)


def test_two_thousand_rows_of_webb(panel: PanelPage, archive: ArchiveServer, tmp_path: Path) -> None:
    do_the_job(panel, archive, "JWST", jwst_list(), tmp_path)
