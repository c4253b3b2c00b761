"""Valid FITS files of an exact size, for the demo archive and the test archive.

Sizes are bytes and multiples of ``BLOCK``. Source: FITS Standard 4.0, sections 3 (blocks), 4 (cards), 7
(extensions).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BLOCK: Final = 2880
_CARD: Final = 80
_LONGEST_TEXT: Final = 68
_SMALLEST_WITH_EXTENSION: Final = 3

#: A row of a spectrum: wavelength, flux and its error as float32, data quality as int32.
_SPECTRUM_ROW: Final = struct.Struct(">fffi")
_SPECTRUM_COLUMNS: Final = (
    ("WAVELENGTH", "E", "um"),
    ("FLUX", "E", "Jy"),
    ("FLUX_ERROR", "E", "Jy"),
    ("DQ", "J", ""),
)

Value = bool | int | str


@dataclass(frozen=True, slots=True)
class Heading:
    """What a primary header says of its file."""

    filename: str
    telescope: str
    instrument: str
    filters: str


def fits_size(size: int) -> bool:
    """Whether a FITS file can have exactly this size."""
    return size >= BLOCK and size % BLOCK == 0


def image_head(heading: Heading, size: int) -> bytes:
    """Give the first bytes of an image file; any bytes whatever fill it up to ``size`` as 16-bit pixels.

    A file of one block is a header alone, one of two blocks has its pixels in the primary unit, all others
    in an extension ``SCI``. Raises ``ValueError`` where no FITS file has that size or the header does not
    fit in.
    """
    if not fits_size(size):
        raise ValueError(f"no FITS file has {size} bytes")
    blocks = size // BLOCK
    if blocks == 1:
        head = _header(_primary(heading))
    elif blocks < _SMALLEST_WITH_EXTENSION:
        head = _header(_primary(heading, _near_square((size - BLOCK) // 2)))
    else:
        primary = _header(_primary(heading))
        width, height = _near_square((size - len(primary) - BLOCK) // 2)
        head = primary + _header(
            [
                ("XTENSION", "IMAGE"),
                *_axes(16, (width, height)),
                ("PCOUNT", 0),
                ("GCOUNT", 1),
                ("EXTNAME", "SCI"),
            ]
        )
    if len(head) > size:
        raise ValueError(f"the header of {heading.filename} does not fit into {size} bytes")
    return head


def spectrum_file(heading: Heading, size: int, seed: int) -> bytes:
    """Give a file of ``size`` bytes with one spectrum in a binary table ``EXTRACT1``; ``seed`` varies it.

    Raises ``ValueError`` where the size leaves no room for a table.
    """
    primary = _header(_primary(heading))
    rows = (size - len(primary) - BLOCK) // _SPECTRUM_ROW.size
    if not fits_size(size) or rows < 1:
        raise ValueError(f"no FITS file of {size} bytes holds a table")
    cards: list[tuple[str, Value]] = [("XTENSION", "BINTABLE"), *_axes(8, (_SPECTRUM_ROW.size, rows))]
    cards += [("PCOUNT", 0), ("GCOUNT", 1), ("TFIELDS", len(_SPECTRUM_COLUMNS))]
    for number, (name, form, unit) in enumerate(_SPECTRUM_COLUMNS, start=1):
        cards += [(f"TTYPE{number}", name), (f"TFORM{number}", form)]
        if unit:
            cards.append((f"TUNIT{number}", unit))
    cards.append(("EXTNAME", "EXTRACT1"))
    return primary + _header(cards) + _spectrum(rows, seed)


def _spectrum(rows: int, seed: int) -> bytes:
    # Only + - * / are used: the results, unlike those of a C library's exp, are the same on every machine.
    centre = 1.5 + (seed % 29) / 10
    packed = bytearray()
    for number in range(rows):
        wavelength = 1.0 + 4.0 * number / rows
        offset = (wavelength - centre) / 0.02
        noise = ((number * 7919 + seed) % 1009 - 504) / 50400
        packed += _SPECTRUM_ROW.pack(wavelength, 1.0 + noise + 2.5 / (1.0 + offset * offset), 0.01, 0)
    return bytes(packed)


def _primary(heading: Heading, axes: tuple[int, ...] = ()) -> list[tuple[str, Value]]:
    return [
        ("SIMPLE", True),
        *_axes(16 if axes else 8, axes),
        ("EXTEND", True),
        ("ORIGIN", "demo archive"),
        ("TELESCOP", heading.telescope),
        ("INSTRUME", heading.instrument),
        ("FILTER", heading.filters),
        ("FILENAME", heading.filename),
    ]


def _axes(bits: int, axes: tuple[int, ...]) -> list[tuple[str, Value]]:
    lengths: list[tuple[str, Value]] = [
        (f"NAXIS{number}", length) for number, length in enumerate(axes, start=1)
    ]
    return [("BITPIX", bits), ("NAXIS", len(axes)), *lengths]


def _near_square(pixels: int) -> tuple[int, int]:
    """Give width and height of exactly that many pixels, as near to a square as they divide."""
    height = next(side for side in range(math.isqrt(pixels), 0, -1) if pixels % side == 0)
    return pixels // height, height


def _header(cards: Iterable[tuple[str, Value]]) -> bytes:
    text = "".join(_card(key, value) for key, value in cards) + f"{'END':<{_CARD}}"
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii")


def _card(key: str, value: Value) -> str:
    if isinstance(value, str):
        return _text_card(key, value)
    shown = ("T" if value else "F") if isinstance(value, bool) else str(value)
    return f"{key:<8}= {shown:>20}".ljust(_CARD)


def _text_card(key: str, value: str) -> str:
    """Spell a text, in several ``CONTINUE`` cards where it is long; what no card can hold becomes ``?``."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in value)
    pieces = [""]
    for letter in plain.replace("'", "\0").rstrip():
        spelled = "''" if letter == "\0" else letter
        # One place is kept for the ampersand that says that the text goes on.
        if len(pieces[-1]) + len(spelled) >= _LONGEST_TEXT:
            pieces.append("")
        pieces[-1] += spelled
    shown = [f"'{piece}&'" for piece in pieces[:-1]] + [f"'{pieces[-1]:<8}'"]
    return "".join(
        (f"{key:<8}= {text}" if number == 0 else f"CONTINUE  {text}").ljust(_CARD)
        for number, text in enumerate(shown)
    )
