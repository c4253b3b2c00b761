"""Volumes, counts, durations and rates as the panel writes them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB", "EB")
_SCALES: Final = tuple(1000 ** (unit + 1) for unit in range(len(_UNITS)))


def volume(size: int) -> str:
    """Bytes in decimal units: bytes whole, kB with one decimal, MB and up with three."""
    if size < 1000:
        return f"{size} B"
    unit = min((len(str(size)) - 1) // 3, len(_UNITS)) - 1
    written = _in_unit(size, unit)
    # A number that rounds up to 1000.0 belongs to the next unit.
    if written.startswith("1000.") and unit < len(_UNITS) - 1:
        unit += 1
        written = _in_unit(size, unit)
    return f"{written} {_UNITS[unit]}"


def _in_unit(size: int, unit: int) -> str:
    return f"{size / _SCALES[unit]:.{1 if unit == 0 else 3}f}"


def number(count: int) -> str:
    """A count, with commas between thousands from five digits on."""
    return f"{count:,}" if count >= 10_000 else f"{count}"


def files(count: int) -> str:
    """A count of products: ``1 file``, ``52 files``."""
    return f"{number(count)} file{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """A span of time to the two largest units: ``45 s``, ``3 min 20 s``, ``2 h 5 min``, ``4 d 1 h``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
