"""The controls that choose: quick selects, levels, reference files, guide stars, missions, layout; and the summary."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from playwright.sync_api import expect

from tests.archive.static import StaticServer
from tests.browser.lists import DemoList, Row, products, takeable
from tests.browser.panel_page import PanelPage


@pytest.fixture(scope="module")
def jwst(site: StaticServer) -> DemoList:
    return DemoList(site.root, "JWST")


@pytest.fixture(scope="module")
def hst(site: StaticServer) -> DemoList:
    return DemoList(site.root, "HST")


@pytest.fixture
def nothing(shared: PanelPage) -> PanelPage:
    """The demo with nothing selected in either mission; JWST's controls are shown."""
    for mission in ("HST", "JWST"):
        shared.choose_mission(mission)
        shared.button("NONE").click()
    assert shared.summary().selected == 0
    return shared


def _count(rows: Iterable[Row]) -> int:
    """How many of these products somebody may take who is not signed in."""
    return len(products(takeable(list(rows))))


def _megabytes(rows: Iterable[Row]) -> str:
    size = sum(int(str(size)) for _, size in products(takeable(list(rows))))
    return f"{size / 1e6:.3f} MB"


def _pressed(panel: PanelPage) -> list[str]:
    names = ("ALL", "RECOMMENDED", "NONE")
    return [name for name in names if panel.button(name).get_attribute("aria-pressed") == "true"]


def test_quick_selects_take_all_or_nothing_of_a_mission(
    nothing: PanelPage, jwst: DemoList, hst: DemoList
) -> None:
    assert nothing.summary().selected_volume == "0 B"
    assert _pressed(nothing) == ["NONE"]
    nothing.button("ALL").click()
    assert _pressed(nothing) == ["ALL"]
    assert nothing.summary().selected == _count(jwst.boxed())
    nothing.choose_mission("HST")
    assert _pressed(nothing) == ["NONE"]
    nothing.button("ALL").click()
    summary = nothing.summary()
    assert summary.selected == _count(jwst.boxed()) + _count(hst.boxed())
    assert summary.selected_volume == _megabytes([*jwst.boxed(), *hst.boxed()])
    assert summary.all == len(products([*jwst.rows, *hst.rows]))


def test_all_and_recommended_leave_the_other_controls_alone_and_none_turns_them_off(
    nothing: PanelPage,
) -> None:
    box = nothing.page.get_by_role("checkbox", name="INCLUDE CALIBRATION REFERENCE FILES")
    highest = nothing.radio("Guidestar Files", "HIGHEST CALIBRATED")
    box.check()
    highest.check()
    nothing.filter("_cal")
    for quick in ("ALL", "RECOMMENDED"):
        nothing.button(quick).click()
        expect(box).to_be_checked()
        expect(highest).to_be_checked()
        expect(nothing.regex).to_have_value("_cal")
    nothing.button("NONE").click()
    expect(box).not_to_be_checked()
    expect(nothing.radio("Guidestar Files", "NONE")).to_be_checked()
    expect(nothing.regex).to_have_value("_cal")


def test_each_level_is_a_group_of_boxes_with_counts(nothing: PanelPage, jwst: DemoList) -> None:
    nothing.levels()
    for level in jwst.levels():
        suffixes = {str(row["file_suffix"]) for row in jwst.of(level)}
        expect(nothing.level_group(level).get_by_role("checkbox")).to_have_count(1 + len(suffixes))
        for name, rows in ((level, jwst.of(level)), *((each, jwst.of(level, each)) for each in suffixes)):
            told = nothing.box(level, name).locator("xpath=..").inner_text()
            files = len(products(rows))
            assert f"{files} file{'' if files == 1 else 's'}, " in told
    for words in ("What the levels are", "What the suffixes mean"):
        expect(nothing.page.get_by_role("link", name=words)).to_have_attribute(
            "href", re.compile("^https://")
        )


