"""Small files, such as lists and scripts, among the browser's downloads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import js
from pyodide.ffi import to_js

_PART: Final = 1 << 20


def save(filename: str, mime: str, pieces: Iterable[str]) -> int:
    """Saves a text in UTF-8 and tells its size in bytes; lone surrogates become U+FFFD, as browsers have it.

    Pieces may be many and small: they are gathered to parts of about a million characters, and leave Python's
    memory by and by.
    """
    parts = js.Array.new()
    gathered: list[str] = []
    length = 0
    for piece in pieces:
        gathered.append(piece)
        length += len(piece)
        if length >= _PART:
            parts.push("".join(gathered))
            gathered.clear()
            length = 0
    parts.push("".join(gathered))
    blob = js.Blob.new(parts, to_js({"type": mime}, dict_converter=js.Object.fromEntries))
    js.overlayEdge.sinks.saveBlob(blob, filename)
    return int(blob.size)
