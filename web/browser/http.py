"""HTTP through the browser's ``fetch``: heads, bodies in chunks, bounded texts, and tokens in memory."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import js
from pyodide.ffi import create_proxy, to_js

from pycore.errors import OverlayError
from web import ports
from web.browser.failure import told

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_OK: Final = 200
#: Bytes of a long list at once: each piece that is waited for costs some milliseconds.
_PIECE: Final = 1 << 22
#: A text whose server says nothing for so many seconds is given up.
_PATIENCE: Final = 45.0
_THIS_MACHINE: Final = frozenset({"http://localhost", "http://127.0.0.1", "http://[::1]"})


class Abort:
    """Ends the requests that it was given to, before or after their heads have come."""

    def __init__(self) -> None:
        self._controller: Any = js.AbortController.new()

    @property
    def signal(self) -> Any:
        """The browser's own signal."""
        return self._controller.signal

    def cancel(self, why: str = "") -> None:
        """Ends the requests; calls after the first change nothing."""
        self._controller.abort(why)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes in the browser's memory, a few MiB at most; what a sink has got is nobody else's to look at."""

    js: Any
    length: int

    def copy(self) -> bytes:
        """The bytes in Python's memory: once, for the checksums, and before a sink has them."""
        copied: bytes = self.js.to_bytes()
        return copied


class Response:
    """The head of an answer, and its body to be read or cancelled."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._over = False
        self.status: int = opened.status
        # Neither names nor values have line breaks (Fetch Standard, header values).
        pairs = opened.head.split("\n")
        self.headers: Mapping[str, str] = MappingProxyType(dict(zip(pairs[::2], pairs[1::2], strict=False)))
        self.url: str = opened.url

    @property
    def over(self) -> bool:
        """Whether the end has come, and nothing is left to be read but what is at hand."""
        return bool(self._opened.over)

    def at_hand(self) -> Chunk | None:
        """The first bytes, where they came together with the head; they are not read again."""
        chunk = self._opened.atHand()
        return Chunk(chunk, chunk.byteLength) if chunk else None

    async def read(self) -> Chunk | None:
        """The next bytes, or None after the last; ``http.cut`` and ``http.cancelled`` are its errors.

        A cut body without Content-Length looks whole to the browser: compare what came with the list's size.
        """
        chunk = self._opened.atHand()
        if not chunk and not self._opened.over:
            # To wait for a promise costs more than a small file's bytes do.
            with told():
                chunk = await self._opened.read()
        if not chunk:
            self._over = True
            return None
        return Chunk(chunk, chunk.byteLength)

    async def cancel(self) -> None:
        """Lets the connection go; may be called at any time."""
        if not self._over and not self._opened.over:
            await self._opened.cancel()


@dataclass(frozen=True, slots=True)
class Text:
    """A text; ``url`` is where it came from in the end, the base of relative addresses in it."""

    text: str
    url: str
    headers: Mapping[str, str] = _NO_HEADERS


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a body from ``url``, of which ``received`` have come by now, of ``total`` or nobody knows how many."""

    data: Chunk
    url: str
    received: int
    total: int | None


