"""Rows of invented JWST programs in the form of ``list_products``, for the demo and for long lists."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from web.buildsteps.demo_modes import GUIDE_FILES, MODES, Mode
from web.buildsteps.demo_names import jwst_filters, optics

Row = dict[str, object]
#: Gives a product's size in bytes from its name and suffix; the same name always has the same size.
Sizer = Callable[[str, str], int]

PUBLIC: Final = "PUBLIC"
EXCLUSIVE: Final = "EXCLUSIVE_ACCESS"
_STAMP: Final = "20261104t101500"
_GUIDE_DAY: Final = 2026308


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of a program: some exposures in one mode, and what is combined from them.

    ``groups`` holds the exposures in each group of one filter. ``lamp`` adds an exposure that stays
    uncalibrated.
    """

    program: int
    number: int
    mode: Mode
    groups: tuple[int, ...]
    access: str = PUBLIC
    combined: bool = True
    lamp: bool = False

    @property
    def visit(self) -> str:
        """The name of the observation's only visit."""
        return f"jw{self.program:05d}{self.number:03d}001"


def observation_rows(observation: Observation, size: Sizer) -> Iterator[Row]:
    """Give all rows of an observation, dataset by dataset, shared products once in each dataset."""
    shared = list(_shared(observation, size))
    mode = observation.mode
    for position, count in enumerate(observation.groups):
        group = 2 * position + 2
        filters = jwst_filters(mode.instrument, group)
        for number in range(1, count + 1):
            dataset = f"{observation.visit}_{group:02d}101_{number:05d}"
            yield from _exposure(observation, dataset, filters, mode.exposure, size)
            if mode.msa:
                yield _msa(observation, dataset, number, size)
            yield from (_in_dataset(row, dataset) for row in shared)
    if observation.lamp:
        dataset = f"{observation.visit}_{2 * len(observation.groups) + 2:02d}101_00001"
        filters = jwst_filters(mode.instrument, 2 * len(observation.groups) + 2)
        yield from _exposure(observation, dataset, filters, mode.exposure[:2], size)
    if observation.combined:
        yield from _combined(observation, shared, size)


def _row(
    dataset: str,
    filename: str,
    size: int,
    *,
    suffix: str,
    level: str,
    kind: str,
    access: str = PUBLIC,
    instrument: str = "",
    filters: str = "",
) -> Row:
    return {
        "product_key": f"{dataset}_{filename}",
        "access": access,
        "dataset": dataset,
        "instrument_name": instrument,
        "filters": filters,
        "filename": filename,
        "uri": f"{dataset}/{filename}",
        "authz_primary_identifier": dataset,
        "authz_secondary_identifier": None,
        "file_suffix": suffix,
        "category": level,
        "size": size,
        "type": kind,
    }


def _in_dataset(row: Row, dataset: str) -> Row:
    filename = row["filename"]
    return row | {"product_key": f"{dataset}_{filename}", "dataset": dataset, "uri": f"{dataset}/{filename}"}


def _exposure(
    observation: Observation, dataset: str, filters: str, products: tuple[tuple[str, str], ...], size: Sizer
) -> Iterator[Row]:
    mode = observation.mode
    segment = "-seg001" if mode.series else ""
    for detector in mode.detectors:
        root = f"{dataset}{segment}_{detector}"
        for suffix, level in products:
            # What outlier detection flags carries the name of the association that it was compared in.
            stem = f"{root}_o{observation.number:03d}{suffix}" if level == "2c" else root + suffix
            for filename, its_suffix, kind in _with_previews(stem, suffix, ".fits", mode):
                yield _row(
                    dataset,
                    filename,
                    size(filename, suffix),
                    suffix=its_suffix,
                    level=level,
                    kind=kind,
                    access=observation.access,
                    instrument=mode.instrument,
                    filters=filters,
                )


def _with_previews(stem: str, suffix: str, ending: str, mode: Mode) -> Iterator[tuple[str, str, str]]:
    yield stem + ending, suffix, "science"
    if suffix in mode.previewed:
        yield f"{stem}.jpg", suffix, "preview"
        yield f"{stem}_thumb.jpg", "_thumb", "preview"


def _combined(observation: Observation, shared: list[Row], size: Sizer) -> Iterator[Row]:
    mode = observation.mode
    dataset = f"jw{observation.program:05d}-o{observation.number:03d}_t001_{mode.instrument.lower()}"
    for product in mode.combined:
        suffix, _, ending = product.partition(".")
        stem = f"{dataset}_{mode.elements}{suffix}"
        for filename, its_suffix, kind in _with_previews(stem, suffix, f".{ending}", mode):
            yield _row(
                dataset,
                filename,
                size(filename, suffix),
                suffix=its_suffix,
                level="3",
                kind=kind,
                access=observation.access,
                instrument=mode.instrument,
                filters=optics(filename).filters,
            )
    # Guide stars and reference files belong to exposures; the association and its pool to what was made of
    # them too.
    yield from (_in_dataset(row, dataset) for row in shared if row["type"] == "association")


