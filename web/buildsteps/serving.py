"""A small file server for trying the site on one's own machine."""

from __future__ import annotations

import json
import mimetypes
import os
import re
import shutil
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote, urlencode, urlsplit

from web.buildsteps.media import BYTES, TYPES
from web.buildsteps.shell import ROOT, BuildError, say
from web.buildsteps.site import build_if_changed
from web.buildsteps.twins import has_twin, twin_of

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8000
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


def serve_site(*, port: int | None, opened: bool, archive: bool) -> int:
    """Build the site where needed and serve it until Ctrl-C; with `archive`, its missions ask a local archive."""
    build_if_changed(ROOT / "dist")
    with _local_archive(archive) as (settings, query), site_server(ROOT / "dist", port, settings) as server:
        url = f"http://{HOST}:{server.server_port}/{query}"
        say(f"Serving {url}  (Ctrl-C ends it)")
        if opened:
            webbrowser.open(url)
        server.serve_forever()
    return 0


def site_server(
    root: Path, port: int | None, settings: Mapping[str, object] | None = None
) -> ThreadingHTTPServer:
    """Make a server of the files below `root`; `settings`, where given, stand in for its site.json.

    Port None means 8000, or any free one when that is taken. BuildError when a port that was asked for is taken.
    """
    wanted = (USUAL_PORT, 0) if port is None else (port,)
    handler = type("SiteHandler", (_Handler,), {"root": root.resolve(), "settings": settings})
    for number in wanted:
        try:
            return _Server((HOST, number), handler)
        except OSError as problem:
            if number == wanted[-1]:
                raise BuildError(
                    f"Port {number} cannot be had: {problem.strerror}.", "Name another with --port."
                ) from problem
    raise AssertionError("the loop returns or raises")


@contextmanager
def _local_archive(wanted: bool) -> Iterator[tuple[Mapping[str, object] | None, str]]:
    """Run the tests' archive beside the site; give settings and a query that point the page at it."""
    if not wanted:
        yield None, ""
        return
    from tests.archive.server import DEMO_TOKENS, ArchiveServer
    from web.buildsteps.demo import MISSIONS

    with ArchiveServer() as archive:
        say(
            f"The archive answers at {archive.origin}; its tokens are {', '.join(token for token, *_ in DEMO_TOKENS)}"
        )
        settings = {"missions": {mission: {"archive": {"origin": archive.origin}} for mission in MISSIONS}}
        yield (
            settings,
            "?" + urlencode([("products", archive.list_url(mission)) for mission in MISSIONS], safe=":/?=,"),
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: On Windows the option would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about browsers that hang up; anything else is a fault and shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of plain files and their compressed twins: one range, validators, no folder listings."""

    protocol_version = "HTTP/1.1"
    root: Path
    settings: Mapping[str, object] | None

    def do_GET(self) -> None:
        """Answer with the file, a range of it, or 304 where the browser has it."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for what matters."""

    def _answer(self, *, body: bool) -> None:
        path = self._file()
        if self.settings is not None and path == self.root / "site.json":
            content = json.dumps(self.settings).encode()
            self._begin(HTTPStatus.OK, len(content), {"Content-Type": TYPES[".json"]})
            if body:
                self.wfile.write(content)
            return
        if path is None or not path.is_file():
            self._begin(HTTPStatus.NOT_FOUND, 0, {})
            return
        # A range is one of the file itself: whoever resumes a file has begun it so.
        accepted = "" if "Range" in self.headers else self.headers.get("Accept-Encoding", "")
        encoding, sent = twin_of(path, accepted)
        with sent.open("rb") as file:
            self._send(file, path, encoding, body=body)

    def _file(self) -> Path | None:
        """Give the file that the request's path names, or None when it leads out of the site."""
        path = unquote(urlsplit(self.path).path)
        if "\0" in path or "\\" in path:
            return None
        found = (self.root / path.lstrip("/")).resolve()
        if found != self.root and self.root not in found.parents:
            return None
        return found / "index.html" if path.endswith("/") else found

    def _send(self, file: IO[bytes], path: Path, encoding: str, *, body: bool) -> None:
        state = os.fstat(file.fileno())
        tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}{encoding}"'
        headers = {
            "Content-Type": TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or BYTES,
            "ETag": tag,
            "Last-Modified": formatdate(state.st_mtime, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        if has_twin(path):
            headers["Vary"] = "Accept-Encoding"
        if self.headers.get("If-None-Match") == tag:
            self._begin(HTTPStatus.NOT_MODIFIED, None, headers)
            return
        span = self._range(state.st_size, tag)
        if span is None:
            self._begin(HTTPStatus.OK, state.st_size, headers)
            span = range(state.st_size)
        elif not span:
            headers["Content-Range"] = f"bytes */{state.st_size}"
            self._begin(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, headers)
        else:
            headers["Content-Range"] = f"bytes {span[0]}-{span[-1]}/{state.st_size}"
            self._begin(HTTPStatus.PARTIAL_CONTENT, len(span), headers)
        if body and len(span) == state.st_size:
            shutil.copyfileobj(file, self.wfile, 1 << 20)
        elif body and span:
            file.seek(span[0])
            left = len(span)
            while left and (piece := file.read(min(left, 1 << 20))):
                self.wfile.write(piece)
                left -= len(piece)

    def _range(self, size: int, tag: str) -> range | None:
        """Give the bytes asked for: None means all, an empty range none that there are (RFC 9110, section 14)."""
        found = _RANGE.fullmatch(self.headers.get("Range", "").replace(" ", ""))
        if found is None or not (found[1] or found[2]) or self.headers.get("If-Range", tag) != tag:
            return None
        if not found[1]:
            return range(max(size - int(found[2]), 0), size)
        first, last = int(found[1]), int(found[2]) if found[2] else size - 1
        if found[2] and last < first:
            return None
        return range(first, min(last + 1, size)) if first < size else range(0)

    def _begin(self, status: HTTPStatus, length: int | None, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
