"""What the tests of the edge run inside the page: each function gives something that JSON can hold."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from itertools import pairwise
from typing import Any

import js
from pyodide.ffi import JsProxy, to_js

from pycore.errors import OverlayError
from web.browser.clock import Clock
from web.browser.http import Abort, Http, Keyring
from web.browser.regex import RegexEngine
from web.browser.save import Draft
from web.browser.sink import Sinks
from web.browser.store import VisitStore
from web.ports import Matched, Refusal, Visit


async def run(name: str, given: str) -> str:
    """Runs a check; an error that a person may read is given as its code."""
    try:
        return json.dumps(await globals()[name](*json.loads(given)))
    except OverlayError as error:
        return json.dumps({"code": error.code})


async def fetched(url: str, headers: dict[str, str], give_back: bool = False) -> dict[str, Any]:
    """Reads a body to its end, into new memory or into that of what was read before."""
    response = await Http().open(url, headers)
    digest, lengths = hashlib.sha256(), []
    while chunk := await response.read():
        content = chunk.copy()
        lengths.append(chunk.length)
        digest.update(content)
        if give_back:
            js.overlayEdge.buffers.giveBack(to_js([chunk.js]))
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "url": response.url,
        "total": sum(lengths),
        "largest": max(lengths, default=0),
        "sum": digest.hexdigest(),
    }


async def speed(url: str) -> float:
    """Bytes a second of a body that is read and copied."""
    response = await Http().open(url)
    began, total = time.perf_counter(), 0
    while chunk := await response.read():
        total += len(chunk.copy())
    return total / (time.perf_counter() - began)


async def unawaited(url: str, later: str) -> str:
    """Asks for an address, and waits for its answer only when that of another has come."""
    opening = Http().open(url)
    await Http().get_text(later, limit_bytes=1 << 20)
    return str((await opening).status)


async def aborted(url: str, when: str) -> str:
    """Gives a request up: before its head, by its signal while a body is read, or by its body."""
    abort = Abort()
    if when == "at once":
        opening = Http().open(url, {}, abort)
        abort.cancel()
        await asyncio.sleep(0.1)
        await opening
    if when == "head":
        asyncio.get_running_loop().call_soon(abort.cancel)
        await Http().open(url, {}, abort)
    response = await Http().open(url, {}, abort)
    await response.read()
    reading = asyncio.ensure_future(response.read())
    await asyncio.sleep(0)
    if when == "signal":
        abort.cancel("enough")
    else:
        await response.cancel()
    await reading
    return "read on"


async def fading(url: str, fast: int, slow: int) -> list[float]:
    """Reads a body that comes fast at first: the waits for more, in seconds, after so many bytes and for so many."""
    response = await Http().open(url)
    waits, received = [], 0
    before = time.perf_counter()
    while received < fast + slow and (chunk := await response.read()):
        now = time.perf_counter()
        if received >= fast:
            waits.append(now - before)
        received, before = received + chunk.length, now
    await response.cancel()
    return waits


async def text(url: str, limit: int, patience: float = 45.0) -> dict[str, Any]:
    """Reads a text, and tells what was heard of its progress last."""
    body = Http().pieces(url, limit_bytes=limit, patience=patience)
    heard = [(piece.received, piece.total) async for piece in body]
    got = await Http().get_text(url, limit_bytes=limit, patience=patience)
    return {"text": got.text, "url": got.url, "heard": heard[-1] if heard else None}


async def probe(url: str) -> str:
    """What the edge finds out about an address."""
    return await Http().probe(url)


async def keyring(token: str, origins: list[str], urls: list[str]) -> dict[str, Any]:
    """Which addresses a token would go to, and what a log would show of it."""
    ring = Keyring()
    ring.put(token, origins)
    headers = [ring.headers_for(url) for url in urls]
    shown = repr(ring)
    ring.forget()
    return {"headers": headers, "shown": shown, "after": [ring.headers_for(url) for url in urls]}


async def regex(names: list[str], patterns: list[str]) -> list[str]:
    """What each pattern finds among the names, asked one after the other."""
    engine = RegexEngine()
    await engine.load("list", names)
    return [_words(await engine.match("list", pattern)) for pattern in patterns]


async def regex_many(count: int) -> dict[str, Any]:
    """A pattern on very many names, and how long the second run of it took."""
    names = [
        f"jw{index:011d}_02101_00001_nrca1_{'cal' if index % 3 else 'rate'}.fits" for index in range(count)
    ]
    engine = RegexEngine()
    await engine.load("many", names)
    await engine.match("many", "first")
    began = time.perf_counter()
    found = await engine.match("many", r"_cal\.fits$")
    took = time.perf_counter() - began
    assert isinstance(found, Matched)
    wanted = sum(1 << index for index, name in enumerate(names) if name.endswith("_cal.fits"))
    return {"right": found.bits == wanted, "seconds": took}


async def regex_hanging(pattern: str, name: str) -> dict[str, Any]:
    """A pattern that never ends, how long it was let run, and a sane one behind it."""
    engine = RegexEngine()
    await engine.load("list", [name, "b"])
    began = time.perf_counter()
    first = _words(await engine.match("list", pattern))
    return {
        "first": first,
        "seconds": time.perf_counter() - began,
        "then": _words(await engine.match("list", "^b$")),
    }


_engines: list[RegexEngine] = []


async def regex_begin(names: list[str]) -> None:
    """Makes an engine that is kept for ``regex_ask``."""
    _engines[:] = [RegexEngine()]
    await _engines[0].load("list", names)


async def regex_ask(pattern: str) -> str:
    """What a pattern finds among the names."""
    return _words(await _engines[0].match("list", pattern))


async def regex_typing(patterns: list[str]) -> list[str]:
    """Patterns that come faster than they are answered."""
    engine = RegexEngine()
    await engine.load("list", ["a", "b"])
    return [
        _words(found)
        for found in await asyncio.gather(*(engine.match("list", pattern) for pattern in patterns))
    ]


async def regex_overtaken(pattern: str, name: str) -> dict[str, Any]:
    """A pattern that never ends and another that takes its place, and how long that took."""
    engine = RegexEngine()
    await engine.load("list", [name, "b"])
    await engine.match("list", "first")
    began = time.perf_counter()
    found = await asyncio.gather(engine.match("list", pattern), engine.match("list", "B", "i"))
    return {"found": [_words(each) for each in found], "seconds": time.perf_counter() - began}


async def regex_refuses_nul() -> str:
    """A name with NUL would be two names."""
    try:
        await RegexEngine().load("list", ["a\0b"])
    except ValueError as error:
        return str(error)
    return "taken"


def _words(found: object) -> str:
    return f"Matched({found.bits:b})" if isinstance(found, Matched) else repr(found)


async def download(kind: str, filename: str, pieces: list[int]) -> bool:
    """Writes Python's bytes and closes; tells whether the file could be given up after that."""
    sink = await Sinks().open(kind, filename)
    for size in pieces:
        await sink.write(bytes(index % 251 for index in range(size)))
    await sink.close()
    return await sink.abort("too late")


