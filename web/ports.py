"""What the panel needs of a browser, as protocols: ``web/browser/`` serves them, tests serve them otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pycore.formats.list_columns import SplitRows


@dataclass(frozen=True, slots=True)
class Matched:
    """Which names match: bit *i* of ``bits`` is set where name *i* does."""

    bits: int


@dataclass(frozen=True, slots=True)
class Invalid:
    """The engine refuses the pattern, in its own words."""

    message: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The pattern ran for longer than a second and was stopped."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer pattern was asked of the same list before this one was done."""


Match: TypeAlias = Matched | Invalid | TimedOut | Superseded


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that is kept: its record as text, last written so many milliseconds after 1970, UTC.

    The record is ``""`` where none was written yet. ``texts`` are the keys of those of its lists that are there,
    ``open`` says whether a page has it open, ``None`` where the browser does not know.
    """

    id: str
    saved_ms: float
    record: str
    texts: frozenset[str] = frozenset()
    open: bool | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The browser does not keep things for this page, in its own words; ``""`` where the page's head says it.

    ``full``: only for want of room. ``gone``: what was kept of the visit has been removed.
    """

    why: str
    full: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """A place to write: ``folder``, ``file``, ``stream``, ``private`` or ``blob``, and the most bytes that it holds,
    ``None`` where the browser tells no limit.
    """

    kind: str
    limit: int | None


class Page(Protocol):
    """The document."""

    def draw(self, regions: Mapping[str, str]) -> None:
        """Show this HTML in these regions."""

    def expect(self, html: str) -> None:
        """Get ready to show this HTML in some region, the only one that is expected now."""

    def focus(self, id: str) -> None:
        """Move the keyboard's focus."""

    def reveal(self, id: str) -> None:
        """Bring an element into view, wherever the focus is."""

    def hold(self, busy: bool) -> None:
        """Warn before the page is left and keep the screen on, while ``busy``."""

    def tell(self, state: str) -> None:
        """Set ``data-state``."""


class Abort(Protocol):
    """Ends the request that it was given to."""

    @property
    def signal(self) -> Any:
        """What the browser's own calls understand."""

    def cancel(self, why: str = "") -> None:
        """End it."""


class Chunk(Protocol):
    """A piece of a body, in the browser's memory."""

    @property
    def length(self) -> int:
        """How many bytes."""

    def copy(self) -> bytes:
        """The bytes; before a sink takes the chunk."""


class Response(Protocol):
    """An answer whose body is still to come."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that the browser may read, names in lower case."""

    @property
    def over(self) -> bool:
        """Whether it is known that nothing comes any more beside what is at hand."""

    def at_hand(self) -> Chunk | None:
        """The first piece, where it has come together with the head; it is not read again."""

    async def read(self) -> Chunk | None:
        """The next piece, ``None`` at the end."""

    async def cancel(self) -> None:
        """Let the connection go."""


class Text(Protocol):
    """A text that was fetched."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def url(self) -> str:
        """Where it came from in the end."""


class Piece(Protocol):
    """Bytes of a body, with how far it is."""

    @property
    def data(self) -> Chunk | bytes:
        """The bytes."""

    @property
    def url(self) -> str:
        """Where they came from in the end."""

    @property
    def received(self) -> int:
        """How many bytes have come."""

    @property
    def total(self) -> int | None:
        """How many there are, where that is known."""


class Splitter(Protocol):
    """Splits the text of one list into columns."""

    async def add(self, piece: Chunk | bytes) -> SplitRows:
        """The rows that are whole with these bytes, which are taken over."""

    async def end(self) -> tuple[SplitRows, str]:
        """The last rows, and the text of the list without its rows."""

    def drop(self) -> None:
        """Let the list go before its end."""


class Splitters(Protocol):
    """What splits lists, away from the page."""

    def begin(self) -> Splitter:
        """A splitter for a new list."""


class LocalFile(Protocol):
    """A file of the person's."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def size(self) -> int:
        """Its size in bytes."""

    def pieces(self) -> AsyncIterator[Chunk]:
        """Its bytes."""


class Network(Protocol):
    """``fetch``."""

    def open(self, url: str, headers: Mapping[str, str], abort: Abort | None = None) -> Awaitable[Response]:
        """Send a request at once, and give the head of its answer; ``OverlayError`` where there is none."""

    async def get_text(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        limit_bytes: int,
    ) -> Text:
        """A text of bounded size."""

    def pieces(
        self, url: str, headers: Mapping[str, str], *, limit_bytes: int
    ) -> AsyncGenerator[Piece, None]:
        """A body of bounded size, piece by piece."""

    def abort(self) -> Abort:
        """A new way to end a request."""

    async def probe(self, url: str) -> str:
        """``open``, ``blocked`` or ``unreachable``."""

    def is_own(self, url: str) -> bool:
        """Whether an address is of the page's own server."""

    def watch_line(self, hear: Callable[[bool], None]) -> Callable[[], None]:
        """Tell when the network goes (False) and is back, until what is returned is called."""


