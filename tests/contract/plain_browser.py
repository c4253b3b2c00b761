"""The browser's ports served by plain Python, so that carrier and panel run on CPython against a real archive."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from pycore import messages as m
from pycore.errors import OverlayError
from pycore.formats.list_columns import SplitRows
from pycore.state import Download
from tests.archive.server import ArchiveServer
from web import ports
from web.panel import Browser, Panel

CLICK: Final = 1795331840000.0
DATASET: Final = "jw01001001001_02101_00001"
PIECE: Final = 2**18


def live(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test's work to its end, in a thread of its own: another test's browser may hold this one's loop."""
    with ThreadPoolExecutor(1) as worker:
        worker.submit(lambda: asyncio.run(work())).result()


class Abort:
    """Ends the requests that it was given to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @property
    def signal(self) -> asyncio.Event:
        return self.asked

    def cancel(self, why: str = "") -> None:
        self.asked.set()


@dataclass
class Chunk:
    data: bytes

    @property
    def length(self) -> int:
        return len(self.data)

    def copy(self) -> bytes:
        return self.data


async def unless(abort: Abort, work: Coroutine[Any, Any, Any]) -> Any:
    """What the work gives; ``http.cancelled`` as soon as it is not wanted any more."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(abort.asked.wait())
    await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if abort.asked.is_set():
        task.cancel()
        # What it had got by then is let go.
        found: object = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(found, Response):
            await found.cancel()
        raise OverlayError("http.cancelled", "The transfer was cancelled.")
    return task.result()


