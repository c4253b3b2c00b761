"""The products of one mission, de-duplicated, as columns with an index of sets."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, compress, count, groupby, pairwise
from operator import attrgetter, eq, ne
from typing import Final, NamedTuple, TypeVar

from pycore import address, bits
from pycore.batch import Batch, ListedRow, batch_of
from pycore.formats.list_products import BadRow
from pycore.gathering import NAME_AND_SIZE, STEP, Gathering
from pycore.product import Row

_Column = TypeVar("_Column", "array[int]", bytearray)

__all__ = ["NAME_AND_SIZE", "Catalog", "Facet", "ListedRow", "Weight"]

#: How many weights of sets are kept for when they are asked for again: a panel shows the same few several times.
_WEIGHTS_KEPT: Final = 12

#: So many datasets are told between two pauses.
_SPANS_A_STEP: Final = STEP // 4

#: To look for each of so many products takes less than to look at all rows.
_FEW: Final = 32


@dataclass(frozen=True, slots=True)
class Facet:
    """A file category: a suffix within a processing level."""

    level: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Weight:
    """What a set comes to: its products, each counted once, and their bytes."""

    files: int
    bytes: int


class Shown(NamedTuple):
    """Columns of some rows: file name, bytes and kind of each one's product, the row's own kind, whether the product is
    exclusive and whether several datasets have it. Kinds are places in :meth:`Catalog.kinds`.
    """

    names: Sequence[str]
    sizes: Sequence[int]
    kinds: Sequence[int]
    of_rows: Sequence[int]
    exclusive: Sequence[int]
    shared: Sequence[int]


class Catalog:
    """Rows of one mission in the preview's order (by dataset, as first seen), with an index of sets over
    them.

    Bit *i* of every set is row *i* of that order. ``first`` holds one row of each product, so a set is
    counted and weighed as products by ``& first``. A product's rows are in or out of each of the index's sets
    together.

    A catalog never changes. Rows are made when they are asked for, from the columns of a gathering.
    """

    def __init__(self, identity: str, listed: Iterable[ListedRow] = ()) -> None:
        gathering = Gathering(identity)
        for batch in batches(listed):
            gathering.add(batch)
        bits.finished(self._index(gathering))

    @classmethod
    def in_steps(cls, gathering: Gathering) -> Generator[None, None, Catalog]:
        """The catalog of what was gathered, which must not grow any more, in steps of some 20 ms."""
        made = cls.__new__(cls)
        yield from made._index(gathering)
        return made

    def joined(self, listed: Iterable[ListedRow]) -> Catalog:
        """A catalog of these rows and then those; ``refused`` and ``repeated`` tell of those alone."""
        gathering = bits.finished(self.continued())
        for batch in batches(listed):
            gathering.add(batch)
        return bits.finished(Catalog.in_steps(gathering))

    def continued(self) -> Generator[None, None, Gathering]:
        """In steps, the rows of this catalog as a gathering that more can be added to."""
        gathering = yield from self._gathering.continued()
        # Addresses are resolved once, against their own list: a product may have got its from a later row.
        if self._base:
            gathering.own = {
                position: {**said, "url": self._moved(said["url"])} if said.get("url") else said
                for position, said in gathering.own.items()
            }
            gathering.completed = {
                position: (sha256, md5, self._moved(url))
                for position, (sha256, md5, url) in gathering.completed.items()
            }
        return gathering

    def against(self, base: str) -> Catalog:
        """The same catalog with addresses that are relative still, as of lists beside a page, resolved against
        `base`, each when it is asked for: the page is not to wait for them.
        """
        moved = copy(self)
        moved._base = address.resolved(base, self._base) if self._base else base
        return moved

    def _moved(self, url: str) -> str:
        return address.resolved(self._base, url) if url and self._base else url

    # -- the index ------------------------------------------------------------------------------------------

    def _index(self, gathering: Gathering) -> Generator[None, None, None]:
        """Lay the rows out by dataset and make the sets."""
        self._gathering = gathering
        self._base = ""
        self.identity = gathering.identity
        self.refused: list[BadRow] = gathering.refused
        #: How many rows repeated a dataset and product that the list already had.
        self.repeated = gathering.repeated
        begins = yield from _begins(gathering.dataset)
        self._order: Sequence[int] = range(len(gathering))
        if gathering.left_out or len({*map(gathering.dataset.__getitem__, begins)}) < len(begins):
            self._order = yield from _order(gathering)
            begins = yield from _begins((yield from self._laid_out(gathering.dataset)))
        self.rows = len(self._order)
        self.everything = bits.everything(self.rows)
        #: Dataset names in the order of the list, with the half-open span of their rows.
        self.datasets: dict[str, tuple[int, int]] = yield from self._spans(begins)
        #: The first row of each dataset.
        self.begins = bits.from_indices(begins, self.rows)
        yield
        self._names: list[str] | None = None
        #: By row the number of its product.
        self._products = yield from self._laid_out(gathering.product)
        #: By row the kind of its product: the first row in list order speaks for it.
        self._kind: array[int]
        #: The rows of products that more than one dataset has.
        self.several: int
        yield from self._index_products()
        sizes = yield from self._laid_out(gathering.sizes)
        self._sizes = yield from bits.planes_in_steps(sizes)
        self._weights: list[tuple[int, Weight]] = []
        self.facets: dict[Facet, int] = yield from self._facets()
        #: The rows of products that several datasets have, and their products as an array's bytes.
        self._shared: tuple[array[int], bytes] = yield from self._rows_and_products()
        #: Products have numbers below this.
        self.positions = len(gathering)
        self.exclusive = yield from self.of_products_in_steps(gathering.exclusive)

    def _index_products(self) -> Generator[None, None, None]:
        gathering, products = self._gathering, self._products
        if not isinstance(self._order, range):
            self.first = bits.from_flags((yield from _in_steps(bytearray(), eq, products, self._order)))
            self._kind = yield from _in_steps(array("I"), gathering.kind.__getitem__, products)
            self.several = yield from self._by_row(gathering.shared)
            return
        # Few rows are not the first of their product, and those that are there have another dataset than it.
        again = bits.from_indices(gathering.again, self.rows)
        self.first = self.everything ^ again
        self.several = bits.from_flags(gathering.shared) | again
        yield
        self._kind = gathering.kind[:]
        for row in gathering.again:
            self._kind[row] = self._kind[products[row]]
        yield

    def _spans(self, begins: Sequence[int]) -> Generator[None, None, dict[str, tuple[int, int]]]:
        names, dataset = list(self._gathering.datasets), self._gathering.dataset
        found: dict[str, tuple[int, int]] = {}
        spans = pairwise([*begins, self.rows])
        for start in range(0, len(begins), _SPANS_A_STEP):
            positions = map(self._order.__getitem__, begins[start : start + _SPANS_A_STEP])
            found.update(
                zip(map(names.__getitem__, map(dataset.__getitem__, positions)), spans, strict=False)
            )
            yield
        return found

    def _rows_and_products(self) -> Generator[None, None, tuple[array[int], bytes]]:
        rows = array("I", bits.indices(self.several))
        yield
        return rows, (yield from _in_steps(array("I"), self._products.__getitem__, rows)).tobytes()

    def _laid_out(self, column: array[int]) -> Generator[None, None, array[int]]:
        """A column of the list order in the preview's."""
        if isinstance(self._order, range):
            return column
        return (yield from _in_steps(array(column.typecode), column.__getitem__, self._order))

    def _facets(self) -> Generator[None, None, dict[Facet, int]]:
        numbers: dict[Facet, int] = {}
        of_kind = [
            numbers.setdefault(Facet(kind.level, kind.suffix), len(numbers)) for kind in self._gathering.kinds
        ]
        of_row = (
            array("B", (yield from bits.told(self._kind, bytes(of_kind))))
            if len(numbers) < 256
            else (yield from _in_steps(array("I"), of_kind.__getitem__, self._kind))
        )
        column = yield from bits.planes_in_steps(of_row)
        found: dict[Facet, int] = {}
        for facet, number in numbers.items():
            mask = bits.equal(column, number, self.everything)
            if mask:
                found[facet] = mask
            if number % 8 == 7:
                yield
        return found

    # -- asking ---------------------------------------------------------------------------------------------

    def of_kinds(self, wanted: Callable[[Row], bool]) -> Generator[None, None, int]:
        """In steps, the rows of the products whose kind is wanted: a row without name, dataset and size, and with marks
        of them in its other texts.
        """
        flag_of = bytes(map(wanted, self._gathering.kinds))
        return bits.from_flags((yield from bits.told(self._kind, flag_of))) if any(flag_of) else 0

    def gathered_names(self) -> Sequence[str]:
        """File names by product number."""
        return self._gathering.names

    def gathered_products(self) -> Sequence[int]:
        """The product of each row that came, in list order: the number of the first row that told of it."""
        return self._gathering.product

    def where(self, flags: Iterable[bool]) -> int:
        """The rows of the products that are flagged, given a flag for each product in turn."""
        by_position = bytearray(self.positions)
        for position, flag in zip(self._firsts(), flags, strict=True):
            by_position[position] = flag
        return bits.finished(self.of_products_in_steps(by_position))

    def of_products_in_steps(self, flags: bytes | bytearray) -> Generator[None, None, int]:
        """In steps, the rows of the products whose byte is not 0, given a byte by product number."""
        if flags.count(0) == len(flags):
            return 0
        if not isinstance(self._order, range):
            return (yield from self._by_row(flags))
        # A product's number is its first row.
        found = bits.from_flags(flags) & self.first
        yield
        rows, of_rows = self._shared
        more = array("I")
        for start in range(0, len(rows), 2 * STEP):
            products = memoryview(of_rows).cast("I")[start : start + 2 * STEP]
            more.extend(compress(rows[start : start + 2 * STEP], map(flags.__getitem__, products)))
            yield
        return found | bits.from_indices(more, self.rows)

    def _by_row(self, flags: bytes | bytearray) -> Generator[None, None, int]:
        of_rows = yield from _in_steps(bytearray(), flags.__getitem__, self._products)
        return bits.from_flags(of_rows)

    def _firsts(self) -> Iterator[int]:
        product = self._gathering.product
        return compress(count(), map(eq, product, count()))

    def products(self) -> Iterator[Row]:
        """Each product once, as its first row in list order says, with the checksums that any row gave."""
        return map(self._product_row, self._firsts())

    def kinds(self) -> Sequence[Row]:
        """The kinds of rows there are."""
        return self._gathering.kinds

    def kind_numbers(self) -> array[int]:
        """By row the place of its product's kind among the kinds."""
        return self._kind

    def listed_kind_numbers(self) -> Generator[None, None, Sequence[int]]:
        """In steps, by row the place of its own kind among the kinds."""
        return (yield from self._laid_out(self._gathering.kind))

    def sizes(self) -> Generator[None, None, Sequence[int]]:
        """In steps, by row the bytes of its product."""
        return (yield from self._laid_out(self._gathering.sizes))

    def product_numbers(self) -> Sequence[int]:
        """By row the number of its product."""
        return self._products

    def weight(self, among: int) -> Weight:
        """Products and bytes of a set, each product counted once."""
        for known, weight in self._weights:
            if known is among or known == among:
                return weight
        found = self.weighed(among)
        # Another list in its place: a copy of this catalog against another base shares what is known.
        self._weights = [(among, found), *self._weights[: _WEIGHTS_KEPT - 1]]
        return found

    def weighed(self, among: int) -> Weight:
        """The same, for sets that are not asked for again soon."""
        files = among & self.first
        return Weight(files.bit_count(), bits.total(self._sizes, files)) if files else Weight(0, 0)

    def count(self, among: int) -> int:
        """How many products a set holds."""
        return (among & self.first).bit_count()

    def volume(self, among: int) -> int:
        """Bytes of the products of a set, each counted once."""
        return self.weight(among).bytes

    def listed(self, index: int) -> ListedRow:
        """The row at that place of the preview's order."""
        position = self._order[index]
        row = self._gathering.row(position)
        if row.url and self._base:
            row = replace(row, url=self._moved(row.url))
        return ListedRow(row, self._gathering.numbers[position])

    def shown(self, indices: Sequence[int]) -> Shown:
        """What a table shows of these rows: quicker than whole rows."""
        gathering, products = self._gathering, bits.picked(self._products, indices)
        return Shown(
            bits.picked(gathering.names, products),
            bits.picked(gathering.sizes, products),
            bits.picked(gathering.kind, products),
            bits.picked(gathering.kind, bits.picked(self._order, indices)),
            bits.picked(gathering.exclusive, products),
            bits.picked(gathering.shared, products),
        )

    def product_row(self, index: int) -> Row:
        """The first row of that row's product: what is said of the file, whichever dataset it is shown in."""
        return self._product_row(self._products[index])

    def _product_row(self, product: int) -> Row:
        row = self._gathering.row(product)
        said = self._gathering.completed.get(product)
        if said:
            row = replace(row, sha256=said[0], md5=said[1], url=said[2])
        return replace(row, url=self._moved(row.url)) if row.url and self._base else row

    def product_number(self, index: int) -> int:
        """A number that rows of one product share, rising by list order."""
        return self._products[index]

    def identifying(self, index: int) -> tuple[str, int, tuple[str, ...]]:
        """File name and size of a row's product, and what tells it from others of that name and size, as its first row
        in list order has it: more rows change nothing of it.
        """
        row = self._gathering.row(self._products[index])
        where = () if self.identity == NAME_AND_SIZE else (row.url or row.uri or row.dataset,)
        return row.filename, row.size, (*where, row.sha256, row.md5)

    def rows_with(self, index: int) -> tuple[int, ...]:
        """The rows of that row's product, in rising order."""
        return tuple(self._rows_of({self._products[index]})) if self.shared(index) else (index,)

    def closed(self, among: int) -> int:
        """A set of rows with all other rows of its products."""
        shared = among & self.several
        if not shared:
            return among
        products = {*map(self._products.__getitem__, bits.indices(shared))}
        return among | bits.from_indices(self._rows_of(products), self.rows)

    def _rows_of(self, products: set[int]) -> Iterator[int]:
        """The rows of products that several datasets have, in rising order."""
        rows, of_rows = self._shared
        if len(products) > _FEW:
            return compress(rows, map(products.__contains__, memoryview(of_rows).cast("I")))
        places = chain.from_iterable(_places(of_rows, product) for product in products)
        return iter(sorted(map(rows.__getitem__, places)))

    def uris(self) -> Generator[None, None, list[str]]:
        """In steps, by row what the list says for its URI."""
        found: list[str] = []
        of_row = self._gathering.uri
        for start in range(0, self.rows, STEP // 4):
            found.extend(map(of_row, self._order[start : start + STEP // 4]))
            yield
        return found

    def in_list_order(self, rising: Iterator[int]) -> Iterable[int]:
        """Rows in rising order in that of the list, over all lists of the mission."""
        return rising if isinstance(self._order, range) else sorted(rising, key=self._order.__getitem__)

    def list_position(self, index: int) -> int:
        """Where the row stood in list order, over all lists of the mission."""
        return self._order[index]

    def shared(self, index: int) -> bool:
        """Whether the row's product belongs to other datasets too."""
        return bool(self._gathering.shared[self._products[index]])

    def is_exclusive(self, index: int) -> bool:
        """Whether any row of the product says exclusive access: the stricter wins."""
        return bool(self._gathering.exclusive[self._products[index]])

    def dataset(self, index: int) -> str:
        """The name of the dataset that the row stands in."""
        return self._gathering.dataset_name(self._order[index])

    def dataset_names(self) -> Sequence[str]:
        """The datasets by their numbers in :meth:`listed_as`, also those that have no row of their own."""
        return list(self._gathering.datasets)

    def listed_as(self, indices: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Of these rows the numbers of the datasets they stand in, and of their own kinds."""
        positions = bits.picked(self._order, indices)
        gathering = self._gathering
        return bits.picked(gathering.dataset, positions), bits.picked(gathering.kind, positions)

    def names(self) -> Sequence[str]:
        """File names in the preview's order, for the pattern engine: all rows of a product under its one
        name.

        So a pattern takes or leaves a product as a whole, also where an address stands under several names.
        """
        if self._names is None:
            names = self._gathering.names
            plain = isinstance(self._order, range) and self.identity == NAME_AND_SIZE
            self._names = names if plain else list(map(names.__getitem__, self._products))
        return self._names


def _places(numbers: bytes, number: int) -> Iterator[int]:
    """Where a number stands in the bytes of an array of them."""
    wanted = array("I", [number]).tobytes()
    found = numbers.find(wanted)
    while found >= 0:
        if found % len(wanted) == 0:
            yield found // len(wanted)
        found = numbers.find(wanted, found + 1)


def batches(listed: Iterable[ListedRow]) -> Iterator[Batch]:
    """The rows as columns, list by list."""
    for base, of_one_list in groupby(listed, attrgetter("base")):
        yield batch_of(of_one_list, base)


def _order(gathering: Gathering) -> Generator[None, None, Sequence[int]]:
    """Positions by dataset, in the order in which datasets are first seen."""
    dataset, rows = gathering.dataset, len(gathering)
    groups: list[array[int]] = [array("I") for _ in gathering.datasets]
    left_out = gathering.left_out
    for start in range(0, rows, STEP):
        for position, number in enumerate(dataset[start : start + STEP], start):
            if position not in left_out:
                groups[number].append(position)
        yield
    return array("I", chain.from_iterable(groups))


def _begins(column: array[int]) -> Generator[None, None, list[int]]:
    """In steps, the places of a column where another number stands than before."""
    found = [0] if column else []
    for start in range(0, len(column), 2 * STEP):
        here, next_ones = column[start : start + 2 * STEP], column[start + 1 : start + 2 * STEP + 1]
        found.extend(compress(count(start + 1), map(ne, here, next_ones)))
        yield
    return found


def _in_steps(
    column: _Column, of: Callable[..., int], *numbers: Sequence[int]
) -> Generator[None, None, _Column]:
    """The column with what a function gives for each of these numbers, with pauses."""
    for start in range(0, len(numbers[0]), 2 * STEP):
        column.extend(map(of, *(some[start : start + 2 * STEP] for some in numbers)))
        yield
    return column
