"""The ladder of sinks in a real browser: what arrives, what stays after an abort, what it costs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Download, Page

from tests.browser.edge_site import EdgeSite, lay_out, pattern
from tests.browser.waiting import wait_until

MEBIBYTE = 1 << 20
ODD_SIZE = 9 * MEBIBYTE + 12345
STRANGE_NAME = "Größe 星 'a' 100% (1).zip"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeSite]:
    with EdgeSite(lay_out(tmp_path_factory.mktemp("edge") / "site")) as running:
        yield running


@pytest.fixture
def edge(page: Page, site: EdgeSite) -> Iterator[Page]:
    """The test page; a fault that it does not expect fails the test."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    _visit(page, site)
    yield page
    assert not faults


def _visit(page: Page, site: EdgeSite, query: str = "") -> None:
    page.goto(f"{site.url}edge.html{query}")
    page.locator("html[data-state=ready]").wait_for(state="attached")


def _fill(page: Page, kind: str, size: int, filename: str = "file.zip", **options: object) -> object:
    return page.evaluate("edgeTest.fill", {"kind": kind, "size": size, "filename": filename, **options})


def _begin(page: Page, kind: str) -> None:
    page.evaluate("edgeTest.begin", {"kind": kind})


def _downloads(page: Page) -> list[Download]:
    """Fills with the page's downloads as they begin."""
    kept: list[Download] = []

    def keep(download: Download) -> None:
        kept.append(download)

    page.on("download", keep)
    return kept


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _saved(download: Download) -> bytes:
    assert download.failure() is None
    return Path(download.path()).read_bytes()


class Rung:
    """One rung of the ladder, and where what was written to it is to be found."""

    def __init__(self, edge: Page, kind: str) -> None:
        self.edge, self.kind = edge, kind
        self.downloads = _downloads(edge)
        edge.evaluate("edgeTest.stubPicker()")

    def fill(self, size: int, filename: str = "file.zip", **options: object) -> str:
        """Write a file whole; the sum of what is in its place afterwards."""
        if self.kind not in DOWNLOADED:
            took = _fill(self.edge, self.kind, size, filename, **options)
            assert not isinstance(took, str), took  # the code of a failure
            return self.files()[self.path(filename)]
        with self.edge.expect_download() as started:
            took = _fill(self.edge, self.kind, size, filename, **options)
        assert not isinstance(took, str), took
        # Chromium itself takes the per cent sign out of names.
        assert started.value.suggested_filename.replace("_", "%") == filename.replace("_", "%")
        return _sum(_saved(started.value))

    def path(self, filename: str) -> str:
        return f"chosen/{FOLDER}/{filename}" if self.kind == "folder" else filename

    def begin(self) -> None:
        """Begin a file; the download of a stream begins with it."""
        if self.kind == "stream":
            with self.edge.expect_download():
                _begin(self.edge, self.kind)
        else:
            _begin(self.edge, self.kind)

    def files(self) -> dict[str, str]:
        """What stands in the file system of the page's own, where the stubbed pickers lead, without empty folders."""
        found: dict[str, str] = self.edge.evaluate("edgeTest.privateFiles()")
        return {path: sum for path, sum in found.items() if sum}

    def left(self) -> list[str]:
        """What a file that was given up has left: paths, and downloads that the browser calls whole."""
        return [*self.files(), *(each.url for each in self.downloads if not each.failure())]


#: How the browser has a file in the end.
KINDS = ("folder", "file", "stream", "private", "blob")
DOWNLOADED = ("stream", "private", "blob")
FOLDER = "MAST_2026-01-01T00_00_00.000Z"


@pytest.fixture(params=KINDS)
def rung(edge: Page, request: pytest.FixtureRequest) -> Rung:
    """Each rung in turn: the contract holds on every one."""
    return Rung(edge, request.param)


def test_every_rung_holds_the_bytes_that_were_written_under_the_name_that_was_given(rung: Rung) -> None:
    assert rung.fill(ODD_SIZE, STRANGE_NAME) == _sum(pattern(ODD_SIZE))
    assert rung.fill(0, "empty.zip") == _sum(b"")
    assert rung.fill(MEBIBYTE, "small pieces.zip", chunk=100) == _sum(pattern(MEBIBYTE))


def test_an_aborted_file_leaves_nothing_and_takes_nothing_more(rung: Rung) -> None:
    rung.begin()
    assert rung.edge.evaluate("edgeTest.write", ODD_SIZE) == ""
    assert rung.edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []
    assert rung.edge.evaluate("edgeTest.write", 10) == "sink.closed"
    assert rung.edge.evaluate("edgeTest.close()") == "sink.closed"
    assert rung.edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []


