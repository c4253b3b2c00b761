"""Places to write: a folder or a file that the person chooses, a browser's download, its storage, or memory."""

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
        """Takes bytes over, and is done when more are welcome; a chunk may be empty then, or hold others."""
        with told():
            await self._opened.write(data.js if isinstance(data, Chunk) else to_js(data))

    async def close(self) -> None:
        """The file is whole; afterwards it is in its place."""
        with told():
            await self._opened.close()

    async def abort(self, why: str, *, keep: bool = False) -> bool:
        """The file is not wanted: nothing stays, or a download that the browser calls failed.

        A write or a close that waits ends as ``sink.closed``. False when the file was whole before, and stays. With
        ``keep``, what a folder has whole stays, and goes on another time.
        """
        with told():
            return bool(await self._opened.abort(why, keep))


class Folder(Sink):
    """An open folder; what is written is the file's that was begun last."""

    def __init__(self, opened: Any) -> None:
        super().__init__(opened)
        self.name: str = opened.name
        self.notes: tuple[str, ...] = tuple(opened.notes)

    async def begin(self, path: str) -> None:
        """A file begins, and is not in its place yet."""
        with told():
            await self._opened.begin(path)

    async def complete(self, path: str, note: str) -> None:
        """It is whole: into its place, and noted."""
        with told():
            await self._opened.complete(path, note)

    async def leave_out(self) -> None:
        """Nothing of the file that was begun stays."""
        with told():
            await self._opened.leaveOut()

    def forget(self) -> None:
        """All is there: nothing has to be noted any more once the folder is closed."""
        self._opened.forget()

    async def look(self, path: str) -> Found | None:
        """A file that is there already, if it is."""
        with told():
            found = await self._opened.look(path)
        return Found(found) if found else None


class Found:
    """A file that is there; its size in bytes."""

    def __init__(self, found: Any) -> None:
        self._found = found
        self.size: int = found.size

    async def piece(self, start: int) -> bytes:
        """The bytes from there on, a few megabytes at most; none at its end."""
        with told():
            piece = await self._found.piece(start)
        content: bytes = piece.to_bytes()
        return content


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

    async def open_folder(self, name: str, key: str) -> Folder:
        """Opens a folder for a download, that of the same one if it was begun before; errors as for a file."""
        with told():
            return Folder(await js.overlayEdge.sinks.openFolder(name, key))


def _rungs(found: Any) -> tuple[Rung, ...]:
    # JavaScript's null is no None, and a limit of 0 is one.
    return tuple(
        Rung(rung.kind, int(limit) if isinstance(limit := rung.limit, int | float) else None)
        for rung in found
    )
