"""Links that lead away from the page."""

from __future__ import annotations

from pycore.html import Markup, element


def outside(words: str, page: str) -> Markup:
    """A link to another site, in a tab of its own that learns nothing of this page."""
    return element("a", words, href=page, target="_blank", rel="noopener noreferrer")