def test_a_whole_file_takes_nothing_more_and_stays(rung: Rung) -> None:
    rung.begin()
    assert rung.edge.evaluate("edgeTest.write", 10) == ""
    if rung.kind == "folder":
        rung.edge.evaluate("edgeTest.folder('complete', 'file.zip', 'noted')")
    assert rung.edge.evaluate("edgeTest.close()") == ""
    assert rung.edge.evaluate("edgeTest.write", 10) == "sink.closed"
    assert rung.edge.evaluate("edgeTest.abort()") is False
    if rung.kind not in DOWNLOADED:
        assert rung.files()[rung.path("file.zip")] == _sum(bytes(10))


def test_a_file_given_up_while_it_is_closed_is_not_there(rung: Rung) -> None:
    rung.begin()
    rung.edge.evaluate("edgeTest.write", MEBIBYTE)
    assert rung.edge.evaluate("edgeTest.abortClosing()") == {"closed": "sink.closed", "inTime": True}
    assert rung.left() == []


def test_the_browsers_storage_takes_no_more_than_was_granted(edge: Page) -> None:
    """Writing in place passes by the quota in this browser; so what it grants is counted."""
    rung = Rung(edge, "private")
    edge.evaluate("edgeTest.grants", 6 * MEBIBYTE)
    rung.begin()
    assert edge.evaluate("edgeTest.writeOn()") == "sink.full"
    assert edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []


#: Has the second write break off as large ones do at times: without a cause, and with the room of the first free again.
_BROKEN_OFF: Final = """
() => {
  const { write } = FileSystemWritableFileStream.prototype;
  let writes = 0;
  FileSystemWritableFileStream.prototype.write = async function (data) {
    writes += 1;
    if (writes !== 2) return write.call(this, data);
    await this.abort();
    throw new DOMException("broken off", "UnknownError");
  };
}
"""


@pytest.mark.parametrize(("kind", "broken_off"), [("folder", False), ("file", False), ("file", True)])
def test_a_place_that_is_full_says_so_and_leaves_nothing(
    edge: Page, site: EdgeSite, kind: str, broken_off: bool
) -> None:
    """The browser's own quota, made small: both write into its file system here."""
    rung = Rung(edge, kind)
    if broken_off:
        edge.evaluate(_BROKEN_OFF)
    session = edge.context.new_cdp_session(edge)
    quota = {"origin": site.origin, "quotaSize": 6 * MEBIBYTE}
    session.send("Storage.overrideQuotaForOrigin", quota)
    rung.begin()
    assert edge.evaluate("edgeTest.writeOn()") == "sink.full"
    session.send("Storage.overrideQuotaForOrigin", {"origin": site.origin})
    assert edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_permission_that_is_withdrawn_is_told(edge: Page, kind: str) -> None:
    rung = Rung(edge, kind)
    edge.evaluate("edgeTest.writesAreForbidden()")
    rung.begin()
    assert edge.evaluate("edgeTest.writeOn()") == "sink.refused"
    assert edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_slow_place_holds_the_writing_back(edge: Page, kind: str) -> None:
    rung = Rung(edge, kind)
    edge.evaluate("edgeTest.writesHang()")
    rung.begin()
    assert edge.evaluate("edgeTest.writesUntilStuck()") <= 8
    assert edge.evaluate("edgeTest.abort()") is True
    assert rung.left() == []


# -- a folder -------------------------------------------------------------------------------------------------


def test_a_file_in_a_folder_appears_only_when_it_is_complete(edge: Page) -> None:
    rung = Rung(edge, "folder")
    assert edge.evaluate("edgeTest.beginFolder()") == ""
    edge.evaluate("edgeTest.folder('begin', 'JWST/set/a.fits')")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    assert f"chosen/{FOLDER}/JWST/set/a.fits" not in rung.files()
    edge.evaluate("edgeTest.folder('leaveOut')")
    assert [path for path in rung.files() if "a.fits" in path] == []
    edge.evaluate("edgeTest.folder('begin', 'JWST/set/a.fits')")
    edge.evaluate("edgeTest.write", 10)
    assert edge.evaluate("edgeTest.folder('complete', 'JWST/set/a.fits', 'a')") == ""
    assert rung.files()[f"chosen/{FOLDER}/JWST/set/a.fits"] == _sum(bytes(10))
    edge.evaluate("edgeTest.folder('forget')")
    assert edge.evaluate("edgeTest.close()") == ""
    assert list(rung.files()) == [f"chosen/{FOLDER}/JWST/set/a.fits"], "no notes are left"


