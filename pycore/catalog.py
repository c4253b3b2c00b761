"""The products of one mission, de-duplicated, as columns with an index of sets."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Final

from pycore import address, bits
from pycore.formats.list_products import BadRow
from pycore.product import EXCLUSIVE, Row

#: An identity rule of a profile: one file name of one size is one product, whatever dataset it stands in.
NAME_AND_SIZE: Final = "name-and-size"


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row with its place: ``number`` counts from 1 within its list.

    ``base`` is that list's own URL, ``""`` where it came from a file or the row's address is resolved already.
    """

    row: Row
    number: int
    base: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """A file category: a suffix within a processing level."""

    level: str
    suffix: str


@dataclass(slots=True)
class _Product:
    """What rows have agreed on so far; the first row of a product in list order speaks for it."""

    row: Row
    exclusive: bool
    rows: list[int]


class Catalog:
    """Rows of one mission in the preview's order (by dataset, as first seen), with an index of sets over
    them.

    Bit *i* of every set is row *i* of that order. ``first`` holds one row of each product, so a set is
    counted and weighed as products by ``& first``. A product's rows are in or out of each of the index's sets
    together.
    """

    def __init__(self, identity: str, listed: Iterable[ListedRow] = ()) -> None:
        self.identity = identity
        self.refused: list[BadRow] = []
        #: How many rows repeated a dataset and product that the list already had.
        self.repeated = 0
        #: Against which addresses that are relative still are resolved when they are asked for; "" leaves them.
        self._base = ""
        self._listed: list[ListedRow] = []
        self._products: list[_Product] = []
        self._product_of: list[int] = []
        self._add(listed)
        self._index()

    def joined(self, listed: Iterable[ListedRow]) -> Catalog:
        """A catalog of these rows and then those; ``refused`` and ``repeated`` tell of those alone."""
        # Addresses are resolved once, against their own list: a product may have got its from a later row.
        before = [ListedRow(self._placed(entry.row), entry.number) for entry in self._listed]
        for product in self._products:
            # What repeated rows said of the product is known to its first row alone.
            position = product.rows[0]
            row = self._placed(product.row)
            said = replace(row, access=EXCLUSIVE) if product.exclusive else row
            before[position] = replace(before[position], row=said)
        return Catalog(self.identity, [*before, *listed])

    def against(self, base: str) -> Catalog:
        """The same catalog with addresses that are relative still, as of lists beside a page, resolved against
        `base`, each when it is asked for: the page is not to wait for them.
        """
        moved = copy(self)
        moved._base = self._base or base
        return moved

    def _placed(self, row: Row) -> Row:
        if not self._base or not row.url:
            return row
        return replace(row, url=address.resolved(self._base, row.url))

    # -- building -------------------------------------------------------------------------------------------

    def _add(self, listed: Iterable[ListedRow]) -> None:
        found: dict[object, list[int]] = {}
        seen: set[tuple[str, int]] = set()
        size_of_url: dict[str, int] = {}
        for entry in listed:
            row = entry.row
            if row.url:
                try:
                    row = replace(row, url=address.resolved(entry.base, row.url))
                except ValueError as wrong:
                    self.refused.append(_no_address(entry, str(wrong)))
                    continue
                if size_of_url.setdefault(row.url, row.size) != row.size:
                    self.refused.append(_two_sizes(entry, size_of_url[row.url]))
                    continue
            product = self._product(row, found.setdefault(self._key(row), []))
            known = self._products[product]
            # A repeated row is dropped, but not what it says of the access: the stricter wins.
            known.exclusive |= row.access == EXCLUSIVE
            if (row.dataset, product) in seen:
                self.repeated += 1
                continue
            seen.add((row.dataset, product))
            known.rows.append(len(self._listed))
            self._listed.append(entry if row is entry.row else replace(entry, row=row))
            self._product_of.append(product)

    def _key(self, row: Row) -> object:
        if self.identity == NAME_AND_SIZE:
            return (row.filename, row.size)
        return row.url or row.uri or (row.dataset, row.filename)

    def _product(self, row: Row, candidates: list[int]) -> int:
        for index in candidates:
            known = self._products[index].row
            if _may_be_one(known, row):
                self._products[index].row = _completed(known, row)
                return index
        self._products.append(_Product(row, row.access == EXCLUSIVE, []))
        candidates.append(len(self._products) - 1)
        return candidates[-1]

    def _index(self) -> None:
        """Lay the rows out by dataset and make the sets."""
        groups: dict[str, list[int]] = {}
        for position, entry in enumerate(self._listed):
            groups.setdefault(entry.row.dataset, []).append(position)
        #: Dataset names in the order of the list, with the half-open span of their rows.
        self.datasets: dict[str, tuple[int, int]] = {}
        self._order: list[int] = []
        for dataset, positions in groups.items():
            self.datasets[dataset] = (len(self._order), len(self._order) + len(positions))
            self._order.extend(positions)
        self.rows = len(self._order)
        self.everything = bits.everything(self.rows)
        place = array("L", bytes(array("L").itemsize * self.rows))
        for index, position in enumerate(self._order):
            place[position] = index
        firsts = [place[product.rows[0]] for product in self._products]
        self.first = bits.from_indices(firsts, self.rows)
        sizes = array("Q", bytes(8 * self.rows))
        for product, index in zip(self._products, firsts, strict=True):
            sizes[index] = product.row.size
        self._sizes = bits.planes(sizes)
        self._weighed: dict[int, int] = {}
        self._place = place
        self.facets = self._facets()
        self.exclusive = self.where(p.exclusive for p in self._products)

    def _facets(self) -> dict[Facet, int]:
        numbers: dict[Facet, int] = {}
        of_product = [
            numbers.setdefault(Facet(p.row.level, p.row.suffix), len(numbers)) for p in self._products
        ]
        column = bits.planes(array("L", [of_product[self._product_of[position]] for position in self._order]))
        return {facet: bits.equal(column, number, self.everything) for facet, number in numbers.items()}

    # -- asking ---------------------------------------------------------------------------------------------

    def where(self, flags: Iterable[bool]) -> int:
        """The rows of the products that are flagged, given a flag for each product in turn."""
        members = (p.rows for p, flag in zip(self._products, flags, strict=True) if flag)
        return bits.from_indices((self._place[position] for rows in members for position in rows), self.rows)

    def products(self) -> Iterator[Row]:
        """Each product once, as its first row in list order says, with the checksums that any row gave."""
        return (self._placed(product.row) for product in self._products)

    def count(self, among: int) -> int:
        """How many products a set holds."""
        return (among & self.first).bit_count()

    def volume(self, among: int) -> int:
        """Bytes of the products of a set, each counted once."""
        known = self._weighed.get(among)
        return bits.total(self._sizes, among) if known is None else known

    def weigh(self, sets: Iterable[int]) -> None:
        """Weigh these sets once and for all: they are asked for again after every click."""
        self._weighed.update((among, bits.total(self._sizes, among)) for among in sets)

    def listed(self, index: int) -> ListedRow:
        """The row at that place of the preview's order."""
        entry = self._listed[self._order[index]]
        return replace(entry, row=self._placed(entry.row)) if self._base else entry

    def product_row(self, index: int) -> Row:
        """The first row of that row's product: what is said of the file, whichever dataset it is shown in."""
        return self._placed(self._products[self._product_of[self._order[index]]].row)

    def product_number(self, index: int) -> int:
        """A number that rows of one product share, rising by list order."""
        return self._product_of[self._order[index]]

    def list_position(self, index: int) -> int:
        """Where the row stood in list order, over all lists of the mission."""
        return self._order[index]

    def shared(self, index: int) -> bool:
        """Whether the row's product belongs to other datasets too."""
        return len(self._products[self.product_number(index)].rows) > 1

    def is_exclusive(self, index: int) -> bool:
        """Whether any row of the product says exclusive access: the stricter wins."""
        return self._products[self.product_number(index)].exclusive

    def names(self) -> Sequence[str]:
        """File names in the preview's order, for the pattern engine: all rows of a product under its one
        name.

        So a pattern takes or leaves a product as a whole, also where an address stands under several names.
        """
        return [self._products[self._product_of[position]].row.filename for position in self._order]