def test_boxes_have_three_states(nothing: PanelPage, jwst: DemoList) -> None:
    nothing.levels()
    count = nothing.page.get_by_text(re.compile(r"^Selecting \d+ file categor"))
    cal, level = nothing.box("2b", "_cal"), nothing.box("2b", "2b")
    cal.check()
    expect(level).to_be_checked(indeterminate=True)
    expect(count).to_have_text("Selecting 1 file category")
    assert _pressed(nothing) == []
    assert nothing.summary().selected == _count(jwst.of("2b", "_cal"))
    # Partial, then all, then none.
    level.click()
    expect(level).to_be_checked()
    assert not level.evaluate("box => box.indeterminate")
    assert nothing.summary().selected == _count(jwst.of("2b"))
    suffixes = {row["file_suffix"] for row in jwst.of("2b")}
    expect(count).to_have_text(f"Selecting {len(suffixes)} file categories")
    level.click()
    expect(level).not_to_be_checked()
    expect(cal).not_to_be_checked()
    assert _pressed(nothing) == ["NONE"]


def test_a_box_that_a_quick_select_took_in_part_is_taken_whole_by_a_click(shared: PanelPage) -> None:
    shared.levels()
    rate = shared.box("2a", "_rate")
    expect(rate).to_be_checked(indeterminate=True)
    before = shared.summary().selected
    rate.click()
    expect(rate).to_be_checked()
    assert shared.summary().selected > before
    assert _pressed(shared) == []
    shared.button("RECOMMENDED").click()
    expect(rate).to_be_checked(indeterminate=True)
    assert shared.summary().selected == before


def test_the_levels_open_and_close_by_keyboard(nothing: PanelPage) -> None:
    button, keyboard = nothing.button("File level"), nothing.page.keyboard
    button.focus()
    keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    box = nothing.box("3", "3")
    for _ in range(2):
        keyboard.press("Tab")
        if box.evaluate("box => box === document.activeElement"):
            break
    expect(box).to_be_focused()
    keyboard.press("Space")
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    expect(nothing.level_group("3")).to_be_hidden()


def test_reference_files_come_by_their_own_box(nothing: PanelPage, jwst: DemoList) -> None:
    box = nothing.page.get_by_role("checkbox", name="INCLUDE CALIBRATION REFERENCE FILES")
    references = [row for row in jwst.rows if row["type"] == "reference"]
    expect(box).to_have_accessible_description(re.compile(rf"^{len(products(references))} files, "))
    box.check()
    assert nothing.summary().selected == _count(references)
    nothing.button("ALL").click()
    assert nothing.summary().selected == _count(references) + _count(jwst.boxed())


def test_the_highest_calibrated_guide_star_files_are_one_each(nothing: PanelPage, jwst: DemoList) -> None:
    guiding = [row for row in jwst.rows if "_gs-" in str(row["filename"])]
    exposures: dict[str, list[Row]] = {}
    for row in guiding:
        root = re.sub(r"(_image|_stacked)?_(cal|uncal)\.fits$", "", str(row["filename"]))
        exposures.setdefault(root, []).append(row)
    wanted = []
    for rows in exposures.values():
        calibrated = [row for row in rows if str(row["filename"]).endswith("_cal.fits")]
        wanted.extend(calibrated or rows)
    nothing.radio("Guidestar Files", "NONE").focus()
    nothing.page.keyboard.press("ArrowRight")
    expect(nothing.radio("Guidestar Files", "HIGHEST CALIBRATED")).to_be_checked()
    assert nothing.summary().selected == _count(wanted)