def test_a_browser_that_cannot_rename_in_a_folder_copies(edge: Page) -> None:
    rung = Rung(edge, "folder")
    edge.evaluate(
        "() => { FileSystemFileHandle.prototype.move = () => Promise.reject(new Error('not here')); }"
    )
    assert rung.fill(ODD_SIZE) == _sum(pattern(ODD_SIZE))
    assert [path for path in rung.files() if path.endswith(".part")] == []


def test_a_folder_goes_on_after_a_reload_with_what_was_noted(edge: Page, site: EdgeSite) -> None:
    Rung(edge, "folder")
    edge.evaluate("edgeTest.beginFolder()")
    for name in ("a", "b"):
        edge.evaluate("name => edgeTest.folder('begin', name)", name)
        edge.evaluate("edgeTest.write", 10)
        edge.evaluate("name => edgeTest.folder('complete', name, name)", name)
        # Notes are written once a second at most; what is not written yet comes with the last.
        edge.evaluate("edgeTest.folder('begin', 'c')")
        edge.evaluate("edgeTest.write", 100)
        edge.evaluate("edgeTest.folder('leaveOut')")
    edge.evaluate("edgeTest.folder('begin', 'c')")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    edge.evaluate("edgeTest.abort(true)")
    _visit(edge, site)
    rung = Rung(edge, "folder")
    # Another download in the same place is one of its own.
    assert edge.evaluate("edgeTest.beginFolder('other', 'MAST_2027-01-01T00_00_00.000Z')") == ""
    assert edge.evaluate("edgeTest.found(['a'])")["notes"] == ""
    edge.evaluate("edgeTest.abort()")
    assert edge.evaluate("edgeTest.beginFolder('key', 'MAST_2027-01-01T00_00_00.000Z')") == ""
    assert edge.evaluate("edgeTest.found(['a', 'b', 'c'])") == {
        "name": FOLDER,
        "notes": "ab",
        "sizes": {"a": 10, "b": 10, "c": None},
    }
    assert edge.evaluate("edgeTest.abort()") is True
    assert rung.files() == {}, "given up, it leaves nothing, also of what was there before"


def test_what_a_folder_has_is_noted_soon_though_nothing_more_should_come_and_no_timer_of_the_page_runs(
    edge: Page,
) -> None:
    rung = Rung(edge, "folder")
    # A hidden tab has its own timers wait for a minute.
    edge.evaluate("() => { window.setTimeout = window.setInterval = () => 0; }")
    edge.evaluate("edgeTest.beginFolder()")
    for name in ("a", "b"):
        edge.evaluate("name => edgeTest.folder('begin', name)", name)
        edge.evaluate("edgeTest.write", 10)
        edge.evaluate("name => edgeTest.folder('complete', name, name)", name)
    notes = f"chosen/{FOLDER}/unfinished/0"
    wait_until(edge, lambda: rung.files().get(notes) == _sum(b"ab"))
    assert edge.evaluate("edgeTest.abort()") is True


def test_a_folder_that_another_tab_writes_into_is_refused(edge: Page, site: EdgeSite) -> None:
    Rung(edge, "folder")
    assert edge.evaluate("edgeTest.beginFolder()") == ""
    other = edge.context.new_page()
    _visit(other, site)
    Rung(other, "folder")
    assert other.evaluate("edgeTest.beginFolder()") == "sink.refused"
    other.close()
    assert edge.evaluate("edgeTest.abort()") is True


# -- the browser's own storage --------------------------------------------------------------------------------


def test_what_a_page_has_left_half_built_is_removed_at_the_next_visit(edge: Page, site: EdgeSite) -> None:
    rung = Rung(edge, "private")
    rung.begin()
    edge.evaluate("edgeTest.write", ODD_SIZE)
    other = edge.context.new_page()
    _visit(other, site)
    other.evaluate("overlayEdge.sinks.sweep()")
    assert len(rung.files()) == 1, "what is in use stays"
    edge.goto("about:blank")
    other.reload()
    other.locator("html[data-state=ready]").wait_for(state="attached")
    other.evaluate("overlayEdge.sinks.sweep()")
    assert other.evaluate("edgeTest.privateFiles()") == {"archives/": ""}
    other.close()


# -- one rung alone -------------------------------------------------------------------------------------------


def test_two_downloads_at_a_time_do_not_mix(edge: Page) -> None:
    kept = _downloads(edge)
    both = "([one, two]) => Promise.all([edgeTest.fill(one), edgeTest.fill(two)])"
    sizes = (ODD_SIZE, ODD_SIZE + 4096)
    edge.evaluate(both, [{"kind": "stream", "filename": f"{size}.zip", "size": size} for size in sizes])
    assert {download.suggested_filename: len(_saved(download)) for download in kept} == {
        f"{size}.zip": size for size in sizes
    }


