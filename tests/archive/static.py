"""A plain file server under a sub-path, as any hosting has it: no special headers, nothing listed.

On demand it offers compressed files, and has a slow link.
"""

from __future__ import annotations

import mimetypes
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from tests.archive.listening import GONE, Handler, Server
from tests.archive.log import Log, Request
from tests.archive.ranges import Unsatisfiable, asked_range
from web.buildsteps.twins import has_twin, twin_of

_PIECE: Final = 1 << 20
#: A slow link is shared out in pieces of so many bytes, so that no connection keeps the others waiting for long.
_SMALL_PIECE: Final = 1 << 14
#: Not left to the machine's own table, which differs from one to the next.
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


class StaticServer(Server):
    """Serves the files below ``root`` under ``prefix``; anything else is 404.

    ``wasm_type`` is the type that ``.wasm`` files are said to have. With ``encodings``, the twins that the build
    wrote beside its files are sent where a browser takes them, and answers carry an ETag, as hosts with compression
    have it. ``bytes_per_second`` is what all connections share. Paths in the methods are relative to ``root``.
    """

    def __init__(
        self,
        root: Path,
        prefix: str = "/some/sub/path/",
        *,
        port: int = 0,
        wasm_type: str = "application/wasm",
        encodings: Collection[str] = (),
        bytes_per_second: float | None = None,
    ) -> None:
        """Listen on a port; 0 takes a free one."""
        super().__init__(StaticHandler, port)
        self.encodings = encodings
        self.bytes_per_second = bytes_per_second
        self._free_at = 0.0
        self.root = root.resolve()
        self.prefix = f"/{prefix.strip('/')}/" if prefix.strip("/") else "/"
        self.wasm_type = wasm_type
        self.log = Log()
        self._lock = threading.Lock()
        self._broken: dict[str, int] = {}
        self._corrupt: set[str] = set()
        self._held: dict[str, tuple[int, threading.Event]] = {}

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.origin + self.prefix

    @property
    def requests(self) -> list[Request]:
        """All requests so far, oldest first; ``product`` is the path below the prefix."""
        return self.log.all()

    def break_file(self, path: str, status: int = 404) -> None:
        """Answer with a status instead of a file."""
        with self._lock:
            self._broken[path] = status

    def corrupt_file(self, path: str) -> None:
        """Serve a file with every byte of its second half changed."""
        with self._lock:
            self._corrupt.add(path)

    @contextmanager
    def held_at(self, path: str, position: int) -> Iterator[None]:
        """Inside, so many bytes of a file are sent, and no more."""
        over = threading.Event()
        with self._lock:
            self._held[path] = position, over
        try:
            yield
        finally:
            with self._lock:
                del self._held[path]
            over.set()

    def wait_for_hold(self, path: str, position: int, size: int) -> int:
        """Give how many bytes of a file may be sent now, of ``size``; where it is held there, once it no longer is."""
        with self._lock:
            end, over = self._held.get(path, (0, None))
        if over is not None and position < end:
            return min(size, end - position)
        while over is not None and not self.stopping.is_set() and not over.wait(0.1):
            continue
        return size

    def mend(self) -> None:
        """Serve all files as they are again."""
        with self._lock:
            self._broken.clear()
            self._corrupt.clear()

    def status_of(self, path: str) -> int:
        """Give the status that a file is to be answered with; 200 for a sound one."""
        with self._lock:
            return self._broken.get(path, 200)

    def is_corrupt(self, path: str) -> bool:
        """Whether a file is to be served damaged."""
        with self._lock:
            return path in self._corrupt

    def wait_for_link(self, count: int) -> None:
        """Wait until the link has carried so many bytes more, in turn with all other connections."""
        if self.bytes_per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + count / self.bytes_per_second
            seconds = self._free_at - now
        self.stopping.wait(seconds)


class StaticHandler(Handler):
    """Answers one connection."""

    owner: ClassVar[StaticServer]
    record: Request

    def do_GET(self) -> None:
        """Send a file, or the part that is asked for."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.record = self.owner.log.begin(self.command, self.path, headers)
        try:
            self._answer()
        except GONE:
            self.record.cut = True
            raise
        finally:
            self.record.done = True
            self.owner.log.changed()

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        relative = path.removeprefix(self.owner.prefix)
        if not path.startswith(self.owner.prefix) or self.owner.status_of(relative) != 200:
            self._refuse(404 if not path.startswith(self.owner.prefix) else self.owner.status_of(relative))
            return
        self.record.product = relative
        file = (self.owner.root / relative).resolve()
        if path.endswith("/"):
            file /= "index.html"
        if not file.is_relative_to(self.owner.root) or not file.is_file():
            self._refuse(404)
            return
        self._send(file, relative)

    def _refuse(self, status: int) -> None:
        self._head(status, {"Content-Type": "text/plain", "Content-Length": "0"})

    def _send(self, file: Path, relative: str) -> None:
        accepted = "" if "Range" in self.headers else self.headers.get("Accept-Encoding", "")
        encoding, sent = twin_of(file, accepted, self.owner.encodings)
        size = sent.stat().st_size
        kind = self.owner.wasm_type if file.suffix == ".wasm" else _TYPES.get(file.suffix)
        headers = {
            "Content-Type": kind or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Last-Modified": self.date_time_string(int(file.stat().st_mtime)),
            **self._headers_of_encodings(file, sent, encoding),
        }
        if "ETag" in headers and self.headers.get("If-None-Match") == headers["ETag"]:
            self._head(304, headers)
            return
        try:
            part = asked_range(self.headers.get("Range"), size)
        except Unsatisfiable:
            self._head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
            return
        start, stop = part or (0, size)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        self._head(206 if part else 200, headers | {"Content-Length": str(stop - start)})
        if self.command != "HEAD":
            self._send_file(sent, start, stop, size // 2 if self.owner.is_corrupt(relative) else size)

    def _headers_of_encodings(self, file: Path, sent: Path, encoding: str) -> dict[str, str]:
        if not self.owner.encodings:
            return {}
        state = sent.stat()
        headers = {"ETag": f'"{state.st_mtime_ns:x}-{state.st_size:x}{encoding}"'}
        if encoding:
            headers["Content-Encoding"] = encoding
        if has_twin(file):
            headers["Vary"] = "Accept-Encoding"
        return headers

    def _send_file(self, file: Path, start: int, stop: int, sound: int) -> None:
        with file.open("rb") as stream:
            stream.seek(start)
            position, most = start, _PIECE if self.owner.bytes_per_second is None else _SMALL_PIECE
            while position < stop:
                most_now = self.owner.wait_for_hold(
                    self.record.product or "", position, min(most, stop - position)
                )
                if not (piece := stream.read(most_now)):
                    break
                self.owner.wait_for_link(len(piece))
                good = max(0, sound - position)
                damaged = bytes(byte ^ 0xFF for byte in piece[good:]) if good < len(piece) else b""
                self.connection.sendall(piece[:good] + damaged)
                position += len(piece)
                self.record.sent += len(piece)
                self.owner.log.changed()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.record.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
