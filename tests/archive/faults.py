"""Faults that the archive shows on demand: what to do wrong, with which file, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

#: Every kind of fault with what it does. Parameters that a kind heeds stand in brackets.
KINDS: Final = {
    "cut": "closes the connection after [at] bytes of the body, [quiet] seconds after the last of them",
    "reset": "resets the connection after [at] bytes of the body, of which some may not arrive",
    "stall": "says nothing more after [at] bytes, for [seconds] or until the client leaves",
    "trickle": "sends [rate] bytes a second",
    "status": "answers [status], with Retry-After where [retry_after] is given",
    "short": "announces and sends [by] bytes less than the product has",
    "long": "announces and sends [by] bytes more than the product has",
    "etag": "answers another ETag than before, with the same bytes",
    "no-validators": "answers without ETag and Last-Modified",
    "ignore-range": "answers 200 with the whole file whatever was asked",
    "wrong-range": "answers 206 with a range that begins [by] bytes before the one that was asked",
    "range-refused": "answers 416 to every request with a range",
    "redirect-loop": "redirects for ever",
    "html": "answers 200 with a page of HTML instead of the product",
    "xml": "answers 200 with an error in XML instead of the product",
    "chunked": "answers without Content-Length, in chunks",
    "until-close": "answers without Content-Length, ended by closing the connection",
    "corrupt": "changes the byte at [at]",
    "blocked": "answers without any header that lets other origins read the answer",
}

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "pattern": str,
    "kind": str,
    "times": (int, type(None)),
    "after": int,
    "at": int,
    "by": int,
    "seconds": (int, float),
    "quiet": (int, float),
    "rate": int,
    "status": int,
    "retry_after": (str, type(None)),
}


@dataclass(slots=True)
class Fault:
    """One fault: ``kind`` for products whose file name matches ``pattern`` (``*`` and ``?`` stand for any).

    ``after`` requests are served well first, then ``times`` ones go wrong (``None``: all of them). A
    pattern may also be the name of an endpoint: ``whoami``, ``list_products``. Raises ``ValueError`` for an
    unknown kind.
    """

    pattern: str
    kind: str
    times: int | None = None
    after: int = 0
    at: int = 0
    by: int = 1
    seconds: float = 3600.0
    quiet: float = 0.0
    rate: int = 1000
    status: int = 500
    retry_after: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Refuse what would never fire or could not be served."""
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(KINDS)}")
        if min(self.at, self.after, self.by) < 0 or self.rate < 1 or not 200 <= self.status <= 599:
            raise ValueError("a parameter of the fault is out of its range")

    def as_json(self) -> dict[str, object]:
        """Give the fault as an object for ``/_faults``."""
        return {name: getattr(self, name) for name in _TYPES}


class Faults:
    """The faults in force, in the order in which they were added. Thread-safe."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def add_from_json(self, given: Mapping[str, Any]) -> Fault:
        """Put a fault in force that is told as an object; raises ``ValueError`` for what is none."""
        if set(given) - set(_TYPES) or not {"pattern", "kind"} <= set(given):
            raise ValueError(f"a fault has pattern and kind, and may have {', '.join(_TYPES)}")
        for name, value in given.items():
            if not isinstance(value, _TYPES[name]):
                raise ValueError(f"{name} is of the wrong type")
        return self.add(Fault(**given))

    def clear(self) -> None:
        """End all faults, those included that hold a request at this moment."""
        with self._lock:
            for fault in self._faults:
                fault.ended.set()
            self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        """Go through the faults as they are now."""
        with self._lock:
            return iter(list(self._faults))

    def take(self, name: str) -> Fault | None:
        """Give the first fault due for this file or endpoint, and count the request for it."""
        with self._lock:
            for fault in self._faults:
                if not fnmatchcase(name, fault.pattern):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is None:
                    return fault
                if fault.times > 0:
                    fault.times -= 1
                    return fault
        return None
