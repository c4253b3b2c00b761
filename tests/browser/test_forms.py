"""The menus of other forms: walked by keyboard, looked at, and every file that they give read back."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, expect

from pycore.scripts.menu import EXPORTS, TOOLS
from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.panel_page import OTHERS, PanelPage
from tests.browser.taken import listed, science

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

A, B = "jw88001001001_02101_00001_nrca1", "jw88001001001_02101_00002_nrca1"
PLAIN: Final = f"{A}_cal.fits"
HOSTILE: Final = (
    f"{B}_$(touch caught)`touch caught`_cal.fits",
    f"{B}_\"'\\; & <b>%41\u202e_cal.fits",
    f"{B}_a\nb\tout=caught_cal.fits",
    f"../../{B}_up_cal.fits",
    f"-{B}{'n' * 260}_cal.fits",
)
ROWS: Final = [
    science(PLAIN, A, 2880, sha256="a" * 64),
    *(science(name, B, 100 + place, sha256="b" * 64) for place, name in enumerate(HOSTILE)),
    science(f"{B}_cal.fits", B, 5760, access="EXCLUSIVE_ACCESS"),
]
TAKEN: Final = {row["filename"] for row in ROWS if row["access"] == "PUBLIC"}


@pytest.fixture(scope="module")
def mine(open_panel: OpenPanel, archive: ArchiveServer) -> PanelPage:
    panel, _ = open_panel(listed(archive, ROWS))
    panel.button("ALL").click()
    return panel


def opener(panel: PanelPage, of: str) -> Locator:
    return panel.button(OTHERS[of])


def item(panel: PanelPage, name: str) -> Locator:
    return panel.page.get_by_role("menuitem", name=name, exact=True)


def save(panel: PanelPage, of: str, name: str, folder: Path) -> Path:
    saved = panel.save_form(of, name)
    expect(opener(panel, of)).to_be_focused()
    expect(panel.notices().filter(has_text=f"Saved {saved.suggested_filename}: ")).to_be_visible()
    path = folder / saved.suggested_filename
    saved.save_as(path)
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_is_walked_by_keyboard_and_lies_within_the_page(mine: PanelPage, width: int) -> None:
    page, keys = mine.page, mine.page.keyboard
    page.set_viewport_size({"width": width, "height": 800})
    button, labels = opener(mine, "script"), [tool.label for tool in TOOLS]
    before = button.bounding_box()
    button.focus()
    for opening in ("Enter", "Space", "ArrowDown"):
        keys.press(opening)
        expect(item(mine, labels[0])).to_be_focused()
        keys.press("Escape")
        expect(button).to_be_focused()
        expect(page.get_by_role("menu")).to_have_count(0)
    keys.press("Enter")
    expect(page.get_by_role("menu", name=OTHERS["script"])).to_be_visible()
    for key, label in [
        *(("ArrowDown", label) for label in [*labels[1:], labels[0]]),
        ("ArrowUp", labels[-1]),
        ("Home", labels[0]),
        ("End", labels[-1]),
        ("b", "BagIt bag"),
        ("m", "Metalink 4"),
    ]:
        keys.press(key)
        expect(item(mine, label)).to_be_focused()
        expect(item(mine, label)).to_be_in_viewport(ratio=0.95)
    menu = page.get_by_role("menu").bounding_box()
    assert menu and before and menu["x"] >= 0 and menu["x"] + menu["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keys.press("Tab")
    expect(mine.button("START DOWNLOAD")).to_be_focused()
    expect(page.get_by_role("menu")).to_have_count(0)
    button.click()
    page.get_by_role("heading", name="Download files").click()
    expect(page.get_by_role("menu")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 720})


def test_every_tool_is_given_the_files_that_it_can_take_whatever_they_are_called(
    mine: PanelPage, tmp_path: Path
) -> None:
    for tool in TOOLS:
        opener(mine, "script").click()
        refused = item(mine, tool.label).get_attribute("aria-disabled")
        mine.page.keyboard.press("Escape")
        assert not refused, tool.name
        path = save(mine, "script", tool.label, tmp_path)
        assert path.name.endswith(tool.ending)
        if path.suffix == ".zip":
            _is_a_bag(path)
            continue
        text = path.read_text("utf-8")
        assert f"{A}_cal.fits" in text
        assert f"{B}_cal.fits" not in text, "it is under exclusive access"
        assert HOSTILE[2] not in text
        if path.suffix == ".py":
            ast.parse(text)
        elif path.suffix == ".sh":
            subprocess.run(["sh", "-n", path], check=True)
        elif path.suffix == ".meta4":
            files = ElementTree.fromstring(text).findall("{urn:ietf:params:xml:ns:metalink}file")
            assert len(files) == len(TAKEN)
        elif tool.name == "urls":
            assert len(text.splitlines()) == len(TAKEN)


def _is_a_bag(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        root = path.name.removesuffix(".zip")
        fetch = archive.read(f"{root}/fetch.txt").decode().splitlines()
        digests = archive.read(f"{root}/manifest-sha256.txt").decode().splitlines()
    assert [line.split(" ", 2)[2] for line in fetch] == [line.split("  ", 1)[1] for line in digests]
    assert all(line.split(" ", 2)[2].startswith("data/") for line in fetch)
    # One name has a percent sign, over which readers of bags differ.
    assert len(fetch) == len(TAKEN) - 1


def test_every_export_has_each_selected_row(mine: PanelPage, tmp_path: Path) -> None:
    found = {form.name: save(mine, "file list", form.label, tmp_path) for form in EXPORTS}
    rows = json.loads(found["json"].read_text("utf-8"))["products"]
    assert {row["filename"] for row in rows} == TAKEN
    lines = found["ecsv"].read_text("utf-8").split("\n")
    table = csv.DictReader("\n".join(line for line in lines if not line.startswith("#")).splitlines(True))
    assert {row["filename"] for row in table} == TAKEN
    parsed = ElementTree.parse(found["votable"])
    space = "{http://www.ivoa.net/xml/VOTable/v1.3}"
    assert len(list(parsed.iter(f"{space}TR"))) == len(TAKEN)


def test_what_cannot_be_had_says_why_and_is_not_given(mine: PanelPage) -> None:
    mine.button("NONE").click()
    opener(mine, "script").click()
    aria2 = item(mine, "aria2 input file")
    expect(aria2).to_have_attribute("aria-disabled", "true")
    expect(aria2).to_have_accessible_description(re.compile("Nothing is selected"))
    aria2.click(force=True)
    expect(aria2).to_be_visible()
    mine.page.keyboard.press("Escape")
    mine.button("ALL").click()


def test_lists_of_two_missions_come_in_one_zip(shared: PanelPage, tmp_path: Path) -> None:
    path = save(shared, "file list", "JSON", tmp_path)
    for judge in (("unzip", "-tqq"), ("bsdtar", "-tf")):
        assert shutil.which(judge[0])
        subprocess.run([*judge, path], check=True, capture_output=True)
    with zipfile.ZipFile(path) as archive:
        lists = [json.loads(archive.read(name)) for name in archive.namelist()]
    assert [each["mission"] for each in lists] == shared.missions()
    for each in lists:
        opened = tmp_path / f"{each['mission']}.json"
        opened.write_text(json.dumps(each), "utf-8")
        assert each["products"]
