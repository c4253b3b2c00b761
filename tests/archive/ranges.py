"""The ``Range`` header (RFC 9110, section 14), for one range of bytes."""

from __future__ import annotations

import re


class Unsatisfiable(Exception):
    """No byte of the file is in the range that was asked."""


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Give start and stop (exclusive) of the one range that is asked; ``None`` where all is to be sent.

    What is no range of bytes, and several ranges, are as if nothing had been asked: the RFC allows that.
    Raises ``Unsatisfiable`` where the range lies beyond the end.
    """
    matched = re.fullmatch(r"bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)\s*", header or "")
    if not matched or not (matched[1] or matched[2]):
        return None
    if not matched[1]:
        length = int(matched[2])
        if length == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - length), size
    start = int(matched[1])
    stop = min(int(matched[2]) + 1, size) if matched[2] else size
    if matched[2] and int(matched[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, stop