def test_an_aborted_stream_is_a_failed_download(edge: Page) -> None:
    with edge.expect_download() as started:
        _begin(edge, "stream")
        assert edge.evaluate("edgeTest.write", 5 * MEBIBYTE) == ""
        assert edge.evaluate("edgeTest.abort()") is True
    assert started.value.failure()


def test_a_file_whose_end_fails_is_removed(edge: Page) -> None:
    edge.evaluate("edgeTest.closeFails()")
    _begin(edge, "file")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    assert edge.evaluate("edgeTest.close()") == "sink.full"
    assert edge.evaluate("edgeTest.abort()") is True
    assert edge.evaluate("edgeTest.privateFiles()") == {}


def test_a_file_given_up_too_late_stays_whole_and_that_is_told(edge: Page) -> None:
    edge.evaluate("edgeTest.closeTakesLong()")
    _begin(edge, "file")
    edge.evaluate("edgeTest.write", 10)
    assert edge.evaluate("edgeTest.abortPlacing()") == {"closed": "", "inTime": False}
    assert edge.evaluate("edgeTest.privateFiles()") == {"file.zip": _sum(bytes(10))}


def test_a_stream_whose_end_hangs_can_be_given_up(edge: Page) -> None:
    """The browser asks for no more, as it does when a person has paused the download."""
    with edge.expect_download() as started:
        _begin(edge, "stream")
        edge.evaluate("edgeTest.write", MEBIBYTE)
    session = edge.context.new_cdp_session(edge)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    # Sent with the close alone, for the asking that was on its way; so it is the one after that which never comes.
    edge.evaluate("edgeTest.write", 1000)
    assert edge.evaluate("edgeTest.abortClosing()") == {"closed": "sink.closed", "inTime": True}
    assert started.value.failure()


def test_a_blob_given_up_while_it_is_closed_is_never_saved(edge: Page) -> None:
    kept = _downloads(edge)
    _begin(edge, "blob")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    assert edge.evaluate("edgeTest.abortClosing()") == {"closed": "sink.closed", "inTime": True}
    # A later download comes alone.
    with edge.expect_download() as started:
        _fill(edge, "blob", 10, "later.zip")
    assert [download.suggested_filename for download in kept] == ["later.zip"]
    assert len(_saved(started.value)) == 10


@pytest.mark.parametrize(
    ("refusal", "code"),
    [("AbortError", "sink.cancelled"), ("NotAllowedError", "sink.refused"), ("SecurityError", "sink.failed")],
)
def test_a_picker_that_gives_nothing_says_why(edge: Page, refusal: str, code: str) -> None:
    edge.evaluate("edgeTest.stubPickerRefusing", refusal)
    assert [_fill(edge, kind, 10) for kind in ("file", "folder")] == [code, code]


def test_a_file_that_outgrows_memory_is_refused(edge: Page) -> None:
    assert _fill(edge, "blob", 501 * MEBIBYTE, quick=True) == "sink.full"


def test_a_download_cancelled_in_the_browser_ends_the_writing(edge: Page) -> None:
    with edge.expect_download() as started:
        _begin(edge, "stream")
        edge.evaluate("edgeTest.write", MEBIBYTE)
    started.value.cancel()
    assert edge.evaluate("edgeTest.writeOn()") == "sink.cancelled"


def test_a_page_that_goes_leaves_a_failed_download(edge: Page) -> None:
    with edge.expect_download() as started:
        _begin(edge, "stream")
        edge.evaluate("edgeTest.write", 5 * MEBIBYTE)
    edge.goto("about:blank")
    assert started.value.failure()


@pytest.mark.slow
def test_a_stream_lives_through_ten_slow_minutes(edge: Page) -> None:
    """Real minutes, and long silences in them: what the browser ends a worker for."""
    with edge.expect_download() as started:
        _begin(edge, "stream")
        for _ in range(10):
            assert edge.evaluate("edgeTest.write", 3 * MEBIBYTE) == ""
            edge.wait_for_timeout(61_000)
        assert edge.evaluate("edgeTest.write", 5) == ""
        assert edge.evaluate("edgeTest.close()") == ""
    assert len(_saved(started.value)) == 30 * MEBIBYTE + 5


def test_a_worker_that_the_browser_ends_is_noticed(edge: Page) -> None:
    """The ping of every ten seconds finds a new worker that knows nothing of the download."""
    with edge.expect_download():
        _begin(edge, "stream")
        edge.evaluate("edgeTest.write", MEBIBYTE)
    session = edge.context.new_cdp_session(edge)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    assert edge.evaluate("edgeTest.writeOn()") in {"sink.failed", "sink.cancelled"}


