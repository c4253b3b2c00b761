"""Whole downloads into places other than one file that streams: a folder that goes on, the browser's own storage."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, listed, read_manifest, science, taken
from tests.contract.nginx_host import running_nginx

PROGRAM: Final = "jw77004001001_02101"
LARGE: Final = 12 * 2**20
ROWS: Final = [
    science(f"{PROGRAM}_{number:05d}_nrca1_cal.fits", f"{PROGRAM}_{number:05d}", size)
    for number, size in enumerate((28_800, LARGE, 2880, LARGE, 0), start=1)
]

#: The picker hands out a folder of the browser's private file system: its interface is that of a chosen one, and nobody
#: is here to answer the dialog.
CHOSEN: Final = """
  window.showDirectoryPicker = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true });
"""
#: Paths with their sizes, of everything in the folder that was chosen.
THERE: Final = """
  async () => {
    const found = {};
    const walk = async (folder, above) => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === "directory") await walk(handle, `${above}${name}/`);
        else found[above + name] = (await handle.getFile()).size;
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen"), "");
    return found;
  }
"""
TEXT: Final = """
  async path => {
    let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen");
    const steps = path.split("/");
    for (const step of steps.slice(0, -1)) folder = await folder.getDirectoryHandle(step);
    return (await (await folder.getFileHandle(steps.at(-1))).getFile()).text();
  }
"""
#: How many lines the first page of notes has; none while the download replaces it, when the browser withdraws what was
#: being read.
NOTED: Final = f"""
  async () => {{
    const chosen = await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen");
    for await (const name of chosen.keys()) {{
      try {{
        return (await ({TEXT})(`${{name}}/unfinished/0`)).split("\\n").length;
      }} catch (error) {{
        if (error.name === "NotReadableError" || error.name === "NotFoundError") return 0;
        throw error;
      }}
    }}
    return 0;
  }}
"""


def test_a_download_into_a_folder_goes_on_after_the_page_was_left(
    panel: PanelPage, context: BrowserContext, archive: ArchiveServer
) -> None:
    context.add_init_script(CHOSEN)
    page = panel.open(listed(archive, ROWS)).page
    panel.button("ALL").click()
    last = str(ROWS[3]["filename"])
    archive.fault(last, "stall", at=6 * 2**20)
    panel.confirm("folder")
    expect(page.locator("#place-terms")).to_contain_text("choose the same folder")
    panel.start()
    expect(page.locator("#progress .figures")).to_contain_text("3 of 5 files")
    # Notes are written a second after the last at most.
    while page.evaluate(NOTED) < 4:
        page.wait_for_timeout(100)
    archive.wait(lambda requests: any(r.product == last and r.sent > 5 * 2**20 for r in requests))
    page.once("dialog", lambda question: question.accept())
    page.reload()
    panel.wait_ready()
    archive.clear_faults()
    before: dict[str, int] = page.evaluate(THERE)
    root = next(iter(before)).partition("/")[0]
    assert not any(path.endswith(last) for path in before), "a file appears only when it is complete"

    archive.finished()
    archive.log.clear()
    panel.button("ALL").click()
    panel.confirm("folder")
    # The probe asks for a file as well.
    expect(page.get_by_role("dialog")).to_contain_text("lets this page read its files")
    archive.finished()
    archive.log.clear()
    panel.start()
    expect(page.get_by_role("heading", name="Download finished")).to_be_visible()
    expect(page.locator("#there-already")).to_contain_text("3 files, ")
    expect(page.get_by_text("All 5 files are complete.")).to_be_visible()
    asked = {request.product for request in archive.finished() if request.product}
    assert asked == {last, str(ROWS[4]["filename"])}
    after: dict[str, int] = page.evaluate(THERE)
    manifests = {f"{root}/manifest.html", f"{root}/manifest.json"}
    paths = {f"{root}/JWST/{row['dataset']}/{row['filename']}": row["size"] for row in ROWS}
    assert {path: size for path, size in after.items() if path not in manifests} == paths
    assert after.keys() - paths.keys() == manifests, "no notes and no part of anything is left"
    assert read_manifest(page.evaluate(TEXT, f"{root}/manifest.html")) == Expected(ROWS).manifest()
    told = page.locator("#progress .figures").inner_text()
    faults_page.told("the page is left and opened again", "folder", 0, f"{told} 3 were there already.")


#: What a browser says when the person has taken its permission back.
WITHDRAWN: Final = """
  () => {
    FileSystemWritableFileStream.prototype.write =
      () => Promise.reject(new DOMException("withdrawn", "NotAllowedError"));
  }
