"""What an archive can do wrong: outcome on screen, in the manifest and in the archive agree, and the download ends."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.archive.server import ArchiveServer, content
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Taken, accepted, listed, science, taken

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


_CUT = r"The connection broke in the middle\. \(.+\) \(4 attempts\)"

CASES: Final = {
    "cut once": Case("cut", requests=2, fault={"at": 1000, "times": 1}),
    "cut always": Case("cut", _CUT, requests=4, fault={"at": 1000}),
    "cut at once": Case("cut", requests=2, fault={"at": 0, "times": 1}),
    "reset once": Case("reset", requests=2, fault={"at": 30_000, "times": 1}),
    "large, cut": Case("cut", size=LARGE, requests=2, fault={"at": 4 * 2**20 + 77, "times": 1}),
    "large, reset twice": Case("reset", size=LARGE, requests=3, fault={"at": 3 * 2**20, "times": 2}),
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
        elif case.kind != "none":
            archive.fault(name_of(name), case.kind, **case.fault)
    panel.confirm("stream")
    # The probe asks for the first file, and may meet its fault.
    expect(panel.page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    archive.finished()
    archive.clear_faults()
    for name, case in CASES.items():
        if case.kind not in ("deleted", "none"):
            archive.fault(name_of(name), case.kind, **case.fault)
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
    # What was cut went on in its place; only the large file with a wrong byte is there twice.
    assert told + LARGE < run.taken.path.stat().st_size < told + LARGE + 2**20
    accepted(run.taken.path)
