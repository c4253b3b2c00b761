"""The demo archive: lists of two missions and all their files, small, valid, the same in every build."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from web.buildsteps import fits
from web.buildsteps.demo_content import content
from web.buildsteps.demo_hst import VISITS, visit_rows
from web.buildsteps.demo_jwst import EXCLUSIVE, Observation, Row, jwst_rows, observation_rows
from web.buildsteps.demo_modes import MODES

__all__ = ["MISSIONS", "demo_rows", "jwst_rows", "make_demo", "product_list"]

MISSIONS: Final = ("JWST", "HST")

#: Two programs. Each has an observation that is its investigators' own for now; NIRSpec's has two files of
#: one name.
_OBSERVATIONS: Final = (
    Observation(90001, 1, MODES["NIRCAM"], (3, 2), lamp=True),
    Observation(90001, 2, MODES["NIRISS"], (2,), access=EXCLUSIVE),
    Observation(90002, 1, MODES["NIRSPEC"], (4,)),
    Observation(90002, 2, MODES["MIRI"], (2,), access=EXCLUSIVE, combined=False),
)

#: FITS blocks by suffix, between the least and the most.
_BLOCKS: Final = {
    "_uncal": (9, 13),
    "_rateints": (6, 8),
    "_rate": (4, 6),
    "_i2d": (6, 9),
    "_cal": (5, 7),
    "_calints": (6, 8),
    "_crf": (5, 7),
    "_crfints": (6, 8),
    "_s3d": (6, 10),
    "DRC": (9, 13),
    "DRZ": (9, 13),
    "FLC": (7, 10),
    "FLT": (7, 10),
    "RAW": (5, 8),
    "RAWTAG_A": (7, 10),
    "CORRTAG_A": (7, 10),
}
_OTHER_BLOCKS: Final = (3, 5)


def make_demo(out: Path) -> None:
    """Write ``jwst.json``, ``hst.json`` and ``files/`` below ``out``, which is made where it is missing.

    Two calls write the same bytes. Files of a former demo that are no part of this one are left alone.
    """
    for mission in MISSIONS:
        listed = product_list(mission)
        out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(listed, indent=0, ensure_ascii=False) + "\n"
        (out / f"{mission.lower()}.json").write_text(text, encoding="utf-8", newline="\n")
        for path, row in _stored(demo_rows(mission)).items():
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content(str(row["filename"]), _size_of(row)))


def product_list(mission: str) -> dict[str, object]:
    """Give the list as the demo's page opens it: the rows with ``url``, relative to the list."""
    rows = list(demo_rows(mission))
    places = {_identity(row): path for path, row in _stored(rows).items()}
    return {"mission": mission, "products": [row | {"url": quote(places[_identity(row)])} for row in rows]}


def demo_rows(mission: str) -> Iterator[Row]:
    """Give the rows of one of ``MISSIONS`` as the archive lists them: the 13 fields, without ``url``."""
    if mission == "JWST":
        for observation in _OBSERVATIONS:
            yield from observation_rows(observation, _small_size)
    else:
        for visit in VISITS:
            yield from visit_rows(visit, _small_size)


def _stored(rows: Iterator[Row] | list[Row]) -> dict[str, Row]:
    """Give the path of each product below the demo's folder, with the first row that lists it."""
    stored: dict[str, Row] = {}
    seen: set[tuple[str, int]] = set()
    for row in rows:
        if _identity(row) not in seen:
            seen.add(_identity(row))
            stored[f"files/{row['dataset']}/{row['filename']}"] = row
    return stored


def _identity(row: Row) -> tuple[str, int]:
    return str(row["filename"]), _size_of(row)


def _size_of(row: Row) -> int:
    size = row["size"]
    if not isinstance(size, int):
        raise TypeError(f"the size of {row['filename']} is no number")
    return size


def _small_size(filename: str, suffix: str) -> int:
    drawn = zlib.crc32(filename.encode())
    if filename.endswith(".fits"):
        least, most = _BLOCKS.get(suffix, _OTHER_BLOCKS)
        return fits.BLOCK * (least + drawn % (most - least + 1))
    if filename.endswith("_thumb.jpg"):
        return 500 + drawn % 200
    return 1500 + drawn % 1500
