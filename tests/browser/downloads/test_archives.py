"""Whole downloads, as a person makes them: every byte and every manifest row is what was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.conftest import Watch
from tests.browser.downloads import faults_page
from tests.browser.panel_page import PanelPage
from tests.browser.taken import Expected, Row, listed, science, taken

OpenPanel = Callable[[str], tuple[PanelPage, Watch]]

FIRST, SECOND, THIRD = (f"jw77001001001_02101_0000{n}" for n in (1, 2, 3))
LARGE = 5 * 2**20

#: Two datasets that share a product, two products of one name, a large one, and an empty one.
ROWS = [
    science(f"{FIRST}_nrca1_cal.fits", FIRST, LARGE),
    science("jw77001_pool.csv", FIRST, 700, category="ASSOCIATION", type="association"),
    science("jw77001_twin_msa.fits", FIRST, 2880, file_suffix="_msa"),
    science(f"{SECOND}_nrca1_cal.fits", SECOND, 5760),
    science("jw77001_pool.csv", SECOND, 700, category="ASSOCIATION", type="association"),
    science("jw77001_twin_msa.fits", SECOND, 8640, file_suffix="_msa"),
    science("jw77001_pool.csv", THIRD, 700, category="ASSOCIATION", type="association"),
    science(f"{THIRD}_nothing.txt", THIRD, 0, file_suffix="_nothing"),
]
TWIN = ("jw77001_twin_msa.fits", 8640)


@pytest.fixture(scope="module")
def standing(open_panel: OpenPanel, archive: ArchiveServer) -> PanelPage:
    panel, _ = open_panel(listed(archive, ROWS))
    return panel


@pytest.fixture
def mine(standing: PanelPage, archive: ArchiveServer) -> PanelPage:
    """The panel on a list of the archive, opened by its URL, with everything selected."""
    standing.close_download()
    standing.filter("")
    standing.button("ALL").click()
    standing.radio("File Structure", "NESTED").check()
    assert standing.summary().selected == 6
    archive.finished()
    archive.log.clear()
    return standing


@pytest.mark.parametrize("place", ["stream", "blob"])
@pytest.mark.parametrize("structure", ["NESTED", "FLAT"])
def test_a_download_brings_every_product_once_and_tells_of_every_row(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path, structure: str, place: str
) -> None:
    mine.radio("File Structure", structure).check()
    found = taken(mine.download(place), tmp_path)
    paths = {TWIN: f"JWST/jw77001_twin_msa__{SECOND}.fits"} if structure == "FLAT" else {}
    expected = Expected(ROWS, structure=structure, paths=paths)
    assert found.files == expected.files(archive)
    assert found.manifest == expected.manifest()
    assert re.fullmatch(r"MAST_\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.\d{3}Z", found.root)
    fetched = [request.product for request in archive.finished() if request.status == 200 and request.product]
    # The first request finds out whether this page may read the archive.
    assert sorted(fetched[1:]) == sorted(name for name, _ in expected.primaries())
    told = mine.page.get_by_text("All 6 files are complete.")
    expect(told).to_be_visible()
    if place == "stream" and structure == "FLAT":
        faults_page.told(
            "two files have one name", place, 0, f"{told.inner_text()} One is called `{paths[TWIN]}`."
        )


def test_a_name_that_could_not_be_kept_is_shown_before_and_told_in_the_manifest(
    mine: PanelPage, tmp_path: Path
) -> None:
    mine.radio("File Structure", "FLAT").check()
    mine.confirm("blob")
    dialog = mine.page.get_by_role("dialog")
    renamed = f"JWST/jw77001_twin_msa__{SECOND}.fits"
    expect(dialog.get_by_role("listitem")).to_have_text(
        [f"JWST/{TWIN[0]} → {renamed} (another file has this name)"]
    )
    with mine.page.expect_download() as saved:
        mine.start()
    found = taken(saved.value, tmp_path)
    assert f"JWST/{TWIN[0]} is here as {renamed}" in found.page


def test_what_the_filter_leaves_is_what_comes(
    mine: PanelPage, archive: ArchiveServer, tmp_path: Path
) -> None:
    mine.filter(r"_cal\.fits$")
    found = taken(mine.download(), tmp_path)
    expected = Expected([row for row in ROWS if str(row["filename"]).endswith("_cal.fits")])
    assert (found.files, found.manifest) == (expected.files(archive), expected.manifest())


def test_the_demo_truly_downloads_from_a_plain_static_host(
    demo: PanelPage, site: StaticServer, tmp_path: Path
) -> None:
    before = len(site.requests)
    found = taken(demo.download(), tmp_path)
    served = {r.product for r in site.requests[before:] if r.product and r.product.startswith("demo/files/")}
    rows: list[Row] = []
    for mission in ("jwst", "hst"):
        with urlopen(f"{site.url}demo/{mission}.json") as answer:
            rows += json.load(answer)["products"]
    address = {(row["dataset"], row["filename"]): f"demo/{row['url']}" for row in rows}
    assert len(found.files) == len(served) > 20
    for path, content in found.files.items():
        mission, dataset, filename = path.split("/")
        with urlopen(f"{site.url}{address[dataset, filename]}") as answer:
            assert content == answer.read(), path
        assert mission in ("JWST", "HST")
    selected = {(dataset, name) for _, dataset, name in (path.split("/") for path in found.files)}
    assert {cells[3].partition(" of ")[0] for cells in found.manifest} == {"OK", "Duplicate"}
    assert {(cells[1].split("/")[1], cells[1].split("/")[2]) for cells in found.manifest} == selected
