"""A visit as text and back: the same comes back, and what no page wrote is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import remembered
from pycore.byhand import ByHand, FileName
from pycore.catalog import Facet
from pycore.errors import OverlayError
from pycore.layout import Structure
from pycore.pattern import Precision, Target
from pycore.product import LARGEST_SIZE
from pycore.remembered import Choices, KeptList, MissionChoice, Remembered, day, discreet, read, text
from pycore.selection import Choice, Quick
from tests.unit.builders import CLICK

words = st.text(max_size=20)
boxes = st.dictionaries(st.builds(Facet, words, words), st.booleans(), max_size=4).map(MappingProxyType)
by_hand = st.builds(
    ByHand,
    st.dictionaries(
        st.builds(FileName, words, st.integers(0, LARGEST_SIZE), words), st.booleans(), max_size=4
    ).map(MappingProxyType),
    st.dictionaries(words, st.booleans(), max_size=4).map(MappingProxyType),
)
choice = st.builds(Choice, st.sampled_from(Quick), boxes, st.booleans(), st.booleans(), by_hand)
precision = st.builds(Precision, st.booleans(), st.booleans(), st.sampled_from(Target))
visits = st.builds(
    Remembered,
    st.lists(st.builds(KeptList, st.from_regex(r"\A[0-9a-f-]{1,36}\Z"), words, words, words), max_size=3).map(
        tuple
    ),
    st.integers(0, 10**9),
    st.builds(
        Choices,
        st.lists(st.builds(MissionChoice, words, choice, words, words, precision, precision), max_size=3).map(
            tuple
        ),
        words,
        st.sampled_from(Structure),
        st.sampled_from([50, 100, 250, 1000]),
    ),
)
PLAIN = Remembered((KeptList("k", "a.json", ""),), 3, Choices((MissionChoice("JWST"),), "JWST"))


@given(visits)
def test_what_is_remembered_comes_back(visit: Remembered) -> None:
    written = text(visit)
    assert written.isascii()
    read_again = read(written)
    discreet_lists = tuple(
        replace(kept, source=discreet(kept.source) if kept.base else kept.source, base=discreet(kept.base))
        for kept in visit.lists
    )
    assert read_again == replace(visit, lists=discreet_lists)
    assert text(read_again) == written


@given(st.text(alphabet="ab:@/\\?# =é", max_size=30))
def test_what_is_discreet_stays_as_it_is(address: str) -> None:
    once = discreet(address)
    assert discreet(once) == once


@pytest.mark.parametrize(
    "address",
    [
        "https://user:secret@host.example/lists/x.json",
        "https://host.example/lists/x.json?token=secret",
        "https://host.example/lists/x.json#secret",
        "https:\\\\user:secret@host.example/lists/x.json?secret#secret",
        "//secret@host.example/lists/x.json",
        " https:secret@host.example/lists/x.json",
        "lists/x.json?token=secret",
    ],
)
def test_no_secret_of_an_address_is_kept(address: str) -> None:
    written = text(Remembered((KeptList("k", address, address),)))
    assert "secret" not in written
    assert "user" not in written
    assert "lists/x.json?not-kept=" in written


def test_addresses_that_differ_in_what_is_not_kept_differ_still() -> None:
    one, other = (f"https://host.example/list_products?dataset_ids={name}" for name in ("jw1", "jw2"))
    assert discreet(one) != discreet(other)
    assert urljoin(discreet(one), "files/a.fits") == urljoin(one, "files/a.fits")


@pytest.mark.parametrize("name", ["what?.json", "a#b.json", "C:me@home.json"])
def test_the_name_of_a_file_is_no_address(name: str) -> None:
    (kept,) = read(text(Remembered((KeptList("k", name, ""),)))).lists
    assert kept.source == name


def test_a_lone_surrogate_in_a_name_comes_back() -> None:
    visit = Remembered((KeptList("k", "Liste \ud800 ü", ""),), 1)
    assert read(text(visit)) == visit


def refused(written: str) -> str:
    with pytest.raises(OverlayError) as caught:
        read(written)
    assert caught.value.sentence.endswith("was forgotten.")
    assert caught.value.hint
    return caught.value.code


def test_a_visit_is_gone_when_none_of_its_lists_is_there() -> None:
    visit = Remembered((KeptList("k", "a.json", ""), KeptList("l", "b.json", "")))
    remembered.check_texts(visit, {"l"})
    with pytest.raises(OverlayError) as caught:
        remembered.check_texts(visit, {"other"})
    assert caught.value.code == "memory.gone"


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(text(PLAIN)) | changes)


MISSION = json.loads(text(PLAIN))["missions"][0]
LIST = json.loads(text(PLAIN))["lists"][0]


@pytest.mark.parametrize("version", [0, 1, 3, None, "2", [2]])
def test_what_another_version_wrote_is_told_as_that(version: object) -> None:
    assert refused(changed(version=version)) == "memory.version"
    assert refused("{}") == "memory.version"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "null",
        "[]",
        "7",
        '{"version": 2}',
        "{",
        "[" * 100_000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        changed(lists=None),
        changed(lists={}),
        changed(lists=["a"]),
        changed(lists=[{**LIST, "key": "../../record"}]),
        changed(lists=[{**LIST, "key": ""}]),
        changed(lists=[{**LIST, "key": "a" * 65}]),
        changed(lists=[{**LIST, "base": 7}]),
        changed(lists=[{"key": "k"}]),
        changed(files=-1),
        changed(files=True),
        changed(files=1.5),
        changed(files=10**30),
        changed(files="3"),
        text(PLAIN).replace('"files":3', f'"files":{"9" * 5000}'),
        changed(missions=[None]),
        changed(missions=[{**MISSION, "quick": "SOME"}]),
        changed(missions=[{**MISSION, "boxes": [["2b", "_cal"]]}]),
        changed(missions=[{**MISSION, "boxes": ["abc"]}]),
        changed(missions=[{**MISSION, "boxes": [["2b", 7, True]]}]),
        changed(missions=[{**MISSION, "boxes": [[["2b"], "_cal", True]]}]),
        changed(missions=[{**MISSION, "boxes": [["2b", "_cal", 1]]}]),
        changed(missions=[{**MISSION, "guide_stars": "yes"}]),
        changed(missions=[{**MISSION, "typed": None}]),
        changed(structure="DEEP"),
        changed(rows=10**6),
        changed(current=None),
    ],
)
def test_what_no_page_wrote_is_refused(written: str) -> None:
    assert refused(written) in ("memory.damaged", "memory.version" if written == "{}" else "memory.damaged")


def test_more_than_any_page_writes_is_refused_unread() -> None:
    assert refused(" " * (remembered.LONGEST + 1)) == "memory.damaged"


def test_a_visit_with_a_hundred_thousand_boxes_is_within_bounds() -> None:
    many = {Facet(f"level {n % 100}", f"_suffix{n}"): True for n in range(100_000)}
    visit = Remembered((), 1, Choices((MissionChoice("X", Choice(boxes=MappingProxyType(many))),)))
    assert read(text(visit)) == visit


def test_nothing_but_the_choice_and_the_lists_is_written() -> None:
    assert set(json.loads(text(PLAIN))) == {
        "version", "lists", "files", "missions", "current", "structure", "rows",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (CLICK, "2026-11-22 07:17 UTC"),
        (0.0, "an unknown day"),
        (-1.0, "an unknown day"),
        (1e300, "an unknown day"),
        (float("nan"), "an unknown day"),
    ],
)
def test_a_moment_is_told_in_utc(moment: float, told: str) -> None:
    assert day(moment) == told
