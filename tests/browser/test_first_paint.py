"""The first paint needs no Python: what stands there, that nothing moves, and that deeds done meanwhile count."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.states import held_back
from tests.browser.waiting import wait_until

_WATCH_SHIFTS = """
globalThis.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => [
  entry.value, ...entry.sources.map(({node}) => node?.parentElement?.outerHTML.slice(0, 200) ?? String(node)),
]))).observe({type: "layout-shift", buffered: true});
"""
#: What is called good of a page's cumulative layout shift.
_GOOD = 0.1
#: Until what was drawn last is on the screen.
_TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"
_PAINTED = "performance.getEntriesByName('first-contentful-paint').length === 1"
#: Until the page has been shown, where it would be: a frame takes some 16 ms.
_SHOWN = f"Promise.race([{_TWO_FRAMES}, new Promise((done) => setTimeout(() => done(null), 500))])"


def scripts_held(page: Page) -> AbstractContextManager[None]:
    """Inside, no module has come and no part of Python."""
    return held_back(page, "**/boot.js", "**/runtime/**")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_panel_is_painted_from_html_and_css_alone_and_then_nothing_moves(
    panel: PanelPage, width: int
) -> None:
    page = panel.page
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(_WATCH_SHIFTS)
    with scripts_held(page):
        page.goto(panel.url, wait_until="commit")
        expect(panel.button("START DOWNLOAD")).to_be_visible()
        expect(page.get_by_text("starting …")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-state", "booting")
        assert panel.summary().selected > 0
        # The browser tells of a paint when it has been on the screen.
        wait_until(page, lambda: page.evaluate(_PAINTED))
    panel.wait_ready()
    page.evaluate(_TWO_FRAMES)
    expect(page.get_by_text("starting …")).to_be_hidden()
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize(("shown", "cut"), [("RECOMMENDED", "NONE"), ("OTHER TOOLS", "START DOWNLOAD")])
def test_a_page_that_comes_in_two_pieces_moves_nothing(
    panel: PanelPage, site: StaticServer, shown: str, cut: str
) -> None:
    page = panel.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.add_init_script(_WATCH_SHIFTS)
    before = (site.root / "index.html").read_text("utf-8").partition(f">{cut}</button>")[0]
    with site.held_at("", len(before.rpartition("<button")[0].encode())):
        page.goto(panel.url, wait_until="commit")
        # A row that ends at the right would move with the button that is to come.
        panel.button(shown).wait_for(state="attached")
        page.evaluate(_SHOWN)
    panel.wait_ready()
    page.evaluate(_TWO_FRAMES)
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_asked_for_a_list_moves_nothing_until_the_list_is_there(
    panel: PanelPage, site: StaticServer, width: int
) -> None:
    rows = [lists.public(f"{name}.fits", uri=f"lab:{name}") for name in ("one", "two", "three")]
    lists.write(site.root / "lists" / "first-paint.json", rows)
    page = panel.page
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(_WATCH_SHIFTS)
    with held_back(page, "**/lists/first-paint.json"):
        with page.expect_request("**/lists/first-paint.json"), scripts_held(page):
            page.goto(f"{panel.url}?products=lists/first-paint.json&mission=Lab", wait_until="commit")
            expect(page.get_by_text("Opening the product list")).to_be_visible()
            expect(page.get_by_text("starting …")).to_be_visible()
            expect(page.get_by_text("demo archive")).to_be_hidden()
            page.evaluate(_TWO_FRAMES)
        # Python has taken over, and waits for the list.
        page.evaluate(_TWO_FRAMES)
        assert page.evaluate("shifts") == []
    panel.wait_ready()
    assert panel.summary().all == len(rows)
    # What a list brings stands above the button that opens another; that one makes room, and nothing else.
    page.evaluate(_TWO_FRAMES)
    assert page.evaluate("shifts.reduce((sum, [value]) => sum + value, 0)") < _GOOD


def test_what_is_done_before_any_module_has_come_is_obeyed(panel: PanelPage) -> None:
    page = panel.page
    with scripts_held(page):
        page.goto(panel.url, wait_until="commit")
        panel.button("ALL").click()
        panel.regex.fill(r"_cal\.fits$")
        panel.radio("File Structure", "FLAT").check()
        panel.radio("Guidestar Files", "HIGHEST CALIBRATED").check()
        panel.button("File level").press("Enter")
    panel.wait_ready()
    expect(panel.button("ALL")).to_have_attribute("aria-pressed", "true")
    expect(panel.regex).to_have_value(r"_cal\.fits$")
    expect(page.locator("#regex-state")).to_contain_text("match")
    expect(panel.radio("File Structure", "FLAT")).to_be_checked()
    expect(panel.radio("Guidestar Files", "HIGHEST CALIBRATED")).to_be_checked()
    expect(panel.level_group("2b")).to_be_visible()


def test_each_file_of_a_start_is_asked_for_once_and_the_large_ones_before_python_is(
    panel: PanelPage, watch: Watch, site: StaticServer
) -> None:
    before = len(site.requests)
    panel.open()
    asked = [request.product or "" for request in site.requests[before:]]
    # The service worker comes when the page is ready, and then asks for what it keeps.
    asked = asked[: asked.index("sw.js")] if "sw.js" in asked else asked
    assert {name: count for name, count in Counter(asked).items() if count > 1} == {}
    # The chain is two long: the page, and then everything that it needs to start Python.
    large = [name for name in asked if name.startswith("runtime/") or name.startswith("pyscript/")]
    first_of_python = asked.index("regex_worker.js")
    assert all(asked.index(name) < first_of_python for name in large if name != "runtime/python_stdlib.zip")


_WATCH_MEMORY = """
globalThis.large = [];
globalThis.Uint8Array = new Proxy(Uint8Array, {construct(kind, given, made) {
  const array = Reflect.construct(kind, given, made);
  if (given[0] === %d) large.push(new WeakRef(array.buffer));
  return array;
}});
"""


def _of_large_arrays(page: Page) -> list[bool]:
    """Of each buffer that was made for a snapshot, whether the page still holds it once its garbage is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()
    held: list[bool] = page.evaluate("large.map((each) => each.deref() !== undefined)")
    return held


