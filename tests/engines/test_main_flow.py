"""The main flow in every engine, whichever way the page started."""

from __future__ import annotations

import gzip
import html
import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.engines import flow
from tests.engines.panel import Panel
from tests.engines.played import Played
from web.buildsteps.integrity import integrity_of, written

#: Why a page starts plainly is for the page to find out, in all engines alike; that it can is tried in each.
IN_ONE_ENGINE = pytest.mark.parametrize(
    "engine",
    ["chromium", *(pytest.param(name, marks=pytest.mark.slow) for name in ("firefox", "webkit"))],
    indirect=True,
    scope="session",
)


@pytest.fixture
def snapshot(site: StaticServer) -> str:
    """The snapshot's file, as its path in the site."""
    [found] = (site.root / "runtime").glob("snapshot-*.bin")
    return found.relative_to(site.root).as_posix()


def test_a_page_that_started_from_its_snapshot_does_the_job(
    panel: Panel, site: StaticServer, archive: ArchiveServer, tmp_path: Path
) -> None:
    panel.open(site.url)
    assert panel.way_of_start() == "snapshot"
    flow.go_through(panel, archive, tmp_path)
    assert panel.driver.problems() == []


def test_a_page_that_has_no_snapshot_starts_plainly_and_does_the_job(
    panel: Panel, site: StaticServer, archive: ArchiveServer, tmp_path: Path, snapshot: str
) -> None:
    site.break_file(snapshot)
    panel.open(site.url)
    assert panel.way_of_start() == "plain"
    flow.go_through(panel, archive, tmp_path)


@IN_ONE_ENGINE
def test_a_page_whose_snapshot_is_damaged_starts_plainly(
    panel: Panel, site: StaticServer, snapshot: str
) -> None:
    site.corrupt_file(snapshot)
    panel.open(site.url)
    assert panel.way_of_start() == "plain"
    panel.filter(r"_cal\.fits$")


class Console:
    """What a page says in its console; empty in the engine whose driver does not tell."""

    def __init__(self, panel: Panel) -> None:
        self.tells = isinstance(panel.driver, Played)
        self.lines: list[str] = []
        if isinstance(panel.driver, Played):
            panel.driver.page.on("console", lambda message: self.lines.append(message.text))

    def reason(self) -> str:
        """Why Python started plainly."""
        words = "download-overlay: Python starts the plain, slower way: "
        [line] = [line for line in self.lines if line.startswith(words)]
        return line.removeprefix(words)


def replaced(site: StaticServer, name: str, content: bytes) -> None:
    """Put another file into the site, with its hash where the page compares it."""
    path = site.root / name
    before = integrity_of(path)
    path.write_bytes(content)
    if name.startswith("runtime/snapshot-"):
        files = (site.root / "runtime" / "files.js").read_text("utf-8")
        assert before in files
        replaced(site, "runtime/files.js", files.replace(before, integrity_of(path)).encode())
        return
    page = (site.root / "index.html").read_text("utf-8")
    listed = re.search(r'<script type="importmap">([^<]+)</script>', page)
    assert listed
    assert before in listed[1]
    map_ = listed[1].replace(before, integrity_of(path))
    page = page.replace(listed[1], map_).replace(written(listed[1].encode()), written(map_.encode()))
    (site.root / "index.html").write_text(page, "utf-8")


@IN_ONE_ENGINE
def test_a_snapshot_that_pyodide_refuses_is_done_without(
    panel: Panel, site: StaticServer, snapshot: str
) -> None:
    memory = bytearray(gzip.decompress((site.root / snapshot).read_bytes()))
    # The build that made it is told from the fifth word on.
    memory[16] ^= 1
    replaced(site, snapshot, gzip.compress(memory, 1))
    console = Console(panel)
    panel.open(site.url)
    assert panel.way_of_start() == "plain"
    if console.tells:
        assert "Snapshot build id mismatch" in console.reason()
    panel.filter(r"_cal\.fits$")


@IN_ONE_ENGINE
def test_a_wheel_that_the_snapshot_is_without_is_installed_the_plain_way(
    panel: Panel, site: StaticServer
) -> None:
    wheel = "extra-1.0-py3-none-any.whl"
    with zipfile.ZipFile(site.root / wheel, "w") as archive:
        archive.writestr("extra.py", "")
        archive.writestr("extra-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
        archive.writestr(
            "extra-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("extra-1.0.dist-info/RECORD", "")
    page = (site.root / "index.html").read_text("utf-8")
    written_in_page = re.search(r' config="([^"]+)"', page)
    assert written_in_page
    settings = json.loads(html.unescape(written_in_page[1]))
    settings["packages"].append(f"./{wheel}")
    page = page.replace(written_in_page[1], html.escape(json.dumps(settings)))
    (site.root / "index.html").write_text(page, "utf-8")
    console = Console(panel)
    panel.open(site.url)
    assert panel.way_of_start() == "plain"
    assert any(request.product == wheel for request in site.requests)
    if console.tells:
        assert console.reason() == f"the snapshot is without {site.url}{wheel}"
    panel.filter(r"_cal\.fits$")
