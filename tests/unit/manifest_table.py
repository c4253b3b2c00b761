"""The table of a manifest, as a browser would show it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

_KNOWN: Final = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)


class ManifestTable(HTMLParser):
    """Its rows with the text of their cells, the head first, and all tags of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, ...]] = []
        self.tags: list[str] = []
        self._cells: list[str] = []
        self._inside = False
        self.feed(page)
        self.close()

    @property
    def body(self) -> list[tuple[str, ...]]:
        return self.rows[1:]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in _KNOWN
        self.tags.append(tag)
        if tag == "tr":
            self._cells = []
        elif tag in ("td", "th"):
            self._inside = True
            self._cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self.rows.append(tuple(self._cells))
        elif tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._cells[-1] += data
