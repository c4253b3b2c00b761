"""Asks a page again until what it should come to is there: a script that waited in the page might wait for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from playwright.sync_api import Page

_WAIT_S: Final = 20.0
_PAUSE_MS: Final = 20

Answer = TypeVar("Answer")


def wait_until(page: Page, ask: Callable[[], Answer]) -> Answer:
    """Give the first answer that is true; fails when none comes in time."""
    last = time.monotonic() + _WAIT_S
    while not (answer := ask()):
        assert time.monotonic() < last, f"still {answer!r} after {_WAIT_S:.0f} s"
        page.wait_for_timeout(_PAUSE_MS)
    return answer
