"""How a download ends when something or somebody steps in: deleted files, CANCEL, other places to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Final

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.taken import SAVE_PRIVATE, Expected, listed, science, taken
from tests.browser.waiting import wait_until

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

PROGRAM: Final = "jw77003001001_02101"
LARGE: Final = 40 * 2**20
SETS: Final = [f"{PROGRAM}_0000{number}" for number in range(1, 5)]
FIRST, SECOND, THIRD, FOURTH = (f"{dataset}_nrca1_cal.fits" for dataset in SETS)
SHARED: Final = "jw77003_pool.csv"
ROWS: Final = [
    science(FIRST, SETS[0], 28_800),
    science(SECOND, SETS[1], LARGE),
    science(SHARED, SETS[1], 500),
    science(THIRD, SETS[2], 2880),
    science(SHARED, SETS[2], 500),
    science(FOURTH, SETS[3], 5760),
]
STOPPED: Final = "stopped before it was fetched"

#: Pickers that hand out a file of the browser's private file system, refuse, or never take a byte.
PICKERS: Final = """
  window.stubs = {
    file: async ({suggestedName}) =>
      (await navigator.storage.getDirectory()).getFileHandle(suggestedName, {create: true}),
    refuse: async () => { throw new DOMException("The user aborted a request.", "AbortError"); },
    stuck: async () => ({
      createWritable: async () => ({
        write: () => new Promise(() => {}),
        abort: async () => { window.aborted = true; },
      }),
      getFile: async () => new File([], "empty"),
      remove: async () => { window.removed = true; },
    }),
  };
"""
#: Notes each wish that the screen stay on.
AWAKE: Final = """
  () => {
    window.locks = [];
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = (kind) => { window.locks.push(kind); return request(kind); };
  }
"""
PRIVATE_NAMES: Final = """
  async () => {
    const found = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) found.push(name);
    return found;
  }
