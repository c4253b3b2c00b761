"""JavaScript-style patterns on lists of names, by the browser's own engine in a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import js

from web.browser.failure import told
from web.ports import Invalid, Match, Matched, Superseded, TimedOut

#: So many names go to the worker at a time: some 10 ms. A multiple of 8, so that each piece has its own bytes of bits.
_PIECE: Final = 1 << 15
#: What ends a line for JavaScript.
_LINE_ENDS: Final = ("\n", "\r", "\u2028", "\u2029")


class RegexEngine:
    """Unanchored matches, as ``new RegExp(pattern, flags).test(name)`` has them.

    Its workers start with it: made early, it serves although the site's server goes away later.
    """

    def __init__(self) -> None:
        self._host: Any = js.overlayEdge.regex.RegexHost.new()
        self._keys: set[str] = set()
        self._loading: dict[str, object] = {}

    async def load(self, key: str, names: Sequence[str]) -> None:
        """Gives a list of names to the worker, in place of what the key held; no name may hold NUL.

        The page has its turn between any two pieces of them.
        """
        self._keys.discard(key)
        self._host.begin(key)
        mine = self._loading[key] = object()
        for start in range(0, len(names), _PIECE):
            self._host.add(key, *_joined(names[start : start + _PIECE]))
            await asyncio.sleep(0)
            if self._loading[key] is not mine:
                # Other names have taken the place of these.
                return
        self._keys.add(key)

    async def match(self, key: str, pattern: str, flags: str = "") -> Match:
        """Tries a pattern on the names of a list, with flags that keep no state, as ``i`` does.

        ``regex.no-worker`` where the browser has none for it.
        """
        if key not in self._keys:
            raise KeyError(key)
        with told():
            answer = await self._host.match(key, pattern, flags)
        match answer.kind:
            case "matched":
                return Matched(int.from_bytes(answer.bits.to_bytes(), "little"))
            case "invalid":
                return Invalid(answer.message)
            case "timeout":
                return TimedOut()
            case _:
                return Superseded()


def _joined(names: Sequence[str]) -> tuple[str, int, bool]:
    """The names as one text, how many they are, and whether each is a line of it; else they are between NULs."""
    if "\0" in (whole := "".join(names)):
        raise ValueError("a name holds NUL")
    lines = not any(end in whole for end in _LINE_ENDS)
    return ("\n" if lines else "\0").join(names), len(names), lines
