"""Carries a transfer's orders out: requests side by side, writes and ticks one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

from pycore import messages as m
from pycore import transfer as t
from pycore.continuing import Record, line
from pycore.errors import OverlayError
from pycore.transfer import Transfer
from web import ports

#: Milliseconds between two reports to the panel.
_REPORT_EVERY: Final = 250.0


class Carrier:
    """The hands of one transfer. Events are taken in strictly one at a time, with all that follows from each.

    A piece of body is read only when the one before it has been written: what the place to write can't take waits
    at the archive, not in memory. ``folder`` is the place to write
    where that is one. ``token_alive`` finds out whether the archive still knows the token.
    """

    def __init__(
        self,
        transfer: Transfer,
        *,
        network: ports.Network,
        keys: ports.Keys,
        sink: ports.Sink,
        folder: ports.Folder | None = None,
        clock: ports.Clock,
        tell: Callable[[m.Message], None],
        token_alive: Callable[[], Awaitable[bool]],
    ) -> None:
        self._transfer = transfer
        self._network = network
        self._keys = keys
        self._sink = sink
        self._folder = folder
        self._clock = clock
        self._tell = tell
        self._token_alive = token_alive
        self._turn = asyncio.Lock()
        self._over: asyncio.Future[m.Message] = asyncio.get_running_loop().create_future()
        self._requests: dict[int, ports.Abort] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reported = 0.0
        #: A tick waits for its turn: one is enough.
        self._tick_waits = False
        #: All is written, and the archive is being closed: no event changes it any more, but it can be given up.
        self._closing = False
        #: The archive is being given up.
        self._ending = False

    async def run(self) -> m.Message:
        """Carry the transfer to its end, and give the message that says how it ended."""
        leave_line = self._network.watch_line(self._line_changed)
        try:
            self._clock.start(self._ticked)
            await self._take_turn(
                lambda: self._transfer.start(self._clock.now_ms() / 1000, self._clock.epoch_ms())
            )
            return await self._over
        except BaseException:
            # A mistake of the page: half an archive must not be left waiting for its other half.
            await self._give_up("the page made a mistake")
            raise
        finally:
            leave_line()
            self._clock.stop()

    async def hear(self, event: t.Event) -> None:
        """What the person wants of the transfer, or has done about the token; it is shown at once."""
        self._reported = 0.0
        await self._hear(event)

    async def stop(self, keep: bool) -> None:
        """Stop: close a valid archive of what is there, or leave nothing.

        An archive that is being closed is past the first wish, and heeds the second until it is whole and in its
        place; then it stays, and the transfer ends as if nobody had asked.
        """
        if keep:
            await self._take_turn(lambda: self._transfer.receive(t.Stopped(keep=True)))
        else:
            # Not in turn: a write that waits for a place that takes nothing would let nobody in.
            await self._give_up("")

    # -- events in --------------------------------------------------------------------------------------------

    def _ticked(self, _: float) -> None:
        # While a write waits, silence is the sink's, not the network's: time is taken when the tick has its turn.
        if not self._tick_waits:
            self._tick_waits = True
            self._begin(self._tick())

    async def _tick(self) -> None:
        def ticked() -> list[t.Order]:
            self._tick_waits = False
            return self._transfer.receive(t.Ticked(self._clock.now_ms() / 1000))

        await self._take_turn(ticked)

    def _line_changed(self, online: bool) -> None:
        self._begin(self.hear(t.LineChanged(online)))

    async def _check_token(self) -> None:
        alive = await self._token_alive()
        await self._hear(t.TokenChecked(alive))

    async def _take_turn(
        self, *events: Callable[[], list[t.Order]], chunk: ports.Chunk | None = None
    ) -> None:
        async with self._turn:
            try:
                for event in events:
                    for order in [] if self._ending or self._closing else _asking_first(event()):
                        if self._ending:
                            return
                        await self._carry_out(order, chunk)
            except OverlayError as broken:
                await self._give_up(failure(broken))
            self._report()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # After the end the loop itself complains of a task whose exception nobody took.
        if task.cancelled() or self._over.done():
            return
        problem = task.exception()
        if problem is not None:
            self._over.set_exception(problem)

    async def _fetch(self, order: t.Fetch, opening: Awaitable[ports.Response]) -> None:
        number = order.fetch
        response: ports.Response | None = None
        try:
            response = await opening
            chunk = response.at_hand()
            # A turn costs more than a small file's bytes do: what has come together is heard together.
            data = b"" if chunk is None else chunk.copy()
            if response.over:
                await self._hear(t.Came(number, response.status, response.headers, data), chunk=chunk)
                return
            head = t.Responded(number, response.status, response.headers)
            await self._hear(head, t.Arrived(number, data), chunk=chunk)
            while number in self._requests and (chunk := await response.read()) is not None:
                await self._hear(t.Arrived(number, chunk.copy()), chunk=chunk)
            await self._hear(t.Ended(number))
        except OverlayError as broken:
            await self._hear(t.Broke(number, broken.sentence, offline=broken.code == "http.offline"))
        finally:
            self._requests.pop(number, None)
            if response is not None:
                await response.cancel()

    def _headers(self, order: t.Fetch) -> dict[str, str]:
        url = order.file.url or ""
        headers = dict(self._keys.headers_for(url)) if order.file.with_token else {}
        if order.start:
            # Browsers send this one to any server without asking it first (Fetch Standard, CORS-safelisted headers).
            headers["Range"] = f"bytes={order.start}-"
            if order.version and self._network.is_own(url):
                headers["If-Range"] = order.version
        return headers

    async def _hear(self, *events: t.Event, chunk: ports.Chunk | None = None) -> None:
        await self._take_turn(*(partial(self._transfer.receive, event) for event in events), chunk=chunk)

    # -- orders out -------------------------------------------------------------------------------------------

    async def _carry_out(self, order: t.Order, chunk: ports.Chunk | None) -> None:
        match order:
            case t.Fetch():
                abort = self._requests[order.fetch] = self._network.abort()
                # It goes out now and not when its task has its turn: what is at hand may be written before that.
                opening = self._network.open(order.file.url or "", self._headers(order), abort)
                self._begin(self._fetch(order, opening))
            case t.Drop(fetch):
                unwanted = self._requests.pop(fetch, None)
                if unwanted is not None:
                    unwanted.cancel("not wanted any more")
            case t.Put(data):
                await self._sink.write(data)
            case t.PutArrived():
                await self._sink.write(chunk)
            case t.BeginFile() | t.CompleteFile() | t.LeaveOutFile():
                await self._into_folder(order)
            case t.CheckToken():
                self._begin(self._check_token())
            case t.CallBack():
                self._begin(self._hear(t.CalledBack()))
            case t.Finish():
                await self._close()
            case t.Discard():
                await self._give_up("")

    async def _into_folder(self, order: t.BeginFile | t.CompleteFile | t.LeaveOutFile) -> None:
        folder = self._folder
        assert folder is not None, "only a transfer into a folder orders that"
        match order:
            case t.BeginFile(path):
                await folder.begin(path)
            case t.CompleteFile(path, size, crc32):
                await folder.complete(path, line(Record(path, size, crc32)))
            case t.LeaveOutFile():
                await folder.leave_out()

    async def _close(self) -> None:
        self._closing = True
        if self._folder is not None and not any(outcome.reason for outcome in self._transfer.outcomes):
            self._folder.forget()
        await self._sink.close()
        self._end_whole()

    async def _give_up(self, sentence: str) -> None:
        """Leave nothing behind; ``sentence`` says why, ``""`` when it was asked for.

        Told when it is so, not before; the archive's connections go first, since the place may take its time. An
        archive that the place had whole by then is told as whole. What a folder has whole stays, unless the person
        wants nothing of it.
        """
        if self._ending:
            return
        self._ending = True
        self._drop_all()
        remains = ""
        try:
            keep = self._folder is not None and bool(sentence)
            if not await self._sink.abort(sentence or "cancelled", keep=keep):
                self._end_whole()
            if keep and self._folder is not None:
                remains = goes_on(self._folder.name)
        except OverlayError as broken:
            remains = f"A part of the file may be left: {broken.sentence}"
        self._end(m.TransferDiscarded(sentence, remains))

    def _end_whole(self) -> None:
        self._end(m.TransferEnded(tuple(self._transfer.outcomes)))

    def _end(self, message: m.Message) -> None:
        """How it ended, for good: a place may tell of one end twice, to who closed it and to who gave it up."""
        if not self._over.done():
            self._over.set_result(message)

    def _drop_all(self) -> None:
        while self._requests:
            _, abort = self._requests.popitem()
            abort.cancel("the transfer is over")

    def _report(self) -> None:
        now = self._clock.now_ms()
        if self._ending or self._over.done() or now - self._reported < _REPORT_EVERY:
            return
        self._reported = now
        self._tell(m.TransferMoved(self._transfer.progress(), now / 1000))


def _asking_first(orders: list[t.Order]) -> list[t.Order]:
    """Requests end and go out before what is at hand is written: the archive is at work meanwhile."""
    return (
        sorted(orders, key=lambda order: not isinstance(order, t.Fetch | t.Drop))
        if len(orders) > 1
        else orders
    )


def goes_on(folder: str) -> str:
    """What is told of a folder whose download has broken off."""
    return (
        f"What is complete stays in the folder {folder}. Start the download again and choose that folder: it goes on "
        "there."
    )


def failure(broken: OverlayError) -> str:
    """A failure of the place to write, for the person; nothing where the person wanted it so."""
    return "" if broken.code == "sink.cancelled" else f"{broken.sentence} {broken.hint}".strip()
