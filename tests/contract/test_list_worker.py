"""The worker that splits lists, against reading the same text as a whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pycore.batch import ListedRow, batch_of
from pycore.bits import finished
from pycore.errors import OverlayError
from pycore.formats.list_columns import SplitRows
from pycore.formats.list_products import read
from pycore.missions.profile import Profiles
from pycore.product import Row
from pycore.reading import Found, Reading
from tests.unit.builders import fields
from web.buildsteps import toolbox
from web.buildsteps.shell import ROOT

PIECES = (333, 1 << 20)
ROWS = [
    fields(filename="plain.fits"),
    fields(filename='quo"te.fits', dataset="back\\slash", note="}, {"),
    fields(filename="ümlaut-𝔸.fits", filters=None, size=2880.0),
    fields(filename="nested.fits", note={"a": [1, {"b": "}"}]}),
    fields(filename="large.fits", id=12345678901234567890),
    fields(filename="exact.fits", ra=10.25, ok=True, none=None, count=3),
    fields(filename="marks.fits", category="jw01001001001_02101_00001_nrca1"),
    fields(filename="own.fits", url="own.fits", md5="a" * 32),
    fields(filename="nul\0.fits"),
    fields(filename="huge.fits", size=2**32 + 5),
    fields(filename="largest.fits", size=2**53 - 1),
    fields(filename="larger.fits", size=2**53 + 1),
    fields(filename="bad.fits", size=-1),
    fields(filename="wrong.fits", access="SECRET"),
    fields(filename="", size=1),
    fields(filename="\u3000", dataset="\x85"),
    fields(filename=" begins blank.fits"),
    3,
    None,
    "text",
    {"filename": "little", "dataset": "d", "size": 1},
]


def split(texts: Sequence[tuple[str, int]]) -> list[list[dict[str, Any]]]:
    program = [
        toolbox.node().program,
        Path(__file__).with_name("list_splitter.mjs"),
        ROOT / "web" / "list_worker.js",
    ]
    asked = "\n".join(json.dumps(each) for each in texts)
    done = subprocess.run(
        [str(each) for each in program],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def joined(answers: Sequence[dict[str, Any]]) -> Found:
    reading = Reading(Profiles(), "https://h.example/lists/l.json")
    for answer in answers:
        columns = {name: answer["answer"][name] for name in SplitRows.__slots__}
        texts = {name: bytes(columns[name]) for name in ("names", "datasets")}
        finished(reading.add(SplitRows(**{**columns, **texts})))
    return finished(reading.ended(answers[-1]["answer"]["frame"]))


def rows_of(found: Found) -> list[Row]:
    return [
        of.catalog.listed(index).row for of in found.selectors.values() for index in range(of.catalog.rows)
    ]


def whole(text: str) -> Found:
    products = read(text)
    reading = Reading(Profiles(), "https://h.example/lists/l.json", products.mission)
    listed = (ListedRow(row, number) for number, row in zip(products.numbers, products.rows, strict=True))
    finished(reading.add_batch(batch_of(listed, "https://h.example/lists/l.json"), products.bad))
    return finished(reading.so_far())


TEXTS = [
    json.dumps({"products": ROWS}),
    json.dumps({"mission": "HST", "products": ROWS}, indent=2, ensure_ascii=False),
    json.dumps({"products": ROWS, "fields": [{"a": 1}], "mission": "LAB"}, separators=(",", ":")),
    json.dumps(ROWS),
    json.dumps({"products": [ROWS[:3], [], [ROWS[3:]]]}),
    "\ufeff" + json.dumps({"products": ROWS[:1]}),
    '{"products": [{"filename": "a", "dataset": "d", "size": 1, "filters": NaN, "x": Infinity}, {"filename": "b", '
    '"dataset": "d", "size": 9999999999999999999999999999999999999999}]}',
    json.dumps([fields(filename="half\ud800.fits", dataset="d\udfff"), fields(filename="whole.fits")]),
    '{"products": []}',
    " [ ] ",
    json.dumps(
        {"products": [fields(filename=f"{n}.fits", dataset=f"d{n // 7}", note=str(n)) for n in range(6000)]}
    ),
]


def test_columns_come_to_the_same_as_reading_the_whole() -> None:
    asked = [(text, piece) for text in TEXTS for piece in PIECES if len(text) < 500 * piece]
    asked += [(text, 1) for text in TEXTS if len(text) < 1000]
    for (text, piece), answers in zip(asked, split(asked), strict=True):
        ours, theirs = joined(answers), whole(text)
        about = (text[:80], piece)
        assert ours.rows == theirs.rows, about
        assert ours.bad == theirs.bad, about
        assert rows_of(ours) == rows_of(theirs), about
        assert list(ours.selectors) == list(theirs.selectors), about
        assert ours.broken == "", about


#: Values as they may be written, right or wrong, for the fields that matter most and one that does not.
VALUES = {
    "filename": ['"a.fits"', '"b\\u002efits"', '"\\u0000"', '"q\\"uote"', '"é.fits"', '" "', "3"],
    "dataset": ['"d"', '"jw1"', '"back\\\\slash"'],
    "size": ["0", "2880", "4294967296", "1.0", "1e3", "-1", "9007199254740993", "null"],
    "uri": ['"d/a.fits"', '"jw1/x"', '"a\\/b"', "null", '"}, {"'],
    "access": ['"PUBLIC"', '"EXCLUSIVE_ACCESS"', '"SECRET"'],
    "note": ["1", "1.5", "-0.25", "true", "null", '"d"', '"a.fits"', '["}"]', "12345678901234567890"],
}
BROKEN = {"size": ["01", "1.", "+1", "--1"], "note": ["nul", "'a'", '"\n"', '"\\x"', "1 2"]}


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A list whose rows are written in few ways, some of which are unlike the others."""
    colon, comma, between = draw(
        st.sampled_from([(":", ",", ","), (": ", ", ", ",\n  "), ("\t:\n", " , ", " , ")])
    )
    order = draw(st.permutations(sorted(VALUES)))
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        names = draw(st.sampled_from([order, order[::-1], [*order, "note", "size"], order[:5]]))
        written = [f'"{name}"{colon}{draw(st.sampled_from(VALUES[name]))}' for name in names]
        rows.append(f"{{{comma.join(written)}}}")
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(BROKEN)))
        rows.append(
            f'{{"filename": "z", "dataset": "d", "size": 1, "{name}": {draw(st.sampled_from(BROKEN[name]))}}}'
        )
    return f'{{"products": [{between.join(rows)}]}}'


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(texts(), st.sampled_from([7, 100, 1 << 20])), min_size=20, max_size=20))
def test_however_rows_are_written_they_say_the_same(asked: list[tuple[str, int]]) -> None:
    for (text, _), answers in zip(asked, split(asked), strict=True):
        ours = joined(answers)
        try:
            theirs = whole(text)
        except OverlayError:
            assert ours.broken, text
            continue
        assert ours.broken == "", text
        assert (ours.rows, ours.bad, rows_of(ours)) == (theirs.rows, theirs.bad, rows_of(theirs)), text


