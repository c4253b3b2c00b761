"""One row of a product list: what the archive says of a file and of the dataset that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pycore.errors import OverlayError

PUBLIC: Final = "PUBLIC"
EXCLUSIVE: Final = "EXCLUSIVE_ACCESS"

#: 8 PiB. No archive has such a file, and up to here JavaScript's numbers are exact.
LARGEST_SIZE: Final = 2**53 - 1

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Row:
    """A product in a dataset, with the fields of MAST's ``list_products``; absent text is ``""``.

    ``size`` is in bytes. ``level`` is the list's ``category``: the archive has no other level field.
    ``extra`` keeps what we do not know, so that nothing of the list is lost.
    """

    filename: str
    dataset: str
    size: int
    access: str = PUBLIC
    instrument: str = ""
    filters: str = ""
    suffix: str = ""
    level: str = ""
    type: str = ""
    uri: str = ""
    product_key: str = ""
    url: str = ""
    sha256: str = ""
    md5: str = ""
    extra: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


#: The list's name of a text field, and ours where the two differ.
_TEXT_FIELDS: Final = {
    "instrument_name": "instrument",
    "filters": "filters",
    "file_suffix": "suffix",
    "category": "level",
    "type": "type",
    "uri": "uri",
    "product_key": "product_key",
    "url": "url",
    "sha256": "sha256",
    "md5": "md5",
}
_CHECKSUM_DIGITS: Final = {"sha256": 64, "md5": 32}
_KNOWN: Final = frozenset(_TEXT_FIELDS) | {"filename", "dataset", "size", "access"}


def read_row(fields: object) -> Row:
    """Check one row of a list and give it as a :class:`Row`.

    Raises ``OverlayError`` with a code ``row.<field>.<what>`` that names the field; the caller adds the row's
    number and goes on with the next row.
    """
    if not isinstance(fields, Mapping):
        raise OverlayError("row.shape", f"The row is {_kind(fields)}, not an object with fields.")
    given: dict[str, str] = {}
    for theirs, ours in _TEXT_FIELDS.items():
        given[ours] = _text(fields, theirs, required=False)
    # HST pads its instrument names with blanks to six characters; of an address they are never part.
    for name in ("instrument", "url"):
        given[name] = given[name].strip()
    for name, digits in _CHECKSUM_DIGITS.items():
        given[name] = _checksum(given[name], name, digits)
    return Row(
        filename=_text(fields, "filename", required=True),
        dataset=_text(fields, "dataset", required=True),
        size=_size(fields),
        access=_access(fields),
        extra={key: value for key, value in fields.items() if key not in _KNOWN} or _NOTHING,
        **given,
    )


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "a truth value", int: "a number", float: "a number", str: "text"}
    return names.get(type(value), "a list" if isinstance(value, list | tuple) else "an object")


def _text(fields: Mapping[str, object], name: str, *, required: bool) -> str:
    value = fields.get(name)
    if value is None:
        if required:
            raise OverlayError(f"row.{name}.missing", f"The field “{name}” is missing.")
        return ""
    if not isinstance(value, str):
        raise OverlayError(f"row.{name}.type", f"The field “{name}” is {_kind(value)}, not text.")
    if required and not value.strip():
        raise OverlayError(f"row.{name}.empty", f"The field “{name}” is empty.")
    # NUL joins names on their way to the pattern worker, and no file system takes it.
    if "\0" in value:
        raise OverlayError(f"row.{name}.nul", f"The field “{name}” holds a NUL character.")
    return without_surrogates(value)


def without_surrogates(text: str) -> str:
    """The text with a question mark for each lone surrogate.

    JSON can spell them, UTF-8 cannot: they would break every file that the text is written into.
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _size(fields: Mapping[str, object]) -> int:
    value = fields.get("size")
    if value is None:
        raise OverlayError("row.size.missing", "The field “size” is missing.")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise OverlayError(
            "row.size.type", f"The field “size” is {_kind(value)}, not a whole number of bytes."
        )
    if not 0 <= value <= LARGEST_SIZE:
        # Python refuses to write numbers of thousands of digits, and nobody would read them.
        shown = str(value) if abs(value) < 10**20 else "beyond all measure"
        raise OverlayError("row.size.range", f"The field “size” is {shown}: no file has that size.")
    return value


def _access(fields: Mapping[str, object]) -> str:
    value = _text(fields, "access", required=False) or PUBLIC
    if value not in (PUBLIC, EXCLUSIVE):
        raise OverlayError(
            "row.access.unknown", f"The field “access” is “{value[:40]}”, neither {PUBLIC} nor {EXCLUSIVE}."
        )
    return value


def _checksum(value: str, name: str, digits: int) -> str:
    cleaned = value.strip().lower()
    if cleaned and (len(cleaned) != digits or set(cleaned) - set("0123456789abcdef")):
        raise OverlayError(f"row.{name}.format", f"The field “{name}” is not {digits} hexadecimal digits.")
    return cleaned
