"""The exported rows: all fields are there, and the list opens again as it was."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycore import bits
from pycore.catalog import Catalog
from pycore.errors import OverlayError
from pycore.exports.columns import without_breaks
from pycore.exports.ecsv import ecsv
from pycore.exports.product_list import product_list
from pycore.exports.votable import votable
from pycore.formats.list_products import read
from pycore.plan import Part
from pycore.product import EXCLUSIVE, Row, read_row
from tests.unit.builders import catalog, fields, listed, profile, row

SPACE = "{http://www.ivoa.net/xml/VOTable/v1.3}"

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
hostile = st.one_of(
    texts, st.sampled_from(['a"b', "a,b", "a\nb", "a\r\nb", " a ", "]]>", "<x>&amp;", "=1+1", "#", "--", "'"])
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), hostile)
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(texts, scalars, max_size=2))
rows = st.builds(
    lambda name, dataset, size, uri, md5, exclusive, extra: read_row(
        {
            **extra,
            "filename": "f" + name,
            "dataset": "d" + dataset,
            "size": size,
            "uri": uri,
            "md5": "0" * 32 if md5 else None,
            "access": EXCLUSIVE if exclusive else None,
        }
    ),
    hostile,
    st.sampled_from(["a", "b", "c\n"]),
    st.integers(0, 3),
    hostile,
    st.booleans(),
    st.booleans(),
    st.dictionaries(hostile.map(lambda name: "x-" + name), values, max_size=3),
)


def part_of(of: Catalog, mission: str = "JWST", selected: int | None = None) -> Part:
    return Part(profile(mission), of, of.everything if selected is None else selected)


def seen(of: Catalog) -> list[tuple[object, ...]]:
    """What matters of each row: itself, its product, and who else has that."""
    return [
        (
            replace(of.listed(index).row, extra={}, access="", url="", sha256="", md5=""),
            dict(of.listed(index).row.extra),
            of.product_row(index).url,
            of.product_row(index).sha256,
            of.product_row(index).md5,
            of.is_exclusive(index),
            [of.product_number(other) == of.product_number(index) for other in range(of.rows)],
        )
        for index in range(of.rows)
    ]


@pytest.mark.parametrize("mission", ["JWST", "LAB"])
@settings(max_examples=40)
@given(found=st.lists(rows, min_size=1, max_size=4))
def test_the_list_opens_again_as_it_was(mission: str, found: list[Row]) -> None:
    before = catalog(found, mission)
    text = "".join(product_list([part_of(before, mission)]))
    opened = read(text)
    assert opened.bad == ()
    assert opened.mission == mission
    assert text.isascii()
    assert seen(catalog(opened.rows, mission)) == seen(before)


def test_the_list_has_the_archives_fields_in_its_order() -> None:
    given_fields = fields(sha256="ab" * 32, new={"deep": [1, 2]})
    text = "".join(product_list([part_of(catalog([read_row(given_fields)]))]))
    document = json.loads(text)
    assert document == {"mission": "JWST", "products": [given_fields]}
    assert list(document["products"][0])[:13] == list(fields())


def test_what_only_a_dropped_row_says_of_a_product_is_in_the_list() -> None:
    found = [row("a"), row("a", access=EXCLUSIVE, md5="0" * 32, url="https://example.org/a")]
    before = Catalog("name-and-size", listed(found))
    assert before.rows == 1
    opened = read("".join(product_list([part_of(before)])))
    after = catalog(opened.rows)
    assert after.is_exclusive(0)
    assert after.product_row(0).md5 == "0" * 32
    assert after.product_row(0).url == "https://example.org/a"


def test_only_what_is_selected_is_in_the_list() -> None:
    of = catalog([row("a"), row("b"), row("c")])
    opened = read("".join(product_list([part_of(of, selected=0b101)])))
    assert [each.filename for each in opened.rows] == ["a", "c"]


def test_numbers_beyond_all_measure_are_json_and_come_back() -> None:
    found = [replace(row("a"), extra={"big": [math.inf, {"b": -math.inf}], "n": 1})]
    text = "".join(product_list([part_of(catalog(found))]))
    assert "Infinity" not in text
    assert read(text).rows[0].extra == found[0].extra


def test_a_list_of_two_missions_is_refused() -> None:
    parts = [part_of(catalog([row("a")], name), name) for name in ("JWST", "HST")]
    with pytest.raises(OverlayError) as refused:
        product_list(parts)
    assert refused.value.code == "export.missions"


def test_a_selection_of_nothing_is_a_list_of_nothing() -> None:
    assert read("".join(product_list([part_of(catalog([row("a")]), selected=0)]))).rows == ()


def text_of(value: object) -> str:
    """A value as a cell of text has it."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def ecsv_columns(text: str) -> list[Mapping[str, str]]:
    lines = [line.removeprefix("# - ") for line in text.split("\n") if line.startswith("# - ")]
    return [json.loads(line) for line in lines]


