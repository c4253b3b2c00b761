"""A server that answers as a public bucket of S3 does to those who read it without signing in."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from hashlib import md5
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.archive.listening import Handler, Server


class BucketHandler(Handler):
    """HEAD and GET of an object, with ranges; a list of the keys with a prefix."""

    owner: ClassVar[Any]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.owner.asked.append((self.command, self.path, self.headers.get("Authorization")))
        split = urlsplit(self.path)
        bucket, _, key = unquote(split.path).lstrip("/").partition("/")
        if bucket != self.owner.bucket:
            self._send(404, b"<Error><Code>NoSuchBucket</Code></Error>", {})
        elif not key:
            self._list(parse_qs(split.query).get("prefix", [""])[0])
        elif key not in self.owner.objects:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {})
        else:
            self._object(self.owner.objects[key])

    def _object(self, body: bytes) -> None:
        headers = {
            "ETag": f'"{md5(body).hexdigest()}"',
            "Last-Modified": formatdate(1_790_000_000, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        asked = self.headers.get("Range", "")
        if asked and body:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            begin, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
            headers["Content-Range"] = f"bytes {begin}-{end}/{len(body)}"
            self._send(206, body[begin : end + 1], headers)
        else:
            self._send(200, body, headers)

    def _list(self, prefix: str) -> None:
        found = [key for key in self.owner.objects if key.startswith(prefix)]
        inside = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.owner.objects[key])}</Size>"
            "<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>"
            for key in found
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{inside}</ListBucketResult>".encode()
        self._send(200, body, {"Content-Type": "application/xml"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Bucket(Server):
    """The bucket with these objects; ``asked`` holds method, path and Authorization of each request."""

    def __init__(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        super().__init__(BucketHandler)
        self.bucket, self.objects = bucket, dict(objects)
        self.asked: list[tuple[str, str, str | None]] = []