def _may_be_one(known: Row, row: Row) -> bool:
    """Different checksums are never one product; a checksum that one of them lacks says nothing."""
    pairs = ((known.sha256, row.sha256), (known.md5, row.md5), (str(known.size), str(row.size)))
    return all(not ours or not theirs or ours == theirs for ours, theirs in pairs)


def _completed(known: Row, row: Row) -> Row:
    """What is known of a product, with the checksums and the address that only another of its rows gives."""
    said = (known.sha256 or row.sha256, known.md5 or row.md5, _better(known.url, row.url))
    if said == (known.sha256, known.md5, known.url):
        return known
    sha256, md5, url = said
    return replace(known, sha256=sha256, md5=md5, url=url)


def _better(known: str, offered: str) -> str:
    """The address to keep. One that nothing says the base of, as in a list from a file, helps no other row."""
    if address.scheme(known) or not address.scheme(offered):
        return known
    return offered


def _two_sizes(entry: ListedRow, size: int) -> BadRow:
    return BadRow(
        entry.number,
        "row.size.conflict",
        f"The field “size” is {entry.row.size}, but an earlier row gives the same “url” {size} bytes.",
        entry.row.filename,
    )


def _no_address(entry: ListedRow, wrong: str) -> BadRow:
    sentence = f"The field “url” is no address: {wrong}."
    return BadRow(entry.number, "row.url.format", sentence, entry.row.filename)
