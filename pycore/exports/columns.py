"""The selection as a table: which columns there are and of what kind, found by looking through the rows once."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pycore.exports.fields import NAMES, selected_rows
from pycore.plan import Part

#: Integers up to here fit 64 bits; larger ones are written as text.
_LARGEST: Final = 2**63 - 1

_ROWS_A_TURN: Final = 500
TEXT, INTEGER, REAL, TRUTH = "text", "integer", "real", "truth"

#: What a column holds, for the archive's fields and ours.
_MEANINGS: Final = {
    "mission": "mission, as the overlay names it",
    "product_key": "the archive's key of the row",
    "access": "PUBLIC or EXCLUSIVE_ACCESS",
    "dataset": "dataset that the file belongs to",
    "instrument_name": "instrument",
    "filters": "filter or grating",
    "filename": "file name",
    "uri": "URI of the file",
    "file_suffix": "file type",
    "category": "processing level",
    "size": "size of the file",
    "type": "kind of product",
    "url": "address of the file",
    "sha256": "SHA-256 of the file",
    "md5": "MD5 of the file",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``kind`` is ``text``, ``integer``, ``real`` or ``truth``. Where rows differ in kind it is text."""

    name: str
    kind: str
    meaning: str = ""
    unit: str = ""

    def cell(self, fields: dict[str, object]) -> str | None:
        """The value of a row as text, ``None`` where there is none. What is no text in a text column is JSON."""
        value = fields.get(self.name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        if self.kind in (REAL, TRUTH):
            return repr(value)
        return json.dumps(value)


def columns(parts: Sequence[Part]) -> Generator[str, None, list[Column]]:
    """The columns of the selected rows: mission, the archive's fields, then what else any row has.

    All rows are looked at; an empty piece after some of them lets others have their turn.
    """
    kinds: dict[str, str] = dict.fromkeys(("mission", *NAMES), "")
    for count, (_, fields) in enumerate(selected_rows(parts), start=1):
        if count % _ROWS_A_TURN == 0:
            yield ""
        for name, value in fields.items():
            known = kinds.get(name, "")
            kinds[name] = known if value is None or known == TEXT else _joined(known, _kind(value))
    kinds["size"] = kinds["size"] or INTEGER
    return [
        Column(name, kind or TEXT, _MEANINGS.get(name, ""), "byte" if name == "size" else "")
        for name, kind in kinds.items()
    ]


def cells(parts: Sequence[Part], of: Sequence[Column]) -> Iterator[list[str | None]]:
    """The cells of each selected row, in the order of the columns."""
    for part, fields in selected_rows(parts):
        named = {**fields, "mission": part.profile.name}
        yield [column.cell(named) for column in of]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, int):
        return INTEGER if -_LARGEST <= value <= _LARGEST else TEXT
    if isinstance(value, float):
        return REAL if math.isfinite(value) else TEXT
    return TEXT


def _joined(known: str, kind: str) -> str:
    if not known or known == kind:
        return kind
    return REAL if {known, kind} == {INTEGER, REAL} else TEXT