def _bytes_of_snapshot(site: StaticServer) -> int:
    told = (site.root / "runtime" / "files.js").read_text("utf-8").partition("SNAPSHOT = ")[2]
    return int(json.loads(told.rstrip(";\n"))["bytes"])


def _way(page: Page) -> str:
    marks: str = page.evaluate(
        "performance.getEntriesByType('mark').map(({name}) => name).filter((name) => name.includes('start')).join()"
    )
    return marks


def test_a_snapshot_that_has_been_laid_down_leaves_its_memory(panel: PanelPage, site: StaticServer) -> None:
    panel.page.add_init_script(_WATCH_MEMORY % _bytes_of_snapshot(site))
    panel.open()
    assert _way(panel.page) == "overlay:start:snapshot"
    assert _of_large_arrays(panel.page) == [False]


def test_a_snapshot_that_does_not_come_leaves_its_memory(
    panel: PanelPage, site: StaticServer, watch: Watch
) -> None:
    watch.expect("404", "snapshot")
    panel.page.add_init_script(_WATCH_MEMORY % _bytes_of_snapshot(site))
    panel.page.route("**/runtime/snapshot-*", lambda route: route.fulfill(status=404))
    panel.open()
    assert _way(panel.page) == "overlay:start:plain"
    assert _of_large_arrays(panel.page) == [False]


def test_a_snapshot_that_the_browser_has_no_room_for_is_done_without(
    panel: PanelPage, site: StaticServer
) -> None:
    # No browser can be made to run short of memory at just this place.
    panel.page.add_init_script(_NO_ROOM % _bytes_of_snapshot(site))
    told: list[str] = []
    panel.page.on("console", lambda message: told.append(message.text))
    panel.open()
    assert _way(panel.page) == "overlay:start:plain"
    assert "download-overlay: Python starts the plain, slower way: Array buffer allocation failed" in told


_NO_ROOM = """
globalThis.Uint8Array = new Proxy(Uint8Array, {construct(kind, given, made) {
  if (given[0] === %d) throw new RangeError("Array buffer allocation failed");
  return Reflect.construct(kind, given, made);
}});
"""
