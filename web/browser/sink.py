"""Places for the bytes of one file: a file that the person chooses, a browser's download, or memory."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import to_js

from web.browser.failure import told
from web.browser.http import Chunk
from web.ports import Rung


class Sink:
    """An open place for one file; ``sink.full``, ``.cancelled``, ``.failed`` and ``.closed`` are its errors."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened

    async def write(self, data: Chunk | bytes) -> None:
        """Takes bytes over, and is done when more are welcome; a chunk is empty afterwards."""
        with told():
            await self._opened.write(data.js if isinstance(data, Chunk) else to_js(data))

    async def close(self) -> None:
        """The file is whole; afterwards it is in its place."""
        with told():
            await self._opened.close()

    async def abort(self, why: str) -> bool:
        """The file is not wanted: nothing stays, or a download that the browser calls failed.

        A write or a close that waits ends as ``sink.closed``. False when the file was whole before, and stays.
        """
        with told():
            return bool(await self._opened.abort(why))


class Sinks:
    """The ladder of ways to save."""

    def at_once(self) -> tuple[Rung, ...]:
        """The ways to save that need nothing to be started, best first; there always is one."""
        return _rungs(js.overlayEdge.sinks.atOnce())

    async def worker_came(self) -> bool:
        """Waits, for ever if need be, for a service worker that was late; False where none can come."""
        return bool(await js.overlayEdge.sinks.workerCame())

    async def capabilities(self) -> tuple[Rung, ...]:
        """The ways to save that this browser has here, best first; there always is one.

        Registers the service worker that ``stream`` needs.
        """
        return _rungs(await js.overlayEdge.sinks.capabilities())

    async def open(self, kind: str, filename: str) -> Sink:
        """Opens a place for a file.

        ``file`` needs a click not long ago. Errors beside those of ``Sink``: ``sink.refused``, and
        ``sink.no-start``, after which the next rung may do.
        """
        with told():
            return Sink(await js.overlayEdge.sinks.open(kind, filename))


def _rungs(found: Any) -> tuple[Rung, ...]:
    return tuple(Rung(rung.kind, rung.label, rung.limit or None) for rung in found)
