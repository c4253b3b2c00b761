"""Every state of the panel: no barrier that axe knows of, no page wider than the screen, a picture of each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.conftest import Watch
from tests.browser.panel_page import PanelPage
from tests.browser.pictures import SCHEMES, WIDTHS, looks
from tests.browser.states import JOURNEYS, World
from tests.browser.surroundings import ROOT

_VIOLATIONS = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join("; ")}`)
"""
#: How far the page reaches beyond the screen, sideways.
_BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _examine(panel: PanelPage, axe: str, state: str) -> Iterator[str]:
    """What is wrong with a state, in each look."""
    if panel.page.evaluate("typeof axe") == "undefined":
        panel.page.evaluate(axe)
    for look in looks(panel.page):
        if panel.page.evaluate(_BEYOND) > 0:
            yield f"{state}, {look}: wider than the screen"
        # A width changes what fits, and a colour scheme what is legible: one of each pair tells.
        if look in {"1280-dark", "1280-light", "390-light"}:
            yield from (f"{state}, {look}: {wrong}" for wrong in panel.page.evaluate(_VIOLATIONS))


@pytest.fixture
def world(site: StaticServer, archive: ArchiveServer) -> World:
    return World(site, archive)


def test_no_state_of_the_demo_has_a_barrier(shared: PanelPage, axe: str, world: World) -> None:
    journey = JOURNEYS["demo"](shared, world)
    assert [wrong for state in journey for wrong in _examine(shared, axe, state)] == []


@pytest.mark.parametrize("journey", ["start", "lists", "download"])
def test_no_other_state_has_a_barrier(
    panel: PanelPage, watch: Watch, axe: str, world: World, journey: str
) -> None:
    watch.expect("ERR_FAILED", "Failed to fetch", "absent.json", "status of 404", "PythonError", "pyodide")
    states = JOURNEYS[journey](panel, world)
    assert [wrong for state in states for wrong in _examine(panel, axe, state)] == []


def test_pictures_are_made_of_every_state(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.browser.pictures", "--out", str(tmp_path), "--only", "start"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    states = ("starting", "starting-with-a-list", "failed", "diagnostics-of-a-failure")
    wanted = {
        f"start-{state}-{width}-{scheme}.png" for state in states for width in WIDTHS for scheme in SCHEMES
    }
    assert {path.name for path in tmp_path.iterdir()} == wanted
    pictures = [path.read_bytes() for path in tmp_path.iterdir()]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(set(pictures)) == len(wanted)
