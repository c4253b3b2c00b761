"""The selection as a product list in the archive's own form, which the overlay opens again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Final

from pycore.errors import OverlayError
from pycore.exports.fields import selected_rows
from pycore.plan import Part

_ROWS_A_PIECE: Final = 500


def product_list(parts: Sequence[Part]) -> Iterator[str]:
    """The JSON text in pieces: ``{"mission": ..., "products": [row, ...]}``, ASCII, a line a row, in the list's order.

    A list is of one mission: ``OverlayError`` ``export.missions`` for more than one. They are files of their own.
    """
    chosen = [part for part in parts if part.selected]
    if len({part.profile.name for part in chosen}) > 1:
        raise OverlayError(
            "export.missions",
            "A product list in the archive's form is of one mission, and several are selected.",
            "Export the missions one after the other.",
        )
    return _pieces(chosen)


def _pieces(parts: Sequence[Part]) -> Iterator[str]:
    mission = parts[0].profile.name if parts else ""
    piece = ["{", f'"mission":{_json(mission)},' if mission else "", '"products":[']
    between = "\n"
    for _, fields in selected_rows(parts, as_listed=True):
        piece.append(between + _json(fields))
        between = ",\n"
        if len(piece) >= _ROWS_A_PIECE:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece) + "\n]}\n"


def _json(value: object) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return _with_infinities(value)


def _with_infinities(value: object) -> str:
    """As :func:`_json`, for numbers beyond all measure, which Python's writer gives a name that is not JSON."""
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    if isinstance(value, dict):
        inside = (f"{json.dumps(name)}:{_with_infinities(each)}" for name, each in value.items())
        return f"{{{','.join(inside)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(_with_infinities(each) for each in value)}]"
    return _json(value)
