"""EXPORT SELECTED FILE LIST: the six columns of the original, RFC 4180, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Final

from pycore import bits
from pycore.catalog import Catalog

HEADER: Final = ("Dataset", "Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating")

#: What makes a spreadsheet take a cell for a formula. The full-width forms do so too in East Asian locales.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD: Final = "'"
_FIRST: Final = itemgetter(slice(1))
_FIRST_OF_GUARDED: Final = frozenset((*_FORMULA, _GUARD))

_QUOTE: Final = '"'
_LINE_END: Final = "\r\n"
#: What a cell has quotes around it for.
_TO_QUOTE: Final = (_QUOTE, ",", "\r", "\n")


def guarded(cell: str) -> str:
    """The cell as it is written: what looks like a formula, or begins with an apostrophe, gets an apostrophe
    before it.

    So nothing is lost: whoever reads the file takes one apostrophe off each cell that begins with one.
    """
    return _GUARD + cell if cell.startswith((*_FORMULA, _GUARD)) else cell


def unguarded(cell: str) -> str:
    """The text that :func:`guarded` was given."""
    return cell.removeprefix(_GUARD)


def csv_pieces(
    selections: Iterable[tuple[Catalog, Iterable[int]]], rows_a_piece: int = 2000
) -> Iterator[str]:
    """The file in pieces, in the preview's order; CRLF line ends, no byte order mark (RFC 4180, 2)."""
    yield ",".join(map(_quoted, HEADER)) + _LINE_END
    for catalog, indices in selections:
        table = _Table(catalog)
        coming = iter(indices)
        while some := list(islice(coming, rows_a_piece)):
            yield table.lines(some)


def _cell(text: str) -> str:
    return _quoted(guarded(text))


def _quoted(cell: str) -> str:
    """The cell with quotes around it where it needs them (RFC 4180, 2.6 and 2.7)."""
    return f'"{cell.replace(_QUOTE, 2 * _QUOTE)}"' if any(map(cell.__contains__, _TO_QUOTE)) else cell


def _cells(texts: Sequence[str]) -> Sequence[str]:
    """The texts as cells. Most names are plain, which is seen of all of them at once."""
    together = "".join(texts)
    plain = _FIRST_OF_GUARDED.isdisjoint(map(_FIRST, texts))
    return texts if plain and not any(map(together.__contains__, _TO_QUOTE)) else list(map(_cell, texts))


class _Table:
    """The columns of one mission's rows. What rows have in common is written once for all of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        kinds = catalog.kinds()
        self._heads = [f"{name}," for name in _cells(catalog.dataset_names())]
        self._middles = [f",{_cell(kind.level)},{_cell(kind.suffix)}," for kind in kinds]
        self._ends = [f"{_cell(kind.instrument)},{_cell(kind.filters)}{_LINE_END}" for kind in kinds]

    def lines(self, indices: Sequence[int]) -> str:
        """The lines of these rows."""
        catalog = self._catalog
        datasets, listed = catalog.listed_as(indices)
        names = bits.picked(catalog.gathered_names(), bits.picked(catalog.product_numbers(), indices))
        parts = [""] * (4 * len(indices))
        parts[0::4] = bits.picked(self._heads, datasets)
        parts[1::4] = _cells(names)
        parts[2::4] = bits.picked(self._middles, bits.picked(catalog.kind_numbers(), indices))
        parts[3::4] = bits.picked(self._ends, listed)
        return "".join(parts)
