"""The servers of a transfer: how many connections each has and may have, and until when it wants none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: So many connections browsers open to one server by themselves (HTTP/1.1): of more requests, the last wait for one.
BROWSERS_OWN: Final = 6
#: Requests to all servers together.
MOST_CONNECTIONS: Final = 16
#: Seconds without a word of overload after which one more connection is tried again.
EASED_SECONDS: Final = 30.0
#: So many files that break unanswered, one after the other, and an origin that has answered before is out.
OUTAGE_FILES: Final = 2
#: Seconds until an origin that is out is asked the first time, and at most; and until it is given up.
FIRST_PROBE: Final = 5.0
LONGEST_PROBE: Final = 60.0
OUTAGE_SECONDS: Final = 900.0
#: So many files in a row without any answer, and the rest of that origin is asked once each.
SILENT_FILES: Final = 2


@dataclass(slots=True)
class _Outage:
    """Since when an origin is out, when it is asked next, and how long the wait after that is; in seconds."""

    since: float
    due: float
    wait: float = FIRST_PROBE


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
        self._now = 0.0
        #: What each origin may have that has fewer connections now, and since when it has not complained.
        self._full: dict[str, int] = {}
        self._eased: dict[str, float] = {}
        #: Who has answered, which files have broken unanswered since, and who is out.
        self._alive: set[str] = set()
        self._lost: dict[str, set[int]] = {}
        self._outages: dict[str, _Outage] = {}

    @property
    def connections(self) -> int:
        """All that are open."""
        return self._open.total()

    def cap(self, origin: str) -> int:
        """How many connections this origin may have now."""
        return self._caps.get(origin, self._default)

    def requests(self, origin: str) -> int:
        """How many requests this origin may have now.

        Where the browser itself opens no more connections, one more request stands ready in it, and goes out the
        moment that one is free: each file but the first ones would come later by a turn of Python's.
        """
        cap = self.cap(origin)
        return cap + 1 if cap == BROWSERS_OWN and self.holds_back(origin) else cap

    def holds_back(self, origin: str) -> bool:
        """Whether one request more than the browser has connections for may be out."""
        return self._full.get(origin, self.cap(origin)) == BROWSERS_OWN

    def may_open(self, origin: str) -> bool:
        """Whether one more request to this origin is in order now."""
        if origin in self._asked or origin in self._until:
            return False
        if (outage := self._outages.get(origin)) is not None:
            return outage.due <= self._now and not self._open[origin]
        return self._open[origin] < self.requests(origin) and self.connections < MOST_CONNECTIONS

    def opened(self, origin: str) -> None:
        """A connection is open from now on."""
        self._open[origin] += 1

    def closed(self, origin: str) -> None:
        """A connection is over."""
        self._open[origin] -= 1

    def overloaded(self, origin: str, pause: float) -> None:
        """The origin says that it is asked too much: half the connections from now on, after the pause it wants."""
        self._full.setdefault(origin, self.cap(origin))
        self._caps[origin] = max(1, self.cap(origin) // 2)
        self._eased[origin] = self._now
        if pause:
            self._until.pop(origin, None)
            self._asked[origin] = max(pause, self._asked.get(origin, 0.0))

    def ticked(self, now: float) -> None:
        """Time has passed: pauses end, new ones are counted from now, and who is quiet gets a connection back."""
        self._now = now
        for origin in [each for each, since in self._eased.items() if now - since >= EASED_SECONDS]:
            self._caps[origin] = min(self._caps[origin] + 1, self._full[origin])
            self._eased[origin] = now
            if self._caps[origin] >= self._full[origin]:
                del self._eased[origin], self._full[origin]
        self._until = {origin: due for origin, due in self._until.items() if due > now}
        self._until |= {origin: now + pause for origin, pause in self._asked.items()}
        self._asked = {}

    def hurry(self) -> None:
        """What was asked for before the network went is long over."""
        self._asked, self._until = {}, {}
        for outage in self._outages.values():
            outage.due = self._now

    def answered(self, origin: str) -> None:
        """The origin is there."""
        self._alive.add(origin)
        self._lost.pop(origin, None)
        self._outages.pop(origin, None)
        self._silent.pop(origin, None)

    def lost(self, origin: str, file: int) -> None:
        """A request for a file has broken unanswered."""
        if origin not in self._alive or self.is_silent(origin):
            return
        if (outage := self._outages.get(origin)) is not None:
            if outage.due <= self._now:
                outage.wait = min(2 * outage.wait, LONGEST_PROBE)
                outage.due = self._now + outage.wait
            if self._now - outage.since >= OUTAGE_SECONDS:
                del self._outages[origin]
                self._silent[origin] = SILENT_FILES
            return
        lost = self._lost.setdefault(origin, set())
        lost.add(file)
        if len(lost) >= OUTAGE_FILES:
            self.is_out(origin)

    def is_out(self, origin: str) -> None:
        """An origin that has answered before is out, from now on, unless it is out already or given up."""
        if origin in self._alive and not self.is_silent(origin):
            self._outages.setdefault(origin, _Outage(self._now, self._now + FIRST_PROBE))

    def out_for(self, origin: str) -> float | None:
        """Seconds until an origin that is out is asked again; ``None`` for one that is not out."""
        outage = self._outages.get(origin)
        return None if outage is None else max(0.0, outage.due - self._now)

    def kept_silent(self, origin: str) -> None:
        """A file has used up its attempts without any answer."""
        self._silent[origin] += 1

    def is_silent(self, origin: str) -> bool:
        """Whether nothing is to be hoped for there."""
        return self._silent[origin] >= SILENT_FILES
