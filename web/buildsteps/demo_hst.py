"""Rows of two invented HST visits in the form of MAST's ``list_products``: COS spectra and ACS images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from web.buildsteps.demo_jwst import PUBLIC, Row, Sizer
from web.buildsteps.demo_names import hst_filters, optics

#: Suffix, category and the archive's class of a product. An upper-case suffix is the lower-case end of the
#: name.
_Kind = tuple[str, str, str]

_COS_ASSOCIATION: Final[tuple[_Kind, ...]] = (
    ("X1DSUM", "CALIBRATED", "CAL"),
    ("ASN", "AUX", "ASN"),
    ("JIF", "JITTER/SUPPORT", "OMS"),
    ("JIT", "JITTER/SUPPORT", "OMS"),
)
_COS_MEMBER: Final[tuple[_Kind, ...]] = (
    ("X1D", "CALIBRATED", "CAL"),
    ("CORRTAG_A", "CALIBRATED", "CAL"),
    ("FLT_A", "CALIBRATED", "CAL"),
    ("COUNTS_A", "CALIBRATED", "CAL"),
    ("LAMPFLASH", "CALIBRATED", "CAL"),
    ("RAWTAG_A", "UNCALIBRATED", "CAL"),
    ("PHA_A", "UNCALIBRATED", "CAL"),
    ("SPT", "AUX", "CAL"),
    ("PDQ", "AUX", "PDQ"),
)
_COS_ACQUISITION: Final[tuple[_Kind, ...]] = (
    ("RAWACQ", "UNCALIBRATED", "CAL"),
    ("SPT", "AUX", "CAL"),
    ("JIT", "JITTER/SUPPORT", "OMS"),
)
_ACS_ASSOCIATION: Final[tuple[_Kind, ...]] = (
    ("DRC", "CALIBRATED", "CAL"),
    ("DRZ", "CALIBRATED", "CAL"),
    ("ASN", "AUX", "ASN"),
    ("JIF", "JITTER/SUPPORT", "OMS"),
    ("JIT", "JITTER/SUPPORT", "OMS"),
)
_ACS_MEMBER: Final[tuple[_Kind, ...]] = (
    ("FLC", "CALIBRATED", "CAL"),
    ("FLT", "CALIBRATED", "CAL"),
    ("RAW", "UNCALIBRATED", "CAL"),
    ("SPT", "AUX", "CAL"),
    ("PDQ", "AUX", "PDQ"),
    ("OCX", "OTHER", "OCX"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit: associations of two exposures each, and exposures that stand alone.

    ``name`` is the six characters that all its products begin with.
    """

    name: str
    instrument: str
    associations: tuple[str, ...]
    members: tuple[str, ...]
    association: tuple[_Kind, ...]
    member: tuple[_Kind, ...]
    acquisitions: tuple[str, ...] = ()
    coadd: str = ""


VISITS: Final = (
    Visit(
        "ler101",
        "COS",
        ("010", "020"),
        ("a{0}q", "c{0}q"),
        _COS_ASSOCIATION,
        _COS_MEMBER,
        acquisitions=("a3q",),
        coadd="hst_99001_cos_demo-star_{0}_ler101",
    ),
    Visit("jdm201", "ACS", ("010", "020"), ("a{0}q", "c{0}q"), _ACS_ASSOCIATION, _ACS_MEMBER),
)


def visit_rows(visit: Visit, size: Sizer) -> Iterator[Row]:
    """Give all rows of a visit, dataset by dataset."""
    for association in visit.associations:
        dataset = f"{visit.name}{association}".upper()
        yield from _exposure(dataset, f"{visit.name}{association}", visit, visit.association, size)
        yield _product(dataset, f"{visit.name}{association}_trl.txt", visit, ("TRL", "AUX", "CAL"), size)
        if visit.instrument == "ACS":
            yield from _previews(dataset, f"{visit.name}{association}_drc", visit, size)
        for member in visit.members:
            root = f"{visit.name}{member.format(association[1])}"
            yield from _exposure(dataset, root, visit, visit.member, size)
        if visit.coadd:
            yield from _coadds(dataset, visit, size)
    for acquisition in visit.acquisitions:
        root = f"{visit.name}{acquisition}"
        yield from _exposure(root.upper(), root, visit, _COS_ACQUISITION, size)


def _exposure(dataset: str, root: str, visit: Visit, kinds: tuple[_Kind, ...], size: Sizer) -> Iterator[Row]:
    for kind in kinds:
        yield _product(dataset, f"{root}_{kind[0].lower()}.fits", visit, kind, size)


def _previews(dataset: str, stem: str, visit: Visit, size: Sizer) -> Iterator[Row]:
    yield _product(dataset, f"{stem}.jpg", visit, ("PREVIEW", "OTHER", "CAL"), size, product_type="preview")
    yield _product(
        dataset, f"{stem}_thumb.jpg", visit, ("THUMB", "OTHER", "CAL"), size, product_type="preview"
    )


def _coadds(dataset: str, visit: Visit, size: Sizer) -> Iterator[Row]:
    """Give the coadded spectra of the visit, which every association of it lists: each grating, and both."""
    for element in ("g130m", "g160m", "cg130m-g160m"):
        stem = f"{visit.coadd.format(element)}_cspec"
        yield _product(dataset, f"{stem}.fits", visit, ("CSPEC", "HASP", "CAL"), size)
        preview, thumb = ("CSPEC_PREVIEW", "HASP", "CAL"), ("CSPEC_THUMB", "HASP", "CAL")
        yield _product(dataset, f"{stem}.jpg", visit, preview, size, product_type="preview")
        yield _product(dataset, f"{stem}_thumb.jpg", visit, thumb, size, product_type="preview")


def _product(
    dataset: str, filename: str, visit: Visit, kind: _Kind, size: Sizer, *, product_type: str = "science"
) -> Row:
    suffix, category, archive_class = kind
    root = filename.partition("_")[0]
    return {
        "product_key": f"{dataset}_{filename}",
        "access": PUBLIC,
        "dataset": dataset,
        # The archive pads the instrument's name to six characters.
        "instrument_name": f"{visit.instrument:<6}",
        "filters": optics(filename).filters or hst_filters(visit.instrument, dataset[6:].lower()),
        "filename": filename,
        "uri": f"{dataset}/{filename}",
        "authz_primary_identifier": dataset if root == "hst" else root.upper(),
        "authz_secondary_identifier": archive_class,
        "file_suffix": suffix,
        "category": category,
        "size": size(filename, suffix),
        "type": product_type,
    }
