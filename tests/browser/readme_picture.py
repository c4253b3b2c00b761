"""The picture of the panel in the README: ``python -m tests.browser.readme_picture``.

Runs in the environment of the tests, and needs what they need: see ``web.buildsteps.testing``.
"""

from __future__ import annotations

import os

from playwright.sync_api import sync_playwright

from tests.archive.static import StaticServer
from tests.browser.panel_page import PanelPage
from tests.browser.surroundings import LAUNCH_ARGUMENTS
from web.buildsteps.shell import ROOT
from web.buildsteps.testing import environment_of_tests

PICTURE = ROOT / "docs" / "panel.png"


def main() -> None:
    """Open the demo archive as anybody sees it first, and keep the panel as it looks then."""
    if "OVERLAY_DIST" not in os.environ:
        os.environ.update(environment_of_tests())
    with StaticServer(ROOT / os.environ["OVERLAY_DIST"]) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS]
        )
        page = browser.new_page(viewport={"width": 1040, "height": 900}, color_scheme="dark")
        PanelPage(page, site.url).open()
        page.locator("#panel").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
