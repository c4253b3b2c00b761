"""HTML made of elements, escaped by construction: text can be anything, and stays text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias


class Markup(str):
    """Text that is HTML already; every other text is escaped when it becomes part of an element."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = "str | bool | int | None"

_VOID: Final = frozenset(["input", "br", "hr", "img", "link", "meta"])


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element. ``True`` gives an attribute without a value, ``False`` and ``None`` leave it out.

    Underscores in attribute names become hyphens, and one at the end is dropped (``class_``, ``for_``).
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{''.join(_text(child) for child in children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Children without an element around them."""
    return Markup("".join(_text(child) for child in children))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child, quote=False)
    return "".join(_text(each) for each in child)
