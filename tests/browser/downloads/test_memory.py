"""Two gibibytes through the whole page, from the archive to the browser's downloads, without staying in memory."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect

from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.taken import accepted, listed, science

MEBIBYTE: Final = 2**20
#: One file comes first, so that what a page needs for any download is there before it is weighed.
FILES: Final = 9
SIZE: Final = 256 * MEBIBYTE
PROGRAM: Final = "jw77006001001_02101"


def renderers(info: dict[str, list[dict[str, object]]]) -> int:
    """Resident bytes of all renderers, so that page and worker count wherever they live."""
    total = 0
    for process in info["processInfo"]:
        if process["type"] == "renderer":
            total += int(Path(f"/proc/{process['id']}/statm").read_text().split()[1]) * 4096
    return total


def test_two_gibibytes_pass_without_staying_in_memory(
    panel: PanelPage, watch: Watch, browser: Browser, archive: ArchiveServer, tmp_path: Path
) -> None:
    names = [f"{PROGRAM}_{number:05d}_nrca1_cal.fits" for number in range(1, FILES + 1)]
    panel.open(listed(archive, [science(name, name[:25], SIZE) for name in names]))
    panel.button("ALL").click()
    session = browser.new_browser_cdp_session()
    panel.confirm("stream")
    with panel.page.expect_download() as started:
        panel.start()
    page, before, peak, began, ended = panel.page, 0, 0, 0.0, 0.0
    verdict = page.get_by_role("heading", name="Download finished")
    while not verdict.is_visible():
        weight = renderers(session.send("SystemInfo.getProcessInfo"))
        if not before and archive.requests_for(names[1]):
            before, began = weight, time.perf_counter()
        peak, ended = max(peak, weight), time.perf_counter()
    expect(page.get_by_text(f"All {FILES} files are complete.")).to_be_visible()
    rate = (FILES - 1) * SIZE / (ended - began) / 1e6
    print(f"\n2 GiB by the whole page: {rate:.0f} MB/s, grew by {(peak - before) / MEBIBYTE:.0f} MiB")
    assert before
    assert peak - before < 64 * MEBIBYTE
    path = Path(started.value.path())
    accepted(path)
    with zipfile.ZipFile(path) as whole:
        sizes = {info.filename.rpartition("/")[2]: info.file_size for info in whole.infolist()}
    assert {name: sizes[name] for name in names} == dict.fromkeys(names, SIZE)
    started.value.delete()
