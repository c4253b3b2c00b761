"""The page opened by a double click: everything that it needs is in its folder, and no server is asked."""

from __future__ import annotations

import ast
import csv
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.taken import listed, science, taken

Opened = tuple[PanelPage, Watch]

#: Without a look into the style sheet, which axe would ask the file system for.
_VIOLATIONS = """
async () => (await axe.run(document, {resultTypes: ["violations"], preload: false})).violations.map(({id}) => id)
"""
_NOTICE = "This page was opened as a file"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build wrote, in a folder whose name is not that of an address."""
    return shutil.copytree(
        os.environ["OVERLAY_DIST"], tmp_path_factory.mktemp("files") / "my site #1 ünd 100%"
    )


@pytest.fixture
def from_file(context: BrowserContext, folder: Path) -> Iterator[Opened]:
    """A panel that is to be opened from the folder; any error or request over the network fails the test."""
    watching = Watch()
    watching.over(context)
    yield PanelPage(context.new_page(), (folder / "index.html").as_uri()), watching
    assert watching.unexpected() == []
    assert watching.origins() == set()


@pytest.fixture(scope="module")
def standing_file(browser: Browser, folder: Path) -> Iterator[PanelPage]:
    """One page on the demo for all tests that leave its lists alone."""
    context = browser.new_context()
    watching = Watch()
    watching.over(context)
    yield PanelPage(context.new_page(), (folder / "index.html").as_uri()).open()
    context.close()
    assert watching.unexpected() == []
    assert watching.origins() == set()


@pytest.fixture
def demo_file(standing_file: PanelPage) -> PanelPage:
    """The page that tests share, as it opened."""
    standing_file.as_opened()
    return standing_file


def test_a_page_opened_as_a_file_starts_and_says_what_is_not_to_be_had(
    demo_file: PanelPage, axe: str
) -> None:
    page = demo_file.page
    assert page.url.startswith("file:")
    assert demo_file.summary().selected > 0
    told = page.get_by_text(_NOTICE)
    expect(told).to_be_visible()
    for words in (
        "no download as a stream",
        "no memory of the last list",
        "no file picker",
        "500 MB",
        "CSV and scripts",
    ):
        expect(told).to_contain_text(words)
    expect(page.get_by_text("begins with plain http")).to_be_hidden()
    expect(page.get_by_text("Without a web server")).to_be_hidden()
    page.evaluate(axe)
    assert page.evaluate(_VIOLATIONS) == []


def test_the_controls_answer_on_a_page_from_a_file(demo_file: PanelPage) -> None:
    recommended = demo_file.summary()
    demo_file.button("ALL").click()
    everything = demo_file.summary()
    assert everything.selected > recommended.selected
    demo_file.filter(r"_cal\.fits$")
    assert 0 < demo_file.summary().selected < everything.selected
    expect(demo_file.page.locator("#regex-state")).to_contain_text("match")
    demo_file.button("NONE").click()
    demo_file.filter("(")
    expect(demo_file.page.get_by_text("Invalid regular expression")).to_be_visible()


def test_table_and_script_are_saved_from_a_file(demo_file: PanelPage, tmp_path: Path) -> None:
    demo_file.save("EXPORT SELECTED FILE LIST").save_as(tmp_path / "files.csv")
    with (tmp_path / "files.csv").open(encoding="utf-8", newline="") as table:
        head, *rows = csv.reader(table)
    assert head[:2] == ["Dataset", "Filename"]
    assert len({row[1] for row in rows}) == demo_file.summary().selected
    script = demo_file.save("API QUERY")
    script.save_as(tmp_path / "retrieve.sh")
    assert (tmp_path / "retrieve.sh").read_text("utf-8").startswith("#!")
    program = demo_file.save_form("script", "Python script").path().read_text("utf-8")
    assert program.startswith("#!")
    ast.parse(program)


def test_a_zip_from_a_file_holds_the_demos_files_to_the_byte(
    demo_file: PanelPage, folder: Path, tmp_path: Path
) -> None:
    for mission in demo_file.missions():
        demo_file.choose_mission(mission)
        demo_file.button("ALL").click()
    wanted = demo_file.summary().selected
    brought = taken(demo_file.download("blob"), tmp_path)
    demo_file.close_download()
    assert len(brought.files) == wanted
    assert set(brought.statuses().values()) == {"OK"}
    served: dict[str, set[bytes]] = {}
    for path in (folder / "demo" / "files").rglob("*.*"):
        served.setdefault(path.name, set()).add(path.read_bytes())
    assert [
        path for path, content in brought.files.items() if content not in served[path.rpartition("/")[2]]
    ] == []


def test_a_list_with_an_address_opens_on_a_page_from_a_file(
    context: BrowserContext, folder: Path, archive: ArchiveServer
) -> None:
    rows = [science(f"f{number}_cal.fits", "jw1", 4000 + number) for number in range(3)]
    watching = Watch()
    watching.over(context)
    panel = PanelPage(context.new_page(), (folder / "index.html").as_uri()).open(listed(archive, rows))
    assert panel.summary().all == len(rows)
    assert watching.unexpected() == []


def test_a_relative_address_is_refused_and_a_file_opens_by_the_button_and_is_not_kept(
    from_file: Opened, tmp_path: Path
) -> None:
    panel, _ = from_file
    panel.open("?products=lists/mine.json")
    expect(panel.notices()).to_contain_text("lists/mine.json")
    expect(panel.notices()).to_contain_text("can read no other file by its address")
    expect(panel.page.get_by_role("heading", name="No product list is open")).to_be_visible()
    panel.open_list(lists.write(tmp_path / "mine.json", [lists.public("a.fits", uri="lab:1")]))
    expect(panel.page.get_by_role("status", name="Selection summary")).to_contain_text("All: 1.0 kB - 1 file")
    panel.page.reload()
    panel.wait_ready()
    expect(panel.page.get_by_role("button", name="Go on where you were")).to_have_count(0)


@pytest.mark.parametrize("missing", ["page.js", "runtime.js"])
def test_a_piece_that_is_not_there_is_told_in_words(
    context: BrowserContext, folder: Path, tmp_path: Path, missing: str
) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "from-file" / missing).unlink()
    page = context.new_page()
    page.goto((broken / "index.html").as_uri())
    expect(page.locator("html")).to_have_attribute("data-state", "failed", timeout=30_000)
    expect(page.get_by_role("alert")).to_contain_text("could not start")
    expect(page.get_by_role("alert")).to_contain_text(
        f"“from-file/{missing}” is not in the folder that this page was opened from"
    )


def test_nothing_of_it_is_asked_for_over_http(standing: Opened, site: StaticServer, page: Page) -> None:
    _, watching = standing
    assert [request.url for request in watching.requests if re.search("from.file", request.url)] == []
    page.goto(f"{site.url}from-file.html?products=lists/absent.json#there")
    page.wait_for_url(f"{site.url}?products=lists/absent.json#there")
