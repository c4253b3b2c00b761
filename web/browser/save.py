"""Files such as lists and scripts, among the browser's downloads."""

from __future__ import annotations

from typing import Any, Final

import js
from pyodide.ffi import to_js

_PART: Final = 1 << 20


class Draft:
    """A file on its way: pieces may be many and small. About a million of characters at a time leave Python's memory
    for the browser's, which can put them on disk.
    """

    def __init__(self) -> None:
        self._parts: Any = js.Array.new()
        self._gathered: list[str] = []
        self._length = 0
        self.size = 0

    def add(self, piece: str | bytes) -> None:
        """Adds text, in UTF-8 with U+FFFD for lone surrogates, or bytes."""
        if isinstance(piece, bytes):
            self._flush()
            self._push(to_js(piece))
            return
        self._gathered.append(piece)
        self._length += len(piece)
        if self._length >= _PART:
            self._flush()

    def save(self, filename: str, mime: str) -> int:
        """Hands the file to the browser and tells its size in bytes."""
        self._flush()
        blob = js.Blob.new(self._parts, to_js({"type": mime}, dict_converter=js.Object.fromEntries))
        js.overlayEdge.sinks.saveBlob(blob, filename)
        return int(blob.size)

    def _flush(self) -> None:
        if self._gathered:
            self._push("".join(self._gathered))
            self._gathered.clear()
            self._length = 0

    def _push(self, part: Any) -> None:
        blob = js.Blob.new(to_js([part]))
        self.size += int(blob.size)
        self._parts.push(blob)
