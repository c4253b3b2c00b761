"""The rows of all missions one after the other, in the archive's order or sorted: which stand where.

A set of rows is one ``int`` for each mission, a row the number of its mission and its own.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Generator, Sequence
from itertools import accumulate
from typing import Final, Protocol, TypeAlias

from pycore import bits

Masks: TypeAlias = tuple[int, ...]
Place: TypeAlias = tuple[int, int]

#: A sorted list is cut into so many blocks, unless they were smaller than that.
_BLOCKS: Final = 64
_SMALLEST: Final = 1024


class Lines(Protocol):
    """The rows of a set in an order."""

    @property
    def total(self) -> int:
        """How many there are."""

    def window(self, skip: int, count: int) -> list[Place]:
        """So many of them, after the first ``skip``."""

    def before(self, place: Place) -> int:
        """How many of them stand before this row, which need not be one of them."""


class Listed:
    """In the archive's order."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._counts = [mask.bit_count() for mask in masks]
        self.total = sum(self._counts)

    def window(self, skip: int, count: int) -> list[Place]:
        """So many of them, after the first ``skip``."""
        found: list[Place] = []
        for number, (mask, here) in enumerate(zip(self._masks, self._counts, strict=True)):
            if skip < here and len(found) < count:
                found.extend((number, index) for index in bits.some(mask, skip, count - len(found)))
            skip = max(0, skip - here)
        return found

    def before(self, place: Place) -> int:
        """How many of them stand before this row."""
        number, index = place
        return sum(self._counts[:number]) + (self._masks[number] & bits.everything(index)).bit_count()


class Order:
    """The rows of all missions, numbered through, as they are sorted. ``rows`` is how many each mission has.

    The sorted rows are cut into blocks, each known as a set too: so those of any set are counted without looking at
    them one by one.
    """

    def __init__(self, order: array[int], rows: Sequence[int]) -> None:
        bits.finished(self._cut(order, rows))

    @classmethod
    def in_steps(cls, order: array[int], rows: Sequence[int]) -> Generator[None, None, Order]:
        """The same in steps of some 10 ms."""
        made = cls.__new__(cls)
        yield from made._cut(order, rows)
        return made

    def _cut(self, order: array[int], rows: Sequence[int]) -> Generator[None, None, None]:
        self.order = order
        self.starts = (0, *accumulate(rows))
        self.size = max(_SMALLEST, -(-len(order) // _BLOCKS))
        self.blocks: list[int] = []
        for start in range(0, len(order), self.size):
            self.blocks.append(bits.from_indices(order[start : start + self.size], len(order)))
            yield

    def lines(self, masks: Masks) -> Ordered:
        """The rows of a set in this order."""
        return Ordered(self, masks)

    def where(self, place: Place) -> int:
        """Where a row stands in the order."""
        number = self.starts[place[0]] + place[1]
        raw, wanted = self.order.tobytes(), array("I", [number]).tobytes()
        found = raw.find(wanted)
        while found % len(wanted):
            found = raw.find(wanted, found + 1)
        return found // len(wanted)

    def place(self, number: int) -> Place:
        """The row of a number that goes through all missions."""
        mission = bisect_right(self.starts, number) - 1
        return mission, number - self.starts[mission]


class Ordered:
    """The rows of a set in a sorted order."""

    def __init__(self, order: Order, masks: Masks) -> None:
        self._order = order
        together = 0
        for start, mask in zip(order.starts, masks, strict=False):
            together |= mask << start
        self._octets = together.to_bytes((len(order.order) + 7) // 8, "little")
        #: How many stand before each block, and in all.
        self._before = (0, *accumulate((together & block).bit_count() for block in order.blocks))
        self.total = self._before[-1]

    def window(self, skip: int, count: int) -> list[Place]:
        """So many of them, after the first ``skip``."""
        if skip >= self.total:
            return []
        block = bisect_right(self._before, skip) - 1
        skip -= self._before[block]
        found: list[int] = []
        while len(found) < skip + count and block < len(self._order.blocks):
            found.extend(self._block(block))
            block += 1
        return [self._order.place(number) for number in found[skip : skip + count]]

    def before(self, place: Place) -> int:
        """How many of them stand before this row."""
        block, inside = divmod(self._order.where(place), self._order.size)
        return self._before[block] + len(self._block(block, inside))

    def _block(self, block: int, end: int | None = None) -> list[int]:
        """The numbers of a block, or of its first ``end`` rows, that are in the set."""
        start = block * self._order.size
        numbers = self._order.order[start : start + (self._order.size if end is None else end)]
        octets = self._octets
        return [number for number in numbers if octets[number >> 3] >> (number & 7) & 1]