def test_the_worker_asks_for_nothing_that_the_reader_does_not_take(edge: Page, site: EdgeSite) -> None:
    edge.evaluate("overlayEdge.sinks.capabilities()")
    _visit(edge, site)
    size = 64 * MEBIBYTE
    late = edge.evaluate("edgeTest.readLate", size)
    assert late["received"] == size
    assert late["ahead"] <= 4 * MEBIBYTE


def test_the_worker_lets_all_else_pass(edge: Page, site: EdgeSite) -> None:
    edge.evaluate("overlayEdge.sinks.capabilities()")
    _visit(edge, site, "?products=a.json&products=b.json")
    assert edge.evaluate("navigator.serviceWorker.controller?.scriptURL") == f"{site.url}sw.js"
    assert edge.url.endswith("?products=a.json&products=b.json")


def test_an_address_of_a_download_that_is_over_is_gone(page: Page, site: EdgeSite) -> None:
    _visit(page, site)
    page.evaluate("overlayEdge.sinks.capabilities()")
    _visit(page, site)
    status = page.evaluate("fetch('./download/0000/file.zip').then((response) => response.status)")
    assert status == 410


def test_the_ladder_is_best_first(edge: Page) -> None:
    rungs = edge.evaluate("overlayEdge.sinks.capabilities()")
    assert [(rung["kind"], rung["limit"]) for rung in rungs] == [
        ("folder", None),
        ("file", None),
        ("stream", None),
        ("private", rungs[3]["limit"]),
        ("blob", 500_000_000),
    ]
    assert rungs[3]["limit"] > MEBIBYTE


def test_a_missing_worker_is_said_and_memory_is_left(page: Page, site: EdgeSite) -> None:
    page.route("**/sw.js", lambda route: route.fulfill(status=404))
    page.add_init_script(
        "delete Navigator.prototype.serviceWorker; delete window.showSaveFilePicker;"
        "delete window.showDirectoryPicker; delete StorageManager.prototype.getDirectory"
    )
    _visit(page, site)
    rungs = page.evaluate("overlayEdge.sinks.capabilities()")
    assert [rung["kind"] for rung in rungs] == ["blob"]
    assert _fill(page, "stream", 10) == "sink.no-start"


def test_two_gibibytes_pass_through_the_worker_without_staying_in_memory(
    browser: Browser, site: EdgeSite
) -> None:
    size = 2 << 30
    page = browser.new_page()
    _visit(page, site)
    downloads = _downloads(page)
    assert _growth_while_filling(browser, page, "stream", size) < 64 * MEBIBYTE
    assert downloads[-1].failure() is None
    assert Path(downloads[-1].path()).stat().st_size == size
    page.close()


def test_half_a_gibibyte_passes_to_a_chosen_file_without_staying_in_memory(
    browser: Browser, site: EdgeSite
) -> None:
    page = browser.new_page()
    _visit(page, site)
    page.evaluate("edgeTest.stubPicker()")
    assert _growth_while_filling(browser, page, "file", 512 * MEBIBYTE) < 64 * MEBIBYTE
    page.close()


def _growth_while_filling(browser: Browser, page: Page, kind: str, size: int) -> int:
    """The most bytes that the renderers hold more than before, while a file is written."""
    processes = browser.new_browser_cdp_session()
    _fill(page, kind, MEBIBYTE, "first.zip")
    before = peak = _renderers_memory(processes.send("SystemInfo.getProcessInfo"))
    options = {"kind": kind, "size": size, "quick": True}
    page.evaluate("options => { window.filling = edgeTest.fill(options) }", options)
    finished = "Promise.race([filling, new Promise((resolve) => setTimeout(resolve, 100, null))])"
    took = None
    while took is None:
        took = page.evaluate(finished)
        peak = max(peak, _renderers_memory(processes.send("SystemInfo.getProcessInfo")))
    assert not isinstance(took, str)
    print(f"{kind}: {size / took / 1000:.0f} MB/s, grew by {(peak - before) / MEBIBYTE:.0f} MiB")
    return peak - before


def _renderers_memory(info: dict[str, list[dict[str, Any]]]) -> int:
    """Bytes that all renderers hold: page and worker wherever they live, without the browser's own mapped code."""
    fields = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)
    renderers = [process["id"] for process in info["processInfo"] if process["type"] == "renderer"]
    return sum(
        int(kilobytes) * 1024
        for process in renderers
        for kilobytes in fields.findall(Path(f"/proc/{process}/status").read_text())
    )
