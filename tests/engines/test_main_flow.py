"""The main flow in every engine, whichever way the page started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.engines import flow
from tests.engines.panel import Panel


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


def test_a_page_whose_snapshot_is_damaged_starts_plainly(
    panel: Panel, site: StaticServer, snapshot: str
) -> None:
    site.corrupt_file(snapshot)
    panel.open(site.url)
    assert panel.way_of_start() == "plain"
    panel.filter(r"_cal\.fits$")
