"""The built site in a real browser: under a sub-path of a plain server, with the archive on another origin."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.panel_page import PanelPage
from tests.browser.surroundings import LAUNCH_ARGUMENTS, lay_out_site

#: Other tests run beside these: what is only late is no failure.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that the build found."""
    given = {"executable_path": os.environ["OVERLAY_CHROMIUM"], "args": [*LAUNCH_ARGUMENTS]}
    return {**browser_type_launch_args, **given}


@pytest.fixture(scope="session")
def archive() -> Iterator[ArchiveServer]:
    """The archive, with the demo's products; its faults last for one test."""
    with ArchiveServer() as running:
        yield running


@pytest.fixture(autouse=True)
def sound_archive(archive: ArchiveServer) -> Iterator[None]:
    """No test inherits another's faults."""
    yield
    archive.clear_faults()


@pytest.fixture(scope="session")
def site(archive: ArchiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaticServer]:
    """What the build wrote, with a site configuration that points JWST and HST at the test's archive."""
    root = lay_out_site(tmp_path_factory.mktemp("site") / "dist", archive)
    with StaticServer(root, "/tools/overlay/") as running:
        yield running


class Watch:
    """What went wrong on a page, and what it asked for. A test names the errors that it provokes."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, *patterns: str) -> None:
        """These console errors are what the test is about."""
        self._expected.extend(re.compile(pattern) for pattern in patterns)

    def unexpected(self) -> list[str]:
        """Errors that no pattern names."""
        return [
            error for error in self.errors if not any(pattern.search(error) for pattern in self._expected)
        ]

    def console(self, message: ConsoleMessage) -> None:
        """Note an error of the console, with the address that it is about."""
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def request(self, request: Request) -> None:
        """Note what is asked for."""
        self.requests.append(request)

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context; what its content security policy stops is an error too."""
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self.console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self.request)

    def origins(self) -> set[str]:
        """Every origin that was asked over the network."""
        return {"/".join(r.url.split("/")[:3]) for r in self.requests if r.url.startswith("http")}

    def check(self, site: StaticServer, archive: ArchiveServer) -> None:
        """Fails on any error that was not expected, and on any request beyond the site and the archive."""
        assert self.unexpected() == []
        public = {archive.origin, archive.origin.replace("127.0.0.1", "localhost")}
        assert self.origins() <= {site.origin} | public


_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} stopped ${event.blockedURI}`));
"""


@pytest.fixture
def watch(context: BrowserContext, site: StaticServer, archive: ArchiveServer) -> Iterator[Watch]:
    """Fails the test on any page error, console error, or request beyond the site and the archive."""
    watching = Watch()
    watching.over(context)
    yield watching
    watching.check(site, archive)


@pytest.fixture
def panel(page: Page, watch: Watch, site: StaticServer) -> PanelPage:
    """The page object, not yet opened."""
    return PanelPage(page, site.url)


@pytest.fixture
def demo(panel: PanelPage) -> PanelPage:
    """The panel on the built-in demo archive, ready."""
    return panel.open()


@pytest.fixture(scope="session")
def standing(
    browser: Browser, site: StaticServer, archive: ArchiveServer
) -> Iterator[tuple[PanelPage, Watch]]:
    """One page on the demo for all tests that leave its lists alone: a start takes seconds."""
    context = browser.new_context()
    watching = Watch()
    watching.over(context)
    yield PanelPage(context.new_page(), site.url).open(), watching
    context.close()


@pytest.fixture
def shared(
    standing: tuple[PanelPage, Watch], site: StaticServer, archive: ArchiveServer
) -> Iterator[PanelPage]:
    """The page that tests share, as it opened."""
    panel, watching = standing
    panel.as_opened()
    yield panel
    watching.check(site, archive)


@pytest.fixture(scope="module")
def open_panel(
    browser: Browser, site: StaticServer, archive: ArchiveServer
) -> Iterator[Callable[[str], tuple[PanelPage, Watch]]]:
    """Opens the panel with a query, for all tests of a module; checked when the last of them is done."""
    watched: list[tuple[BrowserContext, Watch]] = []

    def opened(query: str) -> tuple[PanelPage, Watch]:
        context, watching = browser.new_context(), Watch()
        watched.append((context, watching))
        watching.over(context)
        return PanelPage(context.new_page(), site.url).open(query), watching

    yield opened
    for context, watching in watched:
        context.close()
        watching.check(site, archive)


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's script."""
    return Path(os.environ["OVERLAY_AXE"]).read_text("utf-8")
