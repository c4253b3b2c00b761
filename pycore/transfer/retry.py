"""When a file that broke is tried again, and when it is given up."""

from __future__ import annotations

from typing import Final
from zlib import crc32

#: So many attempts in a row that bring nothing, and a file is given up.
ATTEMPTS: Final = 4
#: An attempt that brought so many bytes more than any before it has brought something: the row begins anew.
WORTH_BYTES: Final = 2**18
#: Seconds without a byte after which a connection counts as broken.
STALL_SECONDS: Final = 45.0
#: A server that asks for a longer pause than this is taken for one that refuses.
LONGEST_PAUSE: Final = 300.0

_FIRST_PAUSE: Final = 1.0
_GROWTH: Final = 3.0


def pause_after(attempt: int, chance: float) -> float:
    """Seconds before the attempt that follows the ``attempt``-th in a row: 1, 3, 9 and up to half as much again.

    ``chance`` (0 to 1) spreads the returns of many clients that one failure has sent away together.
    """
    return float(_FIRST_PAUSE * _GROWTH ** (attempt - 1) * (1 + chance / 2))


def chance(seed: int, number: int) -> float:
    """A number from 0 to 1 that follows from the two, and looks like any other."""
    return crc32(number.to_bytes(8, "little"), seed & 0xFFFFFFFF) / 2**32