"""


@pytest.mark.parametrize("why", ["the disk is full", "the permission is withdrawn"])
def test_a_folder_that_takes_no_more_keeps_what_is_complete(
    panel: PanelPage, context: BrowserContext, archive: ArchiveServer, why: str
) -> None:
    context.add_init_script(CHOSEN)
    page = panel.open(listed(archive, ROWS)).page
    panel.button("ALL").click()
    large = str(ROWS[1]["filename"])
    archive.fault(large, "stall", at=2**20)
    panel.confirm("folder")
    panel.start()
    archive.wait(lambda requests: any(r.product == large and r.sent >= 2**20 for r in requests))
    expect(page.locator("#progress .figures")).to_contain_text("1 of 5 files")
    session = context.new_cdp_session(page)
    quota = {"origin": page.evaluate("location.origin")}
    if why == "the disk is full":
        session.send("Storage.overrideQuotaForOrigin", {**quota, "quotaSize": 1})
    else:
        page.evaluate(WITHDRAWN)
    archive.clear_faults()
    told = panel.notices().filter(has_text="What is complete stays")
    expect(told).to_be_visible()
    there: dict[str, int] = page.evaluate(THERE)
    root = next(iter(there)).partition("/")[0]
    kept = {path: size for path, size in there.items() if "/unfinished/" not in path}
    assert kept == {f"{root}/JWST/{ROWS[0]['dataset']}/{ROWS[0]['filename']}": ROWS[0]["size"]}
    words = " ".join(told.locator("p").all_inner_texts()).replace(root, "MAST_…")
    faults_page.told(why, "folder", 0, words)
    session.send("Storage.overrideQuotaForOrigin", quota)


#: A disk that became full when a file's place was made and nothing of it was written.
FULL_AT_ONCE: Final = """
  const createWritable = FileSystemFileHandle.prototype.createWritable;
  FileSystemFileHandle.prototype.createWritable = function (...given) {
    return this.name === "%s.part"
      ? Promise.reject(new DOMException("no room", "QuotaExceededError"))
      : createWritable.apply(this, given);
  };
"""


def test_a_file_that_cannot_be_begun_leaves_nothing_in_the_folder(
    panel: PanelPage, context: BrowserContext, archive: ArchiveServer
) -> None:
    context.add_init_script(CHOSEN)
    context.add_init_script(FULL_AT_ONCE % ROWS[1]["filename"])
    page = panel.open(listed(archive, ROWS)).page
    panel.button("ALL").click()
    panel.confirm("folder")
    panel.start()
    expect(panel.notices().filter(has_text="What is complete stays")).to_be_visible()
    there: dict[str, int] = page.evaluate(THERE)
    root = next(iter(there)).partition("/")[0]
    kept = {path: size for path, size in there.items() if "/unfinished/" not in path}
    assert kept == {f"{root}/JWST/{ROWS[0]['dataset']}/{ROWS[0]['filename']}": ROWS[0]["size"]}


def test_an_archive_built_in_the_browsers_own_storage_comes_among_the_downloads(
    panel: PanelPage, context: BrowserContext, archive: ArchiveServer, tmp_path: Path
) -> None:
    # A browser without pickers and without service workers, which would be better places.
    context.add_init_script("delete window.showSaveFilePicker; delete window.showDirectoryPicker")
    panel.open(listed(archive, ROWS))
    panel.button("ALL").click()
    found = taken(panel.download("private"), tmp_path)
    expected = Expected(ROWS)
    assert found.files == expected.files(archive)
    assert found.manifest == expected.manifest()


def test_files_of_a_closed_archive_come_by_way_of_the_sites_own_proxy(
    browser: Browser, archive: ArchiveServer, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    shutil.copytree(os.environ["OVERLAY_DIST"], site)
    (site / "site.json").write_text(json.dumps({"proxy": {archive.origin: "./by/data"}}))
    rows = [{**row, "url": archive.retrieve_url("JWST", str(row["uri"]))} for row in ROWS[:3]]
    archive.add_products("JWST", rows)
    (site / "list.json").write_text(json.dumps({"mission": "JWST", "products": rows}))
    for row in rows:
        archive.fault(str(row["filename"]), "blocked")
    context, watch = browser.new_context(), Watch()
    watch.over(context)
    watch.expect(r"blocked by CORS policy", r"Failed to load resource: ")
    with running_nginx(site, archive.origin, tmp_path) as origin:
        page: Page = context.new_page()
        panel = PanelPage(page, f"{origin}/").open("?products=list.json")
        panel.button("ALL").click()
        panel.confirm("stream")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"{archive.origin}: read by way of this site's own proxy")
        expect(dialog.get_by_role("alert")).to_have_count(0)
        with page.expect_download() as saved:
            panel.start()
        expect(page.get_by_role("heading", name=re.compile("^Download finished$"))).to_be_visible()
        found = taken(saved.value, tmp_path)
        assert found.files == Expected(rows).files(archive)
        context.close()
    assert watch.unexpected() == []
