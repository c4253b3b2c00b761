"""Sets of rows as Python integers: bit *i* stands for row *i*.

One ``int`` is a set; ``&``, ``|`` and ``~`` are the algebra of selections, ``int.bit_count()`` counts. A
million rows are 125 kB, and each operation runs over them in machine words.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import compress, count
from typing import Final

_ONE_OF_BIT: Final = [
    bytes(ord("1") if value >> bit & 1 else ord("0") for value in range(256)) for bit in range(8)
]
_BITS_OF_BYTE: Final = [tuple(value >> bit & 1 for bit in range(8)) for value in range(256)]


def everything(rows: int) -> int:
    """The set of all of so many rows."""
    return (1 << rows) - 1


def from_indices(indices: Iterable[int], rows: int) -> int:
    """The set of the rows with these indices, all below ``rows``."""
    buffer = bytearray((rows + 7) // 8)
    for index in indices:
        buffer[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(buffer, "little")


def span(start: int, stop: int) -> int:
    """The set of the rows from ``start`` up to and without ``stop``."""
    return everything(stop) ^ everything(start)


def indices(mask: int) -> Iterator[int]:
    """The rows of a set, in rising order."""
    octets = mask.to_bytes((mask.bit_length() + 7) // 8, "little")
    return compress(count(), (bit for octet in octets for bit in _BITS_OF_BYTE[octet]))


def planes(values: array[int]) -> tuple[int, ...]:
    """A column of unsigned numbers as one set per binary digit: row *i* is in plane *b* when bit *b* is set
    in it.

    Done by whole-column operations on bytes: a loop over a million rows would take seconds under Pyodide.
    """
    raw = (values if _LITTLE else _swapped(values)).tobytes()
    found: list[int] = []
    for offset in range(values.itemsize):
        octets = raw[offset :: values.itemsize][::-1]
        found.extend(int(octets.translate(_ONE_OF_BIT[bit]) or b"0", 2) for bit in range(8))
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def equal(column: tuple[int, ...], value: int, among: int) -> int:
    """The rows ``among`` these whose number in the column is ``value``."""
    if value >> len(column):
        return 0
    for bit, plane in enumerate(column):
        among &= plane if value >> bit & 1 else ~plane
    return among


def total(column: tuple[int, ...], among: int) -> int:
    """The sum of the column's numbers over the rows ``among`` these."""
    return sum((plane & among).bit_count() << bit for bit, plane in enumerate(column))


_LITTLE: Final = array("H", [1]).tobytes()[0] == 1


def _swapped(values: array[int]) -> array[int]:
    other = array(values.typecode, values)
    other.byteswap()
    return other
