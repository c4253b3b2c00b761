"""The built site in three engines: under a sub-path of a plain server, with the archive on another origin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.surroundings import lay_out_site
from tests.engines.driver import Engine
from tests.engines.panel import Panel
from tests.engines.played import Chromium, Firefox
from tests.engines.webkit import WebKit

PREFIX = "/tools/overlay/"


@pytest.fixture(scope="session", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Engine]:
    """One engine after the other."""
    match request.param:
        case "chromium":
            running: Engine = Chromium(playwright, _program("OVERLAY_CHROMIUM", "chromium"))
        case "firefox":
            running = Firefox(playwright, _program("OVERLAY_FIREFOX", "firefox-esr"))
        case _:
            running = WebKit(_program("OVERLAY_WEBKIT_DRIVER", "webkit2gtk-driver xvfb"))
    yield running
    running.close()


def _program(variable: str, packages: str) -> str:
    program = os.environ.get(variable, "")
    if not program:
        pytest.fail(f"{variable} names no program; where there is apt: sudo apt-get install {packages}")
    return program


@pytest.fixture(scope="session")
def archive() -> Iterator[ArchiveServer]:
    """The archive that files come from."""
    with ArchiveServer() as running:
        yield running


@pytest.fixture
def site(archive: ArchiveServer, tmp_path: Path) -> Iterator[StaticServer]:
    """What the build wrote, on a server of the test's own, which it may damage and stop."""
    server = StaticServer(lay_out_site(tmp_path / "dist", archive), PREFIX).start()
    yield server
    server.stop()


@pytest.fixture
def panel(engine: Engine, tmp_path: Path) -> Iterator[Panel]:
    """The panel, not yet opened, in a browser that keeps nothing from the last test."""
    folder = tmp_path / "saved"
    folder.mkdir()
    driver = engine.driver(folder)
    yield Panel(driver)
    driver.close()
