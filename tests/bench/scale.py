"""How the panel does with 10,000, 100,000 and 1,000,000 products beside its peers: ``python build.py bench scale``.

The panel runs as it was built, in Chromium, on a list of a JWST program's mix; in another tab of the same browser its
peers work on the same rows, by turns with it: a plain loop over objects, crossfilter2, one regular expression over the
joined names, ``JSON.parse``, papaparse. Each peer has its rows in the form in which it is fastest, made beforehand.
What is painted is timed without the wait for the screen's beat. Nobody looks on: pages are opened as by a person, left
alone until they say that they are done, and asked afterwards what they have noted.

``--quick`` takes 10,000 products alone, ``--rows N`` so many, ``--write`` puts what was measured into docs/scale.md and
its picture.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.archive.static import StaticServer
from tests.bench import _jwst
from tests.bench._devtools import Browser, Tab
from tests.bench._table import Figures, growth, table, write_down
from tests.browser import unwatched
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
LONGEST_S: Final = 300.0
#: Between two clicks: what one has left for later is done by then.
PAUSE_MS: Final = 150
LIST, FEW = "products.json", "few.json"
NEXT: Final = "#page-next"
ALL: Final = "button[data-do=quick][data-with=ALL]"
PREVIEW: Final = "button[data-do=preview]"
LEVELS_FOLD: Final = "button[data-do=menu][data-with=levels]"
DISMISS: Final = "#notices button[data-do=dismiss]"
#: The first of the page's scripts; the one that is measured with has to come before it.
_FIRST_SCRIPT: Final = '<script src="./way_in.js">'

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

    ours: Tab
    peers: Tab

    def python(self, text: str, **names: str) -> Any:
        """Run text in the panel's Python, with these names in it; what its ``out`` tells."""
        said = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        return self.ours.alone(f"bench.run({json.dumps(said + text)})")

    def peer(self, call: str, given: object = None) -> Any:
        """Have a peer do its work."""
        return self.peers.alone(f"peers.{call}({json.dumps(given)})")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        unwatched.chromium(Path(folder, "profile"), "--headless") as address,
        closing(Browser(address, LONGEST_S)) as started,
    ):
        yield started


def lay_out(root: Path) -> None:
    """Put the peers beside the panel as it was built, and into its page what it is measured with."""
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    for name in ("scale.html", "scale_peers.js", "scale_ours.js"):
        shutil.copyfile(PAGES / name, root / name)
    page = (root / "index.html").read_text("utf-8")
    assert page.count(_FIRST_SCRIPT) == 1
    ours = '<script src="./scale_ours.js"></script>'
    (root / "index.html").write_text(page.replace(_FIRST_SCRIPT, f"{ours}\n{_FIRST_SCRIPT}"), "utf-8")
    modules = toolbox.node_modules(with_development=True)
    for name, place in LIBRARIES.items():
        shutil.copyfile(modules.joinpath(*place), root / name)


# -- what is measured -----------------------------------------------------------------------------------------


def opened(driver: Browser, url: str, name: str) -> Tab:
    """A tab of a visitor who comes for the first time and opens a list, once its page is ready."""
    tab = driver.open(f"{url}?products=./{name}")
    tab.wait_for("ready")
    return tab


def private_bytes(tab: Tab) -> int | None:
    """What the largest tab has for itself when it has given back what it could; ``None`` where no system tells."""
    tab.do("HeapProfiler.collectGarbage")
    found = tab.browser.channel.do("SystemInfo.getProcessInfo")["processInfo"]
    sizes = [_private(process["id"]) for process in found if process["type"] == "renderer"]
    return max((size for size in sizes if size is not None), default=None)


def bytes_with(driver: Browser, url: str) -> int | None:
    """What the tab has for itself with a list of one product."""
    with closing(opened(driver, url, FEW)) as tab:
        return private_bytes(tab)


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
    tabs.ours.alone(f"bench.click({json.dumps(ALL)})")
    tabs.ours.alone(f"bench.click({json.dumps(LEVELS_FOLD)}, {json.dumps(box(LEVELS[0]))})")
    clicks = settings()
    for _ in range(CLICKS):
        level, on = next(clicks)
        told = tabs.python(_TICK, LEVEL=level)
        for name in ("looped", "crossfiltered"):
            other = tabs.peer(name, on)
            assert (other["files"], other["bytes"]) == (told["files"], told["bytes"]), f"{name} disagrees"
            figures.add(name, other["ms"])
        figures.add("tick", told["ms"])
    figures.add("painted", *clicked(tabs, [box(next(clicks)[0]) for _ in range(CLICKS)]))


