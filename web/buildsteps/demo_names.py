"""What the name of an invented product tells of instrument and filter.

An exposure's name does not hold its filter. In the demo archive the observing plan ties the filter to the
group of exposures that the name does hold, so that list, header and name always agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Optics:
    """Telescope, instrument and filters of a file, and whether it is a one-dimensional spectrum."""

    telescope: str
    instrument: str
    filters: str
    spectrum: bool


_JWST_DETECTORS: Final = {"nrc": "NIRCAM", "nrs": "NIRSPEC", "nis": "NIRISS", "mir": "MIRI"}
_JWST_PLAN: Final = {
    "NIRCAM": ("F200W", "F356W", "F444W"),
    "NIRSPEC": ("F290LP;G395M", "F170LP;G235M", "F100LP;G140M"),
    "NIRISS": ("NIS_SUBSTRIP256", "NIS_SOSSTA", "NIS_SUBSTRIP96"),
    "MIRI": ("SHORT", "MEDIUM", "LONG"),
}
_HST_LETTERS: Final = {"i": "WFC3", "j": "ACS", "l": "COS", "o": "STIS"}
_HST_PLAN: Final = {
    "WFC3": ("F606W", "F160W"),
    "ACS": ("F814W;CLEAR2L", "CLEAR1L;F606W"),
    "COS": ("G130M", "G160M"),
    "STIS": ("G140L", "G230L"),
}
_SPECTRA: Final = re.compile(r"_(x1d|x1dints|x1dsum|c1d|sx1|cspec)\.fits$")

_JWST_EXPOSURE: Final = re.compile(
    r"jw[0-9]{11}_(?P<group>[0-9]{2})[0-9a-z]{3}_[0-9]{5}(-seg[0-9]{3})?_(?P<detector>[a-z]{3})"
)
_JWST_COMBINED: Final = re.compile(
    r"jw[0-9]{5}-[a-z][0-9]{3,4}_[ts][0-9]+_(?P<instrument>[a-z]+)_(?P<elements>[a-z0-9-]+)_"
)
_JWST_REFERENCE: Final = re.compile(r"jwst_(?P<instrument>[a-z]+)_")
_JWST_GUIDE: Final = re.compile(r"jw[0-9]{11}_gs-")
_HST_EXPOSURE: Final = re.compile(r"(?P<letter>[ijlo])[a-z0-9]{5}(?P<exposure>[a-z0-9]{3})[_.]")
_HST_COADD: Final = re.compile(r"hst_[0-9]+_(?P<instrument>[a-z0-9]+)_[^_]+_(?P<elements>[a-z0-9-]+)_")


def optics(filename: str) -> Optics:
    """Give what the name tells; ``UNKNOWN`` and no filters for a name that is none of the archive's."""
    telescope, instrument, filters = _jwst(filename) or _hst(filename) or ("UNKNOWN", "UNKNOWN", "")
    return Optics(telescope, instrument, filters, _SPECTRA.search(filename) is not None)


def jwst_filters(instrument: str, group: int) -> str:
    """Give the filters that the plan uses in a group of exposures (2, 4, 6 ...), in the form of the list."""
    plan = _JWST_PLAN[instrument]
    return plan[(group // 2 - 1) % len(plan)]


def hst_filters(instrument: str, exposure: str) -> str:
    """Give the filters of an exposure or association by the end of its name (``010``, ``a1q``)."""
    plan = _HST_PLAN[instrument]
    return plan[(int(exposure[1], 36) - 1) % len(plan)]


def _jwst(filename: str) -> tuple[str, str, str] | None:
    if matched := _JWST_EXPOSURE.match(filename):
        instrument = _JWST_DETECTORS.get(matched["detector"])
        return ("JWST", instrument, jwst_filters(instrument, int(matched["group"]))) if instrument else None
    if matched := _JWST_COMBINED.match(filename):
        return "JWST", matched["instrument"].upper(), matched["elements"].upper().replace("-", ";")
    if _JWST_GUIDE.match(filename):
        return "JWST", "FGS", ""
    if matched := _JWST_REFERENCE.match(filename):
        return "JWST", matched["instrument"].upper(), ""
    return ("JWST", "NIRSPEC", "") if filename.startswith("jw") and filename.endswith("_msa.fits") else None


def _hst(filename: str) -> tuple[str, str, str] | None:
    if matched := _HST_COADD.match(filename):
        elements = matched["elements"].split("-")
        # Several gratings in one spectrum begin with the instrument's initial: cg130m-g160m.
        elements[0] = elements[0][-5:]
        return "HST", matched["instrument"].upper(), ";".join(elements).upper()
    if matched := _HST_EXPOSURE.match(filename):
        instrument = _HST_LETTERS[matched["letter"]]
        return "HST", instrument, hst_filters(instrument, matched["exposure"])
    return None