def test_each_mission_has_its_own_controls_and_keeps_its_choice(nothing: PanelPage, hst: DemoList) -> None:
    nothing.filter("_i2d")
    nothing.choose_mission("HST")
    expect(nothing.page.get_by_role("radiogroup", name="Guidestar Files")).to_be_hidden()
    expect(nothing.page.get_by_text("INCLUDE CALIBRATION REFERENCE FILES")).to_be_hidden()
    expect(nothing.regex).to_have_value("")
    nothing.levels()
    expect(nothing.level_group("HASP")).to_be_visible()
    nothing.box("HASP", "HASP").check()
    assert nothing.summary().selected == _count(hst.of("HASP"))
    nothing.choose_mission("JWST")
    assert _pressed(nothing) == ["NONE"]
    expect(nothing.regex).to_have_value("_i2d")
    nothing.choose_mission("HST")
    expect(nothing.regex).to_have_value("")
    assert _pressed(nothing) == []


def test_the_summary_has_a_line_for_each_mission(shared: PanelPage, jwst: DemoList, hst: DemoList) -> None:
    lines = shared.page.get_by_role("status", name="Selection summary").get_by_role("listitem")
    shared.button("ALL").click()
    expect(lines.nth(0)).to_contain_text(
        f"{_megabytes(jwst.boxed())}, {_count(jwst.boxed())} of {len(products(jwst.rows))} files"
    )
    expect(lines.nth(1)).to_contain_text(f"of {len(products(hst.rows))} files")
    of_each = [int(re.search(r"(\d+) of", line)[1]) for line in lines.all_inner_texts()]  # type: ignore[index]
    assert shared.summary().selected == sum(of_each)


def test_exclusive_access_is_told_twice(nothing: PanelPage, jwst: DemoList, hst: DemoList) -> None:
    locked = [row for row in (*jwst.rows, *hst.rows) if row["access"] == "EXCLUSIVE_ACCESS"]
    summary = nothing.page.get_by_role("status", name="Selection summary")
    expect(summary).to_contain_text(f"{len(products(locked))} exclusive access files not selected")
    warning = summary.locator(".warning").filter(visible=True)
    expect(warning).to_have_count(0)
    nothing.button("ALL").click()
    chosen = [row for row in jwst.boxed() if row["access"] == "EXCLUSIVE_ACCESS"]
    expect(warning).to_have_count(1)
    expect(warning).to_contain_text(
        f"{len(products(chosen))} of the files chosen below are under exclusive access"
    )
    expect(warning).to_contain_text("Sign in")


def test_the_layout_is_shown_as_it_is_chosen(shared: PanelPage) -> None:
    example = shared.page.locator("#structure .path")
    expect(example).to_have_text("MAST_<time>/MISSION/dataset/file")
    shared.radio("File Structure", "NESTED").focus()
    shared.page.keyboard.press("ArrowLeft")
    expect(shared.radio("File Structure", "FLAT")).to_be_checked()
    expect(example).to_have_text("MAST_<time>/MISSION/file")


def test_help_and_contact_are_at_hand(shared: PanelPage) -> None:
    help_page = shared.page.get_by_role("link", name="JavaScript-style regular expression")
    expect(help_page).to_have_attribute("href", re.compile("^https://"))
    expect(help_page).to_have_attribute("rel", "noopener noreferrer")
    contact = shared.page.get_by_text("Trouble with a download?").get_by_role("link")
    expect(contact).to_have_attribute("href", re.compile("^mailto:"))


def test_with_nothing_selected_nothing_is_saved_and_the_panel_says_so(nothing: PanelPage) -> None:
    for button, words in (
        ("EXPORT SELECTED FILE LIST", "nothing to export"),
        ("API QUERY", "nothing to fetch"),
        ("START DOWNLOAD", "nothing to download"),
    ):
        nothing.button(button).click()
        expect(nothing.notices().filter(has_text=words)).to_be_visible()
    # A notice that goes away leaves the keyboard where it was, not at the top of the page.
    last = nothing.page.get_by_role("button", name="Dismiss: ").last
    last.focus()
    nothing.page.keyboard.press("Enter")
    expect(nothing.notices()).to_have_count(2)
    assert nothing.page.evaluate("document.activeElement.tagName") in {"BUTTON", "SELECT"}
