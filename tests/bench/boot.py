"""How long the page takes to start, beside the least that it could take: run ``python build.py bench boot``.

The site as it was built, opened on the demo archive, against a bare page that does nothing but ``loadPyodide`` from
the same files. Both are served by the same server to a browser that is started anew each time, so its caches are
cold; the machine's own cache of files is warm. Times are the page's own, from navigation to what is told.
"""

import os
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import BrowserType, sync_playwright

from tests.archive.static import StaticServer
from tests.browser.surroundings import LAUNCH_ARGUMENTS

ROUNDS: Final = 5
LONGEST_MS: Final = 120_000

#: Notes the moment at which the page says that it is ready.
_WATCH: Final = """
new MutationObserver(() => {
  if (document.documentElement?.dataset.state === "ready") performance.mark("ready");
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-state"] });
"""
_READY: Final = "() => performance.getEntriesByName('ready')[0].startTime"
_PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"

_BARE_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Pyodide alone</title><link rel="icon" href="./icon.svg">
<script type="module" src="./bare.js"></script></head><body><p>Pyodide alone</p></body></html>
"""
_BARE_SCRIPT: Final = """
import { loadPyodide } from "./runtime/pyodide.js";
import createPyodideModule from "./runtime/pyodide.asm.js";
await loadPyodide({ createPyodideModule, indexURL: new URL("./runtime/", import.meta.url).href });
document.documentElement.dataset.state = "ready";
"""


def start(browser_type: BrowserType, url: str) -> tuple[float, float]:
    """Open the page in a fresh browser; give the milliseconds to its first words and to ``ready``."""
    browser = browser_type.launch(executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS])
    try:
        page = browser.new_page()
        page.add_init_script(_WATCH)
        page.goto(url)
        page.locator("html[data-state=ready]").wait_for(state="attached", timeout=LONGEST_MS)
        return page.evaluate(_PAINTED), page.evaluate(_READY)
    finally:
        browser.close()


def line(title: str, times: list[tuple[float, float]]) -> None:
    """Print what one page took."""
    painted, ready = ([pair[which] for pair in times] for which in (0, 1))
    spread = f"{min(ready) / 1000:.2f} to {max(ready) / 1000:.2f} s"
    print(f"{title:<34}{median(painted):>9.0f} ms{median(ready) / 1000:>11.2f} s   {spread}")


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "site"
        shutil.copytree(os.environ["OVERLAY_DIST"], root)
        (root / "bare.html").write_text(_BARE_PAGE)
        (root / "bare.js").write_text(_BARE_SCRIPT)
        with StaticServer(root, "/tools/overlay/") as server:
            turns = [
                (
                    start(playwright.chromium, server.url),
                    start(playwright.chromium, f"{server.url}bare.html"),
                )
                for _ in range(ROUNDS)
            ]
    print(
        f"Medians of {ROUNDS} starts by turns, each in a new browser; the last column is the spread of ready"
    )
    print(f"{'':<34}{'first words':>12}{'ready':>13}")
    line("the panel on the demo archive", [ours for ours, _ in turns])
    line("a bare page with Pyodide alone", [bare for _, bare in turns])
    added = median(ours[1] - bare[1] for ours, bare in turns)
    ratio = median(ours[1] / bare[1] for ours, bare in turns)
    print(f"{'what the panel adds, turn by turn':<34}{'':>12}{added / 1000:>11.2f} s   {ratio:.2f} times")


if __name__ == "__main__":
    main()
