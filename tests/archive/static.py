"""A plain file server under a sub-path, as any hosting has it: no special headers, nothing listed."""

from __future__ import annotations

import mimetypes
import threading
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from tests.archive.listening import GONE, Handler, Server
from tests.archive.log import Log, Request
from tests.archive.ranges import Unsatisfiable, asked_range

_PIECE: Final = 1 << 20
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

    ``wasm_type`` is the type that ``.wasm`` files are said to have. Paths in the methods are relative to
    ``root``.
    """

    def __init__(
        self,
        root: Path,
        prefix: str = "/some/sub/path/",
        *,
        port: int = 0,
        wasm_type: str = "application/wasm",
    ) -> None:
        """Listen on a port; 0 takes a free one."""
        super().__init__(StaticHandler, port)
        self.root = root.resolve()
        self.prefix = f"/{prefix.strip('/')}/" if prefix.strip("/") else "/"
        self.wasm_type = wasm_type
        self.log = Log()
        self._lock = threading.Lock()
        self._broken: dict[str, int] = {}
        self._corrupt: set[str] = set()

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
        size = file.stat().st_size
        kind = self.owner.wasm_type if file.suffix == ".wasm" else _TYPES.get(file.suffix)
        headers = {
            "Content-Type": kind or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Last-Modified": self.date_time_string(int(file.stat().st_mtime)),
        }
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
            self._send_file(file, start, stop, size // 2 if self.owner.is_corrupt(relative) else size)

    def _send_file(self, file: Path, start: int, stop: int, sound: int) -> None:
        with file.open("rb") as stream:
            stream.seek(start)
            position = start
            while position < stop and (piece := stream.read(min(_PIECE, stop - position))):
                good = max(0, sound - position)
                damaged = bytes(byte ^ 0xFF for byte in piece[good:]) if good < len(piece) else b""
                self.connection.sendall(piece[:good] + damaged)
                position += len(piece)
                self.record.sent += len(piece)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.record.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
