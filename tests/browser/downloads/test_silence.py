"""An archive that falls silent: the request is given up after three quarters of a minute, and made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, listed, science, taken

DATASET = "jw77008001001_02101_00001"
SILENT, LOST, WELL = (f"{DATASET}_nrca{number}_cal.fits" for number in (1, 2, 3))


@pytest.mark.slow
def test_silence_before_and_within_a_file_is_a_break_like_any_other(
    panel: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    rows = [science(SILENT, DATASET, 60_480), science(LOST, DATASET, 5 * 2**20), science(WELL, DATASET, 2880)]
    panel.open(listed(archive, rows))
    panel.button("ALL").click()
    panel.confirm("stream")
    archive.finished()
    archive.log.clear()
    archive.fault(SILENT, "stall", at=0, times=1)
    archive.fault(LOST, "stall", at=3 * 2**20, times=1)
    with panel.page.expect_download() as started:
        panel.start()
    panel.page.get_by_role("heading", name="Download finished").wait_for(timeout=180_000)
    found, expected = taken(started.value, tmp_path), Expected(rows)
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    assert [request.cut for request in archive.finished()] == [True, False, True, False, False]
