"""Visits of browsers to a page, in new profiles, and what the page's own timeline says of its start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser.surroundings import LAUNCH_ARGUMENTS
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
    """A browser with a profile that was empty at first."""

    def visit(self, url: str, *, until_kept: bool = False) -> Start:
        """Open a page in a new tab, or window, until it is ready, or until it is kept too; leave it then."""


class _Tabs:
    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    def visit(self, url: str, *, until_kept: bool = False) -> Start:
        page = self._context.new_page()
        try:
            # What a driver puts into a page to ask it takes its time, too: nobody asks before the page is there.
            page.goto(url, wait_until="load", timeout=LONGEST_MS)
            return _start(page.evaluate, until_kept)
        finally:
            page.close()


class _WebKitTabs:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.post("/timeouts", {"script": LONGEST_MS, "pageLoad": LONGEST_MS})

    def visit(self, url: str, *, until_kept: bool = False) -> Start:
        # A new tab would stay behind the old one, unseen and slowed.
        window = self._session.post("/window/new", {"type": "window"})
        self._session.post("/window", {"handle": window["handle"]})
        self._session.open(url)
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
def chromium() -> Iterator[Visitor]:
    """Start Chromium with a new profile."""
    with TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS]
        )
        with closing(context):
            yield _Tabs(context)


@contextmanager
def firefox() -> Iterator[Visitor]:
    """Start Firefox with a new profile."""
    program = os.environ["OVERLAY_FIREFOX"]
    with (
        sync_playwright() as playwright,
        closing(playwright.firefox.launch(channel="moz-firefox", executable_path=program)) as browser,
    ):
        context = browser.new_context()
        # Without a page it would end with its last tab.
        context.new_page()
        yield _Tabs(context)


@contextmanager
def webkit() -> Iterator[Visitor]:
    """Start WebKitGTK's browser with a new profile."""
    with (
        TemporaryDirectory() as folder,
        closing(WebKit(os.environ["OVERLAY_WEBKIT_DRIVER"])) as engine,
        closing(engine.driver(Path(folder))) as driver,
    ):
        assert isinstance(driver, WebKitPage)
        yield _WebKitTabs(driver._session)


#: Each engine with the variable that names its program.
ENGINES: Final = {
    "chromium": (chromium, "OVERLAY_CHROMIUM"),
    "firefox": (firefox, "OVERLAY_FIREFOX"),
    "webkit": (webkit, "OVERLAY_WEBKIT_DRIVER"),
}
