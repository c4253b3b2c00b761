"""The states that the panel can be seen in, each reached as a person reaches it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Page, Route, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.panel_page import OTHERS, PanelPage
from web.buildsteps.demo import demo_rows


@dataclass(frozen=True, slots=True)
class World:
    """What the states need around the page."""

    site: StaticServer
    archive: ArchiveServer


#: Leads a page through some states and stops in each, giving its name.
Journey = Callable[[PanelPage, World], Iterator[str]]


def of_the_demo(panel: PanelPage, _: World) -> Iterator[str]:
    """What can be seen without leaving the demo. The panel is open already, and is left as it opened."""
    yield "demo"
    panel.choose_mission("HST")
    yield "other mission"
    panel.choose_mission("JWST")
    panel.levels()
    yield "levels open"
    panel.button("File level").click()
    panel.account().click()
    yield "account open"
    panel.page.keyboard.press("Escape")
    for what in ("script", "file list"):
        panel.button(OTHERS[what]).click()
        yield f"other forms of the {what}"
        panel.page.keyboard.press("Escape")
    panel.filter("_cal(")
    yield "regex error"
    panel.filter("*_cal.fits")
    yield "regex hint"
    panel.filter(r"_cal\.fits$")
    panel.button("ALL").click()
    yield "regex in force"
    panel.filter("")
    panel.button("VIEW ALL SELECTED FILES").click()
    yield "preview"
    panel.page.get_by_label("Show files that are not selected too").check()
    panel.page.locator("#preview").get_by_role("checkbox").nth(2).click()
    panel.page.get_by_label("Find in preview").fill("rate")
    expect(panel.page.locator("#find-state")).to_have_text(re.compile(r"^1 of \d+ rows$"))
    yield "preview by hand and a search"
    panel.page.get_by_role("button", name="Size", exact=True).click()
    expect(panel.page.get_by_role("columnheader", name="Dataset")).to_be_visible()
    yield "preview sorted"
    panel.page.get_by_role("button", name="Size", exact=True).click()
    panel.page.get_by_role("button", name="Size", exact=True).click()
    panel.button("FOLD ALL").click()
    panel.button("ALL").click()
    panel.page.locator("summary", has_text="More precise").click()
    yield "preview folded and a precise pattern"
    panel.button("UNFOLD ALL").click()
    panel.page.get_by_label("Show files that are not selected too").uncheck()
    for mission in ("HST", "JWST"):
        panel.choose_mission(mission)
        panel.button("NONE").click()
    yield "nothing selected"
    panel.button("VIEW ALL SELECTED FILES").click()
    panel.button("EXPORT SELECTED FILE LIST").click()
    yield "nothing to export"
    panel.button("ALL").click()
    panel.radio("File Structure", "FLAT").check()
    panel.confirm("blob")
    yield "confirmation"
    panel.page.get_by_role("dialog").get_by_role("button", name="Back").click()
    panel.as_opened()


@contextmanager
def held_back(page: Page, *patterns: str) -> Iterator[None]:
    """Inside, requests for these stay without an answer."""
    held: list[Route] = []
    over = False

    def answer(route: Route) -> None:
        if over:
            route.continue_()
        else:
            held.append(route)

    for pattern in patterns:
        page.route(pattern, answer)
    yield
    over = True
    for route in held:
        route.continue_()


def before_the_start(panel: PanelPage, _: World) -> Iterator[str]:
    """A page whose Python has not started, and one whose Python cannot."""
    for state, query in (("starting", ""), ("starting with a list", "?products=of-ones-own.json")):
        with held_back(panel.page, "**/loader.js"):
            panel.page.goto(panel.url + query)
            yield state
    panel.page.route("**/pyodide.asm.wasm", lambda route: route.abort())
    panel.page.goto(panel.url)
    panel.page.locator("html[data-state=failed]").wait_for(state="attached")
    yield "failed"
    panel.page.get_by_text("Diagnostics", exact=True).click()
    yield "diagnostics of a failure"
    panel.page.unroute("**/pyodide.asm.wasm")


def of_lists(panel: PanelPage, world: World) -> Iterator[str]:
    """A list that cannot be had, then lists of one's own: broken, strange, and too large for a browser."""
    for name, rows in (
        ("mixed", lists.mixed_list()),
        ("hostile", lists.hostile_list()),
        ("huge", lists.huge_list()),
    ):
        lists.write(world.site.root / "states" / f"{name}.json", rows)
    panel.open("?products=states/absent.json")
    yield "empty"
    panel.page.get_by_role("button", name="Dismiss").click()
    panel.open_list(world.site.root / "states" / "mixed.json")
    panel.notices().get_by_text("Which rows, and why").click()
    yield "bad rows"
    panel.page.get_by_role("button", name="Dismiss").click()
    panel.open_list(world.site.root / "states" / "hostile.json")
    panel.levels()
    panel.button("ALL").click()
    panel.button("VIEW ALL SELECTED FILES").click()
    yield "strange names"
    panel.button("START DOWNLOAD").click()
    yield "strange names before a download"
    panel.page.get_by_role("dialog").get_by_role("button", name="Back").click()
    panel.button("VIEW ALL SELECTED FILES").click()
    panel.button("File level").click()
    panel.open_list(world.site.root / "states" / "huge.json")
    panel.choose_mission("JWST")
    panel.button("ALL").click()
    yield "above a terabyte"


def of_a_download(panel: PanelPage, world: World) -> Iterator[str]:
    """Sign in, download, lose a file, and see how that ended."""
    # By name, since other tests add products of their own to the archive.
    datasets = sorted({str(row["dataset"]) for row in demo_rows("JWST")})
    panel.open(f"?products={quote(world.archive.list_url('JWST', datasets), safe='')}")
    panel.account().click()
    panel.page.get_by_label("Auth.MAST token").fill("wrong")
    panel.button("Sign in").click()
    expect(panel.page.locator("#token-error")).not_to_be_empty()
    yield "token refused"
    panel.page.get_by_label("Auth.MAST token").fill("demo-token-all")
    panel.button("Sign in").click()
    expect(panel.account()).to_have_text("demo-director")
    panel.account().click()
    yield "signed in"
    panel.page.keyboard.press("Escape")
    panel.filter(r"_0000[12]_.*_cal\.fits$")
    world.archive.fault("*_00002_*_cal.fits", "status", status=404)
    world.archive.fault("*nrs2_cal.fits", "stall", at=9000)
    panel.confirm("blob")
    panel.start()
    expect(panel.page.locator("#progress .figures")).to_have_text(re.compile("^[1-9]"))
    yield "progress"
    panel.button("CANCEL").click()
    yield "asked how to stop"
    panel.page.keyboard.press("Escape")
    with panel.page.expect_download() as saved:
        panel.finish_now()
    saved.value.delete()
    world.archive.clear_faults()
    expect(panel.page.get_by_role("heading", name="Download finished with gaps")).to_be_visible()
    yield "ended with gaps"
    panel.button("Close").click()
    panel.filter(r"_i2d\.fits$")
    panel.download("blob").delete()
    yield "ended well"


JOURNEYS: dict[str, Journey] = {
    "demo": of_the_demo,
    "start": before_the_start,
    "lists": of_lists,
    "download": of_a_download,
}
