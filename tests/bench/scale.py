"""How the panel does with 10,000, 100,000 and 1,000,000 products beside its peers: ``python build.py bench scale``.

The panel runs as it was built, in Chromium, on a list of a JWST program's mix; in another tab of the same browser its
peers work on the same rows, by turns with it: a plain loop over objects, crossfilter2, one regular expression over the
joined names, ``JSON.parse``, papaparse. Each peer has its rows in the form in which it is fastest, made beforehand.
What is painted is timed without the wait for the screen's beat.

``--quick`` takes 10,000 products alone, ``--rows N`` so many, ``--write`` puts what was measured into docs/scale.md and
its picture.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.archive.static import StaticServer
from tests.bench import _jwst
from tests.bench._table import Figures, growth, table, write_down
from tests.browser.surroundings import LAUNCH_ARGUMENTS
from web.buildsteps import toolbox

PAGES: Final = Path(__file__).parent / "pages"
SIZES: Final = (10_000, 100_000, 1_000_000)
LIBRARIES: Final = {
    "papaparse.js": ("papaparse", "papaparse.min.js"),
    "crossfilter2.js": ("crossfilter2", "crossfilter.min.js"),
}
PATTERN: Final = r"_cal\.fits$"
LEVELS: Final = ("3", "2c", "2b", "2a", "1b")
CLICKS: Final = 9
PAGE_TURNS: Final = 9
SCANS: Final = 7
LONGEST_MS: Final = 300_000
#: Between two clicks: what one has left for later is done by then.
PAUSE_MS: Final = 150
LIST, FEW = "products.json", "few.json"
NEXT: Final = "#page-next"

#: A click on a level's box without the page: the state after it, and everything that is told of it.
_TICK: Final = """
import json, time
from pycore import messages as m
from pycore.update import update

async def out():
    state = panel.state
    began = time.perf_counter()
    state, _ = update(state, m.LevelTicked(LEVEL))
    mission = state.mission
    selector = mission.selector
    selected = selector.catalog.weight(state.selected(mission))
    weights = selector.weights(mission.possible)
    ticks = [selector.suffix_tick(facet, mission.choice) for boxes in weights.values() for facet in boxes]
    ms = (time.perf_counter() - began) * 1000
    panel.state = state
    panel.draw()
    return json.dumps({"ms": ms, "files": selected.files, "bytes": selected.bytes, "boxes": len(ticks)})
"""
_IN_FORCE: Final = """
import asyncio

async def out():
    while panel.state.mission.pattern.in_force != PATTERN:
        await asyncio.sleep(0.02)
    return "true"
"""
_SCAN: Final = """
import json, time

async def out():
    mission = panel.state.mission
    began = time.perf_counter()
    answer = await panel._browser.patterns.match(mission.profile.name, PATTERN, "")
    ms = (time.perf_counter() - began) * 1000
    return json.dumps({"ms": ms, "found": answer.bits.bit_count()})
"""


@dataclass(frozen=True, slots=True)
class Tabs:
    """The browser with its two tabs."""

    ours: Page
    peers: Page

    def python(self, text: str, **names: str) -> Any:
        """Run text in the panel's Python, with these names in it; what its ``out`` tells."""
        said = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        return self.ours.evaluate("text => bench.run(text)", said + text)

    def peer(self, call: str, given: object = None) -> Any:
        """Have a peer do its work."""
        return self.peers.evaluate(f"given => peers.{call}(given)", given)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS]
        )
        try:
            yield started
        finally:
            started.close()


def lay_out(root: Path) -> None:
    """Put the peers beside the panel as it was built."""
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    for name in ("scale.html", "scale_peers.js"):
        shutil.copyfile(PAGES / name, root / name)
    modules = toolbox.node_modules(with_development=True)
    for name, place in LIBRARIES.items():
        shutil.copyfile(modules.joinpath(*place), root / name)


# -- what is measured -----------------------------------------------------------------------------------------


def loaded(tab: Page, url: str, name: str) -> tuple[float, float]:
    """Open a list: the milliseconds from its request until the page is ready, and the longest task of those that began
    when Python was up: before, the page starts, list or not, which ``bench boot`` measures.
    """
    tab.goto(f"{url}?products=./{name}", wait_until="commit")
    expect(tab.locator("html[data-state=ready]")).to_be_attached(timeout=LONGEST_MS)
    began, ready = tab.evaluate(
        """name => [
          performance.getEntriesByType("resource").find((entry) => entry.name.endsWith(name)).startTime,
          performance.getEntriesByName("overlay:ready")[0].startTime,
        ]""",
        name,
    )
    return ready - began, tab.evaluate("() => bench.longest()")


def private_bytes(driver: Browser, tab: Page) -> int | None:
    """What the largest tab has for itself when it has given back what it could; ``None`` where no system tells."""
    tab.context.new_cdp_session(tab).send("HeapProfiler.collectGarbage")
    found = driver.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = [_private(process["id"]) for process in found if process["type"] == "renderer"]
    return max((size for size in sizes if size is not None), default=None)


def bytes_with(driver: Browser, url: str) -> int | None:
    """What the tab has for itself with a list of one product."""
    tab = new_tab(driver)
    try:
        loaded(tab, url, FEW)
        return private_bytes(driver, tab)
    finally:
        tab.context.close()


def _private(process: int) -> int | None:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(kilobytes) * 1024


def settings() -> Iterator[tuple[str, list[str]]]:
    """The level to be clicked next, and those that are on then: no setting comes twice."""
    on = ["ASSOCIATION", *LEVELS]
    for number in range(1, 2 ** len(LEVELS)):
        level = LEVELS[(number & -number).bit_length() - 1]
        on = [each for each in on if each != level] if level in on else [*on, level]
        yield level, on


