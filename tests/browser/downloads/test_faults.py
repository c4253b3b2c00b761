"""What an archive can do wrong: outcome on screen, in the manifest and in the archive agree, and the download ends."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Download, expect

from tests.archive.server import ArchiveServer, content
from tests.browser.conftest import Watch
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.taken import (
    SAVE_PRIVATE,
    Taken,
    accepted,
    listed,
    manifest_of,
    read_manifest,
    science,
    taken,
)

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

SMALL: Final = 60_480
LARGE: Final = 5 * 2**20
PROGRAM: Final = "jw77002001001_02101"
#: Browsers report failed requests on the console by themselves.
NETWORK_ERRORS: Final = (r"Failed to load resource: ", r"blocked by CORS policy")


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, what the list says of the file, and why the file is not there (``""``: it is)."""

    kind: str
    reason: str = ""
    size: int = SMALL
    ending: str = "_cal.fits"
    requests: int = 1
    summed: bool = False
    fault: dict[str, Any] = field(default_factory=dict)
    #: What the answer to the second request does wrong.
    then: str = ""

    def put(self, archive: ArchiveServer, name: str) -> None:
        """Have the archive do it."""
        if self.kind not in ("deleted", "none"):
            archive.fault(name, self.kind, **self.fault)
        if self.then:
            archive.fault(name, self.then, times=1)


#: Browsers throw away what they have not handed over yet when a connection breaks.
_ONCE: Final = {"at": 30_000, "times": 1, "quiet": 0.5}
_CUT = r"The connection broke in the middle\. \(.+\) \(4 attempts\)"

CASES: Final = {
    "cut once": Case("cut", requests=2, fault={"at": 1000, "times": 1}),
    "cut always": Case("cut", _CUT, requests=4, fault={"at": 1000}),
    "cut at once": Case("cut", requests=2, fault={"at": 0, "times": 1}),
    "reset once": Case("reset", requests=2, fault={"at": 30_000, "times": 1}),
    "large, cut": Case("cut", size=LARGE, requests=2, fault={"at": 4 * 2**20 + 77, "times": 1}),
    "large, reset twice": Case("reset", size=LARGE, requests=3, fault={"at": 2 * 2**20, "times": 2}),
    "cut, then all of it again": Case("cut", requests=2, fault=_ONCE, then="ignore-range"),
    "cut, then another part": Case("cut", requests=3, fault=_ONCE, then="wrong-range"),
    "cut, then no part": Case("cut", requests=3, fault=_ONCE, then="range-refused"),
    "cut, then no version": Case("cut", requests=3, fault=_ONCE, then="no-validators"),
    "large, cut, then all of it again": Case(
        "cut", size=LARGE, requests=2, fault={"at": 3 * 2**20, "times": 1}, then="ignore-range"
    ),
    "large, cut, then another version": Case(
        "cut", size=LARGE, requests=3, fault={"at": 3 * 2**20, "times": 1}, then="etag"
    ),
    "busy": Case("status", requests=2, fault={"status": 429, "times": 1}),
    "busy, with a time": Case("status", requests=2, fault={"status": 429, "retry_after": "2", "times": 1}),
    "busy for long": Case("status", r"the archive answered 503", fault={"status": 503, "retry_after": "999"}),
    "broken, then fine": Case("status", requests=2, fault={"status": 500, "times": 1}),
    "not implemented": Case("status", r"the archive answered 501", fault={"status": 501}),
    "forbidden": Case("status", r"the archive refused it \(403\): access denied", fault={"status": 403}),
    "short": Case("short", rf"the list says {SMALL} bytes, the archive has {SMALL - 9}", fault={"by": 9}),
    "long": Case("long", rf"the list says {SMALL} bytes, the archive has {SMALL + 9}", fault={"by": 9}),
    "large, short": Case(
        "short", rf"the list says {LARGE} bytes, the archive has {LARGE - 9}", size=LARGE, fault={"by": 9}
    ),
    "large, long": Case(
        "long", rf"the list says {LARGE} bytes, the archive has {LARGE + 9}", size=LARGE, fault={"by": 9}
    ),
    "a web page": Case("html", r"a web page came in its place"),
    "an error in XML": Case("xml", r"what came is no FITS file"),
    "large, an error in XML": Case("xml", r"what came is no FITS file", size=LARGE),
    "an error in XML for a table": Case(
        "xml", rf"the list says {SMALL} bytes, the archive has \d+", ending="_pool.csv"
    ),
    "in chunks": Case("chunked"),
    "large, in chunks": Case("chunked", size=LARGE),
    "no length": Case("until-close"),
    "no validators": Case("no-validators"),
    "slow": Case("trickle", fault={"rate": 60_000}),
    "redirected for ever, once": Case("redirect-loop", requests=22, fault={"times": 21}),
    "closed to other sites, once": Case("blocked", requests=2, fault={"times": 1}),
    "a wrong byte": Case("corrupt", requests=2, summed=True, fault={"at": 5000, "times": 1}),
    "large, a wrong byte": Case(
        "corrupt", size=LARGE, requests=2, summed=True, fault={"at": LARGE - 1, "times": 1}
    ),
    "gone": Case("deleted", r"the archive does not have it \(404\)"),
    "well": Case("none"),
}


