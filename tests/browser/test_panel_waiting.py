"""Servers that keep the panel waiting, or have gone: what is there stays usable, and no waiting is for ever."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.lists import RUNAWAY
from tests.browser.panel_page import PanelPage
from tests.browser.surroundings import lay_out_site
from tests.browser.taken import science

DATASET = "jw77020001001_02101_00001"
OTHER_DATASET = "jw77020001001_02101_00002"
NAMES = [f"{DATASET}_nrca{number}_cal.fits" for number in (1, 2)]


def _asked(archive: ArchiveServer, last: str) -> str:
    """The query for a list that the archive answers when it is let, and for another after it."""
    archive.add_products("JWST", [science(name, DATASET, 2880) for name in NAMES])
    archive.fault("list_products", "stall", at=0)
    first = archive.list_url("JWST", [DATASET])
    return f"?products={quote(first, safe='')}&products={last}"


def _write(site: StaticServer, name: str, mission: str, count: int) -> None:
    rows = [lists.public(f"{mission}_{number}.fits", 10, uri=f"lab:{number}") for number in range(count)]
    lists.write(site.root / "lists" / name, rows, mission=mission)


def test_while_a_list_is_waited_for_the_panel_can_be_used(
    panel: PanelPage, site: StaticServer, archive: ArchiveServer, tmp_path: Path
) -> None:
    _write(site, "after.json", "After", 3)
    panel.page.goto(panel.url + _asked(archive, "lists/after.json"))
    root = panel.page.locator("html")
    expect(panel.button("Open product list")).to_be_visible()
    own = tmp_path / "own.json"
    lists.write(own, [lists.public("own.fits", 10, uri="lab:own")], mission="Own")
    panel.open_list(own)
    expect(panel.page.locator(".mission")).to_have_text("Own")
    expect(root).to_have_attribute("data-state", "booting")
    # Choosing, leaving with a file list, and the way to a download: all of it answers.
    panel.button("ALL").click()
    assert panel.summary().selected == 1
    assert panel.save("EXPORT SELECTED FILE LIST").suggested_filename.endswith("_files.csv")
    panel.confirm("blob")
    panel.page.get_by_role("dialog").get_by_role("button", name="Back").click()
    expect(root).to_have_attribute("data-state", "booting")
    archive.clear_faults()
    panel.wait_ready()
    # In the order of the address, behind what was opened meanwhile.
    assert panel.missions() == ["Own", "JWST", "After"]


def test_a_list_that_stops_on_its_way_is_shown_so_far_and_others_are_opened(
    panel: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    many = [
        science(f"{OTHER_DATASET}_nrca1_{number:03}_cal.fits", OTHER_DATASET, 2880) for number in range(400)
    ]
    archive.add_products("JWST", many)
    archive.fault("list_products", "stall", at=60_000)
    asked = quote(archive.list_url("JWST", [OTHER_DATASET]), safe="")
    panel.page.goto(f"{panel.url}?products={asked}")
    expect(panel.page.locator(".mission")).to_have_text("JWST")
    panel.button("ALL").click()
    so_far = panel.summary().selected
    assert 100 < so_far < 400
    own = tmp_path / "own.json"
    lists.write(own, [science(f"{OTHER_DATASET}_nrca1_own_cal.fits", OTHER_DATASET, 10)], mission="JWST")
    panel.open_list(own)
    # Neither is lost by the other's coming, in the middle or at the end.
    expect(panel.page.locator("#summary")).to_contain_text(f"{so_far + 1} files")
    archive.clear_faults()
    panel.wait_ready()
    assert panel.summary().selected == 401
    assert panel.notices().count() == 0

    # Nobody has to wait for ever: what is given up leaves as it came.
    archive.fault("list_products", "stall", at=60_000)
    panel.page.reload()
    cancel = panel.button("Cancel " + archive.list_url("JWST", [OTHER_DATASET]))
    expect(panel.page.locator(".mission")).to_have_text("JWST")
    cancel.press("Enter")
    panel.wait_ready()
    expect(panel.notices()).to_contain_text("was not opened: you have cancelled it.")
    expect(panel.page.get_by_role("heading", name="No product list is open")).to_be_visible()
    archive.clear_faults()


@pytest.mark.slow
def test_a_list_and_a_sign_in_that_are_never_answered_are_given_up(
    panel: PanelPage, site: StaticServer, archive: ArchiveServer
) -> None:
    archive.fault("whoami", "stall", at=0)
    _write(site, "first.json", "JWST", 2)
    never = _asked(archive, "lists/first.json").removeprefix("?").split("&")[0]
    panel.page.goto(f"{panel.url}?products=lists/first.json&{never}")
    expect(panel.page.locator(".mission")).to_have_text("JWST")
    panel.account().click()
    panel.page.get_by_label("Token").fill("a-token-that-nobody-looks-at")
    panel.page.keyboard.press("Enter")
    silent = re.compile("The server has sent nothing for 45 seconds.")
    expect(panel.notices().filter(has_text="[http.silent]")).to_contain_text(silent, timeout=60_000)
    expect(panel.page.locator("#account")).to_contain_text(silent, timeout=60_000)
    panel.wait_ready()
    assert panel.summary().all == len(NAMES)
    stalled = [request for request in archive.finished() if request.fault == "stall"]
    assert [request.cut for request in stalled] == [True, True]


def test_patterns_run_after_the_page_s_own_server_has_gone(
    page: Page, archive: ArchiveServer, tmp_path: Path
) -> None:
    loads: list[str] = []
    page.on("requestfinished", lambda request: loads.append(request.url))
    with StaticServer(lay_out_site(tmp_path / "dist", archive), "/tools/overlay/") as site:
        panel = PanelPage(page, site.url).open()
        while sum(url.endswith("regex_worker.js") for url in loads) < len(("worker", "spare")):
            page.wait_for_event("requestfinished")
    panel.filter(r"_cal\.fits$")
    state, error = page.locator("#regex-state"), page.locator("#regex-error")
    expect(state).to_have_text(re.compile(r"^\d+ files?, .+ match$"))
    panel.regex.fill(RUNAWAY)
    expect(error).to_contain_text("ran for longer than a second", timeout=5000)
    panel.filter(r"_rate\.fits$")
    expect(error).to_be_empty()
    expect(state).to_have_text(re.compile(r"^\d+ files?, .+ match$"))
