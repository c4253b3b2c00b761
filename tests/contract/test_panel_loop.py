"""The panel's loop on CPython: downloads, sign-in, lists and patterns, without a browser."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from typing import Final

import pytest

from pycore import layout
from pycore import messages as m
from pycore.errors import OverlayError
from pycore.layout import Structure
from pycore.manifest import NAME
from pycore.state import Stage
from tests.archive.server import ArchiveServer
from tests.contract.plain_browser import Sink, Text, World, contents, live
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
        assert contents(world.places.sink).keys() == {"", "a_cal.fits", "b_cal.fits", NAME}
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
        world.panel.open_file("large.json", None, 2**40)
        assert world.page.regions["summary"] == before
        assert [notice.split(":")[0] for notice in world.notices()] == ["other", "broken", "large.json"]

    live(go)


def test_a_file_that_has_no_text_says_why(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        await world.open(a=2880)
        before = world.page.regions["summary"]
        world.panel.open_file("large.json", None, 2**40, "")
        world.panel.open_file("folder", None, 4096, "It is not there any more.")
        assert world.notices() == [
            "large.json: The file has 1.100 TB, more than the 536.871 MB that the page can hold. [list.too-large]",
            "folder: The file could not be read: It is not there any more. [list.unreadable]",
        ]
        assert world.page.regions["summary"] == before
        world.panel.open_file("empty.json", "", 0, "")
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
