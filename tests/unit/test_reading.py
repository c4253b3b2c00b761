from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.batch import filled, kind_key, kind_of, row_of
from pycore.bits import finished
from pycore.catalog import Catalog
from pycore.errors import OverlayError
from pycore.formats.list_columns import SplitRows
from pycore.missions.profile import Profiles
from pycore.product import Row
from pycore.reading import Found, Reading
from tests.unit.builders import catalog, fields, row

FRAME = '{"products": [0]}'


def split(
    rows: Iterable[Mapping[str, Any]],
    first: int = 1,
    kinds_before: int = 0,
    odd: Iterable[tuple[int, object]] = (),
) -> SplitRows:
    """Rows as columns, each of a kind of its own, with nothing marked."""
    rows = list(rows)
    apart = ("filename", "dataset", "size")
    return SplitRows(
        names="\0".join(each["filename"] for each in rows).encode(),
        sizes=array("Q", [each["size"] for each in rows]),
        datasets="\0".join(each["dataset"] for each in rows).encode(),
        dataset=array("I", range(len(rows))),
        kinds=json.dumps([{name: each[name] for name in each if name not in apart} for each in rows]),
        kind=array("I", range(kinds_before, kinds_before + len(rows))),
        own="",
        numbers=array("I", range(first, first + len(rows))),
        odd=json.dumps([[number, json.dumps(said)] for number, said in odd]) if odd else "",
    )


def names(of: Catalog) -> list[str]:
    return [of.listed(index).row.filename for index in range(of.rows)]


def reading(**how: Any) -> Reading:
    return Reading(Profiles(), **how)


def ended(one: Reading, *splits: SplitRows, frame: str = FRAME) -> Found:
    for each in splits:
        finished(one.add(each))
    return finished(one.ended(frame))


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(
    texts,
    texts,
    texts,
    st.sampled_from(["{d}/{f}", "{d}_{f}", "mast:J/{f}", "{x}", "{d}", "{f}", "{d}{d}", "{f}{d}"]),
)
def test_a_row_is_its_kind_with_its_own_names_in_it(
    filename: str, dataset: str, text: str, form: str
) -> None:
    told = form.format(d=dataset, f=filename, x=text)
    given_row = Row(
        filename, dataset, 7, uri=told, product_key=text, level=dataset, extra={"a": told, "n": 1}
    )
    kind, own = kind_of(given_row)
    assert row_of(kind, own, filename, dataset, 7) == given_row
    assert kind.level == dataset


def test_rows_that_differ_in_their_names_alone_are_of_one_kind() -> None:
    kinds = [
        kind_of(row(f"{n}.fits", f"d{n}", uri=f"d{n}/{n}.fits", product_key=f"d{n}_{n}.fits"))[0]
        for n in range(3)
    ]
    assert len({kind_key(kind) for kind in kinds}) == 1
    assert filled(kinds[0].uri, "d9", "9.fits") == "d9/9.fits"


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ("1", 1), (None, ""), (0, False)])
def test_values_of_other_kinds_are_told_apart(one: object, other: object) -> None:
    of = catalog([Row("a", "d", 1, extra={"x": one}), Row("b", "d", 1, extra={"x": other})])
    found = [of.listed(index).row.extra["x"] for index in range(2)]
    assert [(type(value), value) for value in found] == [(type(one), one), (type(other), other)]


@pytest.mark.parametrize("value", [["a"], {"b": ["c"]}, "nul \0d in it", "\0f"])
def test_what_no_kind_can_have_is_the_rows_own(value: object) -> None:
    of = catalog([Row("a", "d", 1, extra={"x": value}), Row("b", "d", 1, extra={"x": "plain"})])
    assert of.listed(0).row.extra == {"x": value}
    assert of.listed(1).row.extra == {"x": "plain"}


