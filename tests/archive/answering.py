"""How the archive's handlers answer: records, CORS, and bodies as the fault in force wants them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from tests.archive import bodies
from tests.archive.faults import Fault
from tests.archive.listening import GONE, Handler

if TYPE_CHECKING:
    from tests.archive.log import Request
    from tests.archive.server import ArchiveServer

_LONGEST_REQUEST: Final = 64 << 20
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Length, Content-Range, ETag, Last-Modified, Accept-Ranges, Retry-After"
    ),
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Range, If-Range, Content-Type",
    "Access-Control-Max-Age": "0",
}
_XML_PAGE: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>\n"
)


class AnsweringHandler(Handler, ABC):
    """Answers one connection; ``route`` decides what."""

    owner: ClassVar[ArchiveServer]
    record: Request
    fault: Fault | None

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self._answer()

    def do_POST(self) -> None:
        """Answer to what is in the body."""
        self._answer()

    def do_DELETE(self) -> None:
        """End the faults."""
        self._answer()

    def do_OPTIONS(self) -> None:
        """Tell a browser what other origins may ask."""
        self._begin()
        self.head(204, {"Content-Length": "0"} | (_PREFLIGHT if self.owner.cors else {}))
        self._end()

    def _answer(self) -> None:
        self._begin()
        # As if the archive were that far away.
        self.owner.stopping.wait(self.owner.latency)
        try:
            self.route()
        except GONE:
            self.record.cut = True
            raise
        finally:
            self._end()

    def _begin(self) -> None:
        self.fault = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.record = self.owner.log.begin(self.command, self.path, headers)

    def _end(self) -> None:
        self.record.done = True
        self.owner.log.changed()

    @abstractmethod
    def route(self) -> None:
        """Answer the request that is in ``command`` and ``path``."""

    def body(self) -> bytes | None:
        """Read the body of the request; where it is too long answer so and give ``None``."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LONGEST_REQUEST:
            self.close_connection = True
            self.json(413, {"error": "too long"})
            return None
        return self.rfile.read(int(length))

    def send_body(self, body: Iterator[bodies.Piece], first: int) -> None:
        """Send a body that begins at offset ``first`` of its file, as the fault in force wants it."""
        if self.fault and self.fault.kind == "corrupt":
            body = bodies.with_changed_byte(body, first, self.fault.at)
        if self.fault and self.fault.kind == "chunked":
            body = bodies.chunked(body)
        try:
            bodies.send(self.connection, body, self.fault, self.owner.stopping, self._sent)
        except bodies.Ended:
            self.record.cut = True
            self.close_connection = True

    def _sent(self, count: int) -> None:
        self.record.sent += count
        self.owner.log.changed()

    def json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        """Answer with JSON."""
        self.whole(status, json.dumps(value).encode(), "application/json", headers)

    def xml(self, status: int) -> None:
        """Answer as a bucket refuses."""
        self.whole(status, _XML_PAGE, "application/xml")

    def whole(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        """Answer with a body of that media type."""
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})})
        if self.command != "HEAD":
            self.send_body(iter((body,)), 0)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers, with those for other origins where they may read the answer."""
        self.record.status = status
        self.send_response(status)
        readable = self.owner.cors and not (self.fault and self.fault.kind == "blocked")
        kept = {} if self.owner.cacheable else {"Cache-Control": "no-store"}
        for name, value in {**kept, **headers, **(_CORS if readable else {})}.items():
            self.send_header(name, value)
        self.end_headers()


def json_object(body: bytes) -> dict[str, Any]:
    """Give the JSON object in a body; nothing for what is none."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
