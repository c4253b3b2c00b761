"""The time, and a tick each second that a hidden tab does not slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy


class Clock:
    """Ticks come from a worker; while it runs, one proxy lives."""

    def __init__(self) -> None:
        self._listener: Any = None
        self._unsubscribe: Any = None

    def start(self, callback: Callable[[float], None]) -> None:
        """Calls back each second with ``now_ms()``; a start after a start replaces the callback."""
        self.stop()
        self._listener = create_proxy(callback)
        self._unsubscribe = js.overlayEdge.clock.onTick(self._listener)

    def stop(self) -> None:
        """No more ticks."""
        if self._listener is not None:
            self._unsubscribe()
            self._listener.destroy()
            self._listener = self._unsubscribe = None

    def now_ms(self) -> float:
        """Milliseconds since some fixed moment; never runs backwards."""
        return float(js.overlayEdge.clock.nowMs())

    def utc_now(self) -> str:
        """The time of day, as ``2026-11-22T07:17:20.000Z``."""
        return str(js.overlayEdge.clock.utcNow())
