"""The text of product lists as columns, split by a worker; and files, piece by piece."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from pycore.errors import OverlayError
from pycore.formats.list_columns import SplitRows
from web import ports
from web.browser.failure import told
from web.browser.http import Chunk


class Splitters:
    """One list after the other or several at once, each with a splitter; their worker starts with this."""

    def __init__(self) -> None:
        self._host: Any = js.overlayEdge.lists.ListSplitter.new()

    def begin(self) -> Splitter:
        """A splitter for a new list."""
        return Splitter(self._host)


class Splitter:
    """Splits one list. Errors: ``list.no-worker``, ``list.not-text``, ``list.row-size``."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self._list: int = host.begin()

    async def add(self, piece: ports.Chunk | bytes) -> SplitRows:
        """The rows that are whole with these bytes, which are taken over."""
        with told():
            taken = to_js(piece) if isinstance(piece, bytes) else piece.js  # type: ignore[attr-defined]
            return _rows(await self._host.add(self._list, taken))

    async def end(self) -> tuple[SplitRows, str]:
        """The last rows, and the text of the list without its rows."""
        with told():
            answer = await self._host.end(self._list)
            return _rows(answer), answer.frame

    def drop(self) -> None:
        """Let the list go before its end."""
        self._host.drop(self._list)


class LocalFile:
    """A file that was chosen or dropped."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.name: str = file.name
        self.size: int = file.size

    async def pieces(self) -> AsyncIterator[Chunk]:
        """Its bytes; ``list.unreadable`` where the browser does not read it."""
        start = 0
        while start == 0 or start < self.size:
            try:
                piece = await js.overlayEdge.lists.pieceOf(self._file, start)
            except JsException as refused:
                if refused.name != "EdgeFailure":
                    raise
                words = str(refused.message).rstrip(".")
                raise OverlayError(
                    "list.unreadable",
                    f"The file could not be read: {words}.",
                    "Choose it again. Of a folder, choose the files in it.",
                ) from refused
            if not piece.byteLength:
                return
            start += piece.byteLength
            yield Chunk(piece, piece.byteLength)


def _rows(answer: Any) -> SplitRows:
    return SplitRows(
        names=answer.names.to_bytes(),
        sizes=_numbers("Q", answer.sizes),
        datasets=answer.datasets.to_bytes(),
        dataset=_numbers("I", answer.dataset),
        kinds=answer.kinds,
        kind=_numbers("I", answer.kind),
        own=answer.own,
        numbers=_numbers("I", answer.numbers),
        odd=answer.odd,
    )


def _numbers(typecode: str, column: Any) -> array[int]:
    numbers = array(typecode)
    numbers.frombytes(column.to_bytes())
    return numbers