@settings(max_examples=40)
@given(st.lists(rows, min_size=1, max_size=4))
def test_the_cells_of_the_ecsv_are_those_of_the_rows(found: list[Row]) -> None:
    of = catalog(found)
    text = "".join(ecsv([part_of(of)]))
    columns = ecsv_columns(text)
    body = text[text.index("\n", text.rindex("\n# - ") + 1) + 1 :]
    header, *cells = csv.reader(io.StringIO(body, newline=""))
    assert header == [column["name"] for column in columns]
    named = [dict(zip(header, line, strict=True)) for line in cells]
    expected = [without_breaks(of.listed(index).row.filename)[0] for index in range(of.rows)]
    assert [line["filename"] for line in named] == expected
    for index, line in enumerate(named):
        for name, value in of.listed(index).row.extra.items():
            if {"string"} == {column["datatype"] for column in columns if column["name"] == name}:
                assert line[name] == without_breaks(text_of(value))[0]


def visible(text: str) -> str:
    return "".join(
        char if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff") else "\ufffd"
        for char in text
    )


@settings(max_examples=40)
@given(st.lists(rows, min_size=1, max_size=4))
def test_the_cells_of_the_votable_are_those_of_the_rows(found: list[Row]) -> None:
    of = catalog(found)
    text = "".join(votable([part_of(of)]))
    root = ElementTree.fromstring(text)
    names = [str(field.get("name")) for field in root.iter(f"{SPACE}FIELD")]
    lines = [[cell.text or "" for cell in line] for line in root.iter(f"{SPACE}TR")]
    assert {len(line) for line in lines} == {len(names)}
    at = names.index("filename")
    expected = [visible(of.listed(index).row.filename) for index in range(of.rows)]
    assert [line[at] for line in lines] == expected
    replaced = sum(line.count("\ufffd") for cells in lines for line in cells)
    told = root.find(f"{SPACE}RESOURCE/{SPACE}INFO")
    assert replaced == 0 or told is not None or "\ufffd" in str(found)


def test_columns_have_the_kind_of_their_values() -> None:
    extras: list[Mapping[str, object]] = [
        {"n": 1, "x": 1, "b": True, "m": 1, "big": 1},
        {"n": None, "x": 0.5, "b": False, "m": "one", "big": 2**70},
    ]
    found = [replace(row(name), extra=extra) for name, extra in zip("ab", extras, strict=True)]
    kinds = {c["name"]: c["datatype"] for c in ecsv_columns("".join(ecsv([part_of(catalog(found))])))}
    assert kinds["size"] == kinds["n"] == "int64"
    assert (kinds["x"], kinds["b"], kinds["m"], kinds["big"]) == ("float64", "bool", "string", "string")


def test_nothing_is_lost_from_a_table_without_a_word() -> None:
    extra: Mapping[str, object] = {
        "mission": "of its own",
        "line\nbreak": "a\r\nb\x0bc\x85d\u2028e\ud800",
        "line\rbreak": " blanks ",
        "n": 0.5,
    }
    of = catalog([replace(row("a"), extra=extra), replace(row("b"), extra={"n": 2**53 + 1})])
    text = "".join(ecsv([part_of(of)]))
    columns = {column["name"]: column["datatype"] for column in ecsv_columns(text)}
    assert '# meta: {"replaced_characters": 5}\n' in text
    assert '"a\ufffd\nb\ufffdc\ufffdd\ufffde\ufffd"' in text
    assert {"line\ufffdbreak", "line\ufffdbreak_", "mission", "mission of the row"} <= set(columns)
    assert columns["n"] == "string"
    assert f'"{2**53 + 1}"' in text
    assert '"of its own"' in text
    assert text.encode()
    table = "".join(votable([part_of(of)]))
    assert table.encode()
    assert '<INFO name="texts_with_blanks_around" value="1"/>' in table
    assert '<INFO name="replaced_characters" value="2"/>' in table


def test_a_long_selection_comes_in_pieces() -> None:
    of = catalog([row(f"{number}.fits") for number in range(5000)])
    for writer in (product_list, ecsv, votable):
        pieces = list(writer([part_of(of)]))
        assert len(pieces) >= 5
        assert max(map(len, pieces)) < 500_000
    assert bits.everything(of.rows) == of.everything
