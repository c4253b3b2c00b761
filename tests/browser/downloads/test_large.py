"""Archives beyond the limits of the older ZIP, made by a real browser from a real server, and judged by every unpacker.

Small twins of these, with the limits lowered, are in the unit tests of the writer and run always.
"""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.archive.server import ArchiveServer
from tests.browser.downloads.test_memory import renderers
from tests.browser.panel_page import PanelPage
from tests.browser.taken import accepted, listed, science

pytestmark = pytest.mark.slow

MEBIBYTE: Final = 2**20
GIBIBYTE: Final = 2**30
PROGRAM: Final = "jw77009001001_02101"
#: One for all, since the address of a list names each.
DATASET: Final = f"{PROGRAM}_00001"
LONGEST_MS: Final = 1_800_000
FULL_16: Final = 0xFFFF
FULL_32: Final = 0xFFFFFFFF


def _names(count: int) -> list[str]:
    return [f"{PROGRAM}_{number:05d}_nrca1_cal.fits" for number in range(1, count + 1)]


def _downloaded(panel: PanelPage, archive: ArchiveServer, sizes: list[int]) -> Path:
    """Download files of these sizes; the archive, once every unpacker has accepted it and its size is as was told."""
    names = _names(len(sizes))
    panel.open(
        listed(archive, [science(name, DATASET, size) for name, size in zip(names, sizes, strict=True)])
    )
    panel.button("ALL").click()
    panel.confirm("stream")
    with panel.page.expect_download(timeout=LONGEST_MS) as started:
        panel.start()
    began = time.perf_counter()
    finished = panel.page.get_by_role("heading", name="Download finished")
    expect(finished).to_be_visible(timeout=LONGEST_MS)
    print(f"\n{sum(sizes) / (time.perf_counter() - began) / 1e6:.0f} MB/s")
    path = Path(started.value.path())
    accepted(path)
    with zipfile.ZipFile(path) as archived:
        found = {info.filename.rpartition("/")[2]: info.file_size for info in archived.infolist()}
    assert {name: found[name] for name in names} == dict(zip(names, sizes, strict=True))
    return path


def test_a_member_of_four_and_a_half_gibibytes(panel: PanelPage, archive: ArchiveServer) -> None:
    path = _downloaded(panel, archive, [4 * GIBIBYTE + GIBIBYTE // 2, 2880])
    with zipfile.ZipFile(path) as archived:
        large = next(info for info in archived.infolist() if info.file_size > FULL_32)
        with path.open("rb") as raw:
            raw.seek(large.header_offset + 4)
            # Version needed for Zip64 in the local header, too (APPNOTE 4.4.3).
            assert int.from_bytes(raw.read(2), "little") == 45
    path.unlink()


def test_seventy_thousand_members(panel: PanelPage, archive: ArchiveServer) -> None:
    path = _downloaded(panel, archive, [100] * 70_000)
    with path.open("rb") as raw:
        raw.seek(-22, 2)
        end = raw.read()
    assert int.from_bytes(end[10:12], "little") == FULL_16, "the older record says that Zip64 has the number"
    path.unlink()


def test_nine_gibibytes_in_all(panel: PanelPage, archive: ArchiveServer) -> None:
    _downloaded(panel, archive, [GIBIBYTE] * 9).unlink()


def test_twenty_gibibytes_pass_without_staying_in_memory(
    panel: PanelPage, archive: ArchiveServer, browser: Browser
) -> None:
    names = _names(20)
    panel.open(listed(archive, [science(name, name[:25], GIBIBYTE) for name in names]))
    panel.button("ALL").click()
    session = browser.new_browser_cdp_session()
    panel.confirm("stream")
    with panel.page.expect_download() as started:
        panel.start()
    before, peak = 0, 0
    verdict = panel.page.get_by_role("heading", name="Download finished")
    while not verdict.is_visible():
        weight = renderers(session.send("SystemInfo.getProcessInfo"))
        if not before and archive.requests_for(names[1]):
            before = weight
        peak = max(peak, weight)
    print(f"\n20 GiB: grew by {(peak - before) / MEBIBYTE:.0f} MiB")
    assert before
    assert peak - before < 64 * MEBIBYTE
    path = Path(started.value.path())
    assert path.stat().st_size > 20 * GIBIBYTE
    path.unlink()
