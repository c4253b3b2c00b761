"""The selection as a table: which columns there are and of what kind, found by looking through the rows once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pycore.exports.fields import NAMES, selected_rows
from pycore.plan import Part

#: Integers up to here fit 64 bits; larger ones are written as text.
_LARGEST: Final = 2**63 - 1

_ROWS_A_TURN: Final = 500
TEXT, INTEGER, REAL, TRUTH = "text", "integer", "real", "truth"
#: While the kinds are found: integers that no real number tells from their neighbours.
_LONG: Final = "long"
_EXACT: Final = 2**53

#: What ends a line for some readers of tables, and lone surrogates, which UTF-8 cannot spell.
_BREAKS: Final = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")
_NOT_IN_NAMES: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

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
    """A column of what rows have in ``field``; ``name`` is that as a table can show it, once.

    ``kind`` is ``text``, ``integer``, ``real`` or ``truth``. Where rows differ in kind it is text.
    """

    field: str
    name: str
    kind: str
    meaning: str = ""
    unit: str = ""

    def cell(self, fields: dict[str, object]) -> str | None:
        """The value of a row as text, ``None`` where there is none. What is no text in a text column is JSON."""
        value = fields.get(self.field)
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
    for count, (part, fields) in enumerate(selected_rows(parts), start=1):
        if count % _ROWS_A_TURN == 0:
            yield ""
        for name, value in _with_mission(part, fields).items():
            known = kinds.get(name, "")
            kinds[name] = known if value is None or known == TEXT else _joined(known, _kind(value))
    kinds["size"] = kinds["size"] or INTEGER
    shown = _names(kinds)
    return [
        Column(
            field,
            shown[field],
            INTEGER if kind == _LONG else kind or TEXT,
            _MEANINGS.get(field, ""),
            "byte" if field == "size" else "",
        )
        for field, kind in kinds.items()
    ]


def cells(parts: Sequence[Part], of: Sequence[Column]) -> Iterator[list[str | None]]:
    """The cells of each selected row, in the order of the columns."""
    for part, fields in selected_rows(parts):
        named = _with_mission(part, fields)
        yield [column.cell(named) for column in of]


def without_breaks(text: str) -> tuple[str, int]:
    """The text with U+FFFD for all that would not come back from a table of lines, and how often that is."""
    return (text, 0) if text.isascii() and text.isprintable() else _BREAKS.subn("\ufffd", text)


def _with_mission(part: Part, fields: dict[str, object]) -> dict[str, object]:
    """The fields with our name of the mission; a field of that name that the row has of its own is there too."""
    if "mission" not in fields:
        return {**fields, "mission": part.profile.name}
    return {**fields, "mission of the row": fields["mission"], "mission": part.profile.name}


def _names(fields: Iterable[str]) -> dict[str, str]:
    """A name for each field, of one line and unlike all others."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for field in fields:
        name = _NOT_IN_NAMES.sub("\ufffd", field)
        while name in taken:
            name += "_"
        taken.add(name)
        names[field] = name
    return names


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, int):
        if abs(value) <= _EXACT:
            return INTEGER
        return _LONG if abs(value) <= _LARGEST else TEXT
    if isinstance(value, float):
        return REAL if math.isfinite(value) else TEXT
    return TEXT


def _joined(known: str, kind: str) -> str:
    if not known or known == kind:
        return kind
    if {known, kind} == {INTEGER, _LONG}:
        return _LONG
    return REAL if {known, kind} == {INTEGER, REAL} else TEXT
