"""A download goes on at its pace in a tab that is hidden, where a browser lets a page's own timers go once a second.

A browser without a screen never hides a tab, nor does one that is told not to hold hidden pages back, as test drivers
tell it to. So this one has a screen, and was started by nobody but the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.screen import screen
from tests.browser.taken import Expected, listed, opened, science
from tests.browser.unwatched import chromium
from tests.browser.waiting import wait_until

PROGRAM: Final = "jw77011001001_02101"
ROWS: Final = [
    science(f"{PROGRAM}_{number:05d}_nrca1_cal.fits", f"{PROGRAM}_{number // 100:05d}", 28_800)
    for number in range(1, 301)
]
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
    with screen() as display, chromium(tmp_path / "profile", environment={"DISPLAY": display}) as address:
        # Told what to do no further: the defaults of a driver would have every page count as seen.
        browser = playwright.chromium.connect_over_cdp(address, no_defaults=True)
        session = browser.new_browser_cdp_session()
        session.send("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
        yield browser.contexts[0].pages[0]
        browser.close()


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
