"""A new version of the site is kept beside the old one and taken when it is wanted, in every engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.archive.static import StaticServer
from tests.browser.deployed import lay_out_next
from tests.engines.driver import until
from tests.engines.panel import Panel

OFFER: Final = "A new version of this page is here."

#: Has the page look again, as it does when a network comes back and every hour.
_LOOK: Final = "String(dispatchEvent(new Event('online')))"
#: Whether title, icon and worker, as the page itself gets them, are those of the new version.
_NEW: Final = """
  String(void Promise.all(["./icon.svg", "./regex_worker.js"].map(name => fetch(name, { cache: "no-store" })
    .then(answer => answer.text()))).then(texts => {
      document.documentElement.dataset.anew = [document.title, ...texts].map(text => text.includes("anew")).join();
    }))
"""


def test_a_new_version_waits_and_is_taken_whole(panel: Panel, site: StaticServer, tmp_path: Path) -> None:
    later = tmp_path / "later"
    version = lay_out_next(later, site.root)
    panel.open(site.url)
    panel.wait_words("This page works without a network from now on.")
    old = panel.page_says("version")
    assert old != version
    site.root = later.resolve()

    panel.driver.script(_LOOK)
    panel.wait_words(OFFER)
    panel.reload()
    assert panel.page_says("version") == old

    panel.wait_words(OFFER)
    panel.press("Use the new version")
    until(lambda: panel.driver.script("document.title"), lambda title: "anew" in str(title))
    panel.wait_ready()
    site.stop()
    panel.reload()
    assert panel.page_says("version") == version
    panel.driver.script(_NEW)
    assert until(lambda: panel.page_says("anew"), bool) == "true,true,true"
