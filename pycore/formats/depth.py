"""How deep a JSON text is nested, told before a parser tries.

Python's own parser recurses. Where it runs in WebAssembly, the browser's stack is at its end before Python's check of
its own stack says so, and with it ends the whole page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_MARKS: Final = b'[]{}"'
_OTHER: Final = bytes(octet for octet in range(256) if octet not in _MARKS)
_SLICE: Final = 1 << 20


def is_deep(text: str, levels: int) -> bool:
    """Whether brackets outside strings are nested far deeper than so many levels; up to ``levels`` never.

    Works on whole slices, not on characters: a list of 100,000 rows takes some 0.1 s.
    """
    # Between quotes stand strings and what is outside of them, in turn.
    outside = b"".join(b"".join(_marks(text)).split(b'"')[::2])
    for _ in range(levels):
        shorter = outside.replace(b"{}", b"").replace(b"[]", b"")
        if len(shorter) == len(outside):
            break
        outside = shorter
    return outside.count(b"[") + outside.count(b"{") > levels


def _marks(text: str) -> Iterator[bytes]:
    """Brackets and quotes of the text, slice by slice, without escaped quotes and most empty strings."""
    start = 0
    while start < len(text):
        stop = start + _SLICE
        while text[stop - 1 : stop] == "\\":
            stop += 1  # An escape is not cut in two.
        piece = text[start:stop]
        if "\\" in piece:
            piece = piece.replace("\\\\", "").replace('\\"', "")
        # Two quotes side by side are an empty string, or join two strings: what is outside stays outside.
        yield piece.encode("utf-8", "replace").translate(None, _OTHER).replace(b'""', b"")
        start = stop
