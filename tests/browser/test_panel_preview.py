"""The preview of all selected files, page by page, and the list that is exported from it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.archive.static import StaticServer
from tests.browser.lists import DemoList, Row, products, takeable
from tests.browser.panel_page import PanelPage

COLUMNS = ["Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating", "Size", "Access"]


@pytest.fixture
def preview(shared: PanelPage) -> PanelPage:
    """The preview of all that may be taken of both missions."""
    for mission in ("HST", "JWST"):
        shared.choose_mission(mission)
        shared.button("ALL").click()
    shared.button("VIEW ALL SELECTED FILES").click()
    expect(shared.page.get_by_role("table")).to_be_visible()
    return shared


@pytest.fixture(scope="module")
def rows(site: StaticServer) -> list[Row]:
    """The rows of that, in list order."""
    return [row for name in ("JWST", "HST") for row in takeable(DemoList(site.root, name).boxed())]


def _range(panel: PanelPage) -> Locator:
    return panel.page.get_by_role("navigation", name="Pages of selected files").get_by_role("status")


def _go(panel: PanelPage, page: str) -> None:
    button = panel.page.get_by_role("button", name=page)
    button.focus()
    panel.page.keyboard.press("Enter")
    expect(button).to_be_focused()


def test_the_preview_shows_what_is_selected_by_dataset(preview: PanelPage, rows: list[Row]) -> None:
    page = preview.page
    expect(page.get_by_role("region", name="Selected files", exact=True)).to_be_focused()
    assert page.get_by_role("columnheader").all_inner_texts()[:7] == COLUMNS
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    first = [row for row in rows if row["dataset"] == datasets[0]]
    head = page.locator("#preview .group").first
    expect(head).to_have_text(f"JWST · {datasets[0]} ({len(first)})")
    cells = preview.preview_rows()[0]
    row = first[0]
    assert cells[1:5] == [row["category"], row["file_suffix"], row["instrument_name"], row["filters"]]
    assert cells[0] == row["filename"]
    assert cells[6] == "PUBLIC"
    expect(_range(preview)).to_have_text(f"1-250 of {len(rows)} rows ({len(products(rows))} files)")
    shared = page.get_by_role("row").filter(has_text="pool.csv")
    expect(shared.first.get_by_text("shared", exact=True)).to_be_visible()
    preview.button("VIEW ALL SELECTED FILES").click()
    expect(page.get_by_role("table")).to_be_hidden()


def test_pages_turn_by_keyboard_and_the_focus_stays(preview: PanelPage, rows: list[Row]) -> None:
    total = f"of {len(rows)} rows ({len(products(rows))} files)"
    size = preview.page.get_by_label("Rows per page")
    assert size.locator("option").all_inner_texts() == ["50", "100", "250", "1000"]
    expect(size).to_have_value("250")
    size.select_option("50")
    for _ in range(2):
        _go(preview, "Next page")
    # Page 3 of 50 rows.
    expect(_range(preview)).to_have_text(f"101-150 {total}")
    assert [listed[1] for listed in preview.preview_listing()] == [row["filename"] for row in rows[100:150]]
    size.focus()
    size.select_option("100")
    expect(size).to_be_focused()
    # The first row that was seen stays in view.
    expect(_range(preview)).to_have_text(f"101-200 {total}")
    size.select_option("50")
    expect(_range(preview)).to_have_text(f"101-150 {total}")
    _go(preview, "Last page")
    expect(_range(preview)).to_have_text(f"{(len(rows) - 1) // 50 * 50 + 1}-{len(rows)} {total}")
    # A button that leads nowhere keeps the focus, and does nothing.
    expect(preview.page.get_by_role("button", name="Next page")).to_have_attribute("aria-disabled", "true")
    last = preview.preview_listing()
    _go(preview, "Next page")
    assert preview.preview_listing() == last
    _go(preview, "Previous page")
    assert len(preview.preview_listing()) == 50
    _go(preview, "First page")
    expect(_range(preview)).to_have_text(f"1-50 {total}")
    expect(preview.page.get_by_role("button", name="First page")).to_have_attribute("aria-disabled", "true")


def test_a_page_that_was_made_ahead_is_as_one_that_was_not(preview: PanelPage) -> None:
    page = preview.page
    page.get_by_label("Rows per page").select_option("50")
    seen = """() => {
      const boxes = [...document.querySelectorAll("#preview input[type=checkbox]")];
      return [document.getElementById("preview").innerHTML, boxes.map((box) => [box.checked, box.indeterminate])];
    }"""
    turn = "to => document.getElementById(`page-${to}`).click()"
    # Nobody has waited for these.
    page.evaluate(f"() => {{ const turn = {turn}; turn('next'); turn('previous'); turn('next'); }}")
    as_asked_for = page.evaluate(seen)
    page.evaluate(turn, "previous")
    page.wait_for_timeout(500)
    page.evaluate(turn, "next")
    assert page.evaluate(seen) == as_asked_for
    assert any(checked for checked, _ in as_asked_for[1])


def test_a_selection_that_shrinks_leaves_no_page_behind(preview: PanelPage) -> None:
    preview.page.get_by_label("Rows per page").select_option("50")
    _go(preview, "Last page")
    preview.filter("_i2d")
    shown = re.match(r"(\d+)-(\d+) of (\d+) rows", _range(preview).inner_text())
    assert shown
    assert (
        int(shown[2]) == int(shown[3]) and len(preview.preview_listing()) == int(shown[2]) - int(shown[1]) + 1
    )
    for mission in ("HST", "JWST"):
        preview.choose_mission(mission)
        preview.button("NONE").click()
    expect(preview.page.get_by_text("Nothing is selected.")).to_be_visible()


def test_a_wide_table_scrolls_in_its_own_box(preview: PanelPage) -> None:
    preview.page.set_viewport_size({"width": 390, "height": 800})
    box = preview.page.get_by_role("region", name="Table of selected files")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    preview.page.keyboard.press("ArrowRight")
    access = preview.page.get_by_role("columnheader", name="Access")
    expect(access).not_to_be_in_viewport()
    for _ in range(40):
        preview.page.keyboard.press("ArrowRight")
    expect(access).to_be_in_viewport()
    assert preview.page.evaluate("scrollX") == 0
    assert preview.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_row_in_view_stays_there_when_another_choice_changes_it(preview: PanelPage) -> None:
    page = preview.page
    preview.choose_mission("JWST")
    page.get_by_label("Show files that are not selected too").check()
    rows = page.locator("#preview tbody tr:not(.group)")
    place = rows.evaluate_all(
        "rows => rows.findIndex((row, place) => place > 90 && row.querySelector('input').checked)"
    )
    for passed in range(0, place, 10):
        rows.nth(passed).scroll_into_view_if_needed()
    row = rows.nth(place)
    row.scroll_into_view_if_needed()
    expect(row.get_by_role("checkbox")).to_be_checked()
    top = _top_in_box(row)
    # A click that leaves the page and the table's box where they are.
    preview.button("NONE").evaluate("button => button.click()")
    expect(row.get_by_role("checkbox")).not_to_be_checked()
    assert _top_in_box(row) == top


def _top_in_box(row: Locator) -> float:
    return float(
        row.evaluate(
            "row => row.getBoundingClientRect().top - row.closest('.scroll').getBoundingClientRect().top"
        )
    )


def test_all_columns_are_seen_at_once_on_a_desk(preview: PanelPage) -> None:
    box = preview.page.get_by_role("region", name="Table of selected files")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_exported_list_is_the_preview(preview: PanelPage, rows: list[Row], tmp_path: Path) -> None:
    saved = preview.save("EXPORT SELECTED FILE LIST")
    assert re.fullmatch(r"MAST_\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.\d{3}Z_files\.csv", saved.suggested_filename)
    saved.save_as(tmp_path / "list.csv")
    content = (tmp_path / "list.csv").read_bytes()
    header = b"Dataset,Filename,Product Level,Suffix,Instrument,Filter / Grating\r\n"
    assert content.startswith(header)
    assert content.count(b"\n") == content.count(b"\r\n") == len(rows) + 1
    assert content.endswith(b"\r\n")
    listed = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))[1:]
    shown = []
    for _ in range(0, len(rows), 250):
        shown.extend(preview.preview_listing())
        _go(preview, "Next page")
    assert listed == shown
    expect(preview.notices().filter(has_text=f"{len(rows)} rows")).to_be_visible()


def test_what_is_ticked_by_hand_is_selected_told_and_undone(preview: PanelPage, rows: list[Row]) -> None:
    page = preview.page
    preview.choose_mission("HST")
    preview.button("NONE").click()
    preview.choose_mission("JWST")
    before = preview.summary()
    chip, names = page.locator(".by-hand"), page.locator("#preview tbody tr:not(.group)")
    first = names.nth(0).get_by_role("checkbox")
    expect(first).to_have_accessible_name(str(rows[0]["filename"]))
    first.focus()
    top = _top(first)
    page.keyboard.press("Space")
    expect(first).not_to_be_checked()
    expect(first).to_be_focused()
    # Nothing moves under the pointer.
    assert _top(first) == top
    expect(names.nth(0).get_by_text("off by hand")).to_be_visible()
    expect(chip).to_have_text("1 file by hand: 1 off Clear")
    expect(preview.button("ALL")).to_have_attribute("aria-pressed", "false")
    assert preview.summary().selected == before.selected - 1
    # A file that no control takes, and the pattern does not match.
    preview.filter("nothing has this")
    assert preview.summary().selected == 0
    page.get_by_label("Show files that are not selected too").check()
    uncal = page.get_by_role("checkbox", name=re.compile(r"_uncal\.fits$")).first
    uncal.check()
    assert preview.summary().selected == 1
    secret = page.locator("#preview tbody tr", has_text="EXCLUSIVE_ACCESS").first.get_by_role("checkbox")
    expect(secret).to_be_disabled()
    listed = preview.save("EXPORT SELECTED FILE LIST").path().read_text("utf-8").splitlines()
    assert [line.split(",")[1] for line in listed[1:]] == [uncal.evaluate("box => box.labels[0].textContent")]
    preview.filter("")
    dataset = page.locator("#preview .group").first.get_by_role("checkbox")
    expect(dataset).to_have_js_property("indeterminate", True)
    dataset.click()
    expect(dataset).to_be_checked()
    dataset.click()
    expect(dataset).not_to_be_checked()
    preview.button("ALL").click()
    assert preview.summary() == before
    undo = preview.button("Undo")
    undo.focus()
    page.keyboard.press("Enter")
    expect(preview.button("Clear")).to_be_focused()
    expect(dataset).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(preview.button("Undo")).to_be_focused()
    assert preview.summary() == before


def test_rows_are_sorted_folded_found_and_jumped_to_by_keyboard(preview: PanelPage, rows: list[Row]) -> None:
    page = preview.page
    page.get_by_label("Rows per page").select_option("50")
    number = page.get_by_role("spinbutton", name="Page")
    number.fill("3")
    page.keyboard.press("Enter")
    expect(_range(preview)).to_have_text(re.compile("^101-150 of"))
    size = page.get_by_role("columnheader", name="Size")
    by_size = page.get_by_role("button", name="Size", exact=True)
    by_size.focus()
    page.keyboard.press("Enter")
    expect(size).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("columnheader", name="Dataset")).to_be_visible()
    expect(_range(preview)).to_have_text(re.compile("^1-50 of"))
    ordered = sorted(rows, key=lambda row: int(str(row["size"])))
    # Equal ones stay in the archive's order.
    assert [cells[0].split()[0] for cells in preview.preview_rows()] == [
        row["filename"] for row in ordered[:50]
    ]
    page.keyboard.press("Enter")
    expect(size).to_have_attribute("aria-sort", "descending")
    expect(by_size).to_be_focused()
    page.keyboard.press("Enter")
    expect(size).not_to_have_attribute("aria-sort", re.compile("."))
    expect(page.get_by_role("columnheader", name="Dataset")).to_be_hidden()
    fold = page.locator("#preview .group").first.get_by_role("button")
    expect(fold).to_have_attribute("aria-expanded", "true")
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(fold).to_be_focused()
    preview.button("FOLD ALL").click()
    assert preview.preview_rows() == []
    find = page.get_by_label("Find in preview")
    wanted = [row for row in rows if "POOL" in str(row["filename"]).upper()]
    find.fill("Pool")
    told, shown = page.locator("#find-state"), page.locator("#preview tr[aria-current=true]")
    expect(told).to_have_text(f"1 of {len(wanted)} rows")
    expect(shown).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(told).to_have_text(f"2 of {len(wanted)} rows")
    expect(find).to_be_focused()
    expect(find).to_have_value("Pool")
    expect(shown).to_contain_text(str(wanted[1]["filename"]))
    page.get_by_role("button", name="Previous match").click()
    page.get_by_role("button", name="Previous match").click()
    expect(told).to_have_text(f"{len(wanted)} of {len(wanted)} rows")
    expect(shown).to_be_in_viewport()
    find.fill("no name has this")
    expect(told).to_have_text("No selected row has that.")


def _top(element: Locator) -> float:
    return float(element.evaluate("element => element.getBoundingClientRect().top"))
