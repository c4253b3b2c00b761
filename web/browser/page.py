"""The document, as the panel draws and hears it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import js
from pyodide.ffi import create_proxy, to_js

from web.browser.lists import LocalFile


class DocumentPage:
    """The page around the panel. Two proxies live as long as it does: one for deeds, one for files."""

    def __init__(self) -> None:
        self._dom: Any = js.overlayEdge.dom
        self._proxies: list[Any] = []

    def connect(
        self, deeds: Callable[[str, str, str, bool], None], files: Callable[[LocalFile], None]
    ) -> None:
        """Say who hears the page; what was done since it was shown is told at once."""
        self._proxies = [create_proxy(deeds), create_proxy(lambda file: files(LocalFile(file)))]
        self._dom.connect(*self._proxies)

    def draw(self, regions: Mapping[str, str]) -> None:
        """Show this HTML in these regions."""
        self._dom.draw(to_js(list(regions)), to_js(list(regions.values())))

    def expect(self, html: str) -> None:
        """Get ready to show this HTML in some region, the only one that is expected now."""
        self._dom.expect(html)

    def focus(self, id: str) -> None:
        """Move the keyboard's focus."""
        self._dom.focus(id)

    def reveal(self, id: str) -> None:
        """Bring an element into view, wherever the focus is."""
        self._dom.reveal(id)

    def hold(self, busy: bool) -> None:
        """Warn before the page is left, while ``busy``."""
        self._dom.hold(busy)

    def tell(self, state: str) -> None:
        """Set ``data-state``."""
        self._dom.tell(state)
