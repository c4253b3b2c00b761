"""What a browser keeps of a visit: lists and choice after a reload, without the server, in a new version, or not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.conftest import Watch
from tests.browser.deployed import deploy, lay_out_next, wait_until_whole
from tests.browser.kept import record
from tests.browser.lists import DemoList, public
from tests.browser.panel_page import PanelPage
from tests.browser.surroundings import lay_out_site
from tests.browser.waiting import wait_until
from web.buildsteps.parts import write_parts

GO_ON: Final = "Go on where you were"
TOKEN: Final = "a-token-that-must-stay-in-memory"

#: How much is on the shelf.
_VISITS: Final = """
async () => {
  const shelves = (await caches.keys()).filter((name) => name.startsWith("download-overlay visits"));
  const kept = await Promise.all(shelves.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().length;
}
"""

#: How many lists' texts are on the shelf.
_TEXTS: Final = """
async () => {
  const shelves = (await caches.keys()).filter((name) => name.startsWith("download-overlay visits"));
  const kept = await Promise.all(shelves.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().filter((request) => request.url.includes("/texts/")).length;
}
"""

#: Which of these words are in anything that this origin has laid down in the browser.
_WORDS_KEPT: Final = """
async (words) => {
  const kept = new Set();
  const look = (text) => { for (const word of words) if (text.includes(word)) kept.add(word); };
  for (const storage of [localStorage, sessionStorage]) look(JSON.stringify({...storage}));
  for (const { name } of await indexedDB.databases()) look(name);
  look(location.href + document.cookie);
  for (const name of await caches.keys()) {
    look(name);
    const shelf = await caches.open(name);
    for (const request of await shelf.keys()) {
      const answer = await shelf.match(request);
      look(request.url + JSON.stringify([...answer.headers]));
      look(await answer.text());
    }
  }
  return words.filter((word) => kept.has(word));
}
"""


class Host:
    """A server with the site, which can be stopped, and the site's next version."""

    def __init__(self, folder: Path, archive: ArchiveServer) -> None:
        first = lay_out_site(folder / "first", archive)
        write_parts(first)
        self.root = folder / "root"
        self.next = folder / "next"
        shutil.copytree(first, self.root)
        lay_out_next(self.next, first)
        self.server = StaticServer(self.root, "/tools/overlay/").start()

    def stop(self) -> None:
        """Take the server away."""
        if not self.server.stopping.is_set():
            self.server.stop()


@pytest.fixture
def host(archive: ArchiveServer, tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path / "host", archive)
    yield made
    made.stop()


def wait_until_nothing_is_kept(page: Page) -> None:
    wait_until(page, lambda: page.evaluate(_VISITS) == 0)


def go_on(panel: PanelPage) -> None:
    panel.button(GO_ON).click()
    expect(panel.button(GO_ON)).to_be_hidden()


def controls(panel: PanelPage) -> dict[str, Any]:
    """How every control of every mission stands, once no filter is running."""
    seen: dict[str, Any] = {}
    shown = panel.page.get_by_label("Mission", exact=True)
    current = shown.input_value() if shown.count() else ""
    seen["current"] = current
    for mission in panel.missions() or [""]:
        if mission:
            panel.choose_mission(mission)
        expect(panel.page.locator("#regex-state")).not_to_have_text("filtering …")
        panel.levels()
        seen[mission] = panel.page.evaluate(
            """
            () => [...document.querySelectorAll("main input, main [aria-pressed]")].map(
              (each) => [each.id || each.textContent, each.value, each.checked, each.indeterminate, each.ariaPressed])
            """
        )
        panel.button("File level").click()
    if current:
        panel.choose_mission(current)
    seen["summary"] = panel.summary()
    return seen


def choose(panel: PanelPage) -> None:
    """Use every control once."""
    panel.choose_mission("HST")
    panel.button("ALL").click()
    panel.filter("fits$")
    panel.choose_mission("JWST")
    panel.button("NONE").click()
    panel.radio("Guidestar Files", "HIGHEST CALIBRATED").check()
    panel.page.get_by_role("checkbox", name="INCLUDE CALIBRATION REFERENCE FILES").check()
    panel.levels()
    panel.level_group("2b").get_by_role("checkbox").first.check()
    panel.level_group("3").get_by_role("checkbox").last.check()
    panel.button("File level").click()
    panel.filter(r"nrc|gs|jwst")
    panel.radio("File Structure", "FLAT").check()


def test_lists_and_every_control_are_there_again_with_the_server_stopped(
    page: Page, host: Host, tmp_path: Path
) -> None:
    panel = PanelPage(page, host.server.url).open()
    for mission in ("JWST", "HST"):
        path = lists.write(tmp_path / f"{mission}.json", DemoList(host.root, mission).rows)
        panel.open_list(path)
        expect(page.locator("#notices .spinner")).to_have_count(0)
    expect(page.get_by_text("The lists and your choice are kept in this browser")).to_be_visible()
    choose(panel)
    before = controls(panel)
    record(page, '"structure":"FLAT"')
    wait_until_whole(page)
    expect(page.get_by_text("This page works without a network from now on.")).to_be_visible()
    host.stop()
    page.reload()
    panel.wait_ready()
    # Nothing by itself: the demo is there, and an offer.
    expect(page.get_by_text("demo archive")).to_be_visible()
    expect(page.locator("#go-on-what")).to_have_text(
        re.compile(
            r"^\d+ files of 2 lists \(JWST\.json, HST\.json\), as of 20\d\d-\d\d-\d\d \d\d:\d\d UTC, with what"
        )
    )
    go_on(panel)
    expect(page.get_by_text("demo archive")).to_be_hidden()
    expect(panel.radio("File Structure", "FLAT")).to_be_checked()
    assert controls(panel) == before
    assert panel.save("EXPORT SELECTED FILE LIST").path().read_text("utf-8").startswith("Dataset,Filename,")


def test_a_list_by_address_opens_from_the_kept_copy_when_its_server_has_gone(page: Page, host: Host) -> None:
    lists.write(
        host.root / "lists" / "mine.json",
        [public("a_raw.fits", uri="lab:a"), public("b_raw.fits", uri="lab:b")],
    )
    panel = PanelPage(page, host.server.url).open("?products=lists/mine.json")
    panel.filter("^a")
    record(page, '"in_force":"^a"')
    wait_until_whole(page)
    host.stop()
    page.reload()
    panel.wait_ready()
    expect(page.get_by_role("heading", name="No product list is open")).to_be_visible()
    expect(page.locator("#empty")).to_contain_text(re.compile(r"2 files of lists/mine\.json, as of 20\d\d-"))
    go_on(panel)
    expect(panel.regex).to_have_value("^a")
    expect(page.get_by_role("status", name="Selection summary")).to_contain_text(
        re.compile("Selected: .* - 1 files")
    )


def test_a_reload_of_the_same_address_offers_what_was_chosen(panel: PanelPage, site: StaticServer) -> None:
    lists.write(
        site.root / "lists" / "again.json",
        [public("a_raw.fits", uri="lab:a"), public("b_raw.fits", uri="lab:b")],
    )
    panel.open("?products=lists/again.json")
    expect(panel.button(GO_ON)).to_be_hidden()
    panel.filter("^b")
    record(panel.page, '"in_force":"^b"')
    for _ in range(2):
        panel.page.reload()
        panel.wait_ready()
        expect(panel.page.locator("#go-on-what")).to_have_text(
            re.compile("^What you had chosen of the list here, as of")
        )
        expect(panel.regex).to_have_value("")
    go_on(panel)
    expect(panel.regex).to_have_value("^b")
    assert panel.page.url.endswith("?products=lists/again.json")


def test_a_browser_without_locks_keeps_visits_too_and_no_token_of_an_address(
    panel: PanelPage, site: StaticServer
) -> None:
    lists.write(
        site.root / "lists" / "signed.json",
        [public("a_raw.fits", url="a_raw.fits"), public("b_raw.fits", url="b_raw.fits")],
    )
    page = panel.page
    page.add_init_script("delete Navigator.prototype.locks")
    panel.open(f"?products=lists/signed.json%3Ftoken={TOKEN}")
    assert page.evaluate("navigator.locks === undefined")
    assert panel.summary().all == 2
    panel.filter("^b")
    record(page, '"in_force":"^b"')
    panel.open()
    assert page.evaluate(_WORDS_KEPT, [TOKEN, "?token", "signed.json?not-kept="]) == ["signed.json?not-kept="]
    expect(page.locator("#go-on-what")).to_contain_text("2 files of lists/signed.json?not-kept=")
    go_on(panel)
    expect(panel.regex).to_have_value("^b")
    assert panel.summary().all == 2
    # The same address means the same list still.
    panel.open(f"?products=lists/signed.json%3Ftoken={TOKEN}")
    expect(page.locator("#go-on-what")).to_contain_text("What you had chosen of the list here")
    page.get_by_role("button", name="Forget").click()
    wait_until_nothing_is_kept(page)


def test_forgetting_leaves_nothing_behind(panel: PanelPage, tmp_path: Path) -> None:
    page = panel.open().page
    panel.open_list(lists.write(tmp_path / "unspoken-name.json", [public("unspoken-row.fits", uri="lab:a")]))
    record(page, "unspoken-name.json")
    assert page.evaluate(_WORDS_KEPT, ["unspoken-row"]) == ["unspoken-row"]
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_text("Nothing of this visit is kept.")).to_be_visible()
    wait_until_nothing_is_kept(page)
    panel.button("NONE").click()
    panel.open()
    expect(panel.button("START DOWNLOAD")).to_be_visible()
    expect(panel.button(GO_ON)).to_be_hidden()
    assert page.evaluate(_WORDS_KEPT, ["unspoken"]) == []


def test_tabs_keep_what_they_say_they_keep(context: BrowserContext, watch: Watch, host: Host) -> None:
    # The test's watch is over another site.
    watch.check = lambda *_: None  # type: ignore[method-assign]
    for name in ("mine", "other"):
        lists.write(host.root / "lists" / f"{name}.json", [public(f"{name}.fits", uri=f"lab:{name}")])
    one, two = PanelPage(context.new_page(), host.server.url), PanelPage(context.new_page(), host.server.url)
    one.open("?products=lists/other.json")
    kept = one.page.get_by_text("The list and your choice are kept in this browser")
    expect(kept).to_be_visible()
    for _ in range(4):
        two.open("?products=lists/mine.json")
        expect(two.page.get_by_text("The list and your choice are kept in this browser")).to_be_visible()
    assert two.page.evaluate(_TEXTS) == 2
    one.button("NONE").click()
    record(one.page, '"quick":"NONE"')
    expect(kept).to_be_visible()
    two.page.get_by_role("button", name="Forget").click()
    wait_until_nothing_is_kept(two.page)
    one.button("ALL").click()
    expect(one.page.get_by_text("Nothing of this visit is kept.")).to_be_visible()
    wait_until_nothing_is_kept(two.page)


def test_no_token_and_no_name_of_a_person_is_ever_kept(
    panel: PanelPage, site: StaticServer, archive: ArchiveServer, tmp_path: Path
) -> None:
    archive.add_token(TOKEN, "ada-the-astronomer", ["jw"])
    page = panel.open().page
    panel.open_list(lists.write(tmp_path / "mine.json", DemoList(site.root, "JWST").rows))
    panel.account().click()
    page.get_by_label("Auth.MAST token").fill(TOKEN)
    panel.button("Sign in").click()
    expect(panel.account()).to_have_text("ada-the-astronomer")
    panel.button("ALL").click()
    panel.radio("File Structure", "FLAT").check()
    record(page, '"structure":"FLAT"')
    assert page.evaluate(_WORDS_KEPT, ["mine.json", TOKEN, "ada-the-astronomer"]) == ["mine.json"]
    # Nor does the next visit know who that was.
    page.reload()
    panel.wait_ready()
    go_on(panel)
    expect(panel.account()).to_have_text("anonymous")


@pytest.mark.parametrize(
    "how",
    [
        "delete globalThis.caches",
        "caches.open = () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'))",
    ],
)
def test_where_storage_is_refused_that_is_told_once_and_all_else_works(
    panel: PanelPage, tmp_path: Path, how: str
) -> None:
    panel.page.add_init_script(how)
    panel.open()
    for name in ("a", "b"):
        panel.open_list(lists.write(tmp_path / f"{name}.json", [public(f"{name}.fits", uri=f"lab:{name}")]))
    told = panel.page.get_by_text("This browser keeps no lists for the next visit: ")
    expect(told).to_have_count(1)
    expect(told).to_have_text(
        re.compile("(its settings do not let this page keep anything|it has no storage for this page)\\.$")
    )
    expect(panel.page.get_by_role("status", name="Selection summary")).to_contain_text(
        "All: 2.0 kB - 2 files"
    )
    panel.button("ALL").click()
    assert panel.save("EXPORT SELECTED FILE LIST").path().read_text("utf-8").count("\n") == 3


def test_a_list_over_the_quota_is_told_and_stays_open(
    panel: PanelPage, site: StaticServer, tmp_path: Path
) -> None:
    page = panel.open().page
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": site.origin, "quotaSize": 100_000})
    rows = [public(f"{'long name ' * 10}{number}.fits", uri=f"lab:{number}") for number in range(4000)]
    panel.open_list(lists.write(tmp_path / "large.json", rows))
    expect(panel.notices()).to_contain_text("large.json is open, but could not be kept for the next visit")
    assert panel.summary().all == 4000
    session.send("Storage.overrideQuotaForOrigin", {"origin": site.origin})


def test_each_copy_of_the_page_on_a_host_has_a_memory_of_its_own(
    context: BrowserContext, watch: Watch, archive: ArchiveServer, tmp_path: Path
) -> None:
    root = tmp_path / "www"
    for name in ("one", "two"):
        lay_out_site(root / name, archive)
    mine = lists.write(tmp_path / "mine.json", [public("a.fits", uri="lab:a")])
    with StaticServer(root, "/") as server:
        # The test's watch is over another site.
        watch.check = lambda *_: None  # type: ignore[method-assign]
        one, two = (PanelPage(context.new_page(), f"{server.url}{name}/").open() for name in ("one", "two"))
        one.open_list(mine)
        record(one.page, "mine.json")
        for panel, offered in ((two, 0), (one, 1)):
            panel.page.reload()
            panel.wait_ready()
            expect(panel.button("START DOWNLOAD")).to_be_visible()
            expect(panel.button(GO_ON)).to_have_count(offered)


def test_what_an_older_page_or_somebody_else_wrote_is_told_and_forgotten(
    panel: PanelPage, tmp_path: Path
) -> None:
    page = panel.open().page
    panel.open_list(lists.write(tmp_path / "mine.json", [public("a.fits", uri="lab:a")]))
    record(page, "mine.json")
    page.evaluate(
        """
        async () => {
          const [name] = (await caches.keys()).filter((each) => each.startsWith("download-overlay visits"));
          const shelf = await caches.open(name);
          for (const request of await shelf.keys()) {
            if (request.url.endsWith("/record")) await shelf.put(request, new Response('{"version": 0}'));
          }
        }
        """
    )
    panel.open()
    expect(panel.notices()).to_contain_text("[memory.version]")
    expect(panel.button(GO_ON)).to_be_hidden()
    panel.open()
    expect(panel.notices()).to_have_count(0)


def test_a_new_version_is_taken_at_a_click_and_goes_on_with_lists_and_choice(
    page: Page, host: Host, tmp_path: Path, axe: str
) -> None:
    panel = PanelPage(page, host.server.url).open()
    panel.open_list(
        lists.write(
            tmp_path / "mine.json", [public("a_raw.fits", uri="lab:a"), public("b.fits", uri="lab:b")]
        )
    )
    expect(page.locator(".mission")).to_have_text("OTHER")
    panel.filter("^a")
    panel.radio("File Structure", "FLAT").check()
    wait_until_whole(page)
    deploy(host.next, host.root)
    page.evaluate("dispatchEvent(new Event('online'))")
    button = panel.button("Use the new version")
    expect(button).to_be_visible()
    expect(button).to_have_accessible_description("The page starts anew, and what you have chosen stays.")
    page.evaluate(axe)
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa']})")
    assert [each["id"] for each in found["violations"]] == []

    # With another tab open it waits, and says so.
    other = page.context.new_page()
    other.goto(host.server.url)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description(re.compile("^This page is open in another tab"))
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(button).not_to_have_attribute("aria-disabled", "true")

    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    panel.wait_ready()
    expect(page).to_have_title("Download files, anew")
    expect(panel.regex).to_have_value("^a")
    expect(panel.radio("File Structure", "FLAT")).to_be_checked()
    expect(page.get_by_role("status", name="Selection summary")).to_contain_text(
        re.compile("Selected: .* - 1 files")
    )
    # It was a going on, not another visit.
    page.reload()
    panel.wait_ready()
    expect(page.locator("#go-on-what")).to_contain_text("2 files of mine.json")


def test_a_new_version_keeps_what_was_chosen_of_the_demo(page: Page, host: Host) -> None:
    panel = PanelPage(page, host.server.url).open()
    panel.filter("_cal")
    panel.button("ALL").click()
    before = panel.summary()
    wait_until_whole(page)
    deploy(host.next, host.root)
    page.evaluate("dispatchEvent(new Event('online'))")
    with page.expect_navigation():
        panel.button("Use the new version").click()
    panel.wait_ready()
    expect(panel.regex).to_have_value("_cal")
    expect(page.locator("#regex-state")).to_contain_text("match")
    assert panel.summary() == before
    # Only that once.
    page.reload()
    panel.wait_ready()
    expect(panel.regex).to_have_value("")


def test_a_service_worker_that_is_late_adds_its_place_to_the_question(browser: Browser, host: Host) -> None:
    page = browser.new_page()
    # The browser asks for the script when it is let.
    page.add_init_script(
        """
        const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
        const let_ = new Promise((resolve) => { globalThis.letRegister = resolve; });
        navigator.serviceWorker.register = async (...given) => { await let_; return register(...given); };
        delete globalThis.showSaveFilePicker;
        delete globalThis.showDirectoryPicker;
        delete StorageManager.prototype.getDirectory;
        """
    )
    panel = PanelPage(page, host.server.url).open()
    panel.button("START DOWNLOAD").click()
    dialog = page.get_by_role("dialog")
    # What needs no start is there at once.
    expect(dialog.get_by_role("radio", name="kept in memory")).to_be_checked()
    expect(dialog.get_by_role("radio")).to_have_count(1)
    page.evaluate("letRegister()")
    expect(dialog.get_by_role("radio", name="among your downloads")).to_be_checked()
    page.close()
