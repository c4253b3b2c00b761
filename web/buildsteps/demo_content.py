"""The bytes of invented products: any file name and size give the same valid content, always, at any offset.

Nothing is stored: the test archive reads pieces of files of many gigabytes from here, and the build writes
the demo archive's files with it, so both agree to the byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from web.buildsteps import fits
from web.buildsteps.demo_names import optics

#: Pieces that a reader gets are at most this long.
PIECE: Final = 1 << 20
#: Formats that must be made as a whole are made up to this size; larger files of that name are noise.
_WHOLE: Final = 1 << 20
_ASSOCIATION: Final = re.compile(
    r"jw(?P<program>[0-9]{5})-(?P<candidate>[a-z][0-9]{3,4})_[0-9t]+_(?P<rule>[a-z0-9]+)_"
)
_STAMP: Final = struct.Struct(">QQ")
_NOISE_SEED: Final = b"demo archive, noise, 1"


def content(filename: str, size: int, start: int = 0, stop: int | None = None, version: int = 1) -> bytes:
    """Give the bytes ``start`` to ``stop`` (exclusive; the end by default) of the file of that name and size.

    Another ``version`` is another file of the same name and size.
    """
    return b"".join(pieces(filename, size, start, stop, version))


def pieces(
    filename: str, size: int, start: int = 0, stop: int | None = None, version: int = 1
) -> Iterator[bytes | memoryview]:
    """Give the same bytes as :func:`content`, in pieces of at most ``PIECE`` bytes, in constant memory."""
    end = size if stop is None else min(stop, size)
    position = max(start, 0)
    head = _head(filename, size, version)
    if position < min(end, len(head)):
        yield from _cut(head, position, min(end, len(head)))
        position = len(head)
    seed = _seed(filename, size, version)
    while position < end:
        number, offset = divmod(position, PIECE)
        length = min(PIECE - offset, end - position)
        yield from _noise(seed, number, offset, length)
        position += length


def _cut(data: bytes, start: int, stop: int) -> Iterator[bytes]:
    for position in range(start, stop, PIECE):
        yield data[position : min(position + PIECE, stop)]


def _seed(filename: str, size: int, version: int) -> int:
    name = filename.encode("utf-8", "surrogatepass")
    key = b"\0".join((name, str(size).encode(), str(version).encode()))
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")


@lru_cache(maxsize=1)
def _noise_source() -> memoryview:
    raw = bytearray(hashlib.shake_128(_NOISE_SEED).digest(2 * PIECE))
    # Every second byte is the upper one of a 16-bit pixel: small there makes a faint image.
    raw[0::2] = raw[0::2].translate(bytes(value & 3 for value in range(256)))
    return memoryview(bytes(raw))


def _noise(seed: int, number: int, offset: int, length: int) -> Iterator[bytes | memoryview]:
    """Give a part of noise piece ``number``: a stamp of its own, then a slice of the common noise.

    The slice begins elsewhere for each piece, so that bytes from a wrong offset never look right.
    """
    stamp = _STAMP.pack(seed, number)
    if offset < len(stamp):
        yield stamp[offset : offset + length]
    taken = max(0, min(length, len(stamp) - offset))
    if taken < length:
        shift = (seed + number * 0x9E3779B97F4A7C15) % (PIECE // 2) * 2
        begin = shift + offset + taken
        yield _noise_source()[begin : begin + length - taken]


@lru_cache(maxsize=512)
def _head(filename: str, size: int, version: int) -> bytes:
    """Give what of a file is more than noise: all of it for small formats, headers alone for images."""
    ending = filename.rpartition(".")[2].lower()
    if ending == "fits":
        return _fits_head(filename, size, version)
    make = _MAKERS.get(ending)
    if make is None or size > _WHOLE:
        return b""
    made = make(filename, size, version)
    return made if len(made) == size else b""


def _fits_head(filename: str, size: int, version: int) -> bytes:
    told = optics(filename)
    heading = fits.Heading(filename, told.telescope, told.instrument, told.filters)
    # A size that no FITS file has is given all the same: a header, and the file ends in the middle of a
    # block.
    whole = size if fits.fits_size(size) else -(-max(size, 1) // fits.BLOCK) * fits.BLOCK
    if told.spectrum and 3 * fits.BLOCK <= whole <= _WHOLE:
        return fits.spectrum_file(heading, whole, _seed(filename, size, version))[:size]
    try:
        return fits.image_head(heading, whole)[:size]
    except ValueError:
        return b""


def _filled(size: int, start: str, row: Callable[[int], str], end: Callable[[str], str]) -> bytes:
    """Join ``start``, as many rows as fit, and ``end`` with so many dots of padding that ``size`` is met."""
    lines = [start]
    used = len(start.encode()) + len(end("").encode())
    number = 1
    while used + len(line := row(number)) <= size:
        lines.append(line)
        used += len(line)
        number += 1
    return ("".join(lines) + end("." * max(0, size - used))).encode()


def _json(filename: str, size: int, version: int) -> bytes:
    """An association as the pipeline writes it: as many exposures as there is room for."""
    matched = _ASSOCIATION.match(filename)
    program, candidate = (matched["program"], matched["candidate"]) if matched else ("00000", "o001")
    head: dict[str, object] = {
        "asn_type": matched["rule"] if matched else "image3",
        "asn_id": candidate,
        "program": program,
        "version_id": version,
    }

    def with_members(count: int) -> bytes:
        visit = f"jw{program}{candidate[1:4]}001"
        members = [
            {"expname": f"{visit}_02101_{number:05d}_cal.fits", "exptype": "science"}
            for number in range(1, count + 1)
        ]
        products = [{"name": f"jw{program}-{candidate}_t001", "members": members}]
        return json.dumps(head | {"products": products}, indent=1).encode()

    one, two = len(with_members(1)), len(with_members(2))
    if size < one:
        return b"{}"[:size].ljust(size)
    return with_members(1 + (size - one) // (two - one)).ljust(size)


def _csv(filename: str, size: int, version: int) -> bytes:
    program = filename[2:7]
    return _filled(
        size,
        "filename,asn_candidate,obs_num,note\n",
        lambda number: f"jw{program}001001_02101_{number:05d}_uncal.fits,o001,001,{version:04d}\n",
        lambda dots: f"end,,,{dots}\n",
    )


def _ecsv(filename: str, size: int, version: int) -> bytes:
    columns = "\n".join(
        f"# - {{name: {name}, datatype: float64}}" for name in ("label", "ra", "dec", "aper_flux")
    )
    # The padding comes first, in the header's note: data rows have no place for it.
    rows = max(0, (size - 400) // 33)
    table = "".join(
        f"{n:06d} {150 + n / 1e4:09.5f} {2 + n / 1e4:07.5f} {n % 97:07.3f}\n" for n in range(1, rows + 1)
    )
    said = f"name: {json.dumps(filename)}, version: {version}"
    head = f"# %ECSV 1.0\n# ---\n# datatype:\n{columns}\n# meta: {{{said}, note: '"
    tail = f"'}}\n# schema: astropy-2.0\nlabel ra dec aper_flux\n{table}"
    return f"{head}{'.' * (size - len(head) - len(tail))}{tail}".encode()


def _yaml(filename: str, size: int, version: int) -> bytes:
    said = f"name: {json.dumps(filename)}\nversion: {version}\n"
    start = f"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n%YAML 1.1\n---\n{said}"
    return _filled(
        size, start, lambda number: f"term_{number:04d}: {number / 64}\n", lambda dots: f"...\n#{dots}\n"
    )


def _text(filename: str, size: int, version: int) -> bytes:
    start = f"# {filename} version {version}\n"
    return _filled(size, start, lambda number: f"{number:06d} done\n", lambda dots: f"# end {dots}\n")


def _jpeg(filename: str, size: int, version: int) -> bytes:
    """A grey picture of a star field, brought to ``size`` by comment segments (ITU-T T.81)."""
    cells = 6 if "thumb" in filename else 16
    before, after = b"\xff\xd8", _jpeg_body(cells, _seed(filename, size, version))
    missing = size - len(before) - len(after)
    comments, said = b"", f"{filename} version {version} ".encode("utf-8", "replace")
    while missing >= 4:
        # A rest of one to three bytes would be too short for a segment of its own.
        length = missing if missing <= _LONGEST_SEGMENT else min(_LONGEST_SEGMENT, missing - 4)
        comments += _segment(0xFE, said[: length - 4].ljust(length - 4, b"."))
        missing -= length
    return before + comments + after


#: With its marker, in bytes.
_LONGEST_SEGMENT: Final = 65_537
#: Standard luminance table for DC differences (T.81 table K.3): code lengths, then categories 0 to 11.
_DC_LENGTHS: Final = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_DC_CODES: Final = (
    "00",
    "010",
    "011",
    "100",
    "101",
    "110",
    "1110",
    "11110",
    "111110",
    "1111110",
    "11111110",
    "111111110",
)


def _jpeg_body(cells: int, seed: int) -> bytes:
    side = cells * 8
    tables = _segment(0xDB, b"\0" + b"\x08" * 64)
    tables += _segment(0xC0, struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0))
    tables += _segment(0xC4, b"\x00" + _DC_LENGTHS + bytes(range(12)))
    # The one AC code says that the block ends here: each block is flat.
    tables += _segment(0xC4, b"\x10" + bytes((1,)) + bytes(15) + b"\0")
    bits, last = "", -128
    for cell in range(cells * cells):
        star = (cell * 2654435761 + seed) % 4294967296 < 4294967296 // 9
        level = (96 if star else -112) + (cell * 40503 + seed) % 16
        bits += _dc_code(level - last if cell else level) + "0"
        last = level
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return tables + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + coded + b"\xff\xd9"


def _dc_code(difference: int) -> str:
    length = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << length) - 1
    return _DC_CODES[length] + (f"{value:0{length}b}" if length else "")


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


_MAKERS: Final[dict[str, Callable[[str, int, int], bytes]]] = {
    "json": _json,
    "csv": _csv,
    "ecsv": _ecsv,
    "asdf": _yaml,
    "txt": _text,
    "pmap": _text,
    "jpg": _jpeg,
}
