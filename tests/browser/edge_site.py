"""A folder of the edge's own files under a sub-path, and answers on demand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from web.buildsteps.parts import service_worker

ROOT = Path(__file__).parents[2]
PAGES = Path(__file__).parent / "pages"
PREFIX = "/some/path/"

Answer = Callable[[SimpleHTTPRequestHandler], None]


def lay_out(folder: Path, *, python: bool = False) -> Path:
    """Puts the edge's files and the test pages together, with the built runtime where Python is needed."""
    if python:
        shutil.copytree(os.environ["OVERLAY_DIST"], folder)
    folder.mkdir(exist_ok=True)
    for source in (*(ROOT / "web").glob("*.js"), *PAGES.iterdir()):
        if source.is_file():
            shutil.copy(source, folder)
    # The one script that the build puts together from several.
    (folder / "sw.js").write_text(service_worker(), encoding="utf-8")
    return folder


class EdgeSite:
    """Serves a folder below ``PREFIX`` and calls a function for every path in ``answers``.

    No browser may keep what it got, and while the site is ``gone`` every connection is closed without an answer.
    """

    def __init__(self, folder: Path) -> None:
        site = self
        self.answers: dict[str, Answer] = {}
        self.gone = False

        class Handler(SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if site.gone:
                    self.close_connection = True
                    return
                answer = site.answers.get(self.path)
                if answer is None:
                    super().do_GET()
                else:
                    answer(self)

            def end_headers(self) -> None:
                self.send_header("Cache-Control", "no-store")
                super().end_headers()

            def translate_path(self, path: str) -> str:
                beside = path.partition("?")[0].removeprefix(PREFIX)
                return str(folder / beside) if path.startswith(PREFIX) else str(folder / "absent")

            def log_message(self, format: str, *args: object) -> None:
                """A test's output is not the place for it."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = self.origin + PREFIX

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # Browsers keep idle connections open; their threads must not hold up the end of the tests.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that a browser drops are what half of the tests are about."""


def send(handler: SimpleHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """A whole answer; headers are named with underscores, an empty one is left out; any origin may read it."""
    handler.send_response(status)
    fields = {"Content-Length": str(len(body)), "Access-Control-Allow-Origin": "*"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in fields.items():
        if value:
            handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def pattern(size: int) -> bytes:
    """The bytes that the test page makes, of which each depends on its place."""
    words = b"".join(
        (index * 2654435761 & 0xFFFFFFFF).to_bytes(4, "little") for index in range((size + 3) // 4)
    )
    return words[:size]