async def through(url: str, kind: str) -> float:
    """Passes a body on to a file, copying each chunk once, and tells the bytes a second."""
    response = await Http().open(url)
    sink = await Sinks().open(kind, "through.bin")
    began, total = time.perf_counter(), 0
    while chunk := await response.read():
        total += len(chunk.copy())
        await sink.write(chunk)
    await sink.close()
    return total / (time.perf_counter() - began)


async def ladder() -> list[list[Any]]:
    """The ways to save, as Python has them."""
    return [[rung.kind, rung.limit] for rung in await Sinks().capabilities()]


async def save(filename: str, pieces: list[str], times: int) -> int:
    """Saves a file of many texts, and two bytes that are none."""
    draft = Draft()
    for piece in pieces * times:
        draft.add(piece)
    draft.add(b"\x00\xff")
    return draft.save(filename, "text/csv;charset=utf-8")


async def shelf(text: str, record: str) -> dict[str, bool]:
    """Keeps two visits, finds them the latest first, and removes one."""
    shelf = VisitStore()
    one, two, key = shelf.new_id(), shelf.new_id(), shelf.new_id()
    seen = {"ids differ": len({one, two, key}) == 3, "nothing at first": await shelf.visits() == ()}
    seen["taken"] = await shelf.put_list(one, [], key, text) is None
    seen["found"] = await shelf.list_text(key) == text
    seen["a claim"] = [visit.texts for visit in _visits(await shelf.visits())] == [{key}]
    seen["held"] = [await shelf.hold(one), await VisitStore().hold(one)] == [True, False]
    seen["open"] = [visit.open for visit in _visits(await shelf.visits())] == [True]
    seen["no record yet"] = [visit.record for visit in _visits(await shelf.visits())] == [""]
    seen["record taken"] = await shelf.put_record(one, [key], record) is None
    # Two moments may be one to the clock.
    while not await shelf.put_record(two, [], "{}") and _visits(await shelf.visits())[0].id != two:
        await asyncio.sleep(0.001)
    latest = _visits(await shelf.visits())
    seen["latest first"] = [(visit.id, visit.record) for visit in latest] == [(two, "{}"), (one, record)]
    seen["with its time"] = abs(latest[0].saved_ms - time.time() * 1000) < 60_000
    await shelf.remove([one])
    seen["removed"] = [visit.id for visit in _visits(await shelf.visits())] == [two]
    seen["its list too"] = await shelf.list_text(key) is None
    gone = (await shelf.put_record(one, [key], record), await shelf.put_list(one, [key], "other", text))
    seen["it does not come back"] = all(refusal is not None and refusal.gone for refusal in gone)
    await shelf.put_list(two, [], key, text)
    three = shelf.new_id()
    await shelf.put_list(three, [], key, text)
    await shelf.remove([three])
    seen["a list of another visit stays"] = await shelf.list_text(key) == text
    await shelf.remove([two])
    return seen


def _visits(found: tuple[Visit, ...] | Refusal) -> tuple[Visit, ...]:
    assert not isinstance(found, Refusal)
    return found


async def note(text: str) -> list[str]:
    """Leaves word, takes it back, leaves it again and takes it twice."""
    shelf = VisitStore()
    shelf.leave_note(text)
    shelf.leave_note("")
    none = shelf.take_note()
    shelf.leave_note(text)
    return [none, shelf.take_note(), shelf.take_note()]


async def store_refused() -> str:
    """What is said where the browser keeps nothing."""
    shelf = VisitStore()
    refusal = await shelf.put_list("v", [], "k", "[]")
    assert isinstance(await shelf.visits(), Refusal)
    assert await shelf.list_text("k") is None
    await shelf.remove(["v"])
    return "kept" if refusal is None else refusal.why


async def ticks(wanted: int) -> list[float]:
    """Listens to the clock for some ticks, then to nothing; gives the milliseconds between them."""
    clock = Clock()
    heard: list[float] = []
    enough = asyncio.Event()

    def listen(now: float) -> None:
        heard.append(now)
        if len(heard) == wanted:
            enough.set()

    clock.start(listen)
    await enough.wait()
    clock.stop()
    clock.stop()
    return [later - one for one, later in pairwise(heard)]


async def buffers_are_owned() -> bool:
    """Python's bytes come to JavaScript in a buffer of their own, which a sink may transfer."""
    proxy: JsProxy = to_js(bytes(1000))
    return bool(proxy.byteLength == proxy.buffer.byteLength)
