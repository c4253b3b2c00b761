"""A download goes on at its pace in a tab that is hidden, where a browser lets a page's own timers go once a second.

A browser without a screen never hides a tab, nor does one that is told not to hold hidden pages back, as test drivers
tell it to. So this one has a screen, and was started by nobody but the test.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.downloads import faults_page
from tests.browser.panel_page import BOOT_MS, PanelPage
from tests.browser.screen import screen
from tests.browser.surroundings import LAUNCH_ARGUMENTS
from tests.browser.taken import Expected, listed, opened, science
from tests.browser.waiting import wait_until

PROGRAM: Final = "jw77011001001_02101"
ROWS: Final = [
    science(f"{PROGRAM}_{number:05d}_nrca1_cal.fits", f"{PROGRAM}_{number // 100:05d}", 28_800)
    for number in range(1, 301)
]
ARGUMENTS: Final = (
    *LAUNCH_ARGUMENTS,
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
)
#: Counts the page's own timers from now on.
TICKS: Final = """
() => {
  window.ticks = 0;
  const tick = () => { window.ticks += 1; setTimeout(tick, 10); };
  tick();
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where downloads arrive."""
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


@pytest.fixture
def seen(playwright: Playwright, tmp_path: Path, folder: Path) -> Iterator[Page]:
    """A page of a browser on a screen."""
    profile = tmp_path / "profile"
    with screen() as display, (tmp_path / "said.txt").open("wb") as said:
        running = subprocess.Popen(
            [
                os.environ["OVERLAY_CHROMIUM"],
                *ARGUMENTS,
                f"--user-data-dir={profile}",
                "--remote-debugging-port=0",
                "about:blank",
            ],
            env={**os.environ, "DISPLAY": display},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            # Told what to do no further: the defaults of a driver would have every page count as seen.
            browser = playwright.chromium.connect_over_cdp(_address(profile), no_defaults=True)
            session = browser.new_browser_cdp_session()
            where = {"behavior": "allow", "downloadPath": str(folder)}
            session.send("Browser.setDownloadBehavior", where)
            yield browser.contexts[0].pages[0]
            browser.close()
        finally:
            running.terminate()
            running.wait(10)


def _address(profile: Path) -> str:
    told = profile / "DevToolsActivePort"
    last = time.monotonic() + BOOT_MS / 1000
    while not told.is_file() or "\n" not in told.read_text():
        assert time.monotonic() < last, "the browser has not started"
        time.sleep(0.05)
    return f"http://127.0.0.1:{told.read_text().partition(chr(10))[0]}"


def test_a_hidden_tab_goes_on_at_its_pace(
    seen: Page, site: StaticServer, archive: ArchiveServer, folder: Path
) -> None:
    panel = PanelPage(seen, site.url).open(listed(archive, ROWS))
    panel.button("ALL").click()
    panel.confirm("stream")
    expect(seen.get_by_role("dialog")).to_contain_text("lets this page read its files")
    archive.fault(str(ROWS[7]["filename"]), "cut", at=5000, times=1)
    other = seen.context.new_page()
    seen.bring_to_front()
    panel.start()
    other.bring_to_front()
    seen.evaluate(TICKS)
    finished = seen.get_by_role("heading", name=re.compile("^Download finished"))
    finished.wait_for(state="attached", timeout=120_000)
    ticks = seen.evaluate("window.ticks")
    assert seen.evaluate("document.visibilityState") == "hidden"
    # Six files side by side: were one timer of the page between a file and the next, there had been fifty.
    assert 0 < ticks < len(ROWS) / 8
    [archived] = wait_until(seen, lambda: list(folder.glob("*.zip")))
    found = opened(archived)
    told = seen.locator("#progress").inner_text()
    assert found.manifest == Expected(ROWS).manifest(), told
    assert found.files == Expected(ROWS).files(archive), told
    faults_page.told("the tab is hidden", "stream", 0, seen.locator("#progress .figures").inner_text())
