"""HTML made of elements, escaped by construction: text can be anything, and stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias


class Markup(str):
    """Text that is HTML already; every other text is escaped when it becomes part of an element."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = "str | bool | int | None"

_SPECIAL: Final = re.compile("[&<>\"']")
_VOID: Final = frozenset(["input", "br", "hr", "img", "link", "meta"])


def escape(text: str, *, quote: bool = True) -> str:
    """Text as it stands in HTML and XML between elements, and with `quote` in an attribute too.

    Python's own ``html`` and ``xml.sax.saxutils`` bring along all named characters and half of the internet's
    protocols, which each visitor would fetch with the memory that the page starts from.
    """
    if _SPECIAL.search(text) is None:
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;") if quote else text


def quoted(text: str) -> str:
    """The value of an attribute of XML with its quotes; white space stays what it is (XML 1.0, section 3.3.3)."""
    text = escape(text, quote=False)
    for character in "\t\n\r":
        text = text.replace(character, f"&#{ord(character)};")
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace('"', "&quot;") + '"'


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element. ``True`` gives an attribute without a value, ``False`` and ``None`` leave it out.

    Underscores in attribute names become hyphens, and one at the end is dropped (``class_``, ``for_``).
    """
    written = "".join(
        [
            _attribute(name, value)
            for name, value in attributes.items()
            if value is not None and value is not False
        ]
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{_texts(children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Children without an element around them."""
    return Markup(_texts(children))


# The same few are asked for in every row of a table; 1 and True are not the same here.
@lru_cache(maxsize=1024, typed=True)
def _attribute(name: str, value: str | bool | int) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = str(value)
    if '"' in text and "'" not in text:
        # As short as it can be: what stands in every row of a table is read again with each.
        return f" {name}='{escape(text, quote=False)}'"
    return f' {name}="{escape(text)}"'


def _texts(children: Iterable[Child]) -> str:
    return "".join([child if type(child) is Markup else _text(child) for child in children])


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Markup) else escape(child, quote=False)
    return _texts(child)