"""


@pytest.fixture(scope="module")
def standing(open_panel: OpenPanel, archive: ArchiveServer) -> tuple[PanelPage, Watch]:
    panel, watch = open_panel(listed(archive, ROWS))
    panel.page.evaluate(PICKERS)
    return panel, watch


@pytest.fixture
def mine(standing: tuple[PanelPage, Watch], archive: ArchiveServer) -> Iterator[PanelPage]:
    """The panel on a list of the archive with everything selected, and nothing under way."""
    panel, _ = standing
    panel.close_download()
    panel.filter("")
    panel.button("ALL").click()
    assert panel.summary().selected == 5
    archive.finished()
    archive.log.clear()
    yield panel
    archive.restore(SECOND)
    archive.restore(THIRD)


@pytest.fixture
def watch(standing: tuple[PanelPage, Watch]) -> Watch:
    return standing[1]


def begin(panel: PanelPage, archive: ArchiveServer, place: str, name: str, at: int) -> Download | None:
    """Start a download that is held in the middle of a file until the archive's faults are cleared."""
    panel.confirm(place)
    expect(panel.page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    archive.finished()
    archive.log.clear()
    archive.fault(name, "stall", at=at)
    download = None
    if place == "stream":
        with panel.page.expect_download() as started:
            panel.start()
        download = started.value
    else:
        panel.start()
    assert archive.wait(lambda requests: any(r.product == name and r.sent >= at for r in requests))
    return download


def pick(page: Page, stub: str) -> None:
    """What the file picker does from now on."""
    page.evaluate("stub => { window.showSaveFilePicker = window.stubs[stub]; }", stub)


def finished(panel: PanelPage) -> None:
    expect(panel.page.get_by_role("heading", name=re.compile("^Download finished"))).to_be_visible(
        timeout=60_000
    )


def verdict(panel: PanelPage) -> str:
    """What the panel says of a download that has ended."""
    return panel.page.locator("#progress .figures").inner_text()


def words(notice: Locator) -> str:
    """What a notice says, in one line."""
    return " ".join(notice.locator("p").all_inner_texts())


def told_cancelled(panel: PanelPage) -> str:
    """The words of the notice, which is dismissed."""
    notice = panel.notices().filter(has_text="The download was cancelled.")
    expect(notice.last).to_contain_text("Nothing of it was kept.")
    told = words(notice.last)
    expect(panel.page.locator("#progress")).to_be_empty()
    expect(panel.page.locator("#download-button")).to_be_focused()
    while (dismiss := panel.page.get_by_role("button", name=re.compile("^Dismiss"))).count():
        dismiss.first.click()
    return told


# -- what the archive loses half-way --------------------------------------------------------------------------


def test_a_file_deleted_half_way_is_told_alike_everywhere(
    mine: PanelPage, archive: ArchiveServer, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("Failed to load resource: .*404")
    download = begin(mine, archive, "stream", FIRST, 10_000)
    assert download is not None
    archive.delete(SECOND)
    archive.clear_faults()
    finished(mine)
    found = taken(download, tmp_path)
    reason = "the archive does not have it (404)"
    expected = Expected(ROWS, failed={SECOND: reason})
    assert found.manifest == expected.manifest()
    assert found.files == expected.files(archive)
    told = mine.page.get_by_label("Files that could not be had").get_by_role("listitem")
    expect(told).to_have_text([f"JWST/{SETS[1]}/{SECOND}: {reason}"])
    expect(mine.page.get_by_text("4 of 5 files are complete; 1 could not be had.")).to_be_visible()
    assert f"JWST/{SETS[1]}/{SECOND}: {reason}" in found.page


def test_the_duplicates_of_a_file_that_could_not_be_had_have_its_reason(
    mine: PanelPage, archive: ArchiveServer, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("Failed to load resource: .*404")
    mine.filter("pool|_00003_")
    archive.delete(SHARED)
    try:
        found = taken(mine.download("blob"), tmp_path)
    finally:
        archive.restore(SHARED)
    reason = "the archive does not have it (404)"
    rows = [row for row in ROWS if row["filename"] in (SHARED, THIRD)]
    assert found.manifest == Expected(rows, failed={SHARED: reason}).manifest()
    assert [cells[3] for cells in found.manifest] == [f"FAILED: {reason}", "OK", f"FAILED: {reason}"]


# -- what the person stops ------------------------------------------------------------------------------------


def test_progress_moves_and_finish_now_gives_a_true_archive(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    archive.fault(SECOND, "trickle", rate=8 * 2**20)
    mine.confirm("stream")
    with mine.page.expect_download() as started:
        mine.start()
    figures = mine.page.locator("#progress .figures")
    expect(figures).to_have_text(
        re.compile(r"^1 of 5 files · [\d.]+ MB of 41\.981 MB · [\d.]+ [kM]B/s · .+ left$"), timeout=20_000
    )
    bar = mine.page.get_by_role("progressbar")
    before = float(bar.get_attribute("value") or 0)
    expect(bar).not_to_have_attribute("value", str(int(before)))
    assert before < float(bar.get_attribute("value") or 0) < float(bar.get_attribute("max") or 0)
    mine.finish_now()
    finished(mine)
    found = taken(started.value, tmp_path)
    expected = Expected(ROWS, failed={SECOND: STOPPED})
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    expect(mine.page.get_by_text("4 of 5 files are complete; 1 could not be had.")).to_be_visible()
    assert all(request.done for request in archive.finished())
    assert archive.requests_for(SECOND)[-1].cut


def test_a_download_awake_and_asked_about_goes_on_and_comes_back_with_the_network(
    mine: PanelPage, archive: ArchiveServer, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("Failed to load resource: .*(ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED)")
    mine.page.evaluate(AWAKE)
    at = 20 * 2**20
    download = begin(mine, archive, "stream", SECOND, at)
    assert download is not None
    assert mine.page.evaluate("window.locks") == ["screen"]
    mine.button("CANCEL").click()
    asked = mine.page.get_by_role("dialog", name="Stop this download?")
    expect(asked.get_by_role("button", name="Keep going")).to_be_focused()
    expect(asked).to_contain_text("1 of 5 files is complete. The download goes on until you choose.")
    mine.page.keyboard.press("Tab")
    mine.page.keyboard.press("Tab")
    mine.page.keyboard.press("Tab")
    assert mine.page.evaluate(
        "document.querySelector('#stopping').contains(document.activeElement) "
        "|| document.activeElement === document.body"
    )
    mine.page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    expect(mine.button("CANCEL")).to_be_focused()
    mine.page.context.set_offline(True)
    try:
        expect(mine.page.get_by_text("There is no network. The download goes on by itself")).to_be_visible()
        archive.clear_faults()
    finally:
        mine.page.context.set_offline(False)
    finished(mine)
    found = taken(download, tmp_path)
    assert (found.files, found.manifest) == (Expected(ROWS).files(archive), Expected(ROWS).manifest())
    faults_page.told("the network is gone for a while", "stream", 0, verdict(mine))


def test_a_tab_that_stood_still_goes_on(mine: PanelPage, archive: ArchiveServer, tmp_path: Path) -> None:
    download = begin(mine, archive, "stream", SECOND, 20 * 2**20)
    assert download is not None
    session = mine.page.context.new_cdp_session(mine.page)
    stands = Event()
    session.on("Debugger.paused", lambda _: stands.set())
    session.send("Debugger.enable")
    session.send("Debugger.pause")
    try:
        # The page stands still from its next step on, which it takes each second.
        wait_until(mine.page, stands.is_set)
        archive.clear_faults()
        # Longer than a page waits before it pings the worker of its stream.
        assert not archive.wait(lambda requests: all(request.done for request in requests), timeout=12)
    finally:
        session.send("Debugger.disable")
    finished(mine)
    found = taken(download, tmp_path)
    assert (found.files, found.manifest) == (Expected(ROWS).files(archive), Expected(ROWS).manifest())
    faults_page.told("the tab stands still for a while", "stream", 0, verdict(mine))


def test_a_stream_whose_worker_the_browser_ends_is_told_as_lost(
    mine: PanelPage, archive: ArchiveServer
) -> None:
    download = begin(mine, archive, "stream", SECOND, 20 * 2**20)
    assert download is not None
    session = mine.page.context.new_cdp_session(mine.page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    archive.clear_faults()
    told = mine.notices().filter(has_text="Nothing of it was kept.").last
    expect(told).to_be_visible()
    assert download.failure()
    faults_page.told("the service worker is ended", "stream", 0, words(told))
    mine.page.get_by_role("button", name=re.compile("^Dismiss")).last.click()


@pytest.mark.parametrize("place", ["stream", "blob", "file"])
def test_cancel_leaves_no_file_and_the_archive_sees_the_request_end(
    mine: PanelPage, archive: ArchiveServer, place: str
) -> None:
    pick(mine.page, "file")
    kept: list[Download] = []

    def keep(download: Download) -> None:
        kept.append(download)

    mine.page.on("download", keep)
    at = 30 * 2**20
    download = begin(mine, archive, place, SECOND, at)
    mine.discard()
    told_cancelled(mine)
    assert [request.cut for request in archive.finished() if request.product == SECOND] == [True]
    if place == "stream":
        assert download is not None
        assert download.failure()
    else:
        assert kept == []
        assert mine.page.evaluate(PRIVATE_NAMES) == []
    assert mine.summary().selected == 5
    mine.page.remove_listener("download", keep)


def test_a_write_that_waits_for_ever_can_be_cancelled(mine: PanelPage, archive: ArchiveServer) -> None:
    pick(mine.page, "stuck")
    mine.confirm("file")
    archive.finished()
    archive.log.clear()
    mine.start()
    # The place takes nothing, so that the archive is not asked for all of the file.
    assert archive.wait(lambda requests: any(r.product == SECOND and r.sent > 2**20 for r in requests))
    expect(mine.button("CANCEL")).to_be_visible()
    mine.discard()
    told_cancelled(mine)
    assert mine.page.evaluate("[window.aborted, window.removed]") == [True, True]
    (request,) = [request for request in archive.finished() if request.product == SECOND]
    assert request.cut
    assert request.sent < LARGE


def test_a_download_ended_in_the_browser_s_own_list_is_told_as_cancelled(
    mine: PanelPage, archive: ArchiveServer
) -> None:
    download = begin(mine, archive, "stream", SECOND, 20 * 2**20)
    assert download is not None
    download.cancel()
    archive.clear_faults()
    faults_page.told("it is cancelled in the browser's list", "stream", 0, told_cancelled(mine))
    assert all(request.done for request in archive.finished())


def test_while_a_download_runs_another_is_refused_and_leaving_is_warned_of(
    mine: PanelPage, archive: ArchiveServer
) -> None:
    begin(mine, archive, "blob", SECOND, 2**20)
    mine.button("START DOWNLOAD").click()
    expect(mine.notices().last).to_contain_text("A download is under way.")
    expect(mine.page.get_by_role("dialog")).to_have_count(0)
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    mine.page.once("dialog", stay)
    mine.page.close(run_before_unload=True)
    expect(mine.button("CANCEL")).to_be_visible()
    mine.discard()
    told_cancelled(mine)
    assert asked == ["beforeunload"]


# -- the other places to write --------------------------------------------------------------------------------


def test_a_picked_file_holds_the_whole_archive(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    pick(mine.page, "file")
    mine.confirm("file")
    mine.start()
    finished(mine)
    (name,) = mine.page.evaluate(PRIVATE_NAMES)
    with mine.page.expect_download() as saved:
        mine.page.evaluate(SAVE_PRIVATE, name)
    expected, found = Expected(ROWS), taken(saved.value, tmp_path)
    assert name == f"{found.root}.zip"
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    mine.page.evaluate("async name => (await navigator.storage.getDirectory()).removeEntry(name)", name)


def test_a_picker_that_is_closed_leaves_the_panel_as_it_was(mine: PanelPage, tmp_path: Path) -> None:
    pick(mine.page, "refuse")
    mine.confirm("file")
    mine.start()
    told_cancelled(mine)
    assert mine.summary().selected == 5
    mine.filter("_00003_")
    assert len(taken(mine.download("blob"), tmp_path).files) == 1


# -- what breaks and goes on ----------------------------------------------------------------------------------


def test_a_pause_goes_on_at_the_same_byte_and_what_failed_can_be_tried_again(
    mine: PanelPage, archive: ArchiveServer, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("Failed to load resource: .*404")
    archive.delete(FOURTH)
    at = 20 * 2**20
    download = begin(mine, archive, "stream", SECOND, at)
    assert download is not None
    mine.button("PAUSE").click()
    expect(mine.page.locator("#progress").get_by_role("status")).to_have_text("Paused.")
    assert [request.cut for request in archive.finished() if request.product == SECOND] == [True]
    archive.clear_faults()
    mine.button("RESUME").click()
    finished(mine)
    found = taken(download, tmp_path)
    expected = Expected(ROWS, failed={FOURTH: "the archive does not have it (404)"})
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())
    assert found.path.stat().st_size < sum(map(len, found.files.values())) + 2**20
    first, second = archive.requests_for(SECOND)
    assert second.range
    # What the browser had not handed on yet is asked for again, and nothing else.
    assert 0 < int(second.range[6:-1]) <= first.sent
    archive.restore(FOURTH)
    mine.page.get_by_role("button", name="Try the file that failed again").click()
    with mine.page.expect_download() as again:
        mine.start()
    finished(mine)
    rest = taken(again.value, tmp_path / "again")
    rows = [row for row in ROWS if row["filename"] == FOURTH]
    assert (rest.files, rest.manifest) == (Expected(rows).files(archive), Expected(rows).manifest())


def test_a_file_made_anew_is_told_and_taken_when_that_is_wanted(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    mine.filter("_00001_")
    archive.fault(FIRST, "long", by=100)
    told = "the list says 28800 bytes, the archive has 28900"
    found = taken(mine.download("blob"), tmp_path)
    assert [cells[3] for cells in found.manifest] == [f"FAILED: {told}"]
    mine.page.get_by_role("button", name="Try the file that failed again").click()
    mine.page.get_by_label("Take files whose size is no longer the list's as they are").check()
    with mine.page.expect_download() as again:
        mine.start()
    finished(mine)
    rest = taken(again.value, tmp_path / "again")
    assert [len(body) for body in rest.files.values()] == [28900]
    assert [cells[3] for cells in rest.manifest] == [f"OTHER SIZE: {told}; taken as it is"]
    expect(mine.page.locator("#progress .warning")).to_contain_text("1 file of another size")
    archive.clear_faults()