def measure_ticks(tabs: Tabs, figures: Figures) -> None:
    """Levels ticked and cleared, by turns with the peers, which must come to the same."""
    ours = tabs.ours
    ours.get_by_role("button", name="ALL", exact=True).click()
    ours.get_by_role("button", name="File level").click()
    clicks = settings()
    for _ in range(CLICKS):
        level, on = next(clicks)
        told = tabs.python(_TICK, LEVEL=level)
        for name in ("looped", "crossfiltered"):
            other = tabs.peer(name, on)
            assert (other["files"], other["bytes"]) == (told["files"], told["bytes"]), f"{name} disagrees"
            figures.add(name, other["ms"])
        figures.add("tick", told["ms"])
    for _ in range(CLICKS):
        level, _ = next(clicks)
        figures.add("painted", clicked(tabs, f"input[data-do=level][data-with='[\"{level}\"]']"))


def clicked(tabs: Tabs, selector: str) -> float:
    """The milliseconds from a click to the frame that shows what came of it."""
    asked = [selector, PAUSE_MS]
    return float(tabs.ours.evaluate("([selector, pause]) => bench.clicked(selector, pause)", asked))


def measure_pattern(tabs: Tabs, figures: Figures) -> None:
    """A pattern over all names, by turns with one scan of the joined names."""
    field = tabs.ours.get_by_role("textbox", name="Regex filter")
    field.fill(PATTERN)
    tabs.python(_IN_FORCE, PATTERN=PATTERN)
    field.fill("")
    for _ in range(SCANS):
        told = tabs.python(_SCAN, PATTERN=PATTERN)
        other = tabs.peer("scanned", PATTERN)
        assert told["found"] == other["found"], "the scan disagrees"
        figures.add("pattern", told["ms"])
        figures.add("scanned", other["ms"])


def measure_pages(tabs: Tabs, figures: Figures) -> None:
    """The next page of the preview."""
    tabs.ours.get_by_role("button", name="VIEW ALL SELECTED FILES").click()
    expect(tabs.ours.locator(NEXT)).to_be_visible()
    for _ in range(PAGE_TURNS):
        figures.add("page", clicked(tabs, NEXT))
    level = LEVELS[0]
    for _ in range(CLICKS):
        figures.add("painted with preview", clicked(tabs, f"input[data-do=level][data-with='[\"{level}\"]']"))
    tabs.ours.get_by_role("button", name="VIEW ALL SELECTED FILES").click()


def measure_files(tabs: Tabs, figures: Figures, rounds: int) -> None:
    """The list of all files saved, by turns with papaparse's text of the same cells."""
    tabs.ours.get_by_role("button", name="ALL", exact=True).click()
    for _ in range(rounds):
        with tabs.ours.expect_download(timeout=LONGEST_MS) as saved:
            figures.add("csv", tabs.ours.evaluate("() => bench.exported()"))
        saved.value.delete()
        tabs.ours.get_by_role("button", name="Dismiss").last.click()
        figures.add("unparsed", tabs.peer("unparsed")["ms"])


def measure(driver: Browser, url: str, root: Path, products: int, rounds: int) -> Figures:
    """Everything about a list of so many products."""
    rows, names = _jwst.write(root / LIST, products)
    figures = Figures(products, rows)
    (root / FEW).write_text('{"products":[' + next(_jwst.listed(1)).text() + "]}")
    before = bytes_with(driver, url)
    ours, peers = new_tab(driver), driver.new_page()
    for number in range(rounds):
        if number:
            ours.context.close()
            ours = new_tab(driver)
        milliseconds, longest = loaded(ours, url, LIST)
        figures.add("list", milliseconds)
        figures.add("list task", longest)
        if not number:
            # As long as the peers have nothing, the largest tab is ours.
            after = private_bytes(driver, ours)
            if before is not None and after is not None:
                figures.add("bytes", (after - before - names) / products)
            peers.set_default_timeout(LONGEST_MS)
            peers.goto(f"{url}scale.html")
            peers.evaluate("url => peers.load(url)", f"./{LIST}")
        figures.add("parsed", float(peers.evaluate("() => peers.parsed()")))
    peers.evaluate("() => peers.prepare()")
    tabs = Tabs(ours, peers)
    measure_ticks(tabs, figures)
    measure_pattern(tabs, figures)
    measure_pages(tabs, figures)
    measure_files(tabs, figures, rounds)
    return figures


def new_tab(driver: Browser) -> Page:
    """A tab of a visitor who comes for the first time."""
    tab = driver.new_context().new_page()
    tab.set_default_timeout(LONGEST_MS)
    tab.add_init_script(path=PAGES / "scale_ours.js")
    return tab


# -- the command ----------------------------------------------------------------------------------------------


def main() -> None:
    """Print the table; with ``--write`` the documents have it too."""
    parser = argparse.ArgumentParser(prog="build.py bench scale", allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="10,000 products alone")
    parser.add_argument("--rows", type=int, help="so many products alone")
    parser.add_argument(
        "--rounds", type=int, default=3, help="lists opened and files saved, each; default: 3"
    )
    parser.add_argument("--write", action="store_true", help="put the table and the plot into docs/")
    options = parser.parse_args()
    sizes = (options.rows,) if options.rows else SIZES[:1] if options.quick else SIZES
    found = []
    with TemporaryDirectory() as folder:
        root = Path(folder) / "site"
        lay_out(root)
        with StaticServer(root, "/overlay/") as server:
            for products in sizes:
                with browser() as driver:
                    figures = measure(driver, server.url, root, products, options.rounds)
                found.append(figures)
                print(table([figures]), flush=True)
                if options.write:
                    write_down(found)
    print(growth(found))


if __name__ == "__main__":
    main()
