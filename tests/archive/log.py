"""The record of what was asked of a server and what it answered."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

KEPT: Final = 100_000
_OF_INTEREST: Final = (
    "origin",
    "range",
    "if-range",
    "content-type",
    "user-agent",
    "accept-encoding",
    "cookie",
)


@dataclass(slots=True)
class Request:
    """One request with its answer so far: ``status`` is 0 before there is one, ``sent`` bytes of the body.

    ``authorized`` says whether an ``Authorization`` header came, ``cut`` whether the body ended before its
    time.
    """

    method: str
    path: str
    product: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    authorized: bool = False
    range: str | None = None
    status: int = 0
    sent: int = 0
    fault: str | None = None
    cut: bool = False
    done: bool = False


class Log:
    """The last ``KEPT`` requests, oldest first. Thread-safe."""

    def __init__(self) -> None:
        """Begin empty."""
        self._changed = threading.Condition()
        self._requests: deque[Request] = deque(maxlen=KEPT)

    def begin(self, method: str, path: str, headers: dict[str, str]) -> Request:
        """Record that a request has come; ``headers`` have lower-case names."""
        kept: dict[str, str] = {name: headers[name] for name in _OF_INTEREST if name in headers}
        request = Request(
            method, path, headers=kept, authorized="authorization" in headers, range=headers.get("range")
        )
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def changed(self) -> None:
        """Tell those who wait that a record has changed."""
        with self._changed:
            self._changed.notify_all()

    def all(self) -> list[Request]:
        """Give the records as they are now."""
        with self._changed:
            return list(self._requests)

    def clear(self) -> None:
        """Forget all records."""
        with self._changed:
            self._requests.clear()

    def wait(self, condition: Callable[[list[Request]], bool], timeout: float = 10.0) -> bool:
        """Wait until the records fulfil a condition; ``False`` when the time (seconds) is over before."""
        end = time.monotonic() + timeout
        with self._changed:
            while not condition(list(self._requests)):
                if not self._changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return condition(list(self._requests))
            return True

    def as_json(self) -> list[dict[str, object]]:
        """Give the records as objects."""
        return [asdict(request) for request in self.all()]
