"""JavaScript-style patterns on lists of names, by the browser's own engine in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import js

from web.browser.failure import told
from web.ports import Invalid, Match, Matched, Superseded, TimedOut


class RegexEngine:
    """Unanchored, case-sensitive matches, as ``new RegExp(pattern).test(name)`` has them.

    Its workers start with it: made early, it serves although the site's server goes away later.
    """

    def __init__(self) -> None:
        self._host: Any = js.overlayEdge.regex.RegexHost.new()
        self._keys: set[str] = set()

    async def load(self, key: str, names: Sequence[str]) -> None:
        """Gives a list of names to the worker, in place of what the key held; no name may hold NUL."""
        joined = "\0".join(names)
        if names and joined.count("\0") != len(names) - 1:
            raise ValueError("a name holds NUL")
        self._host.load(key, joined, len(names))
        self._keys.add(key)

    async def match(self, key: str, pattern: str) -> Match:
        """Tries a pattern on the names of a list; ``regex.no-worker`` where the browser has none for it."""
        if key not in self._keys:
            raise KeyError(key)
        with told():
            answer = await self._host.match(key, pattern)
        match answer.kind:
            case "matched":
                return Matched(int.from_bytes(answer.bits.to_bytes(), "little"))
            case "invalid":
                return Invalid(answer.message)
            case "timeout":
                return TimedOut()
            case _:
                return Superseded()
