"""A transfer as the panel carries it out, into a place that counts or into a file."""

from __future__ import annotations

import json
from typing import Any

import js
from pyodide.ffi import to_js

from pycore import messages as m
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.transfer import Transfer
from web.browser.clock import Clock
from web.browser.http import Chunk, Http, Keyring
from web.browser.sink import Sink
from web.carrier import Carrier


class _Counter:
    """Keeps nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    async def write(self, data: Chunk | bytes) -> None:
        if isinstance(data, Chunk):
            self.bytes += data.length
            # As files and folders do, once they have copied it.
            js.overlayEdge.buffers.giveBack(to_js([data.js]))
        else:
            self.bytes += len(data)

    async def close(self) -> None:
        pass

    async def abort(self, why: str, *, keep: bool = False) -> bool:
        return True


async def made(urls: str, sizes: str, kind: str) -> int:
    """The bytes that were counted; 0 where they went into a file."""
    counter = _Counter()
    sink: Any = Sink(await js.overlayEdge.sinks.open("file", "bench.zip")) if kind == "file" else counter
    carrier = Carrier(
        Transfer(_plan(json.loads(urls), json.loads(sizes)), 0.0, seed=1),
        network=Http(),
        keys=Keyring(),
        sink=sink,
        clock=Clock(),
        tell=lambda _: None,
        token_alive=_alive,
    )
    ended = await carrier.run()
    assert isinstance(ended, m.TransferEnded)
    assert not any(outcome.reason for outcome in ended.outcomes), ended.outcomes[0]
    return counter.bytes


async def _alive() -> bool:
    return True


def _plan(urls: list[str], sizes: list[int]) -> Plan:
    names = [url.partition("?")[0].rpartition("/")[2] for url in urls]
    files = tuple(
        PlannedFile(
            mission="LAB",
            filename=name,
            path=f"LAB/night/{name}",
            url=url,
            problem="",
            size=size,
            exclusive=False,
            with_token=False,
            sha256=None,
            md5=None,
            rows=(PlannedRow(f"mast:LAB/product/{name}", "night", number),),
        )
        for number, (url, name, size) in enumerate(zip(urls, names, sizes, strict=True))
    )
    return Plan("MAST_2026-11-22T07_17_20.000Z", "NESTED", files, "anonymous", False)