class TestColumns:
    def test_rows_come_as_they_are(self) -> None:
        first, second = fields(filename="a"), fields(filename="b", access="EXCLUSIVE_ACCESS", note="x")
        found = ended(reading(), split([first]), split([second], 2, kinds_before=1))
        of = found.selectors["JWST"].catalog
        assert (found.rows, found.bad, found.repeated, found.broken) == (2, (), 0, "")
        assert names(of) == ["a", "b"]
        assert of.listed(1).row.extra["note"] == "x"
        assert of.is_exclusive(1) and not of.is_exclusive(0)

    def test_nothing_is_no_row(self) -> None:
        found = ended(reading(), split([]), frame='{"products": []}')
        assert (dict(found.selectors), found.rows) == ({}, 0)

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"filename": "  "}, "row.filename.empty"),
            ({"dataset": "\x1c"}, "row.dataset.empty"),
            ({"access": "SECRET"}, "row.access.unknown"),
            ({"md5": "zz"}, "row.md5.format"),
            ({"filters": 7}, "row.filters.type"),
        ],
    )
    def test_a_bad_row_among_plain_ones_is_refused_alone(self, wrong: Mapping[str, Any], code: str) -> None:
        found = ended(
            reading(),
            split([fields(filename="a"), fields(**{"filename": "b", **wrong}), fields(filename="c")]),
        )
        assert [(bad.number, bad.code) for bad in found.bad] == [(2, code)]
        assert names(found.selectors["JWST"].catalog) == ["a", "c"]

    def test_a_kind_that_is_refused_stays_refused(self) -> None:
        one = reading()
        bad = split([fields(filename="a", access="SECRET")])
        again = SplitRows(b"b", [1], b"d", [0], "[]", [0], "", [2], "")
        found = ended(one, bad, again)
        assert [(each.number, each.code, each.filename) for each in found.bad] == [
            (1, "row.access.unknown", "a"),
            (2, "row.access.unknown", "b"),
        ]

    def test_odd_rows_stand_in_their_place(self) -> None:
        odd = [(2, fields(filename="b", note=[1])), (4, 3)]
        one = split([fields(filename="a"), fields(filename="c")], odd=odd)
        one = replace(one, numbers=[1, 3])
        found = ended(reading(), one)
        assert names(found.selectors["JWST"].catalog) == ["a", "b", "c"]
        assert [(bad.number, bad.code) for bad in found.bad] == [(4, "row.shape")]

    def test_what_a_row_says_of_its_own_goes_before_its_kind(self) -> None:
        own = json.dumps([[0, {"md5": "A" * 32, "url": " a.fits "}]])
        one = SplitRows(b"a", [1], b"d", [0], '[{"uri": "\\u0000d/\\u0000f"}]', [0], own, [1], "")
        of = ended(reading(base="https://h.example/l.json"), one).selectors["OTHER"].catalog
        found = of.listed(0).row
        assert (found.uri, found.md5, found.url) == ("d/a", "a" * 32, "https://h.example/a.fits")


class TestMissions:
    def test_the_list_names_its_mission_though_at_its_end(self) -> None:
        one = reading(asked="HST")
        finished(one.add(split([fields(filename="a")])))
        assert list(finished(one.so_far()).selectors) == ["HST"]
        found = finished(one.ended('{"products": [0], "mission": "jwst"}'))
        assert list(found.selectors) == ["JWST"]
        assert names(found.selectors["JWST"].catalog) == ["a"]

    def test_unknown_datasets_go_with_the_majority_although_it_is_known_late(self) -> None:
        one = reading()
        finished(one.add(split([fields(filename="a", dataset="odd")])))
        assert list(finished(one.so_far()).selectors) == ["OTHER"]
        finished(one.add(split([fields(filename="b"), fields(filename="c")], 2, kinds_before=1)))
        found = finished(one.ended(FRAME))
        assert {name: names(each.catalog) for name, each in found.selectors.items()} == {
            "JWST": ["a", "b", "c"]
        }

    def test_rows_of_two_missions_part(self) -> None:
        rows = [fields(filename="a"), fields(filename="b", dataset="jbev01010"), fields(filename="c")]
        found = ended(reading(), split(rows))
        assert {name: names(each.catalog) for name, each in found.selectors.items()} == {
            "JWST": ["a", "c"],
            "HST": ["b"],
        }


class TestTheEnd:
    def test_rows_join_those_that_are_open_which_stay_as_they_are(self) -> None:
        before = catalog([row("a", "d1", 1)])
        one = reading(asked="JWST", open_now={"JWST": before})
        finished(one.add(split([fields(filename="b")])))
        early = finished(one.so_far()).selectors["JWST"].catalog
        found = ended(one, split([fields(filename="c")], 2, kinds_before=1))
        assert (names(before), names(early)) == (["a"], ["a", "b"])
        assert names(found.selectors["JWST"].catalog) == ["a", "b", "c"]

    def test_a_text_that_breaks_off_behind_some_rows_keeps_them(self) -> None:
        found = ended(reading(), split([fields(filename="a")]), frame='{"products": [0, {"fi')
        assert names(found.selectors["JWST"].catalog) == ["a"]
        assert "not JSON" in found.broken

    @pytest.mark.parametrize(
        ("frame", "code"),
        [("", "list.json"), ('{"a": 1}', "list.shape"), ('{"products": [], "mission": 3}', "list.mission")],
    )
    def test_what_is_no_list_is_refused(self, frame: str, code: str) -> None:
        with pytest.raises(OverlayError) as refused:
            ended(reading(), split([]), frame=frame)
        assert refused.value.code == code
