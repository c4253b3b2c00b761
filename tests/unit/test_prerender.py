"""The page at build time is what the view gives, place by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycore import messages as m
from pycore.demo import demo_state
from pycore.errors import OverlayError
from pycore.formats.list_products import read
from pycore.prerender import opening_state, prerender
from pycore.state import State
from pycore.update import update
from pycore.view import regions
from tests.unit.builders import fields, list_text
from tests.unit.reading import read_html

SKELETON = (Path(__file__).parents[2] / "index.html").read_text("utf-8")
LISTS = [
    (
        "./demo/one.json",
        list_text([fields(), fields(filename="jw<b>_uncal.fits", category="1b", file_suffix="_uncal")]),
    ),
    (
        "./demo/two.json",
        list_text([fields(dataset="jbev01010", filename="jbev01010_drz.fits", category="CALIBRATED")]),
    ),
]


def small(*marks: str) -> str:
    places = "".join(f'<div id="{name}"><!-- region:{name} --></div>' for name in regions(State()))
    return f"<p><!-- version --></p>{places}{''.join(marks)}"


def test_each_region_of_the_page_holds_what_the_view_gives() -> None:
    page = prerender(SKELETON, LISTS, "1.2.3")
    for name, html in regions(demo_state(LISTS)).items():
        assert page.count(f'id="{name}"') == 1
        assert html in page
    assert "<!--" not in page


def test_the_page_is_well_formed_with_ids_of_its_own() -> None:
    page = read_html(prerender(SKELETON, LISTS, "1.2.3").removeprefix("<!DOCTYPE html>"), whole_page=True)
    template = page.one("template")
    apart = {id(node) for node in template.walk()}
    ids = [node.says("id") for node in page.walk() if node.has("id") and id(node) not in apart]
    assert len(ids) == len(set(ids))
    assert page.one("html").says("data-state") == "booting"
    assert page.one(id="summary").role == "status"
    assert page.one(id="summary").says("aria-label") == "Selection summary"
    assert page.one("meta", name="generator").says("content") == "download-overlay 1.2.3"


def test_every_region_has_its_place_in_the_page() -> None:
    marks = [part.split(" -->")[0] for part in SKELETON.split("<!-- region:")[1:]]
    assert sorted(marks) == sorted(regions(State()))


def test_a_page_that_opens_a_list_of_its_own_shows_none_of_the_demo() -> None:
    page = read_html(prerender(SKELETON, LISTS, "1").removeprefix("<!DOCTYPE html>"), whole_page=True)
    shown = regions(opening_state())
    for region in page.one("template").all("div"):
        if region.has("data-region"):
            assert region.text == read_html(shown[region.says("data-region")]).text
    # What the demo fills and the opening page does not must be among those that are replaced.
    replaced = {region.says("data-region") for region in page.one("template").all("div")}
    drawn = regions(demo_state(LISTS))
    assert {name for name in drawn if drawn[name] != shown[name]} <= replaced


def test_the_demo_at_build_time_is_the_demo_at_run_time() -> None:
    state = State()
    for name, text in LISTS:
        state, orders = update(
            state, m.ListRead(f"https://h.example/{name}", f"https://h.example/{name}", read(text), demo=True)
        )
        assert not orders
    assert regions(state) == regions(demo_state(LISTS))
    assert state.demo


def test_opening_places_are_filled_where_there_are_any() -> None:
    page = prerender(small("<i><!-- opening:notices --></i>", "<b><!-- opening:notices --></b>"), LISTS, "1")
    assert page.count("Opening the product list") == 2


@pytest.mark.parametrize(
    "skeleton",
    [
        small().replace("<!-- region:levels -->", ""),
        small("<!-- region:levels -->"),
        small("<!-- region:unknown -->"),
        small("<!-- opening:unknown -->"),
    ],
    ids=["lacks a place", "has one twice", "has one too many", "has one too many of the opening"],
)
def test_a_skeleton_that_does_not_fit_is_refused(skeleton: str) -> None:
    with pytest.raises(OverlayError) as refused:
        prerender(skeleton, LISTS, "1")
    assert refused.value.code == "build.region"


def test_a_list_with_marks_of_the_skeleton_in_it_is_text() -> None:
    text = list_text([fields(dataset="jw00001<!-- region:levels -->", filename="<!-- opening:header -->")])
    page = prerender(small(), [("<!-- region:header -->", text)], "1")
    assert "<!--" not in page


def test_a_list_that_is_none_breaks_the_build() -> None:
    with pytest.raises(OverlayError):
        prerender(small(), [("./demo.json", "{}")], "1")