def _msa(observation: Observation, dataset: str, number: int, size: Sizer) -> Row:
    # The archive replaced this file between the first two exposures and the later ones, under the same name.
    filename = f"{observation.visit}_01_msa.fits"
    return _row(
        dataset,
        filename,
        size(filename, "_msa") + (0 if number <= 2 else 2 * 2880),
        suffix="_msa",
        level="1b",
        kind="exposure",
        access=observation.access,
        instrument=observation.mode.instrument,
    )


def _shared(observation: Observation, size: Sizer) -> Iterator[Row]:
    """Give the products that every exposure of the observation lists, with an empty dataset."""
    program, number, mode = f"jw{observation.program:05d}", observation.number, observation.mode
    association = f"{program}-o{number:03d}_{_STAMP}_{mode.association}_00001_asn.json"
    for filename, suffix, access in (
        (association, "_asn", observation.access),
        (f"{program}_{_STAMP}_pool.csv", "_pool", PUBLIC),
    ):
        yield _row(
            "",
            filename,
            size(filename, suffix),
            suffix=suffix,
            level="ASSOCIATION",
            kind="association",
            access=access,
        )
    for ending in mode.references:
        filename = f"jwst_{mode.instrument.lower()}_{ending}"
        suffix = f"_{ending.partition('_')[0]}"
        yield _row(
            "",
            filename,
            size(filename, suffix),
            suffix=suffix,
            level="REFERENCE",
            kind="reference",
            instrument=mode.instrument,
        )
    for name, forms in GUIDE_FILES:
        for form in forms:
            filename = f"{observation.visit}_{name.format(_GUIDE_DAY)}{form}.fits"
            calibrated = form.endswith("_cal")
            yield _row(
                "",
                filename,
                size(filename, form),
                suffix=form,
                level="2b" if calibrated else "1b",
                kind="exposure",
                access=observation.access,
                instrument="FGS",
            )


#: Least and most kilobytes of the products of a real program, by suffix; others are small.
_REAL_KILOBYTES: Final = {
    "_uncal": (40_000, 2_000_000),
    "_rate": (80_000, 120_000),
    "_rateints": (80_000, 2_500_000),
    "_cal": (100_000, 130_000),
    "_calints": (100_000, 3_000_000),
    "_crf": (100_000, 130_000),
    "_crfints": (100_000, 3_000_000),
    "_i2d": (110_000, 5_000_000),
    "_s3d": (5_000, 400_000),
    "_s2d": (1_000, 40_000),
    "_segm": (30_000, 600_000),
    "_flat": (60_000, 90_000),
    "_dark": (500_000, 9_000_000),
}


def _real_size(filename: str, suffix: str) -> int:
    least, most = _REAL_KILOBYTES.get(suffix, (6, 900))
    if filename.endswith((".jpg", ".json", ".csv", ".asdf", ".ecsv")):
        least, most = 4, 400
    drawn = zlib.crc32(filename.encode())
    size = 1000 * (least + drawn % (most - least))
    return -(-size // 2880) * 2880 if filename.endswith(".fits") else size + drawn % 997


def jwst_rows(datasets: int, seed: int = 0) -> Iterator[Row]:
    """Give the rows of that many datasets in a realistic mix, with sizes of up to gigabytes.

    A dataset has some 40 rows. Names, sizes and order depend on ``seed`` alone; take the first n rows with
    ``itertools.islice`` for a list of n rows.
    """
    drawn = random.Random(seed)
    modes = list(MODES.values())
    remaining = datasets
    program = 10_000 + seed % 1000
    while remaining > 0:
        program += 1
        access = EXCLUSIVE if drawn.random() < 0.1 else PUBLIC
        for number in range(1, drawn.randint(2, 12)):
            if remaining <= 0:
                return
            exposures = tuple(drawn.randint(1, 8) for _ in range(drawn.randint(1, 3)))
            mode = drawn.choice(modes)
            found = observation_rows(
                Observation(program % 100_000, number, mode, exposures, access), _real_size
            )
            remaining = yield from _whole_datasets(found, remaining)


def _whole_datasets(rows: Iterator[Row], remaining: int) -> Generator[Row, None, int]:
    """Give the rows of the first ``remaining`` datasets and return how many are still wanted."""
    current = None
    for row in rows:
        if row["dataset"] != current:
            if remaining == 0:
                return 0
            remaining -= 1
            current = row["dataset"]
        yield row
    return remaining