def box(level: str) -> str:
    """The selector of a level's box."""
    return f"input[data-do=level][data-with='[\"{level}\"]']"


def clicked(tabs: Tabs, selectors: list[str]) -> list[float]:
    """The milliseconds from each click to the frame that shows what came of it."""
    told: list[float] = tabs.ours.alone(f"bench.clicked({json.dumps(selectors)}, {PAUSE_MS})")
    return told


def measure_pattern(tabs: Tabs, figures: Figures) -> None:
    """A pattern over all names, by turns with one scan of the joined names."""
    tabs.ours.alone(f"bench.typed({json.dumps(PATTERN)})")
    tabs.python(_IN_FORCE, PATTERN=PATTERN)
    tabs.ours.alone('bench.typed("")')
    for _ in range(SCANS):
        told = tabs.python(_SCAN, PATTERN=PATTERN)
        other = tabs.peer("scanned", PATTERN)
        assert told["found"] == other["found"], "the scan disagrees"
        figures.add("pattern", told["ms"])
        figures.add("scanned", other["ms"])


def measure_pages(tabs: Tabs, figures: Figures) -> None:
    """The next page of the preview."""
    tabs.ours.alone(f"bench.click({json.dumps(PREVIEW)}, {json.dumps(NEXT)})")
    figures.add("page", *clicked(tabs, [NEXT] * PAGE_TURNS))
    figures.add("painted with preview", *clicked(tabs, [box(LEVELS[0])] * CLICKS))
    tabs.ours.alone(f"bench.click({json.dumps(PREVIEW)})")


def measure_files(tabs: Tabs, figures: Figures, rounds: int, folder: Path) -> None:
    """The list of all files saved, by turns with papaparse's text of the same cells."""
    ours = tabs.ours
    folder.mkdir()
    ours.browser.channel.do(
        "Browser.setDownloadBehavior",
        behavior="allow",
        browserContextId=ours.visitor,
        downloadPath=str(folder),
    )
    ours.alone(f"bench.click({json.dumps(ALL)})")
    for _ in range(rounds):
        figures.add("csv", ours.alone("bench.exported()"))
        remove_saved(folder)
        ours.alone(f"bench.click({json.dumps(DISMISS)}, 'body')")
        figures.add("unparsed", tabs.peer("unparsed")["ms"])


def remove_saved(folder: Path) -> None:
    """Wait until the browser has written the file, and remove it."""
    last = time.monotonic() + LONGEST_S
    while not (saved := list(folder.glob("*.csv"))) or list(folder.glob("*.crdownload")):
        if time.monotonic() > last:
            raise RuntimeError("no file was saved")
        time.sleep(0.1)
    for path in saved:
        path.unlink()


def measure(driver: Browser, url: str, root: Path, products: int, rounds: int) -> Figures:
    """Everything about a list of so many products."""
    rows, names = _jwst.write(root / LIST, products)
    figures = Figures(products, rows)
    (root / FEW).write_text('{"products":[' + next(_jwst.listed(1)).text() + "]}")
    before = bytes_with(driver, url)
    ours: Tab | None = None
    peers: Tab | None = None
    for _ in range(rounds):
        if ours is not None:
            ours.close()
        ours = opened(driver, url, LIST)
        told = ours.alone(f"bench.loaded({json.dumps(LIST)})")
        figures.add("list", told["ms"])
        figures.add("list task", told["longest"])
        if peers is None:
            # As long as the peers have nothing, the largest tab is ours.
            after = private_bytes(ours)
            if before is not None and after is not None:
                figures.add("bytes", (after - before - names) / products)
            peers = driver.open(f"{url}scale.html")
            peers.wait_for("ready")
            peers.alone(f"peers.load({json.dumps(f'./{LIST}')})")
        figures.add("parsed", float(peers.alone("peers.parsed()")))
    assert ours is not None
    assert peers is not None
    peers.alone("peers.prepare()")
    tabs = Tabs(ours, peers)
    measure_ticks(tabs, figures)
    measure_pattern(tabs, figures)
    measure_pages(tabs, figures)
    measure_files(tabs, figures, rounds, root.parent / f"saved-{products}")
    return figures


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
