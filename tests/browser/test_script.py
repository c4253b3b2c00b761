"""API QUERY: the script that the browser saves, run by the real bash and curl against the archive."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.archive.server import ArchiveServer
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, listed, read_manifest, science, taken

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

TOKEN: Final = "token-of-the-script-2718281828"
PROGRAM: Final = "jw77005001001_02101"
SHARED: Final = "jw77005_pool.csv"
ROWS: Final = [
    row
    for number in range(1, 11)
    for row in (
        science(
            f"{PROGRAM}_{number:05d}_nrca1_cal.fits",
            f"{PROGRAM}_{number:05d}",
            2880 * number,
            access="EXCLUSIVE_ACCESS" if number == 10 else "PUBLIC",
        ),
        science(SHARED, f"{PROGRAM}_{number:05d}", 333),
    )
]
PUBLIC: Final = [row for row in ROWS if row["access"] == "PUBLIC"]


@pytest.fixture(scope="module")
def standing(open_panel: OpenPanel, archive: ArchiveServer) -> tuple[PanelPage, Watch]:
    archive.add_token(TOKEN, "ada", ["jw77005"])
    return open_panel(listed(archive, ROWS))


@pytest.fixture
def mine(standing: tuple[PanelPage, Watch], archive: ArchiveServer) -> PanelPage:
    """The panel on a list of ten files and one that they share, all of them asked for."""
    panel, _ = standing
    panel.close_download()
    panel.button("ALL").click()
    panel.filter("")
    panel.radio("File Structure", "NESTED").check()
    archive.finished()
    archive.log.clear()
    return panel


def run(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script in its folder, in a session of its own: there is no terminal to ask at."""
    home = script.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", script.name, "--tries", "1"],
        cwd=script.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        check=False,
    )


def saved_script(panel: PanelPage, folder: Path) -> Path:
    saved = panel.save("API QUERY")
    path = folder / saved.suggested_filename
    saved.save_as(path)
    return path


def tree(script: Path) -> dict[str, bytes]:
    """The files of the script's folder, but its own bookkeeping, the parts that another run would go on with, and the
    manifest's twin as a table, which no ZIP has.
    """
    root = script.parent / script.name.removesuffix("_api_retrieve.sh")
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if not name.startswith(".") and not name.endswith(".part") and name != "manifest.csv"
    }


@pytest.mark.parametrize("structure", ["NESTED", "FLAT"])
def test_the_script_s_tree_equals_the_zip_s_to_the_byte(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path, structure: str
) -> None:
    mine.radio("File Structure", structure).check()
    script = saved_script(mine, tmp_path)
    assert re.fullmatch(r"MAST_\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.\d{3}Z_api_retrieve\.sh", script.name)
    ended = run(script)
    assert ended.returncode == 0, ended.stderr
    assert not any(request.authorized for request in archive.finished()), "nothing here needs a token"
    found = tree(script)
    zipped = taken(mine.download("blob"), tmp_path)
    page = found.pop("manifest.html").decode()
    assert found == zipped.files == Expected(PUBLIC, structure=structure).files(archive)
    assert read_manifest(page) == zipped.manifest == Expected(PUBLIC, structure=structure).manifest()


def test_when_two_of_ten_fail_eight_arrive_both_are_named_and_the_script_says_so(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    assert mine.summary().selected == 10
    script = saved_script(mine, tmp_path)
    gone, broken = f"{PROGRAM}_00003_nrca1_cal.fits", f"{PROGRAM}_00007_nrca1_cal.fits"
    archive.delete(gone)
    archive.fault(broken, "cut", at=1000)
    try:
        ended = run(script)
    finally:
        archive.restore(gone)
    assert ended.returncode == 1
    arrived = tree(script)
    page = arrived.pop("manifest.html").decode()
    assert len(arrived) == 8
    assert gone in ended.stdout + ended.stderr
    assert broken in ended.stdout + ended.stderr
    failed = {cells[1].rpartition("/")[2] for cells in read_manifest(page) if cells[3].startswith("FAILED: ")}
    assert failed == {gone, broken}
    expected = Expected(PUBLIC, failed={gone: "", broken: ""})
    assert arrived == expected.files(archive)


def test_a_token_is_asked_for_only_where_the_selection_needs_one(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    mine.account().click()
    mine.page.get_by_label("Auth.MAST token").fill(TOKEN)
    mine.button("Sign in").click()
    expect(mine.account()).to_contain_text("ada")
    script = saved_script(mine, tmp_path)
    mine.account().click()
    mine.button("Sign out").click()
    text = script.read_text("utf-8")
    assert TOKEN not in text
    without = run(script)
    assert without.returncode != 0
    assert "token" in (without.stdout + without.stderr).lower()
    archive.finished()
    archive.log.clear()
    ended = run(script, MAST_API_TOKEN=TOKEN)
    assert ended.returncode == 0, ended.stderr
    found = tree(script)
    page = found.pop("manifest.html").decode()
    assert found == Expected(ROWS).files(archive)
    assert read_manifest(page) == Expected(ROWS, user="ada").manifest()
    signed = {request.product for request in archive.finished() if request.authorized and request.product}
    assert signed == {f"{PROGRAM}_00010_nrca1_cal.fits"}
    assert not any(TOKEN in request.path for request in archive.requests)


def test_a_page_that_may_not_read_its_archive_says_so_and_names_the_script(
    standing: tuple[PanelPage, Watch], mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    _, watch = standing
    watch.expect("blocked by CORS policy", "Failed to load resource: net::ERR_FAILED")
    archive.cors = False
    try:
        mine.button("START DOWNLOAD").click()
        told = mine.page.get_by_role("dialog").get_by_role("alert")
        expect(told).to_contain_text("does not let other sites read its files in a browser")
        expect(told).to_contain_text("API QUERY")
        mine.page.get_by_role("dialog").get_by_role("button", name="Back").click()
        script = saved_script(mine, tmp_path)
        assert run(script).returncode == 0
    finally:
        archive.cors = True
    found = tree(script)
    del found["manifest.html"]
    assert found == Expected(PUBLIC).files(archive)
