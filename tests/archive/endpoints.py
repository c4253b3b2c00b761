"""The archive's endpoints: what each path answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.archive import bodies
from tests.archive.answering import AnsweringHandler, json_object
from tests.archive.ranges import Unsatisfiable, asked_range
from tests.archive.store import ANONYMOUS, Product
from web.buildsteps.demo_content import pieces

_LAST_MODIFIED: Final = "Wed, 04 Nov 2026 10:15:00 GMT"
_SEARCH: Final = re.compile(r"/search/(?P<mission>[a-z0-9_]+)/api/v0\.1/(?P<verb>[a-z_]+)")
_TYPES: Final = {
    "fits": "application/fits",
    "jpg": "image/jpeg",
    "json": "application/json",
    "csv": "text/csv",
}
_HTML_PAGE: Final = b"<!DOCTYPE html><title>Sign in</title><p>This network asks you to sign in.\n"


class ArchiveHandler(AnsweringHandler):
    """Answers one connection of the archive."""

    def route(self) -> None:
        """Answer by the request's path."""
        # The body is read whatever becomes of the request: else it would be taken for the next one.
        body = self.body() if self.command == "POST" else b""
        if body is None:
            return
        split = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        if matched := _SEARCH.fullmatch(split.path):
            self._search(matched["mission"], matched["verb"], query, body)
        elif split.path == "/whoami":
            self._whoami()
        elif split.path == "/api/v0.1/Download/file":
            self._download(query.get("uri", ""))
        elif split.path.startswith("/public/"):
            self._public(split.path.removeprefix("/public/"))
        elif split.path == "/_faults":
            self._change_faults(body)
        elif split.path == "/_files":
            self._change_files(body)
        elif split.path == "/_requests" and self.command == "GET":
            self.json(200, self.owner.log.as_json())
        elif split.path == "/":
            self.json(200, {mission: self.owner.list_url(mission) for mission in self.owner.store.missions()})
        else:
            self.json(404, {"error": "no such endpoint"})

    def _search(self, mission: str, verb: str, query: Mapping[str, str], body: bytes) -> None:
        if verb == "list_products" and self.command in ("GET", "HEAD"):
            self._list(mission, [name for name in query.get("dataset_ids", "").split(",") if name])
        elif verb == "post_list_products" and self.command == "POST":
            asked = json_object(body).get("dataset_ids")
            self._list(mission, [str(name) for name in asked] if isinstance(asked, list) else [])
        elif verb == "retrieve_product" and self.command in ("GET", "HEAD"):
            uri = self._noted(query.get("product_name", ""))
            self._retrieve(self.owner.store.find(mission, uri))
        else:
            self.json(404, {"error": "no such endpoint"})

    def _list(self, mission: str, datasets: list[str]) -> None:
        if not datasets:
            self.json(400, {"error": "dataset_ids is missing"})
        elif not self._faulty("list_products"):
            rows = self.owner.store.rows(mission, datasets)
            self.json(200, {"products": [rows] if self.owner.nested else rows})

    def _whoami(self) -> None:
        if not self._faulty("whoami"):
            grant = self.owner.store.grant(self.headers.get("Authorization"))
            user = grant.user if grant else ANONYMOUS
            self.json(200, {"anon": grant is None, "ezid": user, "attrib": {"display_name": user}})

    def _noted(self, uri: str) -> str:
        """Give the URI back, and record the file that it names, whether there is one or not."""
        self.record.product = uri.rpartition("/")[2]
        return uri

    def _retrieve(self, product: Product | None) -> None:
        if product is None:
            self.json(404, {"error": "no such product"})
            return
        if product.exclusive:
            grant = self.owner.store.grant(self.headers.get("Authorization"))
            if grant is None or not grant.opens(product):
                self.json(401, {"error": "not authorized for this product"}, {"WWW-Authenticate": "token"})
                return
        if not self._faulty(product.filename):
            self._send(product)

    def _download(self, uri: str) -> None:
        product = self.owner.store.find_anywhere(self._noted(uri))
        if product is None or product.exclusive:
            self._retrieve(product)
            return
        path = quote(f"/public/{product.mission}/{product.datasets[0]}/{product.filename}")
        self.head(302, {"Location": self.owner.bucket_origin + path, "Content-Length": "0"})

    def _public(self, path: str) -> None:
        mission, _, uri = unquote(path).partition("/")
        product = self.owner.store.find(mission, self._noted(uri))
        foreign = self.owner.bucket_origin != self.owner.origin
        if foreign and self.record.authorized:
            # So does the bucket of public files: a token that strays there is refused, not ignored.
            self.xml(400)
        elif product is None or product.exclusive:
            self.xml(403)
        else:
            self._retrieve(product)

    def _change_faults(self, body: bytes) -> None:
        if self.command == "POST":
            try:
                self.owner.faults.add_from_json(json_object(body))
            except ValueError as wrong:
                self.json(400, {"error": str(wrong)})
                return
        elif self.command == "DELETE":
            self.owner.faults.clear()
        self.json(200, [fault.as_json() for fault in self.owner.faults])

    def _change_files(self, body: bytes) -> None:
        actions = {"delete": self.owner.delete, "restore": self.owner.restore, "change": self.owner.change}
        asked = json_object(body)
        try:
            for action, filename in asked.items():
                actions[action](str(filename))
        except KeyError as unknown:
            self.json(404, {"error": f"unknown: {unknown}"})
        else:
            self.json(200, asked)

    def _faulty(self, name: str) -> bool:
        """Take the fault that is due for a file or endpoint; whether it has answered already."""
        if self.command == "HEAD":
            return False
        self.fault = fault = self.owner.faults.take(name)
        if fault is None:
            return False
        self.record.fault = fault.kind
        if fault.kind == "status":
            wait = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            self.json(fault.status, {"error": "as ordered"}, wait)
        elif fault.kind == "redirect-loop":
            base, _, hop = self.path.rpartition("&hop=")
            number = int(hop) + 1 if base and hop.isdecimal() else 1
            joined = base or self.path + ("" if "?" in self.path else "?")
            self.head(302, {"Location": f"{self.owner.origin}{joined}&hop={number}", "Content-Length": "0"})
        elif fault.kind == "html":
            self.whole(200, _HTML_PAGE, "text/html; charset=utf-8")
        elif fault.kind == "xml":
            self.xml(200)
        else:
            return False
        return True

    def _send(self, product: Product) -> None:
        """Send a product, or the part of it that is asked for, as the fault in force wants it."""
        kind = self.fault.kind if self.fault else ""
        by = self.fault.by if self.fault else 0
        size = max(0, product.size + (by if kind == "long" else -by if kind == "short" else 0))
        headers = self._validators(product, kind)
        try:
            part = self._part(size, headers.get("ETag"), kind)
        except Unsatisfiable:
            self.head(416, headers | {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
            return
        start, stop = part or (0, size)
        if part and kind == "wrong-range":
            start = start - by if start >= by else min(start + by, stop - 1)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        headers["Content-Type"] = _TYPES.get(product.filename.rpartition(".")[2], "application/octet-stream")
        if kind == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif kind == "until-close":
            headers["Connection"] = "close"
            self.close_connection = True
        else:
            headers["Content-Length"] = str(stop - start)
        self.head(206 if part else 200, headers)
        if self.command != "HEAD":
            self.send_body(_bytes_of(product, start, stop), start)

    def _validators(self, product: Product, kind: str) -> dict[str, str]:
        headers = {"ETag": product.etag, "Last-Modified": _LAST_MODIFIED, "Accept-Ranges": "bytes"}
        if kind == "etag":
            headers["ETag"] = product.etag[:-1] + '-other"'
        elif kind == "no-validators":
            del headers["ETag"], headers["Last-Modified"]
        elif kind == "ignore-range":
            del headers["Accept-Ranges"]
        return headers

    def _part(self, size: int, etag: str | None, kind: str) -> tuple[int, int] | None:
        asked = self.headers.get("Range")
        if asked and kind == "range-refused":
            raise Unsatisfiable
        condition = self.headers.get("If-Range")
        outdated = condition is not None and (etag is None or condition not in (etag, _LAST_MODIFIED))
        return None if kind == "ignore-range" or outdated else asked_range(asked, size)


def _bytes_of(product: Product, start: int, stop: int) -> Iterator[bodies.Piece]:
    """Give a part of a product; beyond its end there are zeros."""
    yield from pieces(product.filename, product.size, start, min(stop, product.size), product.version)
    beyond = stop - max(start, product.size)
    if beyond > 0:
        yield bytes(beyond)