def test_rows_come_before_the_text_ends_and_stay_when_it_breaks() -> None:
    text = json.dumps({"products": [fields(filename=f"{n}.fits") for n in range(10)]})
    cuts = [text[:-2], text[:-1], text[: len(text) // 2], text + "x", text.replace('"9.fits"', "9.fits")]
    for cut, answers in zip(cuts, split([(cut, 1000) for cut in cuts]), strict=True):
        found = joined(answers)
        assert found.broken, cut[-30:]
        assert [row.filename for row in rows_of(found)][:4] == ["0.fits", "1.fits", "2.fits", "3.fits"]
        assert sum(len(each["answer"]["numbers"]) > 0 for each in answers) > 1


def test_what_is_no_list_is_refused_with_the_same_code() -> None:
    texts = [
        "",
        "{",
        "<html>",
        '{"a": [{"b": 1}]}',
        "3",
        "null",
        '{"products": {"a": 1}}',
        '{"products": "a"}',
    ]
    texts += ["[" * 20 + "]" * 20, '{"products": ' + "[" * 9 + json.dumps(ROWS[0]) + "]" * 9 + "}"]
    for text, answers in zip(texts, split([(text, 5) for text in texts]), strict=True):
        codes = []
        for reader in (lambda: read(text), lambda: joined(answers)):  # noqa: B023
            try:
                reader()
                codes.append("")
            except OverlayError as refused:
                codes.append(refused.code)
        assert codes[0] == codes[1] != "", text[:40]
