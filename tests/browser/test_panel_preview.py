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
