"""Product lists of any length in the mix of a JWST program: exposures, guide stars, combined products, shared files.

Made by chance from a seed; nothing of it is of the archive. A program has visits, a visit some exposures with several
detectors each, a dataset for each of these, and every so many visits a dataset of combined products.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SEED: Final = 2736
_PREVIEWS: Final = 0.35
_EXPOSURES: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A product of a dataset: what is behind its stem, its level and its bytes, about."""

    ending: str
    suffix: str
    level: str
    size: int
    type: str = "science"


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to observe: detectors, filters, what of an exposure there is and what combined products."""

    instrument: str
    detectors: tuple[str, ...]
    filters: tuple[str, ...]
    exposure: tuple[Part, ...]
    combined: tuple[Part, ...]


def _fits(suffix: str, level: str, size: int) -> Part:
    return Part(f"{suffix}.fits", suffix, level, size)


_RAW: Final = (
    _fits("_uncal", "1b", 117_561_600),
    _fits("_rate", "2a", 83_914_560),
    _fits("_rateints", "2a", 83_920_320),
    _fits("_trapsfilled", "2a", 150_986_880),
)
_RAW_PREVIEWS: Final = (
    Part("_rate.jpg", "_rate", "2a", 310_000, "preview"),
    Part("_rate_thumb.jpg", "_thumb", "2a", 9_000, "preview"),
)
_IMAGE: Final = (
    *_RAW,
    *_RAW_PREVIEWS,
    _fits("_cal", "2b", 117_538_560),
    _fits("_i2d", "2b", 116_933_760),
    _fits("_crf", "2c", 117_544_320),
    Part("_cal.jpg", "_cal", "2b", 290_000, "preview"),
)
_MOSAIC: Final = (
    _fits("_i2d", "3", 2_014_364_160),
    _fits("_segm", "3", 502_000_320),
    Part("_cat.ecsv", "_cat", "3", 6_200_000),
    Part("_i2d.jpg", "_i2d", "3", 1_400_000, "preview"),
)
_SPECTRUM: Final = (
    *_RAW,
    *_RAW_PREVIEWS,
    _fits("_cal", "2b", 90_633_600),
    _fits("_s2d", "2b", 11_520_000),
    _fits("_x1d", "2b", 1_163_520),
    _fits("_crf", "2c", 90_639_360),
)
_SPECTRA: Final = (
    _fits("_s2d", "3", 15_304_320),
    _fits("_x1d", "3", 1_203_840),
    _fits("_c1d", "3", 1_201_000),
    _fits("_crf", "2c", 90_639_360),
)
_CUBE: Final = (
    *_RAW,
    _fits("_cal", "2b", 133_000_000),
    _fits("_s3d", "2b", 23_400_000),
    _fits("_x1d", "2b", 960_000),
    _fits("_crf", "2c", 133_000_000),
)
_SERIES: Final = (
    *_RAW,
    _fits("_calints", "2b", 1_600_000_000),
    _fits("_x1dints", "2b", 19_000_000),
    _fits("_crfints", "2c", 1_600_000_000),
)
_SERIES_TOGETHER: Final = (
    _fits("_x1dints", "3", 130_000_000),
    Part("_whtlt.ecsv", "_whtlt", "3", 410_000),
)
_SHORT: Final = tuple(f"nrc{module}{number}" for module in "ab" for number in range(1, 5))
_LONG: Final = ("nrcalong", "nrcblong")
MODES: Final = (
    (32, Mode("NIRCAM/IMAGE", _SHORT, ("F090W", "F115W", "F150W", "F200W"), _IMAGE, _MOSAIC)),
    (16, Mode("NIRCAM/IMAGE", _LONG, ("F277W", "F356W", "F410M", "F444W"), _IMAGE, _MOSAIC)),
    (14, Mode("MIRI/IMAGE", ("mirimage",), ("F770W", "F1000W", "F1500W", "F2100W"), _IMAGE, _MOSAIC)),
    (14, Mode("NIRSPEC/MSA", ("nrs1", "nrs2"), ("F290LP;G395H", "CLEAR;PRISM"), _SPECTRUM, _SPECTRA)),
    (8, Mode("NIRSPEC/IFU", ("nrs1", "nrs2"), ("F170LP;G235H", "F100LP;G140H"), _CUBE, _CUBE[5:7])),
    (8, Mode("MIRI/IFU", ("mirifushort", "mirifulong"), ("",), _CUBE, _CUBE[5:7])),
    (5, Mode("NIRISS/WFSS", ("nis",), ("GR150R;F200W", "GR150C;F150W"), _SPECTRUM, _SPECTRA)),
    (3, Mode("NIRISS/SOSS", ("nis",), ("CLEAR;GR700XD",), _SERIES, _SERIES_TOGETHER)),
)
_GUIDING: Final = (
    ("gs-id_1_image", ("uncal", "cal", "stacked_cal")),
    ("gs-acq1", ("uncal", "cal")),
    ("gs-track", ("uncal", "cal")),
    ("gs-fg", ("uncal", "cal")),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row: a product as it stands in a dataset."""

    dataset: str
    filename: str
    size: int
    exclusive: bool
    instrument: str
    filters: str
    suffix: str
    level: str
    type: str

    def text(self) -> str:
        """The row in JSON, with the fields that the archive gives."""
        return json.dumps(
            {
                "product_key": f"{self.dataset}_{self.filename}",
                "access": "EXCLUSIVE_ACCESS" if self.exclusive else "PUBLIC",
                "dataset": self.dataset,
                "instrument_name": self.instrument,
                "filters": self.filters,
                "filename": self.filename,
                "uri": f"{self.dataset}/{self.filename}",
                "file_suffix": self.suffix,
                "category": self.level,
                "size": self.size,
                "type": self.type,
            },
            separators=(",", ":"),
        )