class _Patience:
    """Ends a request when nothing has been heard for so many seconds."""

    def __init__(self, seconds: float, abort: Abort) -> None:
        self._seconds = seconds
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.over = False

    def heard(self) -> None:
        """Something came; what comes next has as long again."""
        self.stop()
        self._timer = self._loop.call_later(self._seconds, self._end)

    def stop(self) -> None:
        """Nothing more is to come."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        self._abort.cancel("silence")


class Http:
    """GET without cookies, cache or referrer; redirects are followed."""

    def open(
        self,
        url: str,
        headers: Mapping[str, str] = _NO_HEADERS,
        abort: ports.Abort | None = None,
        chunk: int | None = None,
    ) -> Awaitable[Response]:
        """The answer's head, whatever its status; its body comes in chunks of so many bytes at most.

        The request goes out at once, and not when the head is waited for.
        Errors: ``http.bad-address``, ``http.offline``, ``http.unreachable`` and ``http.cancelled``.
        A redirect to another origin loses ``Authorization`` (Fetch Standard, HTTP-redirect fetch).
        """
        pairs = to_js([[name, value] for name, value in headers.items()])
        signal = abort.signal if abort else None
        return _head(js.overlayEdge.fetcher.open(url, pairs, signal, *([chunk] if chunk else [])))

    async def get_text(
        self,
        url: str,
        headers: Mapping[str, str] = _NO_HEADERS,
        *,
        limit_bytes: int,
        patience: float = _PATIENCE,
    ) -> Text:
        """A text in UTF-8, byte order mark or not; ``http.not-text`` where it is none, and the errors of ``pieces``."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        texts: list[str] = []
        try:
            async with self._answer(url, headers, patience) as (response, silence):
                async for piece in _pieces(response, limit_bytes, silence):
                    texts.append(decoder.decode(piece.data.copy()))
            texts.append(decoder.decode(b"", final=True))
        except UnicodeDecodeError as error:
            raise OverlayError("http.not-text", "The answer is no text in UTF-8.", str(error)) from error
        return Text("".join(texts), response.url, response.headers)

    async def pieces(
        self,
        url: str,
        headers: Mapping[str, str] = _NO_HEADERS,
        *,
        limit_bytes: int,
        patience: float = _PATIENCE,
    ) -> AsyncGenerator[Piece, None]:
        """An answer's body, piece by piece.

        Errors beside those of ``open`` and ``read``: ``http.status``, ``http.too-large``, and ``http.silent`` when for
        ``patience`` seconds there was no head, or no byte after what had come.
        """
        async with self._answer(url, headers, patience, _PIECE) as (response, silence):
            async for piece in _pieces(response, limit_bytes, silence):
                yield piece

    @asynccontextmanager
    async def _answer(
        self, url: str, headers: Mapping[str, str], patience: float, chunk: int | None = None
    ) -> AsyncGenerator[tuple[Response, _Patience], None]:
        """An answer with status 200, until it is left, and what ends it when nothing is heard."""
        abort = Abort()
        silence = _Patience(patience, abort)
        silence.heard()
        try:
            response = await self.open(url, headers, abort, chunk)
            try:
                if response.status != _OK:
                    raise OverlayError("http.status", f"The server answers with status {response.status}.")
                yield response, silence
            finally:
                await response.cancel()
        except OverlayError as broken:
            if silence.over:
                raise _silent(patience) from broken
            raise
        finally:
            silence.stop()
            # Also before its head has come.
            abort.cancel()

    def is_own(self, url: str) -> bool:
        """Whether an address is of this page's own server, which may be asked anything."""
        return bool(js.overlayEdge.fetcher.isOwn(url))

    def watch_line(self, hear: Callable[[bool], None]) -> Callable[[], None]:
        """Tells when the network goes (False) and is back, until what is returned is called."""
        listener = create_proxy(hear)
        stop = js.overlayEdge.fetcher.watchLine(listener)

        def end() -> None:
            stop()
            listener.destroy()

        return end

    def abort(self) -> Abort:
        """A new way to end a request."""
        return Abort()

    async def probe(self, url: str) -> str:
        """Whether this page may read an address: ``open``, ``blocked`` (closed to it) or ``unreachable``."""
        with told():
            finding: str = await js.overlayEdge.fetcher.probe(url)
        return finding


async def _head(opening: Any) -> Response:
    with told():
        return Response(await opening)


class Keyring:
    """The token of who is signed in, in memory alone, and the origins that it may go to."""

    def __init__(self) -> None:
        self._token = ""
        self._origins: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Keyring(origins={sorted(self._origins)})"

    def put(self, token: str, origins: Iterable[str]) -> None:
        """Keeps a token for these origins, instead of any other.

        Errors: ``token.malformed`` for what cannot stand in a header; ``token.insecure-origin`` where anybody
        on the way could read it (http, but to this very machine).
        """
        if not token or not all("!" <= letter <= "~" for letter in token):
            raise OverlayError("token.malformed", "This is no token.", "Copy it whole, without spaces.")
        self._origins = frozenset(_secure_origin(origin) for origin in origins)
        self._token = token

    def forget(self) -> None:
        """Signs out."""
        self._token = ""
        self._origins = frozenset()

    def headers_for(self, url: str) -> dict[str, str]:
        """The header that signs a request in, or none where the token may not go."""
        return {"Authorization": f"token {self._token}"} if _origin(url) in self._origins else {}


def _parsed(url: str) -> Any:
    # The browser's parser and no other: it reads "https://evil.example\@good.example/" unlike urllib does.
    return js.URL.new(url) if js.URL.canParse(url) else None


def _origin(url: str) -> str:
    parsed = _parsed(url)
    return str(parsed.origin) if parsed else ""


def _secure_origin(url: str) -> str:
    parsed = _parsed(url)
    if parsed and (parsed.protocol == "https:" or f"{parsed.protocol}//{parsed.hostname}" in _THIS_MACHINE):
        return str(parsed.origin)
    raise OverlayError("token.insecure-origin", f"A token must not go to {url}.", "They go over https alone.")


async def _pieces(response: Response, limit_bytes: int, silence: _Patience) -> AsyncGenerator[Piece, None]:
    announced = response.headers.get("content-length", "")
    # With a Content-Encoding the length is that of the compressed body.
    encoded = "content-encoding" in response.headers
    total = int(announced) if announced.isascii() and announced.isdigit() and not encoded else None
    if total is not None and total > limit_bytes:
        raise _too_large(limit_bytes)
    received = 0
    silence.heard()
    while chunk := await response.read():
        # Whoever takes the piece may take as long as it wants.
        silence.stop()
        received += chunk.length
        if received > limit_bytes:
            raise _too_large(limit_bytes)
        yield Piece(chunk, response.url, received, total)
        silence.heard()


def _silent(patience: float) -> OverlayError:
    return OverlayError(
        "http.silent", f"The server has sent nothing for {patience:.0f} seconds.", "Try again later."
    )


def _too_large(limit_bytes: int) -> OverlayError:
    return OverlayError("http.too-large", f"The answer is larger than {limit_bytes} bytes.")
