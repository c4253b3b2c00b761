"""The composition root: the panel on a real page."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Final

import js

from pycore import messages as m
from pycore.demo import Lists, known_lists
from pycore.errors import OverlayError
from web.browser.clock import Clock
from web.browser.http import Http, Keyring
from web.browser.lists import Splitters
from web.browser.offline import OfflineCopy
from web.browser.page import DocumentPage
from web.browser.regex import RegexEngine
from web.browser.save import Draft
from web.browser.sink import Sinks
from web.browser.store import VisitStore
from web.opener import LARGEST_LIST
from web.panel import Browser, Panel
from web.ports import Rung

_SITE: Final = "./site.json"
_DEMO: Final = ("./demo/jwst.json", "./demo/hst.json")
_LARGEST_SITE: Final = 2**20
#: The page can do without its configuration: a server that says nothing is not waited for longer.
_SITE_PATIENCE_S: Final = 6
#: Our service worker's word why it gives the configuration of last time, though the server has answered.
_INSTEAD: Final = "x-settings-of-last-time"


#: So many new objects are there before Python looks for cycles among all. Rows and names make none, and with a million
#: of them a look takes as long as a frame.
_LOOK_FOR_CYCLES: Final = 50_000

#: The event loop itself keeps no task alive.
_running: Final[list[asyncio.Future[None]]] = []


def main() -> None:
    """Start the panel; ``data-state`` says how that went."""
    gc.set_threshold(_LOOK_FOR_CYCLES)
    _running.append(asyncio.ensure_future(_start()))


async def _start() -> None:
    try:
        await _run()
    except Exception as broken:
        js.overlayEdge.fail(str(broken))
        raise


async def _run() -> None:
    page, sinks, http = DocumentPage(), Sinks(), Http()
    browser = Browser(
        page,
        http,
        Keyring(),
        RegexEngine(),
        Splitters(),
        sinks,
        Clock(),
        VisitStore(),
        OfflineCopy(),
        Draft,
    )
    asked = js.URLSearchParams.new(js.location.search)
    panel = Panel(browser, mission=str(asked.get("mission") or ""))
    urls = [str(url) for url in asked.getAll("products")]
    # On its way side by side with the settings, which come first.
    demo = None if urls else asyncio.ensure_future(_demo_lists(http))
    await _read_site(panel, http)
    if demo:
        # What was done since the page was shown was done to the demo, and is told to it.
        await _open_demo(panel, demo)
    page.connect(partial(_deed, panel), panel.open_file)
    note = panel.note()
    if urls:
        # A server may take its time with a list: what is there by then can be used, downloads and all.
        panel.begin(_know_places(panel, sinks))
        if note is None:
            panel.begin(panel.look_back([_absolute(url) for url in urls]))
        for url in urls:
            await panel.open_url(_absolute(url), url)
    page.tell("ready")
    panel.watch_offline()
    if note is not None:
        panel.hear(note)
    elif not urls:
        await panel.look_back()
    if not urls:
        await _know_places(panel, sinks)


async def _know_places(panel: Panel, sinks: Sinks) -> None:
    """Tell where this browser can write: what it has at once, then with what has to be started, however late."""
    panel.hear(m.PlacesKnown(_offered(sinks.at_once()), more=True))
    rungs = await sinks.capabilities()
    panel.hear(m.PlacesKnown(_offered(rungs)))
    if all(rung.kind != "stream" for rung in rungs) and await sinks.worker_came():
        panel.hear(m.PlacesKnown(_offered(await sinks.capabilities())))


def _offered(rungs: Sequence[Rung]) -> tuple[m.PlaceOffered, ...]:
    return tuple(m.PlaceOffered(rung.kind, rung.limit) for rung in rungs)


async def _read_site(panel: Panel, http: Http) -> None:
    """Take the operator's configuration, if the site has one."""
    try:
        address = _absolute(_SITE)
        answer = await http.get_text(address, limit_bytes=_LARGEST_SITE, patience=_SITE_PATIENCE_S)
        panel.prepare(m.SiteRead(json.loads(answer.text), str(js.document.baseURI)))
        if why := answer.headers.get(_INSTEAD):
            sentence = f"The site's configuration, site.json, is that of an earlier visit: {why}."
            panel.prepare(m.Told("warning", sentence))
    except (OverlayError, ValueError, RecursionError) as wrong:
        panel.prepare(m.Told("bad", f"The site's configuration, site.json, is not used: {wrong}"))


async def _demo_lists(http: Http) -> Lists:
    """The lists of the demo archive; a Python that has read them need not fetch them."""
    known = known_lists()
    if known is not None:
        return known
    answers = await asyncio.gather(
        *(http.get_text(_absolute(url), limit_bytes=LARGEST_LIST) for url in _DEMO)
    )
    return [(url, answer.text) for url, answer in zip(_DEMO, answers, strict=True)]


async def _open_demo(panel: Panel, lists: Awaitable[Lists]) -> None:
    """Open the demo archive, which the page shows since it was built."""
    try:
        panel.show_demo(await lists, str(js.document.baseURI))
    except OverlayError as refused:
        panel.hear(m.ListRefused("The demo archive", refused.code, refused.sentence, refused.hint))


def _deed(panel: Panel, do: str, with_: str, value: str, checked: bool) -> None:
    panel.hear(m.from_page(m.Deed(do, with_, value, checked, float(js.Date.now()))))


def _absolute(url: str) -> str:
    """The address against the page's own; what is none stays as it is, to be refused where it is opened."""
    if not js.URL.canParse(url, js.document.baseURI):
        return url
    return str(js.URL.new(url, js.document.baseURI).href)
