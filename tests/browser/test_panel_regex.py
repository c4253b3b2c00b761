"""The regex filter: what is in force, what the engine says, what never ends, and what waits for it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.archive.static import StaticServer
from tests.browser.lists import RUNAWAY, DemoList, products, takeable
from tests.browser.panel_page import PanelPage


@pytest.fixture
def all_of_jwst(shared: PanelPage) -> PanelPage:
    """Everything of JWST and nothing of HST."""
    shared.choose_mission("HST")
    shared.button("NONE").click()
    shared.choose_mission("JWST")
    shared.button("ALL").click()
    return shared


@pytest.fixture(scope="module")
def names(site: StaticServer) -> list[str]:
    """The names of all products that ALL takes; two products of them have one and the same."""
    return [str(name) for name, _ in products(takeable(DemoList(site.root, "JWST").boxed()))]


def _state(panel: PanelPage) -> Locator:
    return panel.page.locator("#regex-state")


def _error(panel: PanelPage) -> Locator:
    return panel.page.locator("#regex-error")


def _matching(pattern: str, names: list[str]) -> int:
    return sum(1 for name in names if re.search(pattern, name))


@pytest.mark.parametrize(
    "pattern", [r"_cal\.fits$", r"^jw90001.*_(rate|cal)\.", r"(?<!thumb)\.jpg$", "CAL", r"\d{5}_nrc[ab]1"]
)
def test_a_pattern_narrows_what_the_other_controls_take(
    all_of_jwst: PanelPage, names: list[str], pattern: str
) -> None:
    all_of_jwst.filter(pattern)
    assert all_of_jwst.summary().selected == _matching(pattern, names)
    expect(_state(all_of_jwst)).to_have_text(re.compile(r"^\d+ files?, .+ match$"))
    expect(all_of_jwst.button("ALL")).to_have_attribute("aria-pressed", "true")
    all_of_jwst.filter("")
    assert all_of_jwst.summary().selected == len(names)
    expect(_state(all_of_jwst)).to_have_text("No filter is in force.")


def test_a_pattern_is_meant_more_precisely(all_of_jwst: PanelPage, names: list[str]) -> None:
    page = all_of_jwst.page
    all_of_jwst.filter("_CAL")
    assert all_of_jwst.summary().selected == 0
    more = page.locator("summary", has_text="More precise")
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Ignore case").check()
    expect(_state(all_of_jwst)).to_have_text(re.compile(r"^[1-9]\d* files, .+ match$"))
    assert all_of_jwst.summary().selected == _matching("_cal", names)
    page.get_by_label("Take what does not match").check()
    expect(_state(all_of_jwst)).to_have_text(re.compile("do not match$"))
    assert all_of_jwst.summary().selected == len(names) - _matching("_cal", names)
    page.get_by_label("Match on").select_option("Dataset")
    all_of_jwst.filter("^no dataset is called so")
    assert all_of_jwst.summary().selected == len(names)
    expect(more).to_have_text("More precise: upper and lower case alike, what does not match, by Dataset")
    page.get_by_label("Match on").select_option("URI")
    expect(_state(all_of_jwst)).to_have_text(re.compile("by URI$"))
    all_of_jwst.filter("/JW90001.*_CAL")
    assert 0 < all_of_jwst.summary().selected < len(names)


def test_an_invalid_pattern_shows_the_engines_words_and_leaves_the_last_valid_one_in_force(
    all_of_jwst: PanelPage, names: list[str]
) -> None:
    regex = all_of_jwst.regex
    all_of_jwst.filter("_cal(")
    expect(_error(all_of_jwst)).to_have_text("Invalid regular expression: /_cal(/: Unterminated group.")
    expect(_state(all_of_jwst)).to_have_text("No filter is in force.")
    assert all_of_jwst.summary().selected == len(names)
    all_of_jwst.filter(r"_cal\.fits$")
    expect(_error(all_of_jwst)).to_be_empty()
    expect(regex).not_to_have_attribute("aria-invalid", "true")
    all_of_jwst.filter("[z-a]")
    expect(_error(all_of_jwst)).to_have_text(
        "Invalid regular expression: /[z-a]/: Range out of order in character class."
    )
    expect(_state(all_of_jwst)).to_contain_text(r"“_cal\.fits$” is in force")
    expect(regex).to_have_attribute("aria-invalid", "true")
    expect(regex).to_have_accessible_description(re.compile("Range out of order"))
    expect(regex).to_have_value("[z-a]")
    assert all_of_jwst.summary().selected == _matching(r"_cal\.fits$", names)


def test_a_pattern_that_never_ends_is_stopped_while_the_page_answers(
    all_of_jwst: PanelPage, names: list[str]
) -> None:
    all_of_jwst.filter(r"_cal\.fits$")
    all_of_jwst.regex.fill(RUNAWAY)
    expect(_state(all_of_jwst)).to_have_text("filtering …")
    all_of_jwst.radio("File Structure", "FLAT").check()
    expect(all_of_jwst.page.locator("#structure .path")).to_have_text(
        "MAST_<time>/MISSION/file", timeout=1000
    )
    expect(_state(all_of_jwst)).to_have_text("filtering …")
    expect(_error(all_of_jwst)).to_contain_text("ran for longer than a second and was stopped", timeout=5000)
    expect(_state(all_of_jwst)).to_contain_text(r"“_cal\.fits$” is in force")
    assert all_of_jwst.summary().selected == _matching(r"_cal\.fits$", names)


def test_an_export_waits_for_a_running_filter(
    all_of_jwst: PanelPage, names: list[str], tmp_path: Path
) -> None:
    all_of_jwst.filter(r"_rate\.fits$")
    all_of_jwst.regex.fill(RUNAWAY)
    with all_of_jwst.page.expect_download() as saved:
        all_of_jwst.button("EXPORT SELECTED FILE LIST").click()
        expect(all_of_jwst.button("EXPORT SELECTED FILE LIST")).to_have_attribute("aria-busy", "true")
        # Corrected before it ended: the export is of what is valid in the end.
        all_of_jwst.regex.fill(r"_cal\.fits$")
    expect(all_of_jwst.button("EXPORT SELECTED FILE LIST")).not_to_have_attribute("aria-busy", "true")
    saved.value.save_as(tmp_path / "list.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "list.csv").read_text("utf-8"))))
    assert {row["Filename"] for row in rows} == {name for name in names if name.endswith("_cal.fits")}


@pytest.mark.parametrize("button", ["API QUERY", "START DOWNLOAD"])
def test_scripts_and_downloads_wait_for_a_running_filter(all_of_jwst: PanelPage, button: str) -> None:
    all_of_jwst.filter(r"_rate\.fits$")
    all_of_jwst.regex.fill(RUNAWAY)
    all_of_jwst.button(button).click()
    expect(all_of_jwst.button(button)).to_have_attribute("aria-busy", "true")
    expect(all_of_jwst.page.get_by_role("dialog")).to_be_hidden()
    done = (
        all_of_jwst.page.get_by_role("dialog")
        if button == "START DOWNLOAD"
        else all_of_jwst.notices().filter(has_text="_api_retrieve.sh")
    )
    expect(done).to_be_visible()
    expect(_error(all_of_jwst)).to_contain_text("was stopped")


def test_a_glob_is_translated_and_taken_by_one_press(all_of_jwst: PanelPage, names: list[str]) -> None:
    all_of_jwst.filter("*_cal.fits")
    expect(all_of_jwst.page.get_by_text("Wildcard? Take")).to_be_visible()
    offered = all_of_jwst.button(r"_cal\.fits$")
    offered.focus()
    all_of_jwst.page.keyboard.press("Enter")
    expect(all_of_jwst.regex).to_have_value(r"_cal\.fits$")
    expect(all_of_jwst.regex).to_be_focused()
    expect(_error(all_of_jwst)).to_be_empty()
    expect(offered).to_be_hidden()
    expect(_state(all_of_jwst)).to_have_text(re.compile("match$"))
    assert all_of_jwst.summary().selected == _matching(r"_cal\.fits$", names)


def test_what_is_being_typed_is_never_overwritten(all_of_jwst: PanelPage) -> None:
    all_of_jwst.regex.press_sequentially("_cal[.]fits$")
    expect(all_of_jwst.regex).to_have_value("_cal[.]fits$")
    expect(all_of_jwst.regex).to_be_focused()
    expect(_state(all_of_jwst)).to_have_text(re.compile("match$"))


@pytest.mark.parametrize("in_force", ["", r"_cal\.fits$"], ids=["without-one", "with-one-in-force"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_a_pattern_is_typed(all_of_jwst: PanelPage, width: int, in_force: str) -> None:
    below = all_of_jwst.button("START DOWNLOAD")
    all_of_jwst.page.set_viewport_size({"width": width, "height": 900})
    all_of_jwst.page.evaluate("scrollTo(0, 0)")
    before = _top(below)
    for typed in (
        "[",
        "*.fits",
        "*_cal.fits",
        "*.{fits,csv}",
        "jw*_cal.fits",
        "*(cal|rate)*",
        "_cal(",
        RUNAWAY,
    ):
        all_of_jwst.filter(in_force)
        assert _top(below) == before, f"{in_force} in force"
        all_of_jwst.regex.fill(typed)
        assert _top(below) == before, f"{typed} running"
        all_of_jwst.filter(typed)
        expect(all_of_jwst.page.locator(".remarks")).not_to_have_text(re.compile(r"^\s*$"))
        assert _top(below) == before, typed


def _top(element: Locator) -> float:
    """How far below the beginning of the page something is, in pixels."""
    return float(element.evaluate("element => element.getBoundingClientRect().top + scrollY"))