class Keys(Protocol):
    """The token, in memory."""

    def put(self, token: str, origins: Iterable[str]) -> None:
        """Keep a token for these origins."""

    def forget(self) -> None:
        """Forget it."""

    def headers_for(self, url: str) -> dict[str, str]:
        """The headers that sign a request in, where the token may go."""


class Patterns(Protocol):
    """An ECMAScript regular expression engine."""

    async def load(self, key: str, names: Sequence[str]) -> None:
        """Give it names, once."""

    async def match(self, key: str, pattern: str, flags: str = "") -> Match:
        """Try a pattern on them, with the engine's own flags."""


class Sink(Protocol):
    """An open place to write."""

    async def write(self, data: Any) -> None:
        """Write bytes or a chunk, and be done when more is welcome."""

    async def close(self) -> None:
        """The file is whole; afterwards it is in its place."""

    async def abort(self, why: str, *, keep: bool = False) -> bool:
        """Nothing is to stay, also of a file whose close hangs or has failed; a write or a close that waits fails.

        Whether that came in time: False when the file was whole and in its place before, and stays. With ``keep``, what
        a folder has whole stays.
        """


class Found(Protocol):
    """A file that a folder has already."""

    @property
    def size(self) -> int:
        """Bytes."""

    async def piece(self, start: int) -> bytes:
        """Some bytes from there on, none at the end."""


class Folder(Sink, Protocol):
    """An open folder: what is written is the file's that was begun last.

    ``name`` is what it is called, ``notes`` are the pages of what was noted by a download that it goes on with.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def notes(self) -> Sequence[str]:
        """What was noted before."""

    async def begin(self, path: str) -> None:
        """A file begins, and is not in its place yet."""

    async def complete(self, path: str, note: str) -> None:
        """It is whole: into its place, and noted."""

    async def leave_out(self) -> None:
        """Nothing of the file that was begun stays."""

    def forget(self) -> None:
        """All is there: the notes go when the folder is closed."""

    async def look(self, path: str) -> Found | None:
        """A file that is there already, if it is."""


class Places(Protocol):
    """Where files can be written."""

    async def open(self, kind: str, filename: str) -> Sink:
        """Open a place for one file."""

    async def open_folder(self, name: str, key: str) -> Folder:
        """Open a folder: a new one of that name, or that in which a download of this key was begun."""


class Draft(Protocol):
    """A file on its way to the person's downloads."""

    @property
    def size(self) -> int:
        """Bytes that have left Python's memory."""

    def add(self, piece: str | bytes) -> None:
        """Add text or bytes."""

    def save(self, filename: str, mime: str) -> int:
        """Hand it over; its size in bytes."""


class Clock(Protocol):
    """A clock that only goes forward."""

    def start(self, callback: Callable[[float], None]) -> None:
        """Call back each second with milliseconds."""

    def stop(self) -> None:
        """Stop calling back."""

    def now_ms(self) -> float:
        """Milliseconds."""

    def epoch_ms(self) -> float:
        """The time by the calendar, in milliseconds since 1970, UTC."""


class Shelf(Protocol):
    """Where visits are kept: each has a record and lays claim to texts of lists, which are there once for all visits.

    ``keys`` are the texts that a visit laid claim to before. A write for a visit that has lost one of them, or is not
    on the shelf any more, is refused as ``gone``.
    """

    def new_id(self) -> str:
        """A name that nothing on the shelf has."""

    async def hold(self, visit: str) -> bool:
        """Say that this page has the visit open, for the page's life; whether no other page has it."""

    async def put_list(self, visit: str, keys: Sequence[str], key: str, text: str) -> Refusal | None:
        """Lay claim to the text of a list, and keep it where it is not there yet."""

    async def put_record(self, visit: str, keys: Sequence[str], record: str) -> Refusal | None:
        """Keep a record in place of the one before."""

    async def visits(self) -> tuple[Visit, ...] | Refusal:
        """All visits, the latest first."""

    async def list_text(self, key: str) -> str | None:
        """The text of a list, ``None`` where it is not there any more."""

    async def remove(self, visits: Sequence[str]) -> None:
        """Keep these visits no more, nor texts that no visit lays claim to."""

    def leave_note(self, note: str) -> None:
        """Leave word for the next start in this tab; ``""`` takes it back."""

    def take_note(self) -> str:
        """The word that was left, once."""


class Offline(Protocol):
    """The browser's copy of the page."""

    def watch(self, hear: Callable[[str, str], None]) -> None:
        """Call with each news of it: ``kept``, ``refused``, ``new`` or ``gone``, and a detail."""

    async def take_new(self) -> str:
        """Put the new version to use, which reloads the page; why not, else ``""``."""
