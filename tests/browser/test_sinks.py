"""The ladder of sinks in a real browser: what arrives, what stays after an abort, what it costs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Download, Page

from tests.browser.edge_site import EdgeSite, lay_out, pattern

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


@pytest.mark.parametrize("kind", ["stream", "blob"])
def test_a_download_holds_the_bytes_that_were_written(edge: Page, kind: str) -> None:
    with edge.expect_download() as started:
        took = _fill(edge, kind, ODD_SIZE)
    assert not isinstance(took, str)  # the code of a failure
    assert _sum(_saved(started.value)) == _sum(pattern(ODD_SIZE))


@pytest.mark.parametrize("kind", ["stream", "blob"])
def test_thousands_of_small_writes_arrive_in_order(edge: Page, kind: str) -> None:
    with edge.expect_download() as started:
        _fill(edge, kind, 2 * MEBIBYTE, chunk=100)
    assert _sum(_saved(started.value)) == _sum(pattern(2 * MEBIBYTE))


@pytest.mark.parametrize("kind", ["stream", "blob"])
def test_an_empty_file_is_saved(edge: Page, kind: str) -> None:
    with edge.expect_download() as started:
        _fill(edge, kind, 0)
    assert _saved(started.value) == b""


@pytest.mark.parametrize("kind", ["stream", "blob"])
def test_a_name_in_any_script_is_kept(edge: Page, kind: str) -> None:
    with edge.expect_download() as started:
        _fill(edge, kind, 10, STRANGE_NAME)
    # Chromium itself takes the per cent sign out of names.
    assert started.value.suggested_filename.replace("_", "%") == STRANGE_NAME


def test_two_downloads_at_a_time_do_not_mix(edge: Page) -> None:
    kept = _downloads(edge)
    both = "([one, two]) => Promise.all([edgeTest.fill(one), edgeTest.fill(two)])"
    sizes = (ODD_SIZE, ODD_SIZE + 4096)
    edge.evaluate(both, [{"kind": "stream", "filename": f"{size}.zip", "size": size} for size in sizes])
    assert {download.suggested_filename: len(_saved(download)) for download in kept} == {
        f"{size}.zip": size for size in sizes
    }


def test_a_chosen_file_holds_the_bytes_that_were_written(edge: Page) -> None:
    edge.evaluate("edgeTest.stubPicker()")
    _fill(edge, "file", ODD_SIZE, "Größe 星.zip")
    assert edge.evaluate("edgeTest.privateFiles()") == {"Größe 星.zip": _sum(pattern(ODD_SIZE))}


def test_an_aborted_file_leaves_nothing(edge: Page) -> None:
    edge.evaluate("edgeTest.stubPicker()")
    _begin(edge, "file")
    assert edge.evaluate("edgeTest.write", ODD_SIZE) == ""
    assert edge.evaluate("edgeTest.abort()") is True
    assert edge.evaluate("edgeTest.privateFiles()") == {}
    assert edge.evaluate("edgeTest.abort()") is True


def test_an_aborted_stream_is_a_failed_download(edge: Page) -> None:
    with edge.expect_download() as started:
        _begin(edge, "stream")
        assert edge.evaluate("edgeTest.write", 5 * MEBIBYTE) == ""
        assert edge.evaluate("edgeTest.abort()") is True
    assert started.value.failure()


def test_an_aborted_blob_is_never_saved(edge: Page) -> None:
    kept = _downloads(edge)
    _begin(edge, "blob")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    edge.evaluate("edgeTest.abort()")
    assert edge.evaluate("edgeTest.close()") == "sink.closed"
    assert kept == []


@pytest.mark.parametrize("kind", ["file", "stream", "blob"])
def test_after_the_end_nothing_more_is_taken(edge: Page, kind: str) -> None:
    edge.evaluate("edgeTest.stubPicker()")
    _begin(edge, kind)
    assert edge.evaluate("edgeTest.close()") == ""
    assert edge.evaluate("edgeTest.write", 10) == "sink.closed"
    assert edge.evaluate("edgeTest.abort()") is False


def test_a_file_whose_end_fails_is_removed(edge: Page) -> None:
    edge.evaluate("edgeTest.closeFails()")
    _begin(edge, "file")
    edge.evaluate("edgeTest.write", ODD_SIZE)
    assert edge.evaluate("edgeTest.close()") == "sink.full"
    assert edge.evaluate("edgeTest.abort()") is True
    assert edge.evaluate("edgeTest.privateFiles()") == {}


def test_a_file_given_up_while_it_waits_for_its_last_bytes_is_removed(edge: Page) -> None:
    edge.evaluate("edgeTest.stubPickerStuck()")
    _begin(edge, "file")
    edge.evaluate("edgeTest.write", MEBIBYTE)
    assert edge.evaluate("edgeTest.abortClosing()") == {"closed": "sink.closed", "inTime": True}
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
def test_a_picker_that_gives_no_file_says_why(edge: Page, refusal: str, code: str) -> None:
    edge.evaluate("edgeTest.stubPickerRefusing", refusal)
    assert _fill(edge, "file", 10) == code


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
        ("file", None),
        ("stream", None),
        ("blob", 500_000_000),
    ]


def test_a_missing_worker_is_said_and_memory_is_left(page: Page, site: EdgeSite) -> None:
    page.route("**/sw.js", lambda route: route.fulfill(status=404))
    page.add_init_script("delete Navigator.prototype.serviceWorker; delete window.showSaveFilePicker")
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
