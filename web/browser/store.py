"""Visits on a shelf of the browser's: lists and records in Cache Storage, a note in the tab's session."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, unquote

import js
from pyodide.ffi import JsException, to_js

from web.ports import Refusal, Visit

#: Followed by the page's own address: each copy of the page on a host has a shelf of its own.
_NAME: Final = "download-overlay visits"
_SAVED: Final = "x-saved"
_RECORD: Final = "record"


class VisitStore:
    """A shelf; where the browser has none, what is asked of it is refused."""

    def __init__(self) -> None:
        self._base = str(js.URL.new("./", js.document.baseURI).href)

    def new_id(self) -> str:
        """A name that nothing on the shelf has."""
        # Beyond https, where nothing is kept, browsers have no such names either.
        return str(js.crypto.randomUUID()) if js.isSecureContext else "0"

    async def put_list(self, visit: str, key: str, text: str) -> Refusal | None:
        """Keep the text of a list."""
        return await self._put(visit, key, text)

    async def put_record(self, visit: str, record: str) -> Refusal | None:
        """Keep a record in place of the one before."""
        return await self._put(visit, _RECORD, record)

    async def _put(self, visit: str, key: str, text: str) -> Refusal | None:
        headers = {_SAVED: str(int(js.Date.now())), "content-type": "application/json"}
        options = to_js({"headers": headers}, dict_converter=js.Object.fromEntries)
        try:
            await (await self._shelf()).put(self._address(visit, key), js.Response.new(text, options))
        except _REFUSALS as refused:
            return _refusal(refused)
        return None

    async def visits(self) -> tuple[Visit, ...] | Refusal:
        """All visits, the latest first."""
        saved: dict[str, float] = {}
        records: dict[str, str] = {}
        try:
            shelf = await self._shelf()
            for request in await shelf.keys():
                visit, _, key = str(request.url).removeprefix(self._address("", "")[:-1]).partition("/")
                found = await shelf.match(request)
                if found is None:
                    continue
                visit, moment = unquote(visit), _number(found.headers.get(_SAVED))
                saved[visit] = max(moment, saved.get(visit, 0.0))
                if key == _RECORD:
                    records[visit] = str(await found.text())
        except _REFUSALS as refused:
            return _refusal(refused)
        latest = sorted(saved, key=lambda visit: -saved[visit])
        return tuple(Visit(visit, saved[visit], records.get(visit, "")) for visit in latest)

    async def list_text(self, visit: str, key: str) -> str | None:
        """The text of a list, ``None`` where it is not there any more."""
        try:
            found = await (await self._shelf()).match(self._address(visit, key))
            return None if found is None else str(await found.text())
        except _REFUSALS:
            return None

    async def remove(self, visit: str) -> None:
        """Keep a visit no more."""
        try:
            shelf = await self._shelf()
            for request in await shelf.keys():
                if str(request.url).startswith(self._address(visit, "")):
                    await shelf.delete(request)
        except _REFUSALS:
            return  # What cannot be reached is not offered either.

    def leave_note(self, note: str) -> None:
        """Leave word for the next start in this tab; ``""`` takes it back."""
        try:
            if note:
                js.sessionStorage.setItem(self._note, note)
            else:
                js.sessionStorage.removeItem(self._note)
        except JsException:
            return  # Storage is refused or full: the next start makes its offer instead.

    def take_note(self) -> str:
        """The word that was left, once."""
        try:
            note = js.sessionStorage.getItem(self._note)
            js.sessionStorage.removeItem(self._note)
        except JsException:
            return ""
        return note if isinstance(note, str) else ""

    @property
    def _note(self) -> str:
        return f"{_NAME} {self._base}"

    async def _shelf(self) -> Any:
        if not hasattr(js, "caches"):
            raise _NoCacheStorage()
        return await js.caches.open(f"{_NAME} {self._base}")

    def _address(self, visit: str, key: str) -> str:
        return f"{self._base}visits/{quote(visit, safe='')}/{key}"


class _NoCacheStorage(Exception):
    """Pages beyond https and localhost have none."""


_REFUSALS: Final = (_NoCacheStorage, JsException)


def _refusal(refused: Exception) -> Refusal:
    if isinstance(refused, JsException):
        if refused.name == "SecurityError":
            # What browsers say of it themselves sounds like an attack.
            return Refusal("its settings do not let this page keep anything")
        full = refused.name == "QuotaExceededError"
        return Refusal(str(refused.message or refused.name), full)
    # A page on plain http or from a file has told so already.
    return Refusal("it has no storage for this page" if js.isSecureContext else "")


def _number(text: object) -> float:
    return (
        float(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 16 else 0.0
    )
