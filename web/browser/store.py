"""Visits on a shelf of the browser's: lists and records in Cache Storage, a note in the tab's session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, unquote

import js
from pyodide.ffi import JsException, create_once_callable, to_js

from web.ports import Refusal, Visit

#: Followed by the page's own address: each copy of the page on a host has a shelf of its own.
_NAME: Final = "download-overlay visits"
_SAVED: Final = "x-saved"
_RECORD: Final = "record"
_GONE: Final = Refusal("what was kept of this visit has been removed", gone=True)


class VisitStore:
    """A shelf; where the browser has none, what is asked of it is refused."""

    def __init__(self) -> None:
        self._base = str(js.URL.new("./", js.document.baseURI).href)

    def new_id(self) -> str:
        """A name that nothing on the shelf has."""
        # Beyond https, where nothing is kept, browsers have no such names either.
        return str(js.crypto.randomUUID()) if js.isSecureContext else "0"

    async def hold(self, visit: str) -> bool:
        """Say that this page has the visit open, for the page's life; whether no other page has it."""
        return not _has_locks() or await _lock(f"{self._note} {visit}", ifAvailable=True) is not None

    async def put_list(self, visit: str, keys: Sequence[str], key: str, text: str) -> Refusal | None:
        """Lay claim to the text of a list, and keep it where it is not there yet."""
        try:
            async with self._undisturbed(mode="shared"):
                shelf, claim, place = await self._shelf(), self._address(visit, key), self._text_address(key)
                if not await self._knows(shelf, visit, keys):
                    return _GONE
                await shelf.put(claim, _kept(""))
                try:
                    if not await _has(shelf, place):
                        await shelf.put(place, _kept(text))
                except JsException:
                    await shelf.delete(claim)
                    raise
        except _REFUSALS as refused:
            return _refusal(refused)
        return None

    async def put_record(self, visit: str, keys: Sequence[str], record: str) -> Refusal | None:
        """Keep a record in place of the one before."""
        try:
            async with self._undisturbed(mode="shared"):
                shelf = await self._shelf()
                if not await self._knows(shelf, visit, keys):
                    return _GONE
                await shelf.put(self._address(visit, _RECORD), _kept(record))
        except _REFUSALS as refused:
            return _refusal(refused)
        return None

    async def _knows(self, shelf: Any, visit: str, keys: Sequence[str]) -> bool:
        for key in keys:
            if not (
                await _has(shelf, self._address(visit, key)) and await _has(shelf, self._text_address(key))
            ):
                return False
        return True

    async def visits(self) -> tuple[Visit, ...] | Refusal:
        """All visits, the latest first."""
        saved: dict[str, float] = {}
        records: dict[str, str] = {}
        claims: dict[str, set[str]] = {}
        texts: set[str] = set()
        try:
            shelf = await self._shelf()
            for request in await shelf.keys():
                visit, key = self._place(request)
                if not visit:
                    texts.add(key)
                    continue
                found = await shelf.match(request)
                if not found:
                    continue
                saved[visit] = max(_number(found.headers.get(_SAVED)), saved.get(visit, 0.0))
                if key == _RECORD:
                    records[visit] = str(await found.text())
                else:
                    claims.setdefault(visit, set()).add(key)
            held = await self._held()
        except _REFUSALS as refused:
            return _refusal(refused)
        latest = sorted(saved, key=lambda visit: -saved[visit])
        return tuple(
            Visit(
                visit,
                saved[visit],
                records.get(visit, ""),
                frozenset(claims.get(visit, set()) & texts),
                None if held is None else f"{self._note} {visit}" in held,
            )
            for visit in latest
        )

    async def _held(self) -> set[str] | None:
        """The names of all locks that pages hold, ``None`` where there are none to hold."""
        if not _has_locks():
            return None
        return {str(lock.name) for lock in (await js.navigator.locks.query()).held}

    async def list_text(self, key: str) -> str | None:
        """The text of a list, ``None`` where it is not there any more."""
        try:
            found = await (await self._shelf()).match(self._text_address(key))
            return str(await found.text()) if found else None
        except _REFUSALS:
            return None

    async def remove(self, visits: Sequence[str]) -> None:
        """Keep these visits no more, nor texts that no visit lays claim to."""
        try:
            async with self._undisturbed(mode="exclusive"):
                shelf, claimed, texts = await self._shelf(), set[str](), dict[str, Any]()
                for request in await shelf.keys():
                    visit, key = self._place(request)
                    if visit in visits:
                        await shelf.delete(request)
                    elif visit:
                        claimed.add(key)
                    else:
                        texts[key] = request
                for key in texts.keys() - claimed:
                    await shelf.delete(texts[key])
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

    def _text_address(self, key: str) -> str:
        return f"{self._base}texts/{key}"

    def _place(self, request: Any) -> tuple[str, str]:
        """The visit, ``""`` for a list's text, and the key."""
        kind, _, rest = str(request.url).removeprefix(self._base).partition("/")
        if kind == "texts":
            return "", rest
        visit, _, key = rest.partition("/")
        return unquote(visit), key

    @asynccontextmanager
    async def _undisturbed(self, *, mode: str) -> AsyncIterator[None]:
        """While visits are removed in one tab nothing is written in another."""
        let_go = await _lock(self._note, mode=mode) if _has_locks() else None
        try:
            yield
        finally:
            if let_go is not None:
                let_go()


class _NoCacheStorage(Exception):
    """Pages beyond https and localhost have none."""


_REFUSALS: Final = (_NoCacheStorage, JsException)


def _has_locks() -> bool:
    return hasattr(js.navigator, "locks")


async def _lock(name: str, **options: object) -> Callable[[], None] | None:
    """Hold a lock until what comes back is called, or the page goes; ``None`` where it is not to be had."""
    got: asyncio.Future[Callable[[], None] | None] = asyncio.get_running_loop().create_future()

    def granted(lock: Any) -> Any:
        if not lock:
            got.set_result(None)
            return None
        return js.Promise.new(create_once_callable(lambda let_go, _refuse: got.set_result(let_go)))

    def refused(_: Any) -> None:
        if not got.done():
            got.set_result(None)

    asked = to_js(options, dict_converter=js.Object.fromEntries)
    js.navigator.locks.request(name, asked, create_once_callable(granted)).catch(refused)
    return await got


async def _has(shelf: Any, address: str) -> bool:
    return bool(await shelf.match(address))


def _kept(text: str) -> Any:
    headers = {_SAVED: str(int(js.Date.now())), "content-type": "application/json"}
    return js.Response.new(text, to_js({"headers": headers}, dict_converter=js.Object.fromEntries))


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
