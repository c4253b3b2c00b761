"""A server that pays no heed to If-Range: it sends the part that was asked for, be it of another file by now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

SIZE: Final = 200_000
_MARKS: Final = {
    "ETag": {"old": '"old"', "new": '"new"'},
    "Last-Modified": {"old": "Wed, 04 Nov 2026 10:15:00 GMT", "new": "Thu, 05 Nov 2026 10:15:00 GMT"},
}


@contextmanager
def heedless_server(mark: str, answers: list[tuple[str, int]]) -> Iterator[str]:
    """The address of a file of ``SIZE`` bytes, all of them ``o`` or ``n``.

    ``answers`` tells which version each request gets and how many bytes of it; the last stands for all that follow.
    ``mark`` is the header that tells the versions apart.
    """
    coming = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            version, most = next(coming, answers[-1])
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header(mark, _MARKS[mark][version])
            self.send_header("Content-Length", str(SIZE - start))
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{SIZE - 1}/{SIZE}")
            self.end_headers()
            self.wfile.write(version[:1].encode() * min(most, SIZE - start))

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}/a.fits"
        server.shutdown()


#: What tells versions apart, and what is answered: a change in between, and one that was taken back.
CHANGES: Final = (
    ("ETag", [("old", 70_000), ("new", SIZE)]),
    ("Last-Modified", [("old", 70_000), ("new", SIZE)]),
    ("ETag", [("old", 70_000), ("new", 30_000), ("old", SIZE)]),
)
