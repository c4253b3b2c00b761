"""EXPORT SELECTED FILE LIST: the six columns of the original, RFC 4180, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from pycore.catalog import Catalog

HEADER: Final = ("Dataset", "Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating")

#: What makes a spreadsheet take a cell for a formula. The full-width forms do so too in East Asian locales.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD: Final = "'"


def guarded(cell: str) -> str:
    """The cell as it is written: what looks like a formula, or begins with an apostrophe, gets an apostrophe
    before it.

    So nothing is lost: whoever reads the file takes one apostrophe off each cell that begins with one.
    """
    return _GUARD + cell if cell.startswith((*_FORMULA, _GUARD)) else cell


def unguarded(cell: str) -> str:
    """The text that :func:`guarded` was given."""
    return cell.removeprefix(_GUARD)


def csv_pieces(selections: Iterable[tuple[Catalog, Iterable[int]]], rows_a_piece: int = 500) -> Iterator[str]:
    """The file in pieces, in the preview's order; CRLF line ends, no byte order mark (RFC 4180, 2)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEADER)
    waiting = 1
    for catalog, indices in selections:
        for index in indices:
            listed, file = catalog.listed(index).row, catalog.product_row(index)
            writer.writerow(
                [
                    guarded(cell)
                    for cell in (
                        listed.dataset,
                        file.filename,
                        file.level,
                        file.suffix,
                        listed.instrument,
                        listed.filters,
                    )
                ]
            )
            waiting += 1
            if waiting >= rows_a_piece:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
                waiting = 0
    if waiting:
        yield buffer.getvalue()
