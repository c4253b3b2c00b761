"""The page as a function of the state: HTML by region, the same at build time and in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from pycore.html import Markup
from pycore.preview import last_page
from pycore.state import State
from pycore.view.account import account
from pycore.view.actions import actions, views
from pycore.view.confirm import confirmation
from pycore.view.download import progress
from pycore.view.filter import pattern
from pycore.view.guiding import guide_stars
from pycore.view.header import header
from pycore.view.levels import levels
from pycore.view.listing import preview
from pycore.view.lists import empty, notices, sources
from pycore.view.structure import structure
from pycore.view.summary import quick_selects, summary

#: What of the state all regions but the preview's are drawn from, apart from whether it is open.
_ELSE: Final = tuple(field.name for field in fields(State) if field.name != "preview")


def regions(state: State) -> dict[str, Markup]:
    """The HTML inside each region, by the region's id, in the order of the page."""
    return {
        "header": header(state),
        "account": account(state),
        "notices": notices(state),
        "summary": summary(state),
        "quick": quick_selects(state),
        "levels": levels(state),
        "guide-stars": guide_stars(state),
        "pattern": pattern(state),
        "views": views(state),
        "structure": structure(state),
        "actions": actions(state),
        "empty": empty(state),
        "progress": progress(state),
        "sources": sources(state),
        "preview": preview(state),
        "confirmation": confirmation(state),
    }


@dataclass(frozen=True, slots=True)
class Ahead:
    """The preview of a state that is not yet, but may well be the next."""

    state: State
    preview: Markup


def ahead(state: State) -> Ahead | None:
    """The preview with its next page, made before it is asked for; ``None`` where there is none to turn to."""
    if not state.preview.open or not state.missions or state.preview.page >= last_page(state):
        return None
    turned = replace(state, preview=replace(state.preview, page=state.preview.page + 1))
    return Ahead(turned, preview(turned))


def redrawn(
    state: State, before: State, drawn: Mapping[str, Markup], made: Ahead | None = None
) -> dict[str, Markup]:
    """The same, given the regions of another state: who turns its pages waits for the preview alone, and not even for
    that where it is made already.
    """
    if not _is_else_the_same(state, before) or state.preview.open != before.preview.open:
        return regions(state)
    known = made is not None and _is_else_the_same(state, made.state) and state.preview == made.state.preview
    return {**drawn, "preview": made.preview if made is not None and known else preview(state)}


def _is_else_the_same(state: State, other: State) -> bool:
    return all(getattr(state, name) is getattr(other, name) for name in _ELSE)
