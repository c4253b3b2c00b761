"""Signing in: a good token, a wrong one, one for another program; where the token goes, and where it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, listed, science, taken

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

FRESH: Final = "fresh-token-77aa01c3e2"
GOOD: Final = "good-token-5f2c81d0a9"
OTHER: Final = "token-of-another-program-77"
WRONG: Final = "no-such-token-31415926"
SETS: Final = [f"jw7800{number}001001_02101_00001" for number in (1, 1, 2, 3)]
OWN: Final = {"access": "EXCLUSIVE_ACCESS"}
SHARED: Final = "jw78001_pool.csv"
ROWS: Final = [
    science("jw78001_first_cal.fits", SETS[0], 5760, **OWN),
    science(SHARED, SETS[0], 400),
    science("jw78001_second_cal.fits", SETS[1], 2880, **OWN),
    science("jw78002_third_cal.fits", SETS[2], 2880, **OWN),
    science(SHARED, SETS[2], 400),
    science("jw78003_public_cal.fits", SETS[3], 2880),
]
EXCLUSIVE: Final = [str(row["filename"]) for row in ROWS if row["access"] == "EXCLUSIVE_ACCESS"]
REFUSED: Final = "the archive refused it (401): this sign-in may not have it, or has ended"

#: Everything that a page can keep beyond its own memory.
KEPT: Final = """
  async () => {
    const found = [document.documentElement.outerHTML, document.cookie, location.href, document.title];
    for (const field of document.querySelectorAll("input, textarea")) found.push(field.value);
    for (const shelf of [localStorage, sessionStorage]) found.push(JSON.stringify({...shelf}));
    for (const key of await caches.keys()) {
      const cache = await caches.open(key);
      for (const request of await cache.keys()) {
        found.push(request.url, await (await cache.match(request)).text());
      }
    }
    const read = request => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const {name} of await indexedDB.databases()) {
      const base = await read(indexedDB.open(name));
      for (const store of base.objectStoreNames) {
        found.push(JSON.stringify(await read(base.transaction(store).objectStore(store).getAll())));
        found.push(JSON.stringify(await read(base.transaction(store).objectStore(store).getAllKeys())));
      }
      base.close();
    }
    const folder = await navigator.storage.getDirectory();
    for await (const [name, handle] of folder.entries()) {
      found.push(name, handle.kind === "file" ? await (await handle.getFile()).text() : "");
    }
    found.push(JSON.stringify(history.state), window.name);
    return found.join("\\n");
  }
