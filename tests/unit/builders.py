"""Rows, catalogs and plans for tests, in few words."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import TypeVar

from pycore import bits
from pycore.catalog import Catalog, ListedRow
from pycore.layout import Structure
from pycore.missions.profile import Profile, Profiles
from pycore.plan import Part, Plan, make_plan
from pycore.product import PUBLIC, Row
from pycore.selection import Selector

CLICK = 1795331840000.0
Result = TypeVar("Result")


def outcome(steps: Generator[object, None, Result]) -> Result:
    """What a piece of work that is done in steps comes to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def profile(name: str = "JWST") -> Profile:
    return Profiles().named(name)


def row(
    filename: str, dataset: str = "jw01001001001_02101_00001_nrca1", size: int = 2880, **fields: str
) -> Row:
    return Row(
        filename,
        dataset,
        size,
        access=fields.get("access", PUBLIC),
        instrument=fields.get("instrument", ""),
        filters=fields.get("filters", ""),
        suffix=fields.get("suffix", ""),
        level=fields.get("level", ""),
        type=fields.get("type", "science"),
        uri=fields.get("uri", ""),
        product_key=fields.get("product_key", ""),
        url=fields.get("url", ""),
        sha256=fields.get("sha256", ""),
        md5=fields.get("md5", ""),
    )


def listed(rows: Iterable[Row], base: str = "") -> list[ListedRow]:
    return [ListedRow(each, number, base) for number, each in enumerate(rows, start=1)]


def catalog(rows: Iterable[Row], mission: str = "JWST", base: str = "") -> Catalog:
    return Catalog(profile(mission).identity, listed(rows, base))


def selector(rows: Iterable[Row], mission: str = "JWST") -> Selector:
    return Selector(catalog(rows, mission), profile(mission))


def names(of: Catalog, mask: int) -> set[str]:
    """The file names of a set, which must hold all rows of a product or none."""
    inside = {of.product_number(index) for index in bits.indices(mask)}
    outside = {of.product_number(index) for index in bits.indices(of.everything & ~mask)}
    assert not inside & outside
    return {of.product_row(index).filename for index in bits.indices(mask)}


def plan(
    rows: Sequence[Row],
    mission: str = "JWST",
    structure: Structure = Structure.NESTED,
    user: str | None = None,
    base: str = "",
) -> Plan:
    """The plan for all of these rows."""
    of = catalog(rows, mission, base)
    return make_plan([Part(profile(mission), of, of.everything)], structure, CLICK, user)


def list_text(rows: object, **beside: object) -> str:
    return json.dumps({"products": rows, **beside})


def fields(**changed: object) -> Mapping[str, object]:
    """A whole row in the archive's own words."""
    return {
        "product_key": "jw01001001001_02101_00001_nrca1_jw01001001001_02101_00001_nrca1_cal.fits",
        "access": "PUBLIC",
        "dataset": "jw01001001001_02101_00001_nrca1",
        "instrument_name": "NIRCAM",
        "filters": "F200W",
        "filename": "jw01001001001_02101_00001_nrca1_cal.fits",
        "uri": "jw01001001001_02101_00001_nrca1/jw01001001001_02101_00001_nrca1_cal.fits",
        "authz_primary_identifier": "jw01001001001_02101_00001_nrca1",
        "authz_secondary_identifier": "CAL",
        "file_suffix": "_cal",
        "category": "2b",
        "size": 117538560,
        "type": "science",
        **changed,
    }
