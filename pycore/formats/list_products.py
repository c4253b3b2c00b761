"""MAST's ``list_products`` answer: ``{"products": [row, ...]}``, flat or nested, checked row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from pycore.errors import OverlayError
from pycore.formats.depth import is_deep
from pycore.product import Row, read_row, without_surrogates

#: Lists of lists deeper than this are no product lists.
_DEEPEST: Final = 4
#: Nor are texts; fields that are not ours may be nested too.
_DEEPEST_TEXT: Final = 50

#: Not JSON, but what Python's own writer makes of a missing value.
_CONSTANTS: Final = {"NaN": None, "Infinity": math.inf, "-Infinity": -math.inf}

_HOW: Final = (
    'A product list is JSON of the form {"products": [{"filename": ..., "dataset": ..., "size": ...}, ...]}, '
    "as MAST's list_products gives it."
)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was refused alone: ``number`` counts rows from 1 in list order."""

    number: int
    code: str
    sentence: str
    filename: str


@dataclass(frozen=True, slots=True)
class ProductList:
    """The rows of one list with what was refused; ``mission`` is ``""`` where the list names none.

    ``numbers`` are the rows' places in the list, counted from 1 with the refused ones.
    """

    mission: str
    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...]
    numbers: tuple[int, ...]


def read(text: str) -> ProductList:
    """Read the text of a list; what is no list at all raises ``OverlayError`` (codes ``list.*``)."""
    mission, found = _document(text)
    rows: list[Row] = []
    bad: list[BadRow] = []
    numbers: list[int] = []
    for number, fields in enumerate(_flat(found, 1), start=1):
        row = checked(fields, number)
        if isinstance(row, BadRow):
            bad.append(row)
        else:
            rows.append(row)
            numbers.append(number)
    return ProductList(mission, tuple(rows), tuple(bad), tuple(numbers))


def checked(fields: object, number: int) -> Row | BadRow:
    """One row of a list, or why it is refused."""
    try:
        return read_row(fields)
    except OverlayError as refused:
        return BadRow(number, refused.code, refused.sentence, _name_of(fields))


def fields_of(text: str) -> object:
    """What the text of one row says; ``OverlayError`` ``list.json`` or ``list.depth`` where it is none."""
    if is_deep(text, _DEEPEST_TEXT):
        raise OverlayError("list.depth", "The list is nested too deep to be a product list.", _HOW)
    try:
        return cast(object, json.loads(text, parse_constant=_CONSTANTS.__getitem__, parse_int=_integer))
    except ValueError as wrong:
        raise OverlayError("list.json", f"This is not JSON: {wrong}.", _HOW) from None


def mission_of(text: str) -> str:
    """The mission that a list names, else ``""``; what is no list at all raises ``OverlayError`` (codes ``list.*``)."""
    mission, found = _document(text)
    for _ in _flat(found, 1):
        pass
    return mission


def _document(text: str) -> tuple[str, list[object]]:
    # Editors on Windows put a byte order mark before the text.
    document = fields_of(text.removeprefix("\ufeff"))
    mission = ""
    found: object = document
    if isinstance(document, dict):
        found = document.get("products")
        mission = _mission(document)
    if not isinstance(found, list):
        raise OverlayError("list.shape", "There is no list “products” in it.", _HOW)
    return mission, found


def _integer(digits: str) -> int | float:
    # Python refuses to convert thousands of digits; an absurd size is the fault of its row, not of the list.
    return int(digits) if len(digits) < 40 else math.inf


def _mission(document: dict[str, object]) -> str:
    mission = document.get("mission")
    if mission is None:
        return ""
    if not isinstance(mission, str):
        raise OverlayError("list.mission", "The field “mission” beside “products” is not text.", _HOW)
    if "\0" in mission:
        raise OverlayError(
            "list.mission", "The field “mission” beside “products” holds a NUL character.", _HOW
        )
    return without_surrogates(mission).strip()


def _flat(items: list[object], depth: int) -> Iterator[object]:
    if depth > _DEEPEST:
        raise OverlayError("list.depth", "The list is nested too deep to be a product list.", _HOW)
    for item in items:
        if isinstance(item, list):
            yield from _flat(item, depth + 1)
        else:
            yield item


def _name_of(fields: object) -> str:
    name = fields.get("filename") if isinstance(fields, dict) else None
    return without_surrogates(name)[:200] if isinstance(name, str) else ""
