"""What the invented JWST programs observe with: products of each instrument and of the guider, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Suffix and level of what each exposure has, uncalibrated first. The order is that of processing.
_RAMPS: Final = (("_uncal", "1b"), ("_rate", "2a"), ("_rateints", "2a"))
_IMAGING: Final = (*_RAMPS, ("_cal", "2b"), ("_i2d", "2b"), ("_crf", "2c"))
_SLIT: Final = (*_RAMPS, ("_cal", "2b"), ("_s2d", "2b"), ("_x1d", "2b"), ("_crf", "2c"))
_CUBE: Final = (*_RAMPS, ("_cal", "2b"), ("_s3d", "2b"), ("_x1d", "2b"), ("_crf", "2c"))
_SERIES: Final = (*_RAMPS, ("_calints", "2b"), ("_x1dints", "2b"), ("_crfints", "2c"))


@dataclass(frozen=True, slots=True)
class Mode:
    """What one instrument makes of an exposure and of a whole observation.

    ``exposure`` holds suffix and level of what each detector gives, ``combined`` the ends of the names at
    level 3, ``previewed`` the suffixes that come with a preview and a thumbnail, ``association`` the rule
    that combines.
    """

    instrument: str
    detectors: tuple[str, ...]
    exposure: tuple[tuple[str, str], ...]
    elements: str
    combined: tuple[str, ...]
    previewed: frozenset[str]
    references: tuple[str, ...]
    association: str
    series: bool = False
    msa: bool = False


MODES: Final = {
    "NIRCAM": Mode(
        "NIRCAM",
        ("nrca1", "nrcb1"),
        _IMAGING,
        "clear-f200w",
        ("_i2d.fits", "_segm.fits", "_cat.ecsv"),
        frozenset({"_cal", "_i2d"}),
        ("flat_0789.fits", "dark_0431.fits", "distortion_0276.asdf"),
        association="image3",
    ),
    "NIRSPEC": Mode(
        "NIRSPEC",
        ("nrs1", "nrs2"),
        _SLIT,
        "f290lp-g395m-s200a1",
        ("_s2d.fits", "_x1d.fits"),
        frozenset({"_s2d", "_x1d"}),
        ("dflat_0001.fits", "collimator_0012.asdf"),
        association="spec3",
        msa=True,
    ),
    "NIRISS": Mode(
        "NIRISS",
        ("nis",),
        _SERIES,
        "clear-gr700xd-substrip256",
        ("_x1dints.fits", "_whtlt.ecsv"),
        frozenset({"_x1dints"}),
        ("flat_0275.fits", "distortion_0032.asdf"),
        association="tso3",
        series=True,
    ),
    "MIRI": Mode(
        "MIRI",
        ("mirifushort", "mirifulong"),
        _CUBE,
        "ch1-short",
        ("_s3d.fits", "_x1d.fits"),
        frozenset({"_s3d", "_x1d"}),
        ("flat_0786.fits", "filteroffset_0006.asdf"),
        association="spec3",
    ),
}

#: Guide star functions of a visit, each with the forms that its file has; some were never calibrated.
GUIDE_FILES: Final = (
    ("gs-id_1", ("_image_uncal", "_image_cal", "_stacked_uncal", "_stacked_cal")),
    ("gs-id_2", ("_image_uncal", "_stacked_uncal")),
    ("gs-acq1_{0}145824", ("_uncal", "_cal")),
    ("gs-acq2_{0}145910", ("_uncal",)),
    ("gs-track_{0}150003", ("_uncal", "_cal")),
    ("gs-track_{0}153012", ("_uncal",)),
    ("gs-fg_{0}150544", ("_uncal", "_cal")),
)
