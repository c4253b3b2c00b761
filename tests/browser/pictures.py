"""Pictures of every state of the panel, wide and narrow, dark and light, to be looked at.

``python -m tests.browser.pictures --out DIR [--only JOURNEY]`` runs in the environment of the tests, and needs
what they need: see ``web.buildsteps.testing``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.archive.server import ArchiveServer
from tests.archive.static import StaticServer
from tests.browser.panel_page import PanelPage
from tests.browser.states import JOURNEYS, World
from tests.browser.surroundings import LAUNCH_ARGUMENTS, lay_out_site
from web.buildsteps.testing import environment_of_tests

WIDTHS = (1280, 390)
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


def looks(page: Page) -> Iterator[str]:
    """Shows a page in each width and colour scheme in turn, giving the name of that, and then as it was."""
    before = page.viewport_size or {"width": 1280, "height": 720}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            yield f"{width}-{scheme}"
    page.emulate_media(color_scheme="null")
    page.set_viewport_size(before)


def take(browser: Browser, world: World, out: Path, only: str | None = None) -> list[Path]:
    """Take the pictures of all journeys, or of one, and give their paths."""
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for name, journey in JOURNEYS.items():
        if only not in (None, name):
            continue
        context = browser.new_context(reduced_motion="reduce")
        panel = PanelPage(context.new_page(), world.site.url)
        if name == "demo":
            panel.open()
        for state in journey(panel, world):
            for look in looks(panel.page):
                taken.append(out / f"{name}-{state.replace(' ', '-')}-{look}.png")
                panel.page.screenshot(path=taken[-1], full_page=True)
        context.close()
    return taken


def main() -> None:
    """Build the site where nobody has, serve it, and take the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of every state of the panel.")
    parser.add_argument("--out", type=Path, required=True, help="the folder for them")
    parser.add_argument("--only", choices=JOURNEYS, help="one journey alone")
    options = parser.parse_args()
    if "OVERLAY_DIST" not in os.environ:
        os.environ.update(environment_of_tests())
    with (
        TemporaryDirectory() as folder,
        ArchiveServer() as archive,
        StaticServer(lay_out_site(Path(folder) / "dist", archive), "/tools/overlay/") as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS]
        )
        for picture in take(browser, World(site, archive), options.out, options.only):
            print(picture)
        browser.close()


if __name__ == "__main__":
    main()
