"""The carrier on CPython: a real archive, and plain classes where the browser's ports would be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pytest

from pycore import messages as m
from pycore.errors import OverlayError
from pycore.manifest import DOCUMENT_NAME, NAME, room
from pycore.transfer import Paused, Resumed, TokenRenewed, Transfer, Waiting, forecast
from tests.archive.server import ArchiveServer
from tests.contract.plain_browser import Clock, Keys, Network, Sink, contents, live
from tests.unit.builders import plan, row
from web import ports
from web.carrier import Carrier

CLICK: Final = 1795331840000.0
DATASET: Final = "jw01001001001_02101_00001"
LARGE: Final = 6 * 2**20


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as running:
        yield running


class Job:
    """A carrier with all that it needs."""

    def __init__(
        self,
        archive: ArchiveServer,
        sink: Sink,
        *,
        exclusive: bool = False,
        as_it_is: bool = False,
        sizes: Mapping[str, int] | None = None,
        **more: int,
    ) -> None:
        sizes = {**(sizes or {}), **more}
        rows = [row(f"{name}.dat", DATASET, size) for name, size in sizes.items()]
        archive.add_products(
            "JWST", [{"filename": r.filename, "dataset": DATASET, "size": r.size} for r in rows]
        )
        made = plan(rows)
        files = tuple(
            replace(
                file,
                url=archive.retrieve_url("JWST", f"{DATASET}/{file.filename}"),
                exclusive=exclusive,
                with_token=exclusive,
            )
            for file in made.files
        )
        self.sink, self.network, self.clock = sink, Network(), Clock()
        self.told: list[m.Message] = []
        self.alive = True
        made = replace(made, files=files, as_it_is=as_it_is)
        self.forecast = forecast(made)
        self.transfer = Transfer(made, CLICK)
        self.carrier = Carrier(
            self.transfer,
            network=self.network,
            keys=Keys(),
            sink=sink,
            clock=self.clock,
            tell=self.told.append,
            token_alive=self.token_alive,
        )

    async def token_alive(self) -> bool:
        return self.alive

    async def run(self) -> m.Message:
        """To the end; afterwards nothing may go on."""
        before = asyncio.all_tasks()
        ended = await asyncio.wait_for(self.carrier.run(), 30)
        others = asyncio.all_tasks() - before
        if others:
            await asyncio.wait(others, timeout=10)
        assert not self.clock.running
        assert all(response.writer.is_closing() for response in self.network.opened)
        return ended


def test_a_transfer_brings_the_files_and_says_how_it_went(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000, b=LARGE, c=0)
        ended = await job.run()
        assert isinstance(ended, m.TransferEnded)
        assert [outcome.reason for outcome in ended.outcomes] == ["", "", ""]
        found = contents(job.sink)
        assert {name: found[name] for name in ("a.dat", "b.dat", "c.dat")} == {
            "a.dat": archive.content("a.dat"),
            "b.dat": archive.content("b.dat"),
            "c.dat": b"",
        }
        moved = [told.progress.bytes_complete for told in job.told if isinstance(told, m.TransferMoved)]
        assert moved
        assert sorted(moved) == moved

    live(go)


def test_breaks_and_refusals_are_carried_to_their_outcomes(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000, b=LARGE, c=300)
        archive.fault("a.dat", "cut", at=10)
        archive.fault("b.dat", "reset", at=5 * 2**20, times=1)
        archive.delete("c.dat")
        ended = await job.run()
        assert isinstance(ended, m.TransferEnded)
        assert [outcome.reason for outcome in ended.outcomes] == [
            "The connection broke in the middle. (4 attempts)",
            "",
            "the archive does not have it (404)",
        ]
        assert contents(job.sink).keys() == {"", "b.dat", DOCUMENT_NAME, NAME}

    live(go)


def test_silence_ends_a_request_and_the_file_is_tried_again(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000)
        archive.fault("a.dat", "stall", at=10, times=1)
        assert isinstance(await job.run(), m.TransferEnded)
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")
        assert [request.cut for request in archive.finished()] == [True, False]

    live(go)


def test_a_place_that_takes_nothing_holds_the_archive_back_and_can_be_left(archive: ArchiveServer) -> None:
    async def go() -> None:
        size = 64 * 2**20
        job = Job(archive, Sink(stuck=5 * 2**20), a=size)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        for _ in range(100):
            # A minute and more of the transfer's clock: silence of the place is none of the archive.
            await asyncio.sleep(0.01)
        assert job.network.opened[0].left > size // 2
        await job.carrier.stop(keep=False)
        assert await running == m.TransferDiscarded("")
        assert job.sink.ended == "aborted"
        assert [request.cut for request in archive.finished()] == [True]

    live(go)


def test_a_place_that_pauses_costs_time_and_no_new_request(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck=2**20), a=LARGE)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        for _ in range(80):
            await asyncio.sleep(0.01)
        job.sink.going_on.set()
        assert isinstance(await running, m.TransferEnded)
        assert len(archive.finished()) == 1

    live(go)


def test_a_cancel_ends_the_requests_at_once_though_the_place_takes_its_time(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(slow_abort=asyncio.Event()), a=1000)
        archive.fault("a.dat", "stall", at=10)
        running = asyncio.ensure_future(job.run())
        while not any(request.sent for request in archive.requests):
            await asyncio.sleep(0)
        stopping = asyncio.ensure_future(job.carrier.stop(keep=False))
        assert await asyncio.to_thread(archive.wait, lambda requests: requests[0].cut)
        assert not running.done(), "what is told must be so"
        assert job.sink.slow_abort
        job.sink.slow_abort.set()
        await stopping
        assert await running == m.TransferDiscarded("")

    live(go)


def test_a_cancel_between_two_files_asks_for_no_other(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck=900), a=1000, b=LARGE)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        # The write that was under way ends well, as a place may have it.
        job.sink.going_on.set()
        await job.carrier.stop(keep=False)
        assert await running == m.TransferDiscarded("")
        assert [request.product for request in archive.finished()] == ["a.dat"]

    live(go)


def test_finish_now_closes_a_true_archive(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000, b=LARGE)
        archive.fault("b.dat", "stall", at=2**20)
        running = asyncio.ensure_future(job.run())
        while len(job.sink.written) < 2**20:
            await asyncio.sleep(0)
        await job.carrier.stop(keep=True)
        ended = await running
        assert isinstance(ended, m.TransferEnded)
        assert [bool(outcome.reason) for outcome in ended.outcomes] == [False, True]
        assert contents(job.sink).keys() == {"", "a.dat", DOCUMENT_NAME, NAME}
        assert archive.finished()[-1].cut

    live(go)


def test_a_place_that_fails_gives_the_download_up_with_its_words(archive: ArchiveServer) -> None:
    async def go() -> None:
        full = OverlayError("sink.full", "There is no more room for the file.", "Make room.")
        job = Job(archive, Sink(broken=full, broken_at=2**20), a=LARGE)
        assert await job.run() == m.TransferDiscarded("There is no more room for the file. Make room.")
        assert job.sink.ended == "aborted"

    live(go)


def test_an_archive_that_cannot_be_closed_is_given_up(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(close_fails=True), a=1000)
        assert await job.run() == m.TransferDiscarded("There is no more room for the file. Make room.")
        assert job.sink.ended == "aborted"

    live(go)


def test_an_end_in_the_browser_s_own_list_is_a_wish_and_no_failure(archive: ArchiveServer) -> None:
    async def go() -> None:
        ended = OverlayError("sink.cancelled", "The download was cancelled.")
        job = Job(archive, Sink(broken=ended, broken_at=2**20), a=LARGE)
        assert await job.run() == m.TransferDiscarded("")

    live(go)


def test_what_could_not_be_removed_is_told(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck=2**20, abort_fails=True), a=LARGE)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        await job.carrier.stop(keep=False)
        told = await running
        assert told == m.TransferDiscarded(
            "", "A part of the file may be left: The file could not be written."
        )

    live(go)


def test_a_cancel_while_the_archive_is_being_closed_is_heard(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck_at_the_end=True), a=1000)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        assert not running.done()
        await job.carrier.stop(keep=False)
        assert await running == m.TransferDiscarded("")
        assert (job.sink.ended, job.sink.aborts) == ("aborted", 1)

    live(go)


def test_what_a_cancelled_close_leaves_is_told(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck_at_the_end=True, abort_fails=True), a=1000)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        await job.carrier.stop(keep=False)
        assert await running == m.TransferDiscarded(
            "", "A part of the file may be left: The file could not be written."
        )

    live(go)


def test_a_cancel_that_comes_too_late_leaves_and_tells_the_whole_archive(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck_in_place=True), a=1000)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        stopping = asyncio.ensure_future(job.carrier.stop(keep=False))
        while not job.sink.aborts:
            await asyncio.sleep(0)
        assert not running.done(), "what is told must be so"
        job.sink.going_on.set()
        await stopping
        ended = await running
        assert isinstance(ended, m.TransferEnded)
        assert [outcome.reason for outcome in ended.outcomes] == [""]
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")

    live(go)


def test_finish_now_while_the_archive_is_being_closed_changes_nothing(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(stuck_at_the_end=True), a=1000)
        running = asyncio.ensure_future(job.run())
        await job.sink.waiting.wait()
        finishing = asyncio.ensure_future(job.carrier.stop(keep=True))
        await asyncio.sleep(0)
        job.sink.going_on.set()
        await finishing
        assert isinstance(await running, m.TransferEnded)
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")

    live(go)


def test_a_clock_that_does_not_start_leaves_no_half_archive(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000)
        job.clock.broken = RuntimeError("no clock")
        with pytest.raises(RuntimeError, match="no clock"):
            await job.run()
        assert job.sink.ended == "aborted"
        assert archive.requests == []

    live(go)


def test_a_mistake_of_the_page_leaves_no_half_archive(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(broken=None), a=LARGE)

        async def mistaken(data: ports.Chunk | bytes) -> None:
            raise ZeroDivisionError

        job.sink.write = mistaken  # type: ignore[method-assign]
        with pytest.raises(ZeroDivisionError):
            await job.run()
        assert job.sink.ended == "aborted"
        assert not job.clock.running

    live(go)


def test_a_mistake_while_the_archive_is_being_closed_leaves_none(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=1000)

        async def mistaken() -> None:
            raise ZeroDivisionError

        job.sink.close = mistaken  # type: ignore[method-assign]
        with pytest.raises(ZeroDivisionError):
            await job.run()
        assert job.sink.ended == "aborted"

    live(go)


# -- the rest of a file ---------------------------------------------------------------------------------------


def ranges(archive: ArchiveServer, name: str) -> list[str | None]:
    return [request.range for request in archive.finished() if request.product == name]


@pytest.mark.parametrize("fault", ["cut", "stall"])
@pytest.mark.parametrize("size", [300_000, LARGE])
def test_a_file_that_breaks_goes_on_at_the_same_byte(archive: ArchiveServer, size: int, fault: str) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=size, b=1000)
        archive.fault("a.dat", fault, at=200_000, times=1)
        ended = await job.run()
        assert isinstance(ended, m.TransferEnded)
        assert [outcome.reason for outcome in ended.outcomes] == ["", ""]
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")
        first, second = [request for request in archive.finished() if request.product == "a.dat"]
        assert second.range
        came = int(second.range.removeprefix("bytes=").removesuffix("-"))
        assert came == first.sent == 200_000, "no byte is fetched twice"
        assert second.sent == size - came
        assert job.forecast - room(job.transfer.plan) < len(job.sink.written) <= job.forecast

    live(go)


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [("ignore-range", [200, 200]), ("etag", [200, 206, 200]), ("wrong-range", [200, 206, 200])],
)
def test_what_is_not_the_rest_of_the_same_file_begins_anew(
    archive: ArchiveServer, fault: str, statuses: list[int]
) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=LARGE)
        archive.fault("a.dat", "cut", at=5 * 2**20, times=1)
        archive.fault("a.dat", fault, times=1)
        assert isinstance(await job.run(), m.TransferEnded)
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")
        assert [request.status for request in archive.finished()] == statuses
        assert len(job.sink.written) > job.forecast - room(job.transfer.plan) + 5 * 2**20

    live(go)


def test_a_rest_that_the_archive_refuses_begins_anew(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=LARGE)
        archive.fault("a.dat", "cut", at=5 * 2**20, times=1)
        archive.fault("a.dat", "range-refused", times=1)
        assert isinstance(await job.run(), m.TransferEnded)
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")
        assert [request.status for request in archive.finished()] == [200, 416, 200]

    live(go)


def test_the_page_s_own_server_is_asked_for_the_rest_of_this_very_version(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=LARGE)
        job.network.own = True
        archive.fault("a.dat", "cut", at=5 * 2**20, times=1)
        archive.fault("a.dat", "etag", times=1)
        assert isinstance(await job.run(), m.TransferEnded)
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")
        assert [request.status for request in archive.finished()] == [200, 200]

    live(go)


def test_small_files_are_fetched_side_by_side_and_no_more_than_allowed(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), sizes={f"f{number:03}": 2000 for number in range(60)})
        archive.latency = 0.02
        ended = await job.run()
        assert isinstance(ended, m.TransferEnded)
        assert not any(outcome.reason for outcome in ended.outcomes)
        # One more than browsers open by themselves stands ready.
        assert 2 <= job.network.most_open <= 7
        assert len(contents(job.sink)) == 63
        assert job.forecast - room(job.transfer.plan) < len(job.sink.written) <= job.forecast

    live(go)


def test_a_pause_ends_the_requests_and_the_rest_comes_after_it(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=LARGE, b=1000)
        archive.fault("a.dat", "stall", at=5 * 2**20, times=1)
        running = asyncio.ensure_future(job.run())
        while len(job.sink.written) < 5 * 2**20:
            await asyncio.sleep(0)
        await job.carrier.hear(Paused())
        assert job.transfer.progress().waiting is Waiting.PERSON
        await asyncio.to_thread(archive.finished)
        asked = len(archive.requests)
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert len(archive.requests) == asked
        await job.carrier.hear(Resumed())
        assert isinstance(await running, m.TransferEnded)
        assert ranges(archive, "a.dat") == [None, f"bytes={5 * 2**20}-"]
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")

    live(go)


def test_without_a_network_it_waits_and_goes_on_by_itself(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), a=LARGE)
        archive.fault("a.dat", "cut", at=5 * 2**20, times=1)
        running = asyncio.ensure_future(job.run())
        while not job.sink.written:
            await asyncio.sleep(0)
        job.network.line(False)
        while not any(request.done for request in archive.requests):
            await asyncio.sleep(0.005)
        assert job.transfer.progress().waiting is Waiting.NETWORK
        job.network.line(True)
        assert isinstance(await running, m.TransferEnded)
        assert ranges(archive, "a.dat") == [None, f"bytes={5 * 2**20}-"]
        assert contents(job.sink)["a.dat"] == archive.content("a.dat")

    live(go)


def test_a_token_that_ends_is_asked_for_and_the_rest_comes_with_the_new_one(archive: ArchiveServer) -> None:
    async def go() -> None:
        job = Job(archive, Sink(), exclusive=True, a=1000, b=LARGE, c=1000)
        job.alive = False
        archive.fault("b.dat", "cut", at=5 * 2**20, times=1)
        archive.fault("b.dat", "status", status=401, times=1)
        running = asyncio.ensure_future(job.run())
        while job.transfer.progress().waiting is not Waiting.TOKEN:
            await asyncio.sleep(0.005)
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert job.transfer.progress().waiting is Waiting.TOKEN
        await job.carrier.hear(TokenRenewed())
        ended = await running
        assert isinstance(ended, m.TransferEnded)
        assert [outcome.reason for outcome in ended.outcomes] == ["", "", ""]
        assert [each for each in ranges(archive, "b.dat") if each] == [f"bytes={5 * 2**20}-"] * 2
        assert contents(job.sink)["b.dat"] == archive.content("b.dat")

    live(go)


def test_a_file_of_another_size_is_missed_or_taken_as_it_is(archive: ArchiveServer) -> None:
    async def go() -> None:
        for as_it_is in (False, True):
            job = Job(archive, Sink(), as_it_is=as_it_is, a=1000, b=LARGE, c=10)
            archive.clear_faults()
            archive.fault("a.dat", "long", by=9, times=1)
            archive.fault("b.dat", "short", by=9, times=1)
            ended = await job.run()
            assert isinstance(ended, m.TransferEnded)
            assert [outcome.other_size for outcome in ended.outcomes] == [1009, LARGE - 9, None]
            assert [bool(outcome.reason) for outcome in ended.outcomes] == [not as_it_is, not as_it_is, False]
            found = contents(job.sink)
            sizes = {name: len(body) for name, body in found.items() if name.endswith(".dat")}
            assert sizes == ({"a.dat": 1009, "b.dat": LARGE - 9, "c.dat": 10} if as_it_is else {"c.dat": 10})
            assert (b"OTHER SIZE: the list says 1000 bytes, the archive has 1009" in found[NAME]) is as_it_is

    live(go)