@dataclass
class Response:
    """An answer over a connection of its own, with a body of announced length."""

    status: int
    headers: Mapping[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    abort: Abort
    left: int
    first: Chunk | None = None

    @property
    def over(self) -> bool:
        return self.left == 0

    def at_hand(self) -> Chunk | None:
        first, self.first = self.first, None
        return first

    async def look_ahead(self) -> None:
        """A small body comes with its head, as far as it comes at once."""
        if not 0 < self.left <= PIECE:
            return
        try:
            async with asyncio.timeout(0.05):
                data = await self.reader.readexactly(self.left)
        except asyncio.IncompleteReadError as cut:
            data = cut.partial
        except (TimeoutError, OSError):
            return
        self.left -= len(data)
        self.first = Chunk(data) if data else None

    async def read(self) -> Chunk | None:
        if first := self.at_hand():
            return first
        if self.left == 0:
            return None
        data: bytes = await unless(self.abort, self._some())
        self.left -= len(data)
        return Chunk(data)

    async def _some(self) -> bytes:
        try:
            data = await self.reader.read(min(PIECE, self.left))
        except OSError as broken:
            raise OverlayError("http.cut", "The connection broke in the middle.") from broken
        if not data:
            raise OverlayError("http.cut", "The connection broke in the middle.")
        return data

    async def cancel(self) -> None:
        self.writer.close()


@dataclass
class Text:
    text: str
    url: str


@dataclass
class Piece:
    data: Chunk
    url: str
    received: int
    total: int | None


class Splitter:
    """Finds no rows before the end, and gives them as they stand in the list."""

    def __init__(self) -> None:
        self._text = b""

    async def add(self, piece: ports.Chunk | bytes) -> SplitRows:
        self._text += piece if isinstance(piece, bytes) else piece.copy()
        return split_rows([])

    async def end(self) -> tuple[SplitRows, str]:
        text = self._text.decode("utf-8-sig")
        try:
            document = json.loads(text)
        except ValueError:
            return split_rows([]), text
        if not isinstance(document, dict) or not isinstance(document.get("products"), list):
            return split_rows([]), text
        rows = document.pop("products")
        return split_rows(rows), json.dumps({**document, "products": []})

    def drop(self) -> None:
        self._text = b""


def split_rows(rows: Iterable[object]) -> SplitRows:
    odd = [[number, json.dumps(row)] for number, row in enumerate(rows, start=1)]
    return SplitRows(b"", [], b"", [], "[]", [], "", [], json.dumps(odd))


class Splitters:
    def begin(self) -> Splitter:
        return Splitter()


@dataclass
class LocalFile:
    """A file of the person's; ``refusal`` are the browser's words where it does not read it."""

    name: str
    text: str = ""
    size: int = 0
    refusal: str = ""

    async def pieces(self) -> AsyncGenerator[Chunk, None]:
        if self.refusal:
            raise OverlayError(
                "list.unreadable", f"The file could not be read: {self.refusal}", "Choose it again."
            )
        if self.text:
            yield Chunk(self.text.encode())


class Network:
    """HTTP over asyncio's streams; counts the answers that nobody has let go."""

    def __init__(self) -> None:
        self.opened: list[Response] = []
        self.finding = "open"
        self.own = False
        self.asking = 0
        #: Requests side by side, at the most.
        self.most_open = 0
        #: The browser says that the network has gone, or is back.
        self.line: Callable[[bool], None] = lambda online: None
        self.whoami = ""

    async def open(self, url: str, headers: Mapping[str, str], abort: ports.Abort | None = None) -> Response:
        assert isinstance(abort, Abort)
        self.asking += 1
        try:
            response: Response = await unless(abort, self._open(url, headers, abort))
        finally:
            self.asking -= 1
        self.opened.append(response)
        going_on = sum(1 for each in self.opened if not each.writer.is_closing())
        self.most_open = max(self.most_open, self.asking + going_on)
        return response

    async def _open(self, url: str, headers: Mapping[str, str], abort: Abort) -> Response:
        parts = urlsplit(url)
        assert parts.hostname
        try:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError as refused:
            raise OverlayError("http.unreachable", "The server does not answer.") from refused
        try:
            told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n{told}\r\n"
            writer.write(head.encode())
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            found = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            length = int(found["content-length"])
            response = Response(int(first.split()[1]), found, reader, writer, abort, length)
            await response.look_ahead()
            return response
        except BaseException:
            writer.close()
            raise

    async def get_text(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        limit_bytes: int,
    ) -> Text:
        if self.whoami and url.endswith("/whoami"):
            return Text(self.whoami, url)
        text = [piece.data.data async for piece in self.pieces(url, headers, limit_bytes=limit_bytes)]
        return Text(b"".join(text).decode(), url)

    async def pieces(
        self, url: str, headers: Mapping[str, str], *, limit_bytes: int
    ) -> AsyncGenerator[Piece, None]:
        response = await self.open(url, headers, Abort())
        received = 0
        try:
            if response.status != 200:
                raise OverlayError("http.status", f"The server answers with status {response.status}.")
            while chunk := await response.read():
                received += chunk.length
                yield Piece(chunk, url, received, None)
        finally:
            await response.cancel()

    def abort(self) -> Abort:
        return Abort()

    async def probe(self, url: str) -> str:
        return self.finding

    def is_own(self, url: str) -> bool:
        return self.own

    def watch_line(self, hear: Callable[[bool], None]) -> Callable[[], None]:
        self.line = hear
        return lambda: None


class Keys:
    def __init__(self) -> None:
        self.token = ""

    def put(self, token: str, origins: Iterable[str]) -> None:
        self.token = token

    def forget(self) -> None:
        self.token = ""

    def headers_for(self, url: str) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"} if self.token else {}


@dataclass
class Sink:
    """A place in memory. ``stuck`` takes no byte after so many; ``broken`` fails with this from so many on.

    ``stuck_at_the_end`` is a close that waits, and can be given up; ``stuck_in_place`` one that can't any more.
    """

    stuck: int | None = None
    broken: OverlayError | None = None
    broken_at: int = 0
    stuck_at_the_end: bool = False
    stuck_in_place: bool = False
    close_fails: bool = False
    abort_fails: bool = False
    written: bytearray = field(default_factory=bytearray)
    ended: str = ""
    aborting: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    #: Lets a write that is stuck go on, as if nothing had been.
    going_on: asyncio.Event = field(default_factory=asyncio.Event)
    slow_abort: asyncio.Event | None = None
    writing: int = 0
    placing: bool = False
    aborts: int = 0

    async def write(self, data: ports.Chunk | bytes) -> None:
        assert self.writing == 0, "one write at a time"
        if self.ended:
            raise OverlayError("sink.closed", "The file was closed before its end.")
        self.writing += 1
        try:
            self.written += data if isinstance(data, bytes) else data.copy()
            if self.broken and len(self.written) > self.broken_at:
                raise self.broken
            if self.stuck is not None and len(self.written) > self.stuck:
                await self._wait()
        finally:
            self.writing -= 1

    async def _wait(self) -> None:
        self.waiting.set()
        ways = [asyncio.ensure_future(event.wait()) for event in (self.aborting, self.going_on)]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        if not self.going_on.is_set():
            raise OverlayError("sink.closed", "The file was closed before its end.")

    async def close(self) -> None:
        if self.stuck_at_the_end:
            await self._wait()
        if self.stuck_in_place:
            self.placing = True
            self.waiting.set()
            await self.going_on.wait()
        if self.close_fails:
            raise OverlayError("sink.full", "There is no more room for the file.", "Make room.")
        self.ended = "closed"

    async def abort(self, why: str, *, keep: bool = False) -> bool:
        self.aborts += 1
        if self.placing:
            await self.going_on.wait()
            # As browsers may have it: who gave it up hears of the end before who closed it.
            return False
        assert not self.ended
        self.ended = "aborted"
        self.aborting.set()
        if self.slow_abort:
            await self.slow_abort.wait()
        if self.abort_fails:
            raise OverlayError("sink.failed", "The file could not be written.", "Try again.")
        return True


@dataclass
class Found:
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    async def piece(self, start: int) -> bytes:
        return self.content[start : start + 4000]


class Folder(Sink):
    """A folder in memory: ``files`` outlive the download that put them there; so do the notes until all is there."""

    def __init__(self, files: dict[str, bytes], noted: list[str], broken_at: int | None = None) -> None:
        broken = OverlayError("sink.full", "There is no more room for the file.", "Make room.")
        super().__init__(broken=None if broken_at is None else broken, broken_at=broken_at or 0)
        self.name = "MAST_2026-01-01T00_00_00.000Z"
        self.files, self.noted = files, noted
        self.notes = ["".join(noted)]
        self.all_there = False
        self._path = ""
        self._start = 0

    async def begin(self, path: str) -> None:
        assert self._path == "", "one file at a time"
        self.files.pop(path, None)
        self._path, self._start = path, len(self.written)

    async def complete(self, path: str, note: str) -> None:
        assert path == self._path
        self.files[path] = bytes(self.written[self._start :])
        self.noted.append(note)
        self._path = ""

    async def leave_out(self) -> None:
        assert self._path
        self._path = ""

    def forget(self) -> None:
        self.all_there = True

    async def look(self, path: str) -> Found | None:
        return Found(self.files[path]) if path in self.files else None

    async def close(self) -> None:
        await super().close()
        if self.all_there:
            self.noted.clear()

    async def abort(self, why: str, *, keep: bool = False) -> bool:
        if not keep:
            self.files.clear()
            self.noted.clear()
        return await super().abort(why)


class Clock:
    """Ticks as fast as the loop turns: a second of the transfer's passes in a moment of the test's."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.broken: Exception | None = None
        self._callback: Callable[[float], None] | None = None
        self._ticking: asyncio.Task[None] | None = None

    def start(self, callback: Callable[[float], None]) -> None:
        if self.broken:
            raise self.broken
        self._callback = callback
        self._ticking = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        while self._callback is not None:
            self.now += 1000
            self._callback(self.now)
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        self._callback = None
        if self._ticking is not None:
            self._ticking.cancel()

    def epoch_ms(self) -> float:
        return 1_795_331_840_000.0 + self.now

    def now_ms(self) -> float:
        return self.now

    @property
    def running(self) -> bool:
        return self._callback is not None


class Page:
    def __init__(self) -> None:
        self.regions: dict[str, str] = {}
        self.focused: list[str] = []
        self.held: list[bool] = []
        self.expected = ""

    def draw(self, regions: Mapping[str, str]) -> None:
        self.regions |= regions

    def expect(self, html: str) -> None:
        self.expected = html

    def focus(self, id: str) -> None:
        self.focused.append(id)

    def reveal(self, id: str) -> None:
        self.focused.append(id)

    def hold(self, busy: bool) -> None:
        self.held.append(busy)

    def tell(self, state: str) -> None:
        raise AssertionError("the panel does not start itself")


class Places:
    """Gives the sink that the test wants, when it lets it."""

    def __init__(self) -> None:
        self.sink: Sink = Sink()
        self.folder = Folder({}, [])
        self.refusal: OverlayError | None = None
        self.asked = asyncio.Event()
        self.let = asyncio.Event()
        self.let.set()

    async def open(self, kind: str, filename: str) -> Sink:
        self.asked.set()
        await self.let.wait()
        if self.refusal:
            raise self.refusal
        return self.sink

    async def open_folder(self, name: str, key: str) -> Folder:
        return self.folder


class Patterns:
    """Answers what the test wants."""

    def __init__(self) -> None:
        self.answer: ports.Match = ports.Matched(1)
        self.broken: OverlayError | None = None
        self.loaded = 0

    async def load(self, key: str, names: Sequence[str]) -> None:
        self.loaded += 1

    async def match(self, key: str, pattern: str, flags: str = "") -> ports.Match:
        assert self.loaded
        if self.broken:
            raise self.broken
        return self.answer


class Shelf:
    """A shelf in memory, which outlives the panels that use it. It holds ``room`` characters."""

    def __init__(self) -> None:
        #: Records by visit and ``record``, lists' texts by nothing and their key.
        self.texts: dict[tuple[str, str], str] = {}
        self.claims: set[tuple[str, str]] = set()
        self.saved: dict[str, float] = {}
        #: The visits that a page has open.
        self.open: set[str] = set()
        self.has_locks = True
        self.note = ""
        self.room = 10**9
        self.refusal: ports.Refusal | None = None
        self.records_written = 0
        self.lists_written = 0
        self.now = CLICK
        self._ids = 0
        #: Writes wait for this.
        self.let = asyncio.Event()
        self.let.set()

    def close_pages(self) -> None:
        """All pages that were open so far are closed."""
        self.open.clear()

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    async def hold(self, visit: str) -> bool:
        free = visit not in self.open
        self.open.add(visit)
        return free

    async def put_list(self, visit: str, keys: Sequence[str], key: str, text: str) -> ports.Refusal | None:
        await self.let.wait()
        written = "" if ("", key) in self.texts else text
        refusal = self._refusal(visit, keys, ("", key), written)
        if refusal:
            return refusal
        if written:
            self.lists_written += 1
            self.texts["", key] = text
        self.claims.add((visit, key))
        self._saved(visit)
        return None

    async def put_record(self, visit: str, keys: Sequence[str], record: str) -> ports.Refusal | None:
        self.records_written += 1
        await self.let.wait()
        refusal = self._refusal(visit, keys, (visit, "record"), record)
        if not refusal:
            self.texts[visit, "record"] = record
            self._saved(visit)
        return refusal

    def _refusal(
        self, visit: str, keys: Sequence[str], place: tuple[str, str], text: str
    ) -> ports.Refusal | None:
        if self.refusal:
            return self.refusal
        if any((visit, key) not in self.claims or ("", key) not in self.texts for key in keys):
            return ports.Refusal("removed", gone=True)
        others = sum(len(kept) for other, kept in self.texts.items() if other != place)
        return (
            ports.Refusal("Quota exceeded.", full=True) if text and others + len(text) > self.room else None
        )

    def _saved(self, visit: str) -> None:
        self.now += 1000
        self.saved[visit] = self.now

    async def visits(self) -> tuple[ports.Visit, ...] | ports.Refusal:
        if self.refusal:
            return self.refusal
        latest = sorted(self.saved, key=lambda visit: -self.saved[visit])
        return tuple(
            ports.Visit(
                visit,
                self.saved[visit],
                self.texts.get((visit, "record"), ""),
                frozenset(key for owner, key in self.claims if owner == visit and ("", key) in self.texts),
                visit in self.open if self.has_locks else None,
            )
            for visit in latest
        )

    async def list_text(self, key: str) -> str | None:
        return self.texts.get(("", key))

    async def remove(self, visits: Sequence[str]) -> None:
        self.saved = {visit: at for visit, at in self.saved.items() if visit not in visits}
        self.claims = {claim for claim in self.claims if claim[0] not in visits}
        claimed = {key for _, key in self.claims}
        self.texts = {
            (owner, key): text
            for (owner, key), text in self.texts.items()
            if (owner not in visits if owner else key in claimed)
        }

    def leave_note(self, note: str) -> None:
        self.note = note

    def take_note(self) -> str:
        note, self.note = self.note, ""
        return note

    def lists(self) -> list[str]:
        """The keys of the lists that are kept."""
        return [key for _, key in self.texts if key != "record"]


class Offline:
    """Has a new version when the test says so."""

    def __init__(self) -> None:
        self.hear: Callable[[str, str], None] = lambda kind, detail: None
        self.refusal = ""
        self.taken = 0

    def watch(self, hear: Callable[[str, str], None]) -> None:
        self.hear = hear

    async def take_new(self) -> str:
        self.taken += 1
        return self.refusal


def contents(sink: Sink) -> dict[str, bytes]:
    assert sink.ended == "closed"
    with zipfile.ZipFile(io.BytesIO(bytes(sink.written))) as archive:
        return {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}


class Draft:
    """A file that is saved by its name alone."""

    def __init__(self, saved: list[str]) -> None:
        self.saved, self.size = saved, 0

    def add(self, piece: str | bytes) -> None:
        """Count what has come."""
        self.size += len(piece)

    def save(self, filename: str, mime: str) -> int:
        """Note that it is there."""
        self.saved.append(filename)
        return self.size


class World:
    """A panel on a list of the archive, ready to download."""

    def __init__(self, archive: ArchiveServer, shelf: Shelf | None = None) -> None:
        self.archive = archive
        self.page, self.network, self.keys, self.places = Page(), Network(), Keys(), Places()
        self.patterns, self.shelf, self.offline = Patterns(), shelf or Shelf(), Offline()
        self.saved: list[str] = []
        browser = Browser(
            self.page,
            self.network,
            self.keys,
            self.patterns,
            Splitters(),
            self.places,
            Clock(),
            self.shelf,
            self.offline,
            lambda: Draft(self.saved),
        )
        self.panel = Panel(browser)
        self.panel.prepare(m.SiteRead({"missions": {"JWST": {"archive": {"origin": archive.origin}}}}))
        self.panel.hear(m.PlacesKnown((m.PlaceOffered("folder", None), m.PlaceOffered("blob", None))))

    async def open(self, **sizes: int) -> None:
        rows = [
            {
                "filename": f"{name}_cal.fits",
                "dataset": DATASET,
                "size": size,
                "category": "2b",
                "file_suffix": "_cal",
                "type": "science",
            }
            for name, size in sizes.items()
        ]
        self.archive.add_products("JWST", rows)
        await self.panel.open_text("mine", "", json.dumps({"products": rows}))

    def start(self, place: str = "blob") -> None:
        self.panel.hear(m.DownloadAsked(CLICK))
        self.panel.hear(m.PlaceChosen(place))
        self.panel.hear(m.DownloadConfirmed())

    def download(self) -> Download:
        assert self.panel.state.download is not None
        return self.panel.state.download

    async def until(self, condition: Callable[[], bool]) -> None:
        async def watch() -> None:
            while not condition():
                await asyncio.sleep(0.005)

        await asyncio.wait_for(watch(), 20)

    async def ended(self) -> None:
        await self.until(lambda: self.page.held[-1:] == [False])

    def notices(self) -> list[str]:
        return [notice.sentence for notice in self.panel.state.notices]
