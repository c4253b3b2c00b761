"""The time, and a tick each second that a hidden tab does not slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy


class Clock:
    """Ticks come from a worker that the page keeps; while a callback listens, one proxy lives."""

    def __init__(self) -> None:
        # Asked for with every piece of a body: each step of a path to a function costs as much as the call.
        self._now: Any = js.overlayEdge.clock.nowMs
        self._listener: Any = None
        self._unsubscribe: Any = None

    def start(self, callback: Callable[[float], None]) -> None:
        """Calls back each second with ``now_ms()``; a start after a start replaces the callback."""
        self.stop()
        listener = create_proxy(callback)
        try:
            self._unsubscribe = js.overlayEdge.clock.onTick(listener)
        except BaseException:
            listener.destroy()
            raise
        self._listener = listener

    def stop(self) -> None:
        """No more ticks."""
        if self._listener is not None:
            self._unsubscribe()
            self._listener.destroy()
            self._listener = self._unsubscribe = None

    def now_ms(self) -> float:
        """Milliseconds since some fixed moment; never runs backwards."""
        return float(self._now())

    def epoch_ms(self) -> float:
        """The time by the calendar, in milliseconds since 1970, UTC."""
        return float(js.Date.now())
