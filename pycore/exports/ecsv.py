"""The selection as ECSV, a CSV that says of what kind its columns are (APE 6 of Astropy)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from pycore.exports.columns import INTEGER, REAL, TEXT, TRUTH, Column, cells, columns, without_breaks
from pycore.plan import Part

_DATATYPES: Final = {TEXT: "string", INTEGER: "int64", REAL: "float64", TRUTH: "bool"}
_ROWS_A_PIECE: Final = 500


def ecsv(parts: Sequence[Part]) -> Iterator[str]:
    """The file in pieces, UTF-8, LF ends, commas between cells; an empty cell is a missing value.

    Readers make a line end of some characters, and UTF-8 has no lone surrogates: U+FFFD stands for those, and the
    heading counts them.
    """
    known = yield from columns(parts)
    replaced = 0
    for count, row in enumerate(cells(parts, known), start=1):
        replaced += sum(without_breaks(cell)[1] for cell in row if cell)
        if count % _ROWS_A_PIECE == 0:
            yield ""
    piece = [_head(known, replaced)]
    for row in cells(parts, known):
        piece.append(",".join(_cell(cell) for cell in row) + "\n")
        if len(piece) >= _ROWS_A_PIECE:
            yield "".join(piece)
            piece.clear()
    if piece:
        yield "".join(piece)


def _head(known: Sequence[Column], replaced: int) -> str:
    lines = ["%ECSV 1.0", "---", "delimiter: ','"]
    if replaced:
        lines.append(f'meta: {{"replaced_characters": {replaced}}}')
    lines.append("datatype:")
    for column in known:
        # JSON in ASCII is YAML too.
        said = {"name": column.name, "datatype": _DATATYPES[column.kind]}
        if column.unit:
            said["unit"] = column.unit
        if column.meaning:
            said["description"] = column.meaning
        lines.append(f"- {json.dumps(said)}")
    return "".join(f"# {line}\n" for line in lines) + ",".join(_cell(c.name) for c in known) + "\n"


def _cell(cell: str | None) -> str:
    return "" if cell is None else f'"{without_breaks(cell)[0].replace(chr(34), chr(34) * 2)}"'
