"""Visits of browsers to a page, in new profiles, and what the page's own timeline says of its start.

Nobody looks on while a page starts: what a driver watches of a page, such as where each request comes from, takes more
time than some starts. So a page is opened as by a person, left alone, and asked afterwards.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.request import Request, urlopen

from playwright.sync_api import Playwright, sync_playwright

from tests.bench import _marionette as marionette
from tests.bench._marionette import Marionette
from tests.browser import unwatched
from tests.engines.webdriver import Session
from tests.engines.webkit import WebKit, WebKitPage

#: A visit that takes longer has failed.
LONGEST_MS: Final = 180_000

#: Waits for the page's mark and reads its timeline. Tasks and shifts are told by Chromium alone.
_FIGURES: Final = """
new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error("the page did not start in time")), LONGEST_MS);
  const marks = new PerformanceObserver(() => look());
  const states = new MutationObserver(() => look());
  const recorded = (type) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return null;
    const observer = new PerformanceObserver(() => undefined);
    observer.observe({ type, buffered: true });
    const entries = observer.takeRecords();
    observer.disconnect();
    return entries;
  };
  const look = () => {
    const [mark] = performance.getEntriesByName("overlay:ready");
    const failed = document.documentElement?.dataset.state === "failed";
    if (!mark && !failed) return;
    marks.disconnect();
    states.disconnect();
    clearTimeout(timer);
    if (!mark) return reject(new Error(document.getElementById("failed")?.textContent));
    const tasks = recorded("longtask")?.filter(({ startTime }) => startTime < mark.startTime);
    const shifts = recorded("layout-shift")?.filter(({ hadRecentInput }) => !hadRecentInput);
    resolve(JSON.stringify({
      ready: mark.startTime,
      painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
      longest: tasks ? Math.max(0, ...tasks.map(({ duration }) => duration)) : null,
      shift: shifts ? shifts.reduce((sum, { value }) => sum + value, 0) : null,
      restored: performance.getEntriesByName("overlay:start:snapshot").length > 0,
    }));
  };
  marks.observe({ type: "mark", buffered: true });
  states.observe(document, { attributeFilter: ["data-state"], subtree: true });
  look();
})
""".replace("LONGEST_MS", str(LONGEST_MS))
#: Waits until the page has said whether it can be opened without a network.
_KEPT: Final = """
new Promise((resolve, reject) => {
  const page = document.documentElement;
  const timer = setTimeout(() => reject(new Error("the page kept nothing in time")), LONGEST_MS);
  const look = () => {
    if (page.dataset.offline === undefined) return;
    clearTimeout(timer);
    resolve(page.dataset.offline);
  };
  new MutationObserver(look).observe(page, { attributes: true });
  look();
})
""".replace("LONGEST_MS", str(LONGEST_MS))


@dataclass(frozen=True, slots=True)
class Start:
    """How a page started, in milliseconds since the navigation; None where the engine does not tell.

    ``longest`` is the longest task before ``ready`` of the main thread, among those over 50 ms, ``shift`` the
    layout shift by web.dev's CLS, ``restored`` whether a snapshot was used.
    """

    ready: float
    painted: float | None
    longest: float | None
    shift: float | None
    restored: bool


class Visitor(Protocol):
    """A browser with a profile of its own."""

    def visit(self, url: str, alone_s: float, *, until_kept: bool = False) -> Start:
        """Open a page in a new tab, or window, leave it alone for so long, then go when it is ready, or kept too."""


class _ChromiumTabs:
    def __init__(self, playwright: Playwright, address: str) -> None:
        self._playwright = playwright
        self._address = address

    def visit(self, url: str, alone_s: float, *, until_kept: bool = False) -> Start:
        with urlopen(Request(f"{self._address}/json/new?{url}", method="PUT")):
            time.sleep(alone_s)
        with closing(self._playwright.chromium.connect_over_cdp(self._address)) as browser:
            [page] = [page for page in browser.contexts[0].pages if page.url == url]
            try:
                return _start(page.evaluate, until_kept)
            finally:
                page.close()


class _FirefoxTabs:
    def __init__(self, browser: Marionette) -> None:
        self._browser = browser

    def visit(self, url: str, alone_s: float, *, until_kept: bool = False) -> Start:
        first = self._browser.do("WebDriver:GetWindowHandle")
        tab = self._browser.do("WebDriver:NewWindow", type="tab", focus=True)
        self._browser.do("WebDriver:SwitchToWindow", handle=tab["handle"], focus=True)
        self._browser.do("WebDriver:Navigate", url=url)
        time.sleep(alone_s)
        try:
            return _start(self._browser.ask, until_kept)
        finally:
            self._browser.do("WebDriver:CloseWindow")
            self._browser.do("WebDriver:SwitchToWindow", handle=first)


class _WebKitTabs:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.post("/timeouts", {"script": LONGEST_MS, "pageLoad": LONGEST_MS})

    def visit(self, url: str, alone_s: float, *, until_kept: bool = False) -> Start:
        # A new tab would stay behind the old one, unseen and slowed.
        window = self._session.post("/window/new", {"type": "window"})
        self._session.post("/window", {"handle": window["handle"]})
        self._session.open(url)
        time.sleep(alone_s)
        try:
            return _start(
                lambda expression: self._session.script(f"return {expression.strip()};"), until_kept
            )
        finally:
            self._session.open("about:blank")


def _start(ask: Callable[[str], object], until_kept: bool) -> Start:
    told = json.loads(str(ask(_FIGURES)))
    if until_kept:
        ask(_KEPT)
    return Start(**told)


@contextmanager
def chromium(profile: Path) -> Iterator[Visitor]:
    """Start Chromium."""
    with unwatched.chromium(profile, "--headless") as address, sync_playwright() as playwright:
        yield _ChromiumTabs(playwright, address)


@contextmanager
def firefox(profile: Path) -> Iterator[Visitor]:
    """Start Firefox."""
    with marionette.firefox(profile, LONGEST_MS) as browser:
        yield _FirefoxTabs(browser)


@contextmanager
def webkit(profile: Path) -> Iterator[Visitor]:
    """Start WebKitGTK's browser, which keeps nothing when its driver ends."""
    with (
        closing(WebKit(os.environ["OVERLAY_WEBKIT_DRIVER"])) as engine,
        closing(engine.driver(profile)) as driver,
    ):
        assert isinstance(driver, WebKitPage)
        yield _WebKitTabs(driver._session)


#: Each engine with the variable that names its program.
ENGINES: Final = {
    "chromium": (chromium, "OVERLAY_CHROMIUM"),
    "firefox": (firefox, "OVERLAY_FIREFOX"),
    "webkit": (webkit, "OVERLAY_WEBKIT_DRIVER"),
}
#: Those whose profile outlasts the browser.
LASTING: Final = ("chromium", "firefox")