def listed(products: int) -> Iterator[Listed]:
    """Rows with just so many products; some of them stand in several datasets."""
    chance = random.Random(_SEED)
    seen: set[str] = set()
    for row in _rows(chance):
        if row.filename not in seen:
            if len(seen) == products:
                return
            seen.add(row.filename)
        yield row


def write(path: Path, products: int) -> tuple[int, int]:
    """Write a list in the archive's form; how many rows it has, and how many bytes the names of its products."""
    count, names = 0, set[str]()
    with path.open("w", encoding="utf-8") as file:
        file.write('{"products":[')
        for row in listed(products):
            file.write(f"{',' if count else ''}\n{row.text()}")
            count += 1
            names.add(row.filename)
        file.write("\n]}\n")
    return count, sum(map(len, names))


def _rows(chance: random.Random) -> Iterator[Listed]:
    program = 1000
    while True:
        program += chance.randint(1, 3)
        [mode] = chance.choices([mode for _, mode in MODES], [weight for weight, _ in MODES])
        exclusive = chance.random() < 0.15
        for observation in range(1, chance.randint(2, 12)):
            yield from _observation(chance, program, observation, mode, exclusive)


def _observation(
    chance: random.Random, program: int, observation: int, mode: Mode, exclusive: bool
) -> Iterator[Listed]:
    filters = chance.choice(mode.filters)
    said = mode.instrument, filters
    head = f"jw{program:05}{observation:03}001"
    pool = f"jw{program:05}_{20220712 + program % 1000}t{program:06}_pool.csv"
    guiding = [
        Listed("", f"{head}_{what}_{2022190000000 + chance.randrange(10**6)}_{kind}.fits", 4_000_000,
               False, *said, f"_{what}_{kind}", "1b" if kind == "uncal" else "2b", "science")
        for what, kinds in _GUIDING
        for kind in kinds
    ]  # fmt: skip
    for exposure in range(1, _EXPOSURES + 1):
        for detector in mode.detectors:
            dataset = f"{head}_{2101 + 2 * (exposure // 3):05}_{exposure:05}_{detector}"
            yield from _products(chance, dataset, mode.exposure, exclusive, said)
            # What guided the telescope stands with each detector's dataset of the exposure.
            for row in guiding[exposure - 1 :: _EXPOSURES]:
                yield Listed(dataset, row.filename, row.size, False, *said, row.suffix, row.level, row.type)
    short, _, grating = filters.lower().partition(";")
    optical = "-".join(filter(None, (short or "ch1", grating or "clear")))
    stem = f"jw{program:05}-o{observation:03}_t{observation:03}_{mode.instrument.split('/')[0].lower()}_{optical}"
    yield from _products(chance, stem, mode.combined, exclusive, said)
    association = (
        f"jw{program:05}-o{observation:03}_20231015t{observation:06}_image3_{observation:05}_asn.json"
    )
    for name, suffix, size in ((association, "_asn", 9_200), (pool, "_pool", 410_000)):
        yield Listed(stem, name, size, False, *said, suffix, "ASSOCIATION", "association")
    yield Listed(stem, f"jwst_{mode.detectors[0]}_{program % 97:04}.fits", 80_000_000, False, *said, "_ref",
                 "REFERENCE", "reference")  # fmt: skip


def _products(
    chance: random.Random, dataset: str, parts: tuple[Part, ...], exclusive: bool, said: tuple[str, str]
) -> Iterator[Listed]:
    for part in parts:
        if part.type == "preview" and chance.random() > _PREVIEWS:
            continue
        size = int(part.size * chance.uniform(0.5, 1.5)) // 2880 * 2880 + 2880
        yield Listed(
            dataset, f"{dataset}{part.ending}", size, exclusive, *said, part.suffix, part.level, part.type
        )
