from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pycore import bits
from pycore.catalog import Catalog
from pycore.selection import Choice, Selector
from tests.unit.builders import listed, names, profile, row, selector

DATA = sorted((Path(__file__).parent / "recommended").glob("*.toml"))


def cases() -> list[Any]:
    found = []
    for path in DATA:
        document = tomllib.loads(path.read_text("utf-8"))
        for case in document["case"]:
            found.append(pytest.param(document["mission"], case, id=f"{path.stem}: {case['name']}"))
    return found


def chosen(mission: str, case: dict[str, Any], *, padded: bool = False) -> set[str]:
    instrument = f"{case['instrument']:<6}" if padded else case["instrument"]
    rows = [
        row(
            filename,
            dataset,
            1000 + len(filename),
            level=level,
            suffix=suffix,
            type=kind,
            filters=filters[0] if filters else "",
            instrument=instrument,
        )
        for dataset, filename, level, suffix, kind, *filters in case["rows"]
    ]
    of = selector(rows, mission)
    return names(of.catalog, of.recommended)


@pytest.mark.parametrize(("mission", "case"), cases())
def test_recommended_takes_the_expected_files(mission: str, case: dict[str, Any]) -> None:
    assert chosen(mission, case) == set(case["expected"])


@pytest.mark.parametrize(("mission", "case"), cases())
def test_the_order_of_the_rows_and_padding_do_not_matter(mission: str, case: dict[str, Any]) -> None:
    assert chosen(mission, {**case, "rows": case["rows"][::-1]}, padded=True) == set(case["expected"])


def test_every_instrument_has_its_file() -> None:
    jwst, hst = (
        ["miri", "nircam", "niriss", "nirspec"],
        ["acs", "cos", "fos", "hasp", "hrs", "nicmos", "stis"],
    )
    assert [path.stem for path in DATA] == sorted([*jwst, *hst, "wfc3", "wfpc2", "generic"])


def test_all_instruments_of_a_mission_in_one_list_are_judged_each_by_its_own_rule() -> None:
    for mission in ("JWST", "HST"):
        documents = [tomllib.loads(path.read_text("utf-8")) for path in DATA]
        found = [
            case for document in documents if document["mission"] == mission for case in document["case"]
        ]
        rows, expected = [], set()
        for number, case in enumerate(found):
            expected |= {f"{number}-{name}" for name in case["expected"]}
            for dataset, filename, level, suffix, kind, *filters in case["rows"]:
                text = filters[0] if filters else ""
                fields = {"level": level, "suffix": suffix, "type": kind, "filters": text}
                name, parent = f"{number}-{filename}", f"{number}-{dataset}"
                rows.append(row(name, parent, instrument=case["instrument"], **fields))
        of = selector(rows, mission)
        assert names(of.catalog, of.recommended) == expected


def test_two_instruments_in_one_dataset_are_judged_apart() -> None:
    rows = [
        row("a_drc.fits", "V", level="CALIBRATED", suffix="DRC", instrument="ACS"),
        row("a_flc.fits", "V", level="CALIBRATED", suffix="FLC", instrument="ACS"),
        row("w_flc.fits", "V", level="CALIBRATED", suffix="FLC", instrument="WFC3"),
        row("w_flt.fits", "V", level="CALIBRATED", suffix="FLT", instrument="WFC3"),
    ]
    of = selector(rows, "HST")
    assert names(of.catalog, of.recommended) == {"a_drc.fits", "w_flc.fits"}


def test_a_shared_product_is_taken_when_any_of_its_datasets_takes_it() -> None:
    rows = [
        row("mosaic_i2d.fits", "one", level="3"),
        row("shared_cal.fits", "one", level="2b"),
        row("shared_cal.fits", "two", level="2b"),
    ]
    of = selector(rows)
    assert names(of.catalog, of.recommended) == {"mosaic_i2d.fits", "shared_cal.fits"}


def test_recommended_is_in_force_on_opening_and_takes_exclusive_files_too() -> None:
    of = selector([row("a_i2d.fits", level="3", access="EXCLUSIVE_ACCESS"), row("a_cal.fits", level="2b")])
    assert names(of.catalog, of.ticked(Choice())) == {"a_i2d.fits"}


def test_an_empty_list_has_nothing_to_recommend() -> None:
    for mission in ("JWST", "HST", "LAB"):
        assert Selector(Catalog(profile(mission).identity, listed([])), profile(mission)).recommended == 0
    assert list(bits.indices(0)) == []
