"""A site as an operator puts it on a server and later replaces it, and what a page knows of its parts."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from web.buildsteps.parts import write_parts

#: What changes from one version to the next; any other part has the same bytes in both.
CHANGED: Final = ("", "icon.svg", "index.html", "regex_worker.js")

_ASK: Final = """
  async ([which, question]) => {
    const registration = await navigator.serviceWorker.getRegistration("./");
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise(resolve => { port1.onmessage = ({ data }) => resolve(data); });
    registration[which].postMessage(question, [port2]);
    return answer;
  }
"""
_UNTIL: Final = """
  async ([which, version]) => {
    // The page looks after its parts at its start, when a network comes back, and every hour; so many hours are enough.
    for (let look = 1; look <= 1200; look += 1) {
      if (look % 100 === 0) dispatchEvent(new Event("online"));
      const worker = (await navigator.serviceWorker.getRegistration("./"))?.[which];
      if (worker) {
        const { port1, port2 } = new MessageChannel();
        const answer = new Promise(resolve => { port1.onmessage = ({ data }) => resolve(data); });
        worker.postMessage({ type: "about" }, [port2]);
        const about = await answer;
        if (about.whole && about.version === (version || about.version)) return about;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`no ${which} worker became whole within a minute`);
  }
"""
_STORED: Final = """
  async () => {
    const found = {};
    for (const name of await caches.keys()) {
      found[name] = (await (await caches.open(name)).keys()).map(({ url }) => url);
    }
    return found;
  }
"""


def lay_out_first(folder: Path) -> str:
    """Put what the build wrote into the folder, without what no visit of the page asks for; give its version."""
    left_out = shutil.ignore_patterns("from-file*", "licences", "*.br", "*.gz")
    shutil.copytree(os.environ["OVERLAY_DIST"], folder, ignore=left_out)
    return version_in(folder)


def lay_out_next(folder: Path, first: Path) -> str:
    """Make another version of the site in the folder ``first``, in the page and in two parts; give the version."""
    shutil.copytree(first, folder)
    page = folder / "index.html"
    page.write_text(
        page.read_text("utf-8").replace("<title>Download files<", "<title>Download files, anew<"), "utf-8"
    )
    (folder / "icon.svg").write_text((folder / "icon.svg").read_text("utf-8") + "<!-- anew -->\n", "utf-8")
    worker = folder / "regex_worker.js"
    worker.write_text(worker.read_text("utf-8") + "// anew\n", "utf-8")
    return write_parts(folder)


def deploy(site: Path, root: Path) -> None:
    """Replace the files below ``root`` by those of a site."""
    shutil.copytree(site, root, dirs_exist_ok=True)


def version_in(folder: Path) -> str:
    """Give the version that the page in the folder has."""
    found = re.search(r'data-version="([0-9a-f]{16})"', (folder / "index.html").read_text("utf-8"))
    assert found
    return found[1]


def ask(page: Page, question: str, which: str = "active") -> Any:
    """What the service worker that is ``active``, ``waiting`` or ``installing`` answers a page."""
    return page.evaluate(_ASK, [which, {"type": question}])


def wait_until_whole(page: Page, version: str = "", which: str = "active") -> None:
    """Wait until a worker, of this version where one is named, has all its parts."""
    page.evaluate(_UNTIL, [which, version])


def stored(page: Page) -> dict[str, list[str]]:
    """The keys of everything in the browser's caches for this origin, by the caches' names."""
    found: dict[str, list[str]] = page.evaluate(_STORED)
    return found


def version_of(page: Page) -> str:
    """The version that the page on screen is of, having made sure that all its parts are of the same."""
    texts = page.evaluate(
        """
        async () => [document.title, ...await Promise.all(
          ["./icon.svg", "./regex_worker.js"].map(name =>
            fetch(name, { cache: "no-store" }).then(answer => answer.text())))]
        """
    )
    assert len({"anew" in text for text in texts}) == 1, texts
    return page.locator("html").get_attribute("data-version") or ""
