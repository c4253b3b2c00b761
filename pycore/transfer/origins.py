"""The servers of a transfer: how many connections each has and may have, and until when it wants none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

#: Connections to all servers together.
MOST_CONNECTIONS: Final = 16
#: So many files in a row without any answer, and the rest of that origin is asked once each.
SILENT_FILES: Final = 2


class Origins:
    """Counts the connections of each origin; ``caps`` says how many each may have, ``default`` is for the rest."""

    def __init__(self, caps: Mapping[str, int], default: int) -> None:
        self._caps = dict(caps)
        self._default = default
        self._open: Counter[str] = Counter()
        self._silent: Counter[str] = Counter()
        #: Seconds of quiet that an origin has asked for and, once a tick has said what time it is, their end.
        self._asked: dict[str, float] = {}
        self._until: dict[str, float] = {}

    @property
    def connections(self) -> int:
        """All that are open."""
        return self._open.total()

    def cap(self, origin: str) -> int:
        """How many connections this origin may have now."""
        return self._caps.get(origin, self._default)

    def may_open(self, origin: str) -> bool:
        """Whether one more connection to this origin is in order now."""
        if origin in self._asked or origin in self._until:
            return False
        return self._open[origin] < self.cap(origin) and self.connections < MOST_CONNECTIONS

    def opened(self, origin: str) -> None:
        """A connection is open from now on."""
        self._open[origin] += 1

    def closed(self, origin: str) -> None:
        """A connection is over."""
        self._open[origin] -= 1

    def overloaded(self, origin: str, pause: float) -> None:
        """The origin says that it is asked too much: half the connections from now on, after the pause it wants."""
        self._caps[origin] = max(1, self.cap(origin) // 2)
        if pause:
            self._until.pop(origin, None)
            self._asked[origin] = max(pause, self._asked.get(origin, 0.0))

    def ticked(self, now: float) -> None:
        """Time has passed: pauses end, and new ones are counted from now."""
        self._until = {origin: due for origin, due in self._until.items() if due > now}
        self._until |= {origin: now + pause for origin, pause in self._asked.items()}
        self._asked = {}

    def hurry(self) -> None:
        """What was asked for before the network went is long over."""
        self._asked, self._until = {}, {}

    def answered(self, origin: str) -> None:
        """The origin is there."""
        self._silent.pop(origin, None)

    def kept_silent(self, origin: str) -> None:
        """A file has used up its attempts without any answer."""
        self._silent[origin] += 1

    def is_silent(self, origin: str) -> bool:
        """Whether nothing is to be hoped for there."""
        return self._silent[origin] >= SILENT_FILES
