"""The panel's loop on CPython: downloads, sign-in, lists and patterns, without a browser."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Final

import pytest

from pycore import layout
from pycore import messages as m
from pycore.errors import OverlayError
from pycore.layout import Structure
from pycore.manifest import DOCUMENT_NAME, NAME
from pycore.state import Stage
from tests.archive.server import ArchiveServer
from tests.contract.plain_browser import Folder, LocalFile, Sink, Text, World, contents, live
from web import ports

CLICK: Final = 1795331840000.0
DATASET: Final = "jw01001001001_02101_00001"
TOKEN: Final = "a-token-of-the-contract"


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as running:
        yield running


def test_the_panel_downloads_and_shows_the_end(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880, b=5760)
        world.start()
        await world.ended()
        assert world.download().stage is Stage.ENDED
        assert "All 2 files are complete." in world.page.regions["progress"]
        assert world.page.held == [True, False]
        assert contents(world.places.sink).keys() == {"", "a_cal.fits", "b_cal.fits", DOCUMENT_NAME, NAME}
        assert layout.stamp(CLICK) in world.page.regions["progress"]

    live(go)


def test_a_stop_while_the_place_is_opened_is_obeyed(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.places.let.clear()
        world.start()
        await world.places.asked.wait()
        world.panel.hear(m.StopAsked(keep=False))
        world.places.let.set()
        await world.until(lambda: world.panel.state.download is None)
        assert world.places.sink.ended == "aborted"
        assert world.notices() == ["The download was cancelled."]
        assert not any(request.product for request in archive.requests)
        # The next one is a new one.
        world.places.sink = Sink()
        world.start()
        await world.ended()
        assert world.download().stage is Stage.ENDED

    live(go)


def test_a_stop_in_the_same_breath_as_the_start_is_obeyed(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.start()
        world.panel.hear(m.StopAsked(keep=False))
        await world.until(lambda: world.panel.state.download is None)
        assert world.places.sink.ended == "aborted"
        assert world.notices() == ["The download was cancelled."]
        assert not any(request.product for request in archive.requests)

    live(go)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (
            OverlayError("sink.cancelled", "The download was cancelled. (AbortError)"),
            "The download was cancelled.",
        ),
        (
            OverlayError(
                "sink.refused", "The browser does not let this page write there.", "Choose another."
            ),
            "The browser does not let this page write there. Choose another.",
        ),
    ],
)
def test_a_place_that_is_not_to_be_had_is_told(
    archive: ArchiveServer, refusal: OverlayError, told: str
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.places.refusal = refusal
        world.start()
        await world.until(lambda: world.panel.state.download is None)
        assert world.notices() == [told]
        assert world.page.held == []

    live(go)


def test_a_mistake_in_the_middle_is_told_and_the_panel_stays_usable(
    archive: ArchiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.places.sink.broken = ValueError("a bug")  # type: ignore[assignment]
        world.start()
        await world.ended()
        await world.until(lambda: len(world.notices()) == 2)
        assert world.panel.state.download is None
        assert world.notices()[0] == "The page made a mistake, and the download was given up."
        assert "[bug]" in world.notices()[1]
        assert world.places.sink.ended == "aborted"
        world.places.sink = Sink()
        world.start()
        await world.until(lambda: world.page.held == [True, False, True, False])
        assert world.download().stage is Stage.ENDED

    loop_errors: list[str] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: loop_errors.append(told["message"]))
        await go()

    live(watched)
    assert "a bug" in capsys.readouterr().err
    assert all("never retrieved" in error for error in loop_errors)


def test_an_answer_about_a_former_token_means_nothing(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        archive.add_token(TOKEN, "ada", ["jw"])
        # The first question hangs until the second has been answered.
        archive.fault("whoami", "stall", at=0, times=1)
        world.panel.hear(m.SignInAsked("a-wrong-token"))
        assert await asyncio.to_thread(archive.wait, bool)
        world.panel.hear(m.SignOutAsked())
        world.panel.hear(m.SignInAsked(TOKEN))
        await world.until(lambda: world.panel.state.account.user == "ada")
        archive.clear_faults()
        await world.until(lambda: all(request.done for request in archive.requests))
        await world.until(lambda: not world.panel._tasks)
        assert world.panel.state.account.user == "ada"
        assert world.keys.token == TOKEN
        world.panel.hear(m.SignOutAsked())
        assert world.keys.token == ""

    live(go)


def test_a_former_question_that_fails_takes_nobody_s_token_away(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        archive.add_token(TOKEN, "ada", ["jw"])
        late, ask = asyncio.Event(), world.network.get_text

        async def failing(*_: object, **__: object) -> Text:
            await late.wait()
            raise OverlayError("http.unreachable", "The server does not answer.")

        world.network.get_text = failing  # type: ignore[method-assign]
        world.panel.hear(m.SignInAsked("a-former-token"))
        await asyncio.sleep(0)
        world.network.get_text = ask  # type: ignore[method-assign]
        world.panel.hear(m.SignOutAsked())
        world.panel.hear(m.SignInAsked(TOKEN))
        await world.until(lambda: world.panel.state.account.user == "ada")
        late.set()
        await world.until(lambda: not world.panel._tasks)
        assert (world.panel.state.account.user, world.keys.token) == ("ada", TOKEN)

    live(go)


def test_signing_out_while_a_token_is_looked_at_leaves_nobody_signed_in(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        archive.add_token(TOKEN, "ada", ["jw"])
        archive.fault("whoami", "stall", at=0, times=1)
        world.panel.hear(m.SignInAsked(TOKEN))
        assert await asyncio.to_thread(archive.wait, bool)
        world.panel.hear(m.SignOutAsked())
        archive.clear_faults()
        await world.until(lambda: not world.panel._tasks)
        assert world.panel.state.account.user is None
        assert world.keys.token == ""

    live(go)


@pytest.mark.parametrize("structure", list(Structure))
def test_a_plan_is_made_at_the_click_and_kept(archive: ArchiveServer, structure: Structure) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.panel.hear(m.StructureChosen(structure))
        world.places.let.clear()
        world.start()
        await world.places.asked.wait()
        world.panel.hear(m.StructureChosen(Structure.FLAT))
        world.places.let.set()
        await world.ended()
        with zipfile.ZipFile(io.BytesIO(bytes(world.places.sink.written))) as found:
            folder = "" if structure is Structure.FLAT else f"{DATASET}/"
            assert f"{layout.stamp(CLICK)}/JWST/{folder}a_cal.fits" in found.namelist()

    live(go)


def test_a_pattern_engine_that_fails_ends_the_run_so_that_nothing_waits_for_ever(
    archive: ArchiveServer,
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.patterns.broken = OverlayError("regex.no-worker", "There is no worker.", "Use https.")
        world.panel.hear(m.PatternTyped("a"))
        world.panel.hear(m.ExportAsked(CLICK))
        assert world.saved == []
        await world.until(lambda: not world.panel.state.filtering)
        assert "There is no worker. Use https." in world.page.regions["pattern"]
        await world.until(lambda: len(world.saved) == 1)
        world.patterns.broken = None
        world.panel.hear(m.PatternTyped("ab"))
        await world.until(lambda: not world.panel.state.filtering)
        assert world.patterns.loaded == 2
        assert "There is no worker" not in world.page.regions["pattern"]

    live(go)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ports.Matched(1), ""),
        (ports.Invalid("Unterminated group"), "Unterminated group"),
        (ports.TimedOut(), "longer than a second"),
    ],
)
def test_what_the_pattern_engine_says_is_shown(
    archive: ArchiveServer, answer: ports.Match, told: str
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880, b=2880)
        world.patterns.answer = answer
        world.panel.hear(m.PatternTyped("a"))
        await world.until(lambda: not world.panel.state.filtering)
        assert told in world.page.regions["pattern"]
        selected = "Selected: </span>2.9 kB - 1 file" if told == "" else "Selected: </span>5.8 kB - 2 files"
        assert selected in world.page.regions["summary"]

    live(go)


@pytest.mark.parametrize(
    ("finding", "told"),
    [("open", ""), ("blocked", "does not let other sites"), ("unreachable", "does not answer")],
)
def test_what_the_page_may_not_read_is_told_before_the_download(
    archive: ArchiveServer, finding: str, told: str
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.network.finding = finding
        world.panel.hear(m.DownloadAsked(CLICK))
        await world.until(lambda: not world.panel._tasks)
        assert told in world.page.regions["confirmation"]
        assert ("API QUERY gives a script that can." in world.page.regions["confirmation"]) == bool(told)

    live(go)


def test_a_list_is_opened_by_its_address_and_a_bad_one_leaves_what_was_open(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        rows = [
            {"filename": "z_cal.fits", "dataset": DATASET, "size": 1, "type": "science", "category": "2b"}
        ]
        archive.add_products("JWST", rows)
        await world.panel.open_url(archive.list_url("JWST", [DATASET]), "mine")
        assert "1 file" in world.page.regions["summary"]
        before = world.page.regions["summary"]
        await world.panel.open_url(f"{archive.origin}/nothing", "other")
        await world.panel.open_text("broken", "", "{")
        world.panel.open_file(LocalFile("large.json", size=2**40))
        assert world.page.regions["summary"] == before
        assert [notice.split(":")[0] for notice in world.notices()] == ["other", "broken", "large.json"]

    live(go)


def test_a_list_that_a_server_is_slow_to_send_can_be_given_up(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        archive.fault("list_products", "stall", at=10)
        asked = asyncio.ensure_future(world.panel.open_url(archive.list_url("JWST", [DATASET]), "slow"))
        await world.until(
            lambda: "Opening slow" in world.page.regions["notices"] and bool(world.network.opened)
        )
        # What is here is not kept waiting.
        own = {"filename": "own_cal.fits", "dataset": DATASET, "size": 1, "category": "2b", "type": "science"}
        world.panel.open_file(LocalFile("own.json", text=json.dumps({"products": [own]})))
        await world.until(lambda: "2 files" in world.page.regions["summary"])
        world.panel.hear(m.StopOpeningAsked("slow"))
        await asyncio.wait_for(asked, 5)
        assert world.notices() == ["slow was not opened: you have cancelled it."]
        assert all(response.writer.is_closing() for response in world.network.opened)
        assert "2 files" in world.page.regions["summary"]

    live(go)


def test_a_file_that_has_no_text_says_why(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        before = world.page.regions["summary"]
        world.panel.open_file(LocalFile("large.json", size=2**40))
        world.panel.open_file(LocalFile("folder", size=4096, refusal="It is not there any more."))
        await world.until(lambda: len(world.notices()) == 2)
        assert world.notices() == [
            "large.json: The file has 1.100 TB, more than the 1.611 GB that the page can hold. [list.too-large]",
            "folder: The file could not be read: It is not there any more. [list.unreadable]",
        ]
        assert world.page.regions["summary"] == before
        world.panel.open_file(LocalFile("empty.json"))
        await world.until(lambda: len(world.notices()) == 3)
        assert world.notices()[2].endswith("[list.json]")

    live(go)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<html>", "not understood"),
        ("[]", "not understood"),
        ('{"ezid": 7}', "not understood"),
        ('{"ezid": "anonymous"}', "does not know this token"),
    ],
)
def test_an_answer_that_names_nobody_signs_nobody_in(archive: ArchiveServer, text: str, told: str) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        world.network.whoami = text
        world.panel.hear(m.SignInAsked(TOKEN))
        await world.until(lambda: not world.panel.state.account.checking)
        assert told in world.panel.state.account.error
        assert world.keys.token == ""

    live(go)


def test_a_folder_that_broke_off_goes_on_and_fetches_only_what_it_lacks(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880, b=5760, c=8640)
        files: dict[str, bytes] = {}
        noted: list[str] = []
        world.places.folder = Folder(files, noted, broken_at=2880 + 5760)
        world.start("folder")
        await world.until(lambda: world.panel.state.download is None)
        assert world.notices()[0].startswith("There is no more room for the file.")
        assert "choose that folder: it goes on there" in world.page.regions["notices"]
        assert [path.rpartition("/")[2] for path in files] == ["a_cal.fits", "b_cal.fits"]

        # Of what is there one file was changed since, to the same size.
        changed = next(path for path in files if path.endswith("b_cal.fits"))
        files[changed] = bytes(len(files[changed]))
        archive.log.clear()
        world.places.folder = Folder(files, noted)
        world.start("folder")
        await world.until(lambda: world.page.held == [True, False] * 2)
        assert [path.rpartition("/")[2] for path in files] == [
            "a_cal.fits",
            "b_cal.fits",
            "c_cal.fits",
            DOCUMENT_NAME,
            NAME,
        ]
        assert files[changed] == archive.content("b_cal.fits")
        fetched = [request.product for request in archive.finished() if request.product]
        assert sorted(fetched) == ["b_cal.fits", "c_cal.fits"]
        shown = world.page.regions["progress"]
        assert "1 file, 2.9 kB, was there already, whole, and not fetched again." in shown
        assert world.places.folder.name in shown
        assert noted == [], "nothing is left to go on with"

    live(go)


def test_a_folder_that_is_not_wanted_is_emptied(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880, b=5 * 2**20)
        archive.fault("b_cal.fits", "stall", at=10)
        world.start("folder")
        await world.until(lambda: bool(world.places.folder.files))
        world.panel.hear(m.StopAsked(keep=False))
        await world.until(lambda: world.panel.state.download is None)
        assert world.places.folder.files == {}
        assert world.notices() == ["The download was cancelled."]

    live(go)


def test_failed_files_are_tried_again_in_the_same_folder(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880, b=5760)
        archive.fault("b_cal.fits", "status", status=404, times=1)
        world.start("folder")
        await world.ended()
        folder = world.places.folder
        assert len(folder.noted) == 3, "a file and both manifests"
        world.places.folder = Folder(folder.files, folder.noted)
        world.panel.hear(m.RetryAsked(CLICK + 1000))
        assert world.download().place == "folder"
        world.panel.hear(m.DownloadConfirmed())
        await world.until(lambda: world.page.held == [True, False] * 2)
        assert {path.rpartition("/")[2] for path in folder.files} == {
            "a_cal.fits",
            "b_cal.fits",
            DOCUMENT_NAME,
            NAME,
        }
        assert "All 2 files are complete." in world.page.regions["progress"]

    live(go)


def test_the_next_page_of_the_preview_is_expected_until_something_else_is_done(
    archive: ArchiveServer,
) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(**{f"n{number:03}": 2880 for number in range(160)})
        page, hear = world.page, world.panel.hear
        hear(m.RowsPerPageChosen(50))
        hear(m.PreviewToggled())
        await world.until(lambda: bool(page.expected))
        assert "n050_cal.fits" in page.expected
        assert "n050_cal.fits" not in page.regions["preview"]
        expected = page.expected
        hear(m.PageTurned("next"))
        assert page.regions["preview"] is expected
        await world.until(lambda: "n100_cal.fits" in page.expected)
        hear(m.FileTicked("JWST", 100))
        hear(m.PageTurned("next"))
        assert "off by hand" in page.regions["preview"]
        assert "off by hand" not in page.expected

    live(go)
