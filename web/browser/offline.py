"""The browser's copy of the page, which works without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy


class OfflineCopy:
    """What ``web/offline.js`` knows of the page's parts. One proxy lives as long as the page."""

    def __init__(self) -> None:
        self._edge: Any = js.overlayEdge.offline
        self._proxy: Any = None

    def watch(self, hear: Callable[[str, str], None]) -> None:
        """Call with each news of it: ``kept``, ``refused``, ``new`` or ``gone``, and a detail."""
        if js.location.protocol == "file:":
            return  # Opened as a file, the page needs no network as it is.
        self._proxy = create_proxy(hear)
        self._edge.watch(self._proxy)

    async def take_new(self) -> str:
        """Put the new version to use, which reloads the page; why not, else ``""``."""
        return str(await self._edge.takeNew())