"""


@pytest.fixture(scope="module")
def standing(open_panel: OpenPanel, archive: ArchiveServer) -> PanelPage:
    archive.add_token(OTHER, "other-pi", ["jw99"])
    panel, watch = open_panel(listed(archive, ROWS))
    watch.expect("Failed to load resource: .*(401|503)")
    return panel


@pytest.fixture
def mine(standing: PanelPage, archive: ArchiveServer) -> Iterator[PanelPage]:
    """The panel on a list with exclusive files, everything asked for, nobody signed in."""
    archive.add_token(GOOD, "<Ada & co>", ["jw78001", "jw78002"])
    standing.close_download()
    standing.button("ALL").click()
    archive.finished()
    archive.log.clear()
    yield standing
    standing.close_download()
    if standing.account().inner_text().strip() != "anonymous":
        sign_out(standing)
    elif standing.account().get_attribute("aria-expanded") == "true":
        standing.account().click()


def offer(panel: PanelPage, token: str) -> None:
    """Paste a token and sign in with it."""
    if panel.account().get_attribute("aria-expanded") != "true":
        panel.account().click()
    menu = panel.page.get_by_role("group", name="Account")
    menu.get_by_label("Auth.MAST token").fill(token)
    menu.get_by_role("button", name="Sign in").click()


def sign_out(panel: PanelPage) -> None:
    if panel.account().get_attribute("aria-expanded") != "true":
        panel.account().click()
    panel.button("Sign out").click()
    expect(panel.account()).to_contain_text("anonymous")


def shown_failures(panel: PanelPage) -> list[str]:
    told = panel.page.get_by_label("Files that could not be had").get_by_role("listitem")
    return [text.strip() for text in told.all_inner_texts()]


def test_nobody_signed_in_takes_the_public_files_alone(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    assert (mine.summary().selected, mine.summary().all) == (2, 5)
    summary = mine.page.get_by_role("status", name="Selection summary")
    expect(summary).to_contain_text("3 exclusive access files not selected")
    expect(summary).to_contain_text(
        "3 of the files chosen below are under exclusive access and were left out."
    )
    found = taken(mine.download("blob"), tmp_path)
    expected = Expected([row for row in ROWS if row["access"] == "PUBLIC"])
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    assert not any(request.authorized for request in archive.finished())


def test_a_good_token_brings_exclusive_files_and_the_long_form_for_every_row(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    offer(mine, GOOD)
    expect(mine.account()).to_contain_text("<Ada & co>")
    expect(mine.account()).to_be_focused()
    assert mine.summary().selected == 5
    found = taken(mine.download("stream"), tmp_path)
    expected = Expected(ROWS, user="<Ada & co>")
    assert found.files == expected.files(archive)
    assert found.manifest == expected.manifest()
    assert found.manifest[0][3] == (
        f"JWST/{SETS[0]}/jw78001_first_cal.fits associated with {SETS[0]} ... SUCCESS"
    )
    assert found.manifest[4][3].endswith(f"... Duplicate of file {SHARED} associated with {SETS[0]}")
    signed = {r.product or r.path for r in archive.finished() if r.authorized}
    assert signed == {"/whoami", *EXCLUSIVE}


def test_the_token_is_nowhere_but_in_memory(mine: PanelPage, archive: ArchiveServer, tmp_path: Path) -> None:
    offer(mine, GOOD)
    expect(mine.account()).to_contain_text("Ada")
    found = taken(mine.download("blob"), tmp_path)
    kept = mine.page.evaluate(KEPT)
    assert "jw78001_first_cal.fits" in kept, "the search sees what the page keeps"
    assert GOOD not in kept
    assert GOOD not in json.dumps(mine.page.context.storage_state(indexed_db=True))
    assert GOOD.encode() not in found.path.read_bytes()
    assert not any(GOOD in request.path for request in archive.requests)


def test_signing_out_deselects_and_forgets(mine: PanelPage, archive: ArchiveServer, tmp_path: Path) -> None:
    offer(mine, GOOD)
    expect(mine.account()).to_contain_text("Ada")
    assert mine.summary().selected == 5
    sign_out(mine)
    assert mine.summary().selected == 2
    archive.finished()
    archive.log.clear()
    found = taken(mine.download("blob"), tmp_path)
    assert {cells[4] for cells in found.manifest} == {"anonymous"}
    assert not any(request.authorized for request in archive.finished())


def test_a_token_that_is_forgotten_half_way_is_sent_no_more(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    offer(mine, GOOD)
    expect(mine.account()).to_contain_text("Ada")
    archive.fault(EXCLUSIVE[1], "status", status=503, retry_after="4", times=1)
    mine.confirm("stream")
    with mine.page.expect_download() as started:
        mine.start()
    assert archive.wait(lambda requests: any(r.product == EXCLUSIVE[1] and r.done for r in requests))
    sign_out(mine)
    mine.page.get_by_role("button", name="GO ON WITHOUT").click()
    expect(mine.page.get_by_role("heading", name="Download finished with gaps")).to_be_visible()
    found = taken(started.value, tmp_path)
    reason = "the sign-in had ended, and the download went on without it"
    expected = Expected(ROWS, user="<Ada & co>", failed={EXCLUSIVE[1]: reason})
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    assert [r.authorized for r in archive.finished() if r.product == EXCLUSIVE[1]] == [True, False]


def test_a_wrong_token_signs_nobody_in(mine: PanelPage, archive: ArchiveServer) -> None:
    offer(mine, WRONG)
    expect(mine.page.get_by_role("alert").filter(has_text="does not know this token")).to_be_visible()
    expect(mine.account()).to_contain_text("anonymous")
    assert mine.page.get_by_label("Auth.MAST token").input_value() == ""
    assert mine.summary().selected == 2
    mine.confirm("blob")
    mine.page.get_by_role("dialog").get_by_role("button", name="Back").click()
    assert [r.path for r in archive.finished() if r.authorized] == ["/whoami"]


@pytest.mark.parametrize("token", ["two words", "ключ", "tab\tbed"])
def test_what_cannot_be_a_token_is_sent_nowhere(mine: PanelPage, archive: ArchiveServer, token: str) -> None:
    offer(mine, token)
    expect(mine.page.get_by_role("alert").filter(has_text="This is no token.")).to_be_visible()
    assert archive.finished() == []


def test_a_token_for_another_program_is_told_file_by_file(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    offer(mine, OTHER)
    expect(mine.account()).to_contain_text("other-pi")
    assert mine.summary().selected == 5
    found = taken(mine.download("stream"), tmp_path)
    expected = Expected(ROWS, user="other-pi", failed=dict.fromkeys(EXCLUSIVE, REFUSED))
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    paths = [expected.path(row) for row in ROWS if row["filename"] in EXCLUSIVE]
    assert shown_failures(mine) == [f"{path}: {REFUSED}" for path in paths]
    assert [len(archive.requests_for(name)) for name in EXCLUSIVE] == [1, 1, 1], (
        "a refusal is not asked again"
    )


def test_a_token_that_ends_half_way_is_asked_for_and_the_rest_comes_with_another_of_the_same_user(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    offer(mine, GOOD)
    expect(mine.account()).to_contain_text("Ada")
    archive.end_token(GOOD, after=1)
    archive.add_token(FRESH, "<Ada & co>", ["jw78001", "jw78002"])
    mine.confirm("stream")
    with mine.page.expect_download() as started:
        mine.start()
    expect(mine.page.locator("#progress").get_by_role("status")).to_contain_text("The sign-in has ended.")
    mine.button("ENTER A TOKEN").click()
    offer(mine, OTHER)
    expect(mine.page.get_by_role("alert").filter(has_text="This token is other-pi's")).to_be_visible()
    offer(mine, FRESH)
    expect(mine.page.get_by_role("heading", name="Download finished")).to_be_visible()
    found, expected = taken(started.value, tmp_path), Expected(ROWS, user="<Ada & co>")
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    faults_page.told("the token ends", "stream", 0, mine.page.locator("#progress .figures").inner_text())


def test_the_token_goes_to_no_other_origin(
    panel: PanelPage, watch: Watch, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The same file at an address of another origin: it is asked for without the token."""
    watch.expect("Failed to load resource: .*(401|503)")
    archive.add_token(GOOD, "ada", ["jw78"])
    name, dataset = "jw78004_elsewhere_cal.fits", "jw78004001001_02101_00001"
    elsewhere = archive.retrieve_url("JWST", f"{dataset}/{name}").replace("127.0.0.1", "localhost")
    panel.open(listed(archive, [science(name, dataset, 2880, url=elsewhere, **OWN)]))
    panel.button("ALL").click()
    offer(panel, GOOD)
    expect(panel.account()).to_contain_text("ada")
    archive.finished()
    archive.log.clear()
    panel.confirm("blob")
    warning = panel.page.get_by_role("dialog").get_by_text(re.compile("your token is not sent to"))
    expect(warning).to_be_visible()
    with panel.page.expect_download() as saved:
        panel.start()
    found = taken(saved.value, tmp_path)
    assert found.files == {}
    assert found.statuses()[name].endswith(
        "... FAILED: the archive refused it (401): it needs a sign-in that this page may not send"
    )
    asked = archive.finished()
    assert asked
    assert not any(request.authorized for request in asked)
