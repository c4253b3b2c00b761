"""The list that was open last, kept by the browser where it allows that."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, unquote

import js
from pyodide.ffi import JsException, to_js

from web.ports import Refusal, StoredList

_CACHE: Final = "download-overlay-last-list"
_NAME: Final = "x-list-name"
_SOURCE: Final = "x-list-source"


class ListStore:
    """One list in Cache Storage, under an address beside the page: each copy of the page has its own."""

    async def put(self, stored: StoredList) -> Refusal | None:
        """Keeps a list in place of the one before."""
        headers = {_NAME: _quoted(stored.name), _SOURCE: _quoted(stored.source)}
        options = to_js({"headers": headers}, dict_converter=js.Object.fromEntries)
        try:
            await (await _cache()).put(_address(), js.Response.new(stored.text, options))
        except _REFUSALS as refused:
            return _refusal(refused)
        return None

    async def get(self) -> StoredList | Refusal | None:
        """The list that is kept, if any."""
        try:
            found = await (await _cache()).match(_address())
            if found is None:
                return None
            name, source = (_unquoted(found.headers.get(header)) for header in (_NAME, _SOURCE))
            return StoredList(name, source, await found.text())
        except _REFUSALS as refused:
            return _refusal(refused)


class _NoCacheStorage(Exception):
    """Pages beyond https and localhost have none."""


_REFUSALS: Final = (_NoCacheStorage, JsException)


def _refusal(refused: Exception) -> Refusal:
    return Refusal(refused.message if isinstance(refused, JsException) else str(refused))


async def _cache() -> Any:
    if not hasattr(js, "caches"):
        raise _NoCacheStorage("this browser keeps nothing for pages that are not on https")
    return await js.caches.open(_CACHE)


def _address() -> str:
    return str(js.URL.new("./last-list", js.document.baseURI).href)


def _quoted(text: str) -> str:
    return quote(text, errors="surrogatepass")


def _unquoted(text: str) -> str:
    return unquote(text, errors="surrogatepass")
