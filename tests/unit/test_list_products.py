from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.errors import OverlayError
from pycore.formats.list_products import read
from tests.unit.builders import fields, list_text


def refusal(text: str) -> OverlayError:
    with pytest.raises(OverlayError) as refused:
        read(text)
    assert refused.value.hint
    return refused.value


def named(*filenames: str) -> list[object]:
    return [fields(filename=filename) for filename in filenames]


def test_a_flat_list_is_read_in_its_order() -> None:
    found = read(list_text(named("b.fits", "a.fits", "c.fits")))
    assert [row.filename for row in found.rows] == ["b.fits", "a.fits", "c.fits"]
    assert found.numbers == (1, 2, 3)
    assert (found.mission, found.bad) == ("", ())


@pytest.mark.parametrize(
    "rows",
    [
        [named("a", "b", "c")],
        [named("a"), named("b", "c")],
        [[named("a"), []], named("b"), *named("c")],
        [[[named("a", "b")]], [[named("c")]]],
    ],
)
def test_a_nested_list_is_read_as_if_it_were_flat(rows: object) -> None:
    assert read(list_text(rows)) == read(list_text(named("a", "b", "c")))


def test_a_list_without_anything_round_it_is_read() -> None:
    assert read(json.dumps(named("a"))) == read(list_text(named("a")))


def test_an_empty_list_is_a_list() -> None:
    assert read(list_text([])).rows == ()
    assert read("[]").rows == ()


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("\ufeff" + list_text(named("a"))) == read(list_text(named("a")))


@pytest.mark.parametrize(
    "text", ["", "   ", "<html>sign in</html>", "{", '{"products": [}', "SIMPLE  =", "\0"]
)
def test_what_is_no_json_is_refused_as_a_whole(text: str) -> None:
    assert refusal(text).code == "list.json"


@pytest.mark.parametrize(
    "document",
    ["{}", '{"products": null}', '{"products": {}}', '{"products": "a"}', "3", "null", '"a"', "true"],
)
def test_what_is_no_list_is_refused_as_a_whole(document: str) -> None:
    assert refusal(document).code == "list.shape"


def test_a_list_nested_too_deep_is_refused_as_a_whole() -> None:
    deep: object = named("a")
    for _ in range(10):
        deep = [deep]
    assert refusal(list_text(deep)).code == "list.depth"
    assert refusal('{"products": ' + "[" * 200_000).code == "list.depth"
    assert refusal(list_text([fields()])[:-2] + ',{"x":' * 200_000).code == "list.depth"


@pytest.mark.parametrize(("given", "mission"), [("JWST", "JWST"), (" HST ", "HST"), (None, ""), ("", "")])
def test_the_mission_beside_the_products_is_read(given: object, mission: str) -> None:
    assert read(list_text([], mission=given)).mission == mission


@pytest.mark.parametrize("wrong", [3, True, ["JWST"], {}, "JW\0ST"])
def test_a_mission_that_is_no_name_is_refused(wrong: object) -> None:
    assert refusal(list_text([], mission=wrong)).code == "list.mission"


def test_a_mission_can_always_be_written() -> None:
    assert read(list_text([], mission="A\ud800")).mission == "A?"


def test_a_bad_row_is_refused_alone_with_its_number_and_field() -> None:
    rows = [
        fields(filename="a"),
        fields(filename="b", size=-1),
        3,
        [fields(filename="c", access="SECRET")],
        None,
    ]
    found = read(list_text([*rows, fields(filename="d")]))
    assert [row.filename for row in found.rows] == ["a", "d"]
    assert found.numbers == (1, 6)
    assert [(bad.number, bad.code, bad.filename) for bad in found.bad] == [
        (2, "row.size.range", "b"),
        (3, "row.shape", ""),
        (4, "row.access.unknown", "c"),
        (5, "row.shape", ""),
    ]
    assert "“size”" in found.bad[0].sentence and "“access”" in found.bad[2].sentence


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ("1e400", "row.size.type"),
        ("-1e400", "row.size.type"),
        ("Infinity", "row.size.type"),
        ("NaN", "row.size.missing"),
        ("null", "row.size.missing"),
        ("9" * 5000, "row.size.type"),
        ("-" + "9" * 5000, "row.size.type"),
        ("9" * 30, "row.size.range"),
        ("-1", "row.size.range"),
        ("12.5", "row.size.type"),
        ("true", "row.size.type"),
        ('"12"', "row.size.type"),
    ],
)
def test_an_absurd_size_is_the_fault_of_its_row_alone(size: str, code: str) -> None:
    text = f'[{{"filename": "a", "dataset": "d", "size": {size}}}, {{"filename": "b", "dataset": "d", "size": 1}}]'
    found = read(text)
    assert [(bad.number, bad.code) for bad in found.bad] == [(1, code)]
    assert [row.filename for row in found.rows] == ["b"]


def test_nan_in_a_text_field_is_as_good_as_null() -> None:
    text = '[{"filename": "a", "dataset": "d", "size": 1, "filters": NaN, "access": NaN}]'
    assert read(text).rows[0].filters == ""
    assert read(text).bad == ()


def test_the_name_of_a_bad_row_is_cut_and_can_be_written() -> None:
    found = read(list_text([fields(filename="\ud800" + "x" * 1000, size=-1), fields(filename=7)]))
    assert found.bad[0].filename == "?" + "x" * 199
    assert found.bad[1].filename == ""


@given(st.lists(st.booleans(), max_size=30))
def test_every_row_is_taken_or_refused(good: list[bool]) -> None:
    found = read(list_text([fields(size=1 if fine else -1) for fine in good]))
    assert found.numbers == tuple(number for number, fine in enumerate(good, 1) if fine)
    assert [bad.number for bad in found.bad] == [number for number, fine in enumerate(good, 1) if not fine]
