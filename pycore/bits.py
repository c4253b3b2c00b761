"""Sets of rows as Python integers: bit *i* stands for row *i*.

One ``int`` is a set; ``&``, ``|`` and ``~`` are the algebra of selections, ``int.bit_count()`` counts. A
million rows are 125 kB, and each operation runs over them in machine words.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain, compress, count, islice
from operator import itemgetter
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

_ONE_OF_BIT: Final = [
    bytes(ord("1") if value >> bit & 1 else ord("0") for value in range(256)) for bit in range(8)
]
_WORD: Final = 4096
_DIGIT_OF_FLAG: Final = b"0" + b"1" * 255
_FLAG_OF_DIGIT: Final = bytes(value & 1 for value in range(256))
#: So many bytes of a set are spread out at a time.
_SLAB: Final = 2048
#: So many numbers are looked up one by one in a step, and so many blocks of 256 at once.
_ONE_BY_ONE: Final = 100_000
_BLOCKS: Final = 32


def everything(rows: int) -> int:
    """The set of all of so many rows."""
    return (1 << rows) - 1


def from_indices(indices: Iterable[int], rows: int) -> int:
    """The set of the rows with these indices, all below ``rows``."""
    buffer = bytearray((rows + 7) // 8)
    for index in indices:
        buffer[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(buffer, "little")


def from_flags(flags: bytes | bytearray) -> int:
    """The set of the rows whose flag, a byte each, is not 0."""
    return int(flags[::-1].translate(_DIGIT_OF_FLAG) or b"0", 2)


def flags(mask: int, rows: int) -> bytes:
    """A byte for each of so many rows: 1 where the row is in the set, else 0."""
    return f"{mask:0{rows}b}".encode()[::-1].translate(_FLAG_OF_DIGIT) if rows else b""


def firsts(mask: int, begins: int, rows: int) -> int:
    """Of consecutive groups of rows, whose first ones are ``begins``, the first row each that is in the set.

    A carry is sent up from each group's begin, and stops at the row in question; at the group's end at the latest.
    """
    ends = (begins >> 1 | 1 << rows >> 1) & everything(rows)
    outside = everything(rows) & ~(mask | ends)
    return (outside + begins) & ~outside & mask


class Laid:
    """A set laid out for many small questions: of a long number each digit asked for costs as much as the whole."""

    def __init__(self, mask: int, rows: int) -> None:
        self._octets = mask.to_bytes((rows + 7) // 8, "little")

    def __contains__(self, index: int) -> bool:
        return bool(self._octets[index >> 3] >> (index & 7) & 1)

    def having(self, indices: Iterable[int]) -> list[int]:
        """For each of these rows 1 where it is in the set, else 0."""
        octets = self._octets
        return [octets[index >> 3] >> (index & 7) & 1 for index in indices]

    def span(self, start: int, stop: int) -> int:
        """The rows from ``start`` up to and without ``stop``, as a set that begins with ``start``."""
        octets = int.from_bytes(self._octets[start >> 3 : (stop + 7) >> 3], "little")
        return octets >> (start & 7) & everything(stop - start)


def span(start: int, stop: int) -> int:
    """The set of the rows from ``start`` up to and without ``stop``."""
    return everything(stop) ^ everything(start)


def indices(mask: int) -> Iterator[int]:
    """The rows of a set, in rising order."""
    octets = mask.to_bytes((mask.bit_length() + 7) // 8, "little")
    slabs = ((8 * at, octets[at : at + _SLAB]) for at in range(0, len(octets), _SLAB))
    return chain.from_iterable(compress(count(start), _spread(slab)) for start, slab in slabs)


def _spread(octets: bytes) -> bytes:
    """A byte for each bit, in their order; none where there is no bit at all."""
    mask = int.from_bytes(octets, "little")
    return flags(mask, 8 * len(octets)) if mask else b""


def some(mask: int, skip: int, count: int) -> tuple[int, ...]:
    """So many rows of a set, in rising order, after the first ``skip`` of them."""
    if skip >= mask.bit_count():
        return ()
    start, width = 0, mask.bit_length()
    while width > _WORD:
        half = width // 2
        low = mask & everything(half)
        inside = low.bit_count()
        if skip < inside:
            # What comes after the lower half is wanted too, where the rows go on there.
            if skip + count <= inside:
                mask = low
            width = half
        else:
            skip -= inside
            mask >>= half
            start += half
            width -= half
    return tuple(start + index for index in islice(indices(mask), skip, skip + count))


def picked(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What stands at these places of a column; quicker than to ask for one after the other."""
    if len(places) < 2:
        return [column[place] for place in places]
    return cast(Sequence[T], itemgetter(*places)(column))


def planes(values: array[int]) -> tuple[int, ...]:
    """A column of unsigned numbers as one set per binary digit: row *i* is in plane *b* when bit *b* is set
    in it.
    """
    return finished(planes_in_steps(values))


def planes_in_steps(values: array[int]) -> Generator[None, None, tuple[int, ...]]:
    """The same, with a pause after each few planes.

    Done by whole-column operations on bytes: a loop over a million rows would take seconds under Pyodide.
    """
    raw = (values if _LITTLE else _swapped(values)).tobytes()
    found: list[int] = []
    for offset in range(values.itemsize):
        octets = raw[offset :: values.itemsize][::-1]
        if octets.count(0) == len(octets):
            found.extend([0] * 8)
            continue
        for bit in range(8):
            found.append(int(octets.translate(_ONE_OF_BIT[bit]) or b"0", 2))
            if bit % 4 == 3:
                yield
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def told(numbers: array[int], of: bytes) -> Generator[None, None, bytes]:
    """In steps, for each number of a column the byte that stands at that place in ``of``.

    Done by the lowest bytes of all numbers with the same ones above; where those are many, one by one.
    """
    raw = (numbers if _LITTLE else _swapped(numbers)).tobytes()
    blocks = range(0, len(of), 256)
    if len(blocks) > _BLOCKS:
        one_by_one = bytearray()
        for start in range(0, len(numbers), _ONE_BY_ONE):
            one_by_one.extend(map(of.__getitem__, numbers[start : start + _ONE_BY_ONE]))
            yield
        return bytes(one_by_one)
    low = raw[:: numbers.itemsize]
    if len(blocks) == 1:
        return low.translate(of.ljust(256, b"\0"))
    above = raw[1 :: numbers.itemsize]
    found = 0
    for number, start in enumerate(blocks):
        here = of[start : start + 256].ljust(256, b"\0")
        if here.count(0) < 256:
            where = above.translate(bytes(0xFF if each == number else 0 for each in range(256)))
            found |= int.from_bytes(low.translate(here), "little") & int.from_bytes(where, "little")
            yield
    return found.to_bytes(len(numbers), "little")


def finished(steps: Generator[Any, None, T]) -> T:
    """What work that is done in steps comes to, done at one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(T, end.value)


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
