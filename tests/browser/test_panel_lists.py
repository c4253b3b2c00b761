"""Product lists of one's own: by address, by file, by drop; merged, broken, strange, empty."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.sync_api import expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.conftest import Watch
from tests.browser.kept import record
from tests.browser.lists import DemoList, products, public
from tests.browser.panel_page import PanelPage
from tests.browser.states import held_back

_DROP = """
([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, {type: "application/json"}));
  const into = document.querySelector("#panel");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    into.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
  }
}
"""


def _drop(panel: PanelPage, name: str, text: str) -> None:
    """Drop a file on the page."""
    panel.page.evaluate(_DROP, [name, text])


def _drop_from_disk(panel: PanelPage, *paths: Path) -> None:
    """Drop what is on the disk, folders too, as a file manager does."""
    carried = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = panel.page.context.new_cdp_session(panel.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": carried})
    session.detach()


def test_lists_by_address_merge_and_each_mission_has_its_own(
    panel: PanelPage, site: StaticServer, archive: ArchiveServer
) -> None:
    hst = DemoList(site.root, "HST")
    jwst = DemoList(site.root, "JWST").rows
    halves = jwst[: len(jwst) // 2], jwst[len(jwst) // 2 :]
    # Relative and flat, without a mission of its own: its rows tell.
    lists.write(site.root / "lists" / "hst.json", hst.rows)
    # Nested, of an archive that nobody knows.
    lab = [public(f"plate_{number}.fits", 10, uri=f"lab:{number}") for number in range(3)]
    lists.write(site.root / "lists" / "lab.json", [lab[:2], [lab[2:]]], mission="Observatory")
    lists.write(site.root / "lists" / "half.json", halves[1])
    datasets = dict.fromkeys(str(row["dataset"]) for row in halves[0])
    absolute = archive.list_url("JWST", datasets)
    asked = ["lists/hst.json", absolute, "lists/lab.json", "lists/half.json"]
    panel.open("?" + "&".join(f"products={quote(each, safe='')}" for each in asked))
    assert panel.missions() == ["HST", "JWST", "Observatory"]
    expect(panel.page.get_by_text("demo archive")).to_be_hidden()
    of_jwst = {(row["filename"], row["size"]) for row in jwst}
    assert panel.summary().all == len(products(hst.rows)) + len(of_jwst) + len(lab)
    lines = panel.page.get_by_role("status", name="Selection summary").get_by_role("listitem")
    expect(lines.nth(2)).to_have_text("Observatory 30 B, 3 of 3 files")
    panel.choose_mission("Observatory")
    expect(panel.page.get_by_role("radiogroup", name="Guidestar Files")).to_be_hidden()
    panel.levels()
    expect(panel.box("raw", "_s")).to_be_checked()
    # The same list again adds nothing, and says so.
    before = panel.summary()
    panel.open_list(site.root / "lists" / "lab.json")
    expect(panel.notices().filter(has_text="3 rows repeat others and count once")).to_be_visible()
    assert panel.summary() == before


def test_a_list_that_cannot_be_had_leaves_an_empty_panel_that_helps(
    panel: PanelPage, watch: Watch, site: StaticServer, tmp_path: Path
) -> None:
    watch.expect("absent.json")
    panel.open("?products=lists/absent.json")
    page, told = panel.page, panel.notices()
    expect(told).to_contain_text("lists/absent.json: The server answers with status 404.")
    expect(page.get_by_role("heading", name="No product list is open")).to_be_visible()
    expect(page.get_by_text("demo archive")).to_be_hidden()
    expect(panel.button("START DOWNLOAD")).to_be_hidden()
    expect(page.get_by_role("region", name="astroquery example")).to_contain_text("get_product_list")
    page.get_by_label("Dataset names").fill("jw1, jw2")
    link = page.get_by_role("link", name="JWST products of jw1,jw2")
    expect(link).to_have_attribute(
        "href", re.compile(r"/search/jwst/api/v0\.1/list_products\?dataset_ids=jw1,jw2$")
    )

    # What is no list is refused, and nothing opens.
    for number, (text, words) in enumerate(
        [("<html>", "not JSON"), ('{"files": []}', "no list “products”"), ("7", "no list “products”")]
    ):
        path = tmp_path / f"no-list-{number}.json"
        path.write_text(text)
        panel.open_list(path)
        expect(told.filter(has_text=f"no-list-{number}.json")).to_contain_text(words)
    expect(page.get_by_role("heading", name="No product list is open")).to_be_visible()

    # A list by file, then what is none, or holds nothing: what was open stays open.
    _drop(panel, "empty.json", lists.text([]))
    expect(told.filter(has_text="empty.json: the list is empty")).to_be_visible()
    good = lists.write(tmp_path / "good.json", [public("a.fits", uri="lab:a"), public("b.fits", uri="lab:b")])
    panel.open_list(good)
    expect(page.get_by_role("heading", name="No product list is open")).to_be_hidden()
    before = panel.summary()
    _drop(panel, "broken.json", "{")
    expect(told.filter(has_text="broken.json")).to_contain_text("not JSON")
    assert panel.summary() == before
    # The list of this visit is offered on the next, once the browser has written it down.
    record(page, "good.json")
    panel.open()
    offered = page.get_by_role("button", name="Go on where you were")
    expect(page.get_by_text("2 files of good.json, as of ")).to_be_visible()
    offered.click()
    expect(page.get_by_text("demo archive")).to_be_hidden()
    assert panel.summary() == before
    expect(offered).to_be_hidden()


def test_a_file_that_cannot_be_read_is_told_and_keeps_nothing_else_from_opening(
    panel: PanelPage, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    early, late = (
        lists.write(tmp_path / f"{name}.json", [public(f"{name}.fits", uri=f"lab:{name}")])
        for name in ("early", "late")
    )
    told = panel.notices().filter(has_text="folder: The file could not be read: ")
    with held_back(panel.page, "**/loader.js"):
        with panel.page.expect_request("**/loader.js"):
            panel.page.goto(panel.url)
        _drop_from_disk(panel, folder, early)
    panel.wait_ready()
    expect(told).to_contain_text("[list.unreadable]")
    expect(panel.page.get_by_text("demo archive")).to_be_hidden()
    assert panel.summary().all == 1
    told.get_by_role("button", name="Dismiss").click()

    _drop_from_disk(panel, folder, late)
    expect(told).to_contain_text("[list.unreadable]")
    expect(panel.page.get_by_role("status", name="Selection summary")).to_contain_text(
        "All: 2.0 kB - 2 files"
    )


def test_a_file_larger_than_the_page_can_hold_is_refused_unread(demo: PanelPage) -> None:
    before = demo.summary()
    demo.page.evaluate("Object.defineProperty(File.prototype, 'size', {get: () => 2 ** 40})")
    _drop(demo, "large.json", lists.text([public("a.fits", uri="lab:a")]))
    expect(demo.notices()).to_contain_text("large.json: The file has 1.100 TB, more than the")
    assert demo.summary() == before


#: A browser that gives the page's Python no more memory.
_NO_MEMORY: Final = """
() => {
  const {grow} = WebAssembly.Memory.prototype;
  globalThis.giveMemory = () => { WebAssembly.Memory.prototype.grow = grow; };
  WebAssembly.Memory.prototype.grow = () => { throw new RangeError("no memory"); };
}
"""


def test_a_list_that_needs_more_memory_than_there_is_is_refused_and_the_page_goes_on(
    demo: PanelPage, tmp_path: Path
) -> None:
    count = 200_000
    rows = (public(f"plate_{number:06d}.fits", 10, uri=f"lab:{number}") for number in range(count))
    large = lists.write(tmp_path / "large.json", rows)
    before = demo.summary()
    demo.page.evaluate(_NO_MEMORY)
    demo.open_list(large)
    told = demo.notices().filter(has_text="large.json")
    expect(told).to_contain_text("The browser has no memory left for this list")
    expect(told).to_contain_text("rows, were more than it has. [list.too-large]")
    expect(told).to_contain_text("Split it, or select fewer datasets.")
    assert demo.summary() == before
    demo.button("ALL").click()
    assert demo.summary().selected > before.selected
    demo.page.evaluate("giveMemory()")
    demo.open_list(large)
    expect(demo.page.get_by_text("demo archive")).to_be_hidden()
    expect(demo.page.get_by_text("Opening")).to_be_hidden()
    assert demo.summary().all == count


def test_bad_rows_are_refused_alone_and_strange_names_are_text(
    panel: PanelPage, site: StaticServer, tmp_path: Path
) -> None:
    lists.write(site.root / "lists" / "mixed.json", lists.mixed_list())
    panel.open("?products=lists/mixed.json")
    page = panel.page
    notice = panel.notices().filter(has_text="mixed.json")
    bad = lists.bad_rows()
    expect(notice).to_contain_text(f"{len(bad)} of {len(bad) + 2} rows could not be taken")
    notice.get_by_text("Which rows, and why").click()
    told = notice.get_by_role("listitem").all_inner_texts()
    assert len(told) == len(bad)
    for line, (number, (_, field)) in zip(told, bad.items(), strict=True):
        assert re.match(rf"Row {number}\b.*“{field}”", line)
    assert panel.summary().all == 2

    _drop(panel, "hostile.json", lists.text(lists.hostile_list()))
    panel.button("ALL").click()
    panel.levels()
    expect(panel.level_group(lists.HOSTILE_WORDS)).to_be_visible()
    panel.level_group(lists.HOSTILE_WORDS).get_by_role("checkbox").last.uncheck()
    panel.level_group(lists.HOSTILE_WORDS).get_by_role("checkbox").first.check()
    panel.button("VIEW ALL SELECTED FILES").click()
    listing = panel.preview_listing()
    assert [name for _, name, *_ in listing[2:-1]] == list(lists.HOSTILE_NAMES)
    words = lists.HOSTILE_WORDS
    assert listing[-1] == [words, "words.fits", words, words, words, words]
    panel.button("START DOWNLOAD").click()
    renamed = page.get_by_role("dialog").locator("details").filter(has_text="another name")
    expect(renamed).to_contain_text("files will have another name")
    used = renamed.locator("b").all_inner_texts()
    assert used and not any(set(path) & set('<>:"|?*\\\0\u202e') or "/../" in path for path in used)
    page.get_by_role("dialog").get_by_role("button", name="Back").click()
    # Nothing of it was taken for markup.
    expect(page).to_have_title("Download files")
    assert page.locator("main script:not([type=py]), main img").count() == 0
    # A mark that turns the direction of writing turns nothing but the name it stands in.
    size = page.get_by_role("row").filter(has_text="gpj.fits").get_by_role("cell").nth(4)
    expect(size).to_have_text("1.0 kB")

    # A pattern that would run for years on one of the names.
    _drop(panel, "long.json", lists.text([public(lists.LONG_NAME, uri="lab:long")]))
    panel.regex.fill(lists.RUNAWAY)
    expect(page.locator("#regex-error")).to_contain_text("ran for longer than a second", timeout=5000)


def test_above_a_terabyte_the_script_is_recommended(
    panel: PanelPage, watch: Watch, site: StaticServer
) -> None:
    # The archive has no such files.
    watch.expect("status of 404")
    lists.write(site.root / "lists" / "huge.json", lists.huge_list())
    panel.open("?products=lists/huge.json")
    advice = panel.page.get_by_text("take the script of API QUERY").filter(visible=True)
    expect(advice).to_contain_text("1.300 TB")
    expect(advice).to_contain_text("API QUERY")
    below = panel.page.get_by_text("Trouble with a download?")
    place = below.bounding_box()
    panel.button("NONE").click()
    expect(advice).to_have_count(0)
    assert below.bounding_box() == place
    panel.button("ALL").click()
    panel.button("START DOWNLOAD").click()
    dialog = panel.page.get_by_role("dialog")
    expect(dialog).to_contain_text("take the script of API QUERY")
    # A browser with a place for it may go on; memory is no such place.
    expect(dialog.get_by_role("radio", name="kept in memory")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Start", exact=True)).not_to_have_attribute(
        "aria-disabled", "true"
    )
