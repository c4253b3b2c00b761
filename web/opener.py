"""A product list on its way into the panel: bytes to a splitter, columns to the core, neither waiting for the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pycore import messages as m
from pycore.errors import OverlayError
from pycore.formats.list_columns import SplitRows
from pycore.reading import Found, Reading
from pycore.update.lists import open_now
from pycore.volume import number, volume
from web import ports

if TYPE_CHECKING:
    from web.panel import Browser, Panel

T = TypeVar("T")

#: A row of some 380 bytes takes some 300 in memory: with more than this a tab may be ended by its browser.
LARGEST_LIST: Final = 3 * 2**29
#: Longer texts are not kept for the next visit: they would be in memory whole.
_LARGEST_KEPT: Final = 2**26
_PIECE: Final = 2**20
#: So long the core works before the page has its turn, in milliseconds.
_TURN_MS: Final = 24
#: Rows are shown as they come when they have been waited for as long as this.
_SLOW_MS: Final = 400
_TELL_MS: Final = 250
CANCELLED: Final = "opening.cancelled"

#: What to do about a list that would take more memory than a tab has.
TOO_LARGE_HINT: Final = "Split it, or select fewer datasets."


class Arriving:
    """The bytes of a list, with where they come from and how far they are."""

    def __init__(self, body: AsyncIterator[ports.Piece], url: str = "", *, here: bool = False) -> None:
        self._body = body
        #: Nobody else has to be waited for.
        self.here: Final = here
        self._kept: list[bytes] | None = []
        self.url = url
        self.received = 0
        self.total: int | None = None

    @classmethod
    def of_text(cls, text: str, base: str) -> Arriving:
        """A text that is there already; ``base`` is its URL."""
        return cls(_of_text(text.encode("utf-8", "replace"), base), base, here=True)

    @classmethod
    def of_file(cls, file: ports.LocalFile) -> Arriving:
        """A file."""
        return cls(_of_file(file), here=True)

    async def next(self) -> ports.Chunk | bytes | None:
        """The next bytes, ``None`` behind the last."""
        piece = await anext(self._body, None)
        if piece is None:
            return None
        self.url, self.received, self.total = piece.url, piece.received, piece.total
        if self.received > _LARGEST_KEPT:
            self._kept = None
        if self._kept is not None:
            self._kept.append(piece.data if isinstance(piece.data, bytes) else piece.data.copy())
        return piece.data

    @property
    def told(self) -> str:
        """How far it is."""
        return volume(self.received) + (f" of {volume(self.total)}" if self.total else "")

    @property
    def text(self) -> str | None:
        """The whole text, unless it is too long for that."""
        return None if self._kept is None else b"".join(self._kept).decode("utf-8-sig", "replace")


class ListOpener:
    """Opens one list. Others may come meanwhile: in the end it joins those that are open by then."""

    def __init__(self, browser: Browser, panel: Panel, name: str, mission: str) -> None:
        self._panel = panel
        self._clock = browser.clock
        self._splitter = browser.lists.begin()
        self._name = name
        self._mission = mission
        self._reading: Reading | None = None
        self._shown = 0
        self._told_ms = 0.0
        self._waited_ms = 0.0
        self._patience_ms = float(_SLOW_MS)
        #: Done when the list is not wanted any more.
        self._stopped = asyncio.get_running_loop().create_future()
        #: What the splitter has been asked for, and the core does not have yet.
        self._splitting: asyncio.Future[SplitRows] | None = None

    def stop(self) -> None:
        """End it: it is refused with ``opening.cancelled``, whatever has come."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def opened(self, arriving: Arriving) -> m.ListCame:
        """The message that tells of the whole list; on the way rows are shown where they come slowly.

        What is no list, breaks before its first row, needs more memory than there is, or is stopped, raises
        ``OverlayError``.
        """
        try:
            return await self._opened(arriving)
        except MemoryError:
            # Not told from here: for as long as this is being handled, all that has come is in memory.
            self._splitter.drop()
        rows = number(self._reading.rows) if self._reading else "0"
        self._reading = None
        sentence = f"The browser has no memory left for this list: {arriving.told}, {rows} rows, were more than it has."
        raise OverlayError("list.too-large", sentence, TOO_LARGE_HINT)

    async def _opened(self, arriving: Arriving) -> m.ListCame:
        try:
            await self._take_all(arriving)
            rows, frame = await self._splitter.end()
            reading = self._begun(arriving)
            await self._work(reading.add(rows))
            found = await self._joined(reading, lambda: reading.ended(frame))
        except OverlayError as broken:
            self._splitter.drop()
            if self._reading is None or not self._reading.rows or not self._keeps(broken):
                raise _named(broken) from broken
            reading, why = self._reading, f"{broken.sentence} {broken.hint}".strip()
            found = await self._joined(reading, lambda: reading.broken_off(why))
        return m.ListCame(self._name, arriving.url, found)

    async def _joined(self, reading: Reading, result: Callable[[], Generator[None, None, Found]]) -> Found:
        """What was found, with all lists that are open when it is."""
        found = await self._work(result())
        while not reading.joins(now := open_now(self._panel.state)):
            reading.join(now)
            found = await self._work(result())
        return found

    def _keeps(self, broken: OverlayError) -> bool:
        """Whether the rows before a break stay: of what turns out to be no list only those that were shown already."""
        if broken.code == CANCELLED:
            return False
        no_list = broken.code.startswith("list.") or broken.code == "http.too-large"
        return self._shown > 0 or not no_list

    def _begun(self, arriving: Arriving) -> Reading:
        if self._reading is None:
            state = self._panel.state
            self._reading = Reading(state.profiles, arriving.url, self._mission, open_now(state))
        return self._reading

    async def _take_all(self, arriving: Arriving) -> None:
        """Give each piece to the splitter, and what it made of the one before to the core meanwhile."""
        coming = asyncio.ensure_future(arriving.next())
        try:
            while (piece := await self._when_there(coming, arriving)) is not None:
                splitting = asyncio.ensure_future(self._splitter.add(piece))
                coming = asyncio.ensure_future(arriving.next())
                await self._take_in(arriving)
                self._splitting = splitting
                self._tell(arriving)
            await self._take_in(arriving)
        finally:
            coming.cancel()

    async def _take_in(self, arriving: Arriving) -> None:
        """Give the core what the splitter has been asked for, if anything."""
        splitting, self._splitting = self._splitting, None
        if splitting is not None:
            await self._work(self._begun(arriving).add(await splitting))

    async def _when_there(
        self, coming: asyncio.Future[ports.Chunk | bytes | None], arriving: Arriving
    ) -> ports.Chunk | bytes | None:
        """The next bytes. When they are long in coming, the rows that have come are shown meanwhile."""
        while not coming.done():
            since = self._clock.now_ms()
            self._go_on()
            busy: set[asyncio.Future[Any]] = {coming, self._stopped}
            if self._splitting is not None:
                busy.add(self._splitting)
            patience = max(1.0, self._patience_ms - self._waited_ms) / 1000
            await asyncio.wait(busy, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if self._splitting is not None and self._splitting.done():
                await self._take_in(arriving)
                continue
            self._waited_ms += self._clock.now_ms() - since
            if self._waited_ms >= self._patience_ms:
                self._waited_ms = 0.0
                await self._show(arriving)
        self._go_on()
        return coming.result()

    async def _show(self, arriving: Arriving) -> None:
        reading = self._reading
        if reading is None or self._another_is_shown:
            return
        if reading.rows == self._shown and reading.joins(open_now(self._panel.state)):
            return
        began = self._clock.now_ms()
        self._shown = reading.rows
        found = await self._joined(reading, reading.so_far)
        self._panel.hear(m.ListCame(self._name, arriving.url, found, more=True))
        # What takes long to show is shown the more seldom.
        self._patience_ms = max(_SLOW_MS, 4 * (self._clock.now_ms() - began))

    def _go_on(self) -> None:
        if self._stopped.done():
            raise OverlayError(CANCELLED, "The list was cancelled.")

    @property
    def _another_is_shown(self) -> bool:
        shown = self._panel.state.partly_shown
        return shown is not None and shown.source != self._name

    def _tell(self, arriving: Arriving) -> None:
        now = self._clock.now_ms()
        if self._reading and now - self._told_ms >= _TELL_MS:
            self._told_ms = now
            self._panel.hear(m.ListOpening(self._name, f"{arriving.told}, {number(self._reading.rows)} rows"))

    async def _work(self, steps: Generator[Any, None, T]) -> T:
        """Do work that comes in steps, with turns for the page in between."""
        until = self._clock.now_ms() + _TURN_MS
        while True:
            self._go_on()
            try:
                next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            if self._clock.now_ms() >= until:
                await asyncio.sleep(0)
                until = self._clock.now_ms() + _TURN_MS


def _named(broken: OverlayError) -> OverlayError:
    """A list that is too large is told as such, wherever it comes from."""
    if broken.code == "http.too-large":
        sentence = f"The list is larger than the {volume(LARGEST_LIST)} that the page can hold."
        return OverlayError("list.too-large", sentence, TOO_LARGE_HINT)
    return broken


@dataclass(frozen=True, slots=True)
class _Piece:
    data: ports.Chunk | bytes
    url: str
    received: int
    total: int | None


async def _of_text(data: bytes, base: str) -> AsyncGenerator[_Piece, None]:
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        yield _Piece(piece, base, start + len(piece), len(data))
        await asyncio.sleep(0)


async def _of_file(file: ports.LocalFile) -> AsyncGenerator[_Piece, None]:
    received = 0
    async for chunk in file.pieces():
        received += chunk.length
        yield _Piece(chunk, "", received, file.size)