def name_of(case: str) -> str:
    return f"{PROGRAM}_{list(CASES).index(case) + 1:05d}_nrca1{CASES[case].ending}"


def row_of(case: str) -> dict[str, object]:
    name, size = name_of(case), CASES[case].size
    sums = {"sha256": hashlib.sha256(content(name, size)).hexdigest()} if CASES[case].summed else {}
    return science(name, f"{PROGRAM}_{list(CASES).index(case) + 1:05d}", size, **sums)


@dataclass(frozen=True, slots=True)
class Run:
    """One download against all of the faults."""

    taken: Taken
    screen: dict[str, str]
    verdict: str
    requests: dict[str, int]


@pytest.fixture(scope="module")
def run(open_panel: OpenPanel, archive: ArchiveServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    rows = [row_of(case) for case in CASES]
    panel, watch = open_panel(listed(archive, rows))
    watch.expect(*NETWORK_ERRORS)
    panel.button("ALL").click()
    for name, case in CASES.items():
        if case.kind == "deleted":
            archive.delete(name_of(name))
        else:
            case.put(archive, name_of(name))
    panel.confirm("stream")
    # The probe asks for the first file, and may meet its fault.
    expect(panel.page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    archive.finished()
    archive.clear_faults()
    for name, case in CASES.items():
        case.put(archive, name_of(name))
    archive.log.clear()
    with panel.page.expect_download() as saved:
        panel.start()
    verdict = panel.page.get_by_role("heading", name=re.compile("^Download finished"))
    expect(verdict).to_be_visible(timeout=150_000)
    items = panel.page.get_by_label("Files that could not be had").get_by_role("listitem").all_inner_texts()
    screen = dict(item.split(": ", 1) for item in items)
    requests = {name: len(archive.requests_for(name_of(name))) for name in CASES}
    return Run(
        taken(saved.value, tmp_path_factory.mktemp("faults")),
        screen,
        panel.page.locator("#progress .figures").inner_text(),
        requests,
    )


@pytest.mark.parametrize("case", CASES)
def test_outcome_on_screen_in_the_manifest_and_in_the_archive_agree(
    run: Run, archive: ArchiveServer, case: str
) -> None:
    row, due = row_of(case), CASES[case]
    path = f"JWST/{row['dataset']}/{row['filename']}"
    status = run.taken.statuses()[name_of(case)]
    if due.reason:
        assert re.fullmatch(f"FAILED: {due.reason}", status)
        assert f"FAILED: {run.screen[path]}" == status
        assert path not in run.taken.files
    else:
        assert status == "OK"
        assert path not in run.screen
        assert run.taken.files[path] == archive.content(name_of(case))
    assert run.requests[case] == due.requests


def test_nothing_else_is_told_or_in_the_archive(run: Run) -> None:
    failed = {case for case, due in CASES.items() if due.reason}
    assert len(run.screen) == len(failed)
    assert len(run.taken.files) == len(CASES) - len(failed)
    assert len(run.taken.manifest) == len(CASES)
    assert run.verdict == (
        f"{len(CASES) - len(failed)} of {len(CASES)} files are complete; {len(failed)} could not be had."
    )


def test_dead_bytes_are_in_the_archive_and_in_no_directory(run: Run) -> None:
    told = sum(map(len, run.taken.files.values()))
    # What was cut went on in its place. What was begun anew lies there twice: all of the large file with a wrong byte,
    # and what had come of the two that could not be gone on with.
    dead = run.taken.path.stat().st_size - told
    assert LARGE + 3 * 2**20 < dead < LARGE + 7 * 2**20
    accepted(run.taken.path)


# -- five of them on every other rung -----------------------------------------------------------------------------

FIVE: Final = ("cut once", "large, reset twice", "short", "a web page", "broken, then fine")
OTHER_RUNGS: Final = ("folder", "file", "private", "blob")

#: Pickers that hand out a folder and a file of the browser's private file system: nobody is here to answer a dialog.
PICKERS: Final = """
  window.showDirectoryPicker = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true });
  window.showSaveFilePicker = async ({ suggestedName }) =>
    (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
"""
#: Every file below the folder that was chosen: its path and its content in base64.
CHOSEN: Final = """
  async () => {
    const found = {};
    const walk = async (folder, above) => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === "directory") { await walk(handle, `${above}${name}/`); continue; }
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        let text = "";
        for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
        found[above + name] = btoa(text);
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen"), "");
    return found;
  }
"""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a download has brought, whatever it came in."""

    files: Mapping[str, bytes]
    statuses: Mapping[str, str]


@pytest.fixture(scope="module")
def rungs(
    open_panel: OpenPanel, archive: ArchiveServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Brought]:
    """The five faults on each of the other rungs, one after the other on one page."""
    panel, watch = open_panel(listed(archive, [row_of(case) for case in FIVE]))
    watch.expect(*NETWORK_ERRORS)
    panel.page.evaluate(f"() => {{ {PICKERS} }}")
    panel.button("ALL").click()
    folder = tmp_path_factory.mktemp("rungs")
    return {place: _brought(panel, archive, place, folder, FIVE) for place in OTHER_RUNGS}


def _brought(
    panel: PanelPage, archive: ArchiveServer, place: str, folder: Path, cases: Iterable[str]
) -> Brought:
    page = panel.page
    panel.close_download()
    panel.confirm(place)
    expect(page.get_by_role("dialog")).to_contain_text("lets this page read its files")
    archive.finished()
    for case in cases:
        CASES[case].put(archive, name_of(case))
    downloads: list[Download] = []

    def keep(download: Download) -> None:
        downloads.append(download)

    page.once("download", keep)
    panel.start()
    expect(page.get_by_role("heading", name=re.compile("^Download finished"))).to_be_visible(timeout=300_000)
    archive.clear_faults()
    if place == "folder":
        found = {path: b64decode(content) for path, content in page.evaluate(CHOSEN).items()}
        inside = {
            path.partition("/")[2]: content for path, content in found.items() if "/unfinished/" not in path
        }
        told = read_manifest(manifest_of(inside))
        return Brought(inside, {path.rpartition("/")[2]: status for _, path, _, status, _ in told})
    if place == "file":
        with page.expect_download() as saved:
            page.evaluate(SAVE_PRIVATE, page.locator("#progress .path").inner_text())
        downloads = [saved.value]
    while not downloads:
        page.wait_for_timeout(20)
    brought = taken(downloads[0], folder)
    return Brought(brought.files, brought.statuses())


def _as_streamed(brought: Brought, streamed: Taken, archive: ArchiveServer, cases: Sequence[str]) -> None:
    statuses = streamed.statuses()
    for case in cases:
        row = row_of(case)
        path = f"JWST/{row['dataset']}/{row['filename']}"
        assert brought.statuses[name_of(case)] == statuses[name_of(case)]
        assert brought.files.get(path) == (None if CASES[case].reason else archive.content(name_of(case)))
    assert len(brought.files) == sum(not CASES[case].reason for case in cases)


@pytest.mark.parametrize("place", OTHER_RUNGS)
def test_every_rung_meets_faults_alike(
    rungs: dict[str, Brought], run: Run, archive: ArchiveServer, place: str
) -> None:
    _as_streamed(rungs[place], run.taken, archive, FIVE)


@pytest.mark.slow
@pytest.mark.parametrize("place", OTHER_RUNGS)
def test_every_rung_meets_every_fault_alike(
    open_panel: OpenPanel, run: Run, archive: ArchiveServer, tmp_path: Path, place: str
) -> None:
    panel, watch = open_panel(listed(archive, [row_of(case) for case in CASES]))
    watch.expect(*NETWORK_ERRORS)
    panel.page.evaluate(f"() => {{ {PICKERS} }}")
    panel.button("ALL").click()
    _as_streamed(_brought(panel, archive, place, tmp_path, list(CASES)), run.taken, archive, list(CASES))


# -- the table in the documents -----------------------------------------------------------------------------------


def test_the_documents_tell_of_these_faults_and_no_others() -> None:
    assert faults_page.faults("At the archive and on the line") == list(CASES)
    assert len(faults_page.faults("Where it arrives")) == 10, "each is told of by the test that tries it"


@pytest.mark.parametrize("case", CASES)
def test_the_documents_tell_what_became_of_it(run: Run, archive: ArchiveServer, case: str) -> None:
    row, name = row_of(case), name_of(case)
    came = run.taken.files.get(f"JWST/{row['dataset']}/{row['filename']}")
    wrong = 0 if came is None or came == archive.content(name) else "some"
    # What stands in brackets are the browser's own words.
    status = re.sub(r" \((?!\d)[^)]*\)", "", run.taken.statuses()[name])
    faults_page.told(case, run.requests[case], "all" if case in FIVE else "stream", wrong, status)
