"""Rows as they come, batch by batch, de-duplicated as they grow: the columns that a catalog is an index of.

A product is known by the position of its first row: rows of one product share that number.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import compress, count
from operator import eq, ne
from typing import Any, Final

from pycore import address
from pycore.batch import Batch, filled, kind_key, row_of
from pycore.formats.list_products import BadRow
from pycore.product import EXCLUSIVE, Row

#: An identity rule of a profile: one file name of one size is one product, whatever dataset it stands in.
NAME_AND_SIZE: Final = "name-and-size"

#: So many rows are looked at between two places where other work may have its turn.
STEP: Final = 50_000

_NOTHING: Final[Mapping[str, Any]] = {}


class Gathering:
    """The rows of one mission in list order, as columns that only grow.

    ``refused`` and ``repeated`` tell of the rows that were added since it began. A row that repeats a dataset and
    product is in ``left_out``, unless its whole batch is, which then leaves no trace in the columns.
    """

    def __init__(self, identity: str) -> None:
        self.identity: Final = identity
        self.refused: list[BadRow] = []
        self.repeated = 0
        self.names: list[str] = []
        self.sizes = array("Q")
        self.datasets: dict[str, int] = {}
        self.dataset = array("I")
        self.kinds: list[Row] = []
        self.kind = array("I")
        self.numbers = array("I")
        self.own: dict[int, Mapping[str, Any]] = {}
        #: Of each row the position of the first row of its product.
        self.product = array("I")
        #: The rows that are not the first of their product, in rising order.
        self.again = array("I")
        #: Flags of products, at the positions of their first rows.
        self.exclusive = bytearray()
        self.shared = bytearray()
        self.left_out: set[int] = set()
        #: Checksums and address of a product, where they are others than its first row gives.
        self.completed: dict[int, tuple[str, str, str]] = {}
        self._kind_numbers: dict[object, int] = {}
        #: By number of a kind whether its rows are of exclusive access.
        self._strict = bytearray()
        #: The kinds of the batch before with their numbers: those of one list only grow.
        self._just_numbered: tuple[Sequence[Row], list[int]] = ((), [])
        #: By what identifies it the first product; ``_others`` has those that are not that one nevertheless.
        self._found: dict[object, int] = {}
        self._others: dict[int, list[int]] = {}
        #: Dataset and product of the rows that are not the first of their product.
        self._seen: set[tuple[int, int]] = set()
        self._size_of_url: dict[str, int] = {}
        self._dataset_names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.names)

    # -- adding -------------------------------------------------------------------------------------------------

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch in."""
        own, refused = self._addressed(batch)
        if refused:
            kept = [place for place in range(len(batch.names)) if place not in refused]
            batch = replace(batch, own=own).of_these(kept)
            own = dict(batch.own)
        start, length = len(self.names), len(batch.names)
        kinds = self._numbered(batch.kinds)
        datasets = [self.datasets.setdefault(name, len(self.datasets)) for name in batch.datasets]
        self.names.extend(batch.names)
        self.sizes.extend(batch.sizes)
        self.numbers.extend(batch.numbers)
        self.dataset.extend(map(datasets.__getitem__, batch.dataset))
        as_they_are = all(map(eq, kinds, count()))
        self.kind.extend(batch.kind if as_they_are else map(kinds.__getitem__, batch.kind))
        self.own.update((start + place, said) for place, said in own.items())
        self.exclusive.extend(bytes(length))
        self.shared.extend(bytes(length))
        self._identify(start, length)

    def _addressed(self, batch: Batch) -> tuple[dict[int, Mapping[str, Any]], set[int]]:
        """What rows say of their own, with whole addresses; and the places of rows whose address is not right."""
        own = dict(batch.own)
        refused: set[int] = set()
        for place, said in batch.own.items():
            if said.get("url"):
                try:
                    url = address.resolved(batch.base, said["url"])
                except ValueError as wrong:
                    self.refused.append(_no_address(batch, place, str(wrong)))
                    refused.add(place)
                    continue
                size = self._size_of_url.setdefault(url, batch.sizes[place])
                if size != batch.sizes[place]:
                    self.refused.append(_two_sizes(batch, place, size))
                    refused.add(place)
                    continue
                own[place] = {**said, "url": url}
        return own, refused

    def _numbered(self, kinds: Sequence[Row]) -> list[int]:
        # To say what a kind is takes as long as ten rows of it.
        before, numbers = self._just_numbered
        if before is not kinds:
            numbers = []
        numbers.extend(map(self._kind_number, kinds[len(numbers) :]))
        self._just_numbered = kinds, numbers
        return numbers

    def _kind_number(self, kind: Row) -> int:
        number = self._kind_numbers.setdefault(kind_key(kind), len(self.kinds))
        if number == len(self.kinds):
            self.kinds.append(kind)
            self._strict.append(kind.access == EXCLUSIVE)
        return number

    def _identify(self, start: int, length: int) -> None:
        """Find the products of the rows from ``start`` on, which are in the columns already."""
        stop = start + length
        firsts = list(map(self._found.setdefault, self._keys(start, stop), range(start, stop)))
        self.product.extend(firsts)
        left_out = self._repeats(compress(range(start, stop), map(ne, firsts, count(start))))
        self.repeated += len(left_out)
        self._tell_exclusive(start, stop)
        if left_out and len(left_out) == length:
            self._forget(start)
        else:
            self.left_out.update(left_out)

    def _keys(self, start: int, stop: int) -> Sequence[object]:
        if self.identity == NAME_AND_SIZE:
            return self.names[start:stop]
        return [self._address_key(position) for position in range(start, stop)]

    def _address_key(self, position: int) -> object:
        own, kind, name = (
            self.own.get(position, _NOTHING),
            self.kinds[self.kind[position]],
            self.names[position],
        )
        where = own.get("url") or own.get("uri")
        if where or not kind.uri:
            return where or (self.dataset[position], name)
        return filled(kind.uri, self.dataset_name(position), name) if "\0" in kind.uri else kind.uri

    def _repeats(self, again: Iterable[int]) -> list[int]:
        """Find the products of rows that have the keys of earlier ones; give those whose datasets had them already."""
        sizes, datasets, names, products, seen = (
            self.sizes,
            self.dataset,
            self.names,
            self.product,
            self._seen,
        )
        only_sizes_tell = not self.own and not self.completed
        found = []
        for position in again:
            product = products[position]
            if not only_sizes_tell or sizes[product] != sizes[position]:
                products[position] = product = self._known(position, product)
                if product == position:
                    continue
            self.again.append(position)
            dataset = datasets[position]
            if dataset == datasets[product] or (dataset, product) in seen:
                found.append(position)
                continue
            seen.add((dataset, product))
            self.shared[product] = 1
            if names[position] == names[product]:
                # One text, not two that are equal.
                names[position] = names[product]
        return found

    def _known(self, position: int, first: int) -> int:
        candidates: list[int] = [first, *self._others.get(first, ())]
        for product in candidates:
            if self.sizes[product] == self.sizes[position]:
                ours, theirs = self._said(product), self._said(position)
                if _may_be_one(ours, theirs):
                    self._complete(product, ours, theirs)
                    return product
        self._others.setdefault(first, []).append(position)
        return position

    def _said(self, position: int) -> tuple[str, str, str]:
        """SHA-256, MD5 and address, of a product as far as they are known."""
        known = self.completed.get(position)
        if known is not None:
            return known
        own = self.own.get(position)
        return (own.get("sha256", ""), own.get("md5", ""), own.get("url", "")) if own else ("", "", "")

    def _complete(self, product: int, ours: tuple[str, str, str], theirs: tuple[str, str, str]) -> None:
        said = ours[0] or theirs[0], ours[1] or theirs[1], _better(ours[2], theirs[2])
        if said != ours:
            self.completed[product] = said

    def _tell_exclusive(self, start: int, stop: int) -> None:
        """A repeated row is dropped, but not what it says of the access: the stricter wins."""
        strict = self._strict
        if any(map(strict.__getitem__, {*self.kind[start:]})):
            self.exclusive[start:stop] = bytes(map(strict.__getitem__, self.kind[start:stop]))
            for position in self.again[bisect_left(self.again, start) :]:
                if self.exclusive[position]:
                    self.exclusive[position] = 0
                    self.exclusive[self.product[position]] = 1

    def _forget(self, start: int) -> None:
        for column in (
            self.names,
            self.sizes,
            self.numbers,
            self.dataset,
            self.kind,
            self.product,
            self.exclusive,
            self.shared,
        ):
            del column[start:]
        self.own = {position: said for position, said in self.own.items() if position < start}
        del self.again[bisect_left(self.again, start) :]

    # -- reading ------------------------------------------------------------------------------------------------

    def row(self, position: int) -> Row:
        """The row at that place of the list order."""
        return row_of(
            self.kinds[self.kind[position]],
            self.own.get(position, _NOTHING),
            self.names[position],
            self.dataset_name(position),
            self.sizes[position],
        )

    def uri(self, position: int) -> str:
        """The URI of the row at that place."""
        uri = self.kinds[self.kind[position]].uri
        return filled(uri, self.dataset_name(position), self.names[position]) if "\0" in uri else uri

    def dataset_name(self, position: int) -> str:
        """The name of the dataset that the row at that place stands in."""
        if len(self._dataset_names) < len(self.datasets):
            self._dataset_names = list(self.datasets)
        return self._dataset_names[self.dataset[position]]

    # -- going on -----------------------------------------------------------------------------------------------

    def as_it_is(self) -> Gathering:
        """A copy for reading, which stays as it is while this one grows."""
        other = Gathering(self.identity)
        for name, column in vars(self).items():
            if name not in ("identity", "repeated") and not name.startswith("_"):
                setattr(
                    other, name, column[:] if isinstance(column, list | array | bytearray) else column.copy()
                )
        other.repeated = self.repeated
        return other

    def continued(self) -> Generator[None, None, Gathering]:
        """In steps of work, a gathering of the same rows that can grow while this one stays."""
        other = self.as_it_is()
        other.refused, other.repeated = [], 0
        for kind in other.kinds:
            other._kind_numbers[kind_key(kind)] = len(other._kind_numbers)
            other._strict.append(kind.access == EXCLUSIVE)
        for start in range(0, len(self.names), STEP):
            other._index(start, min(start + STEP, len(self.names)))
            yield
        return other

    def _index(self, start: int, stop: int) -> None:
        keys = self._keys(start, stop)
        firsts = map(self._found.setdefault, keys, self.product[start:stop])
        for position, first, product in zip(
            range(start, stop), firsts, self.product[start:stop], strict=True
        ):
            if product != position:
                if position not in self.left_out:
                    self._seen.add((self.dataset[position], product))
            elif first != position:
                self._others.setdefault(first, []).append(position)
        if self.own:
            for position in range(start, stop):
                url = self.own.get(position, _NOTHING).get("url")
                if url:
                    self._size_of_url.setdefault(url, self.sizes[position])


def _may_be_one(ours: tuple[str, str, str], theirs: tuple[str, str, str]) -> bool:
    """Different checksums are never one product; a checksum that one of them lacks says nothing."""
    return all(not one or not other or one == other for one, other in zip(ours[:2], theirs[:2], strict=True))


def _better(known: str, offered: str) -> str:
    """The address to keep. One that nothing says the base of, as in a list from a file, helps no other row."""
    if address.scheme(known) or not address.scheme(offered):
        return known
    return offered


def _two_sizes(batch: Batch, place: int, size: int) -> BadRow:
    return BadRow(
        batch.numbers[place],
        "row.size.conflict",
        f"The field “size” is {batch.sizes[place]}, but an earlier row gives the same “url” {size} bytes.",
        batch.names[place],
    )


def _no_address(batch: Batch, place: int, wrong: str) -> BadRow:
    sentence = f"The field “url” is no address: {wrong}."
    return BadRow(batch.numbers[place], "row.url.format", sentence, batch.names[place])
