"""The page as a function of the state: HTML by region, the same at build time and in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from pycore.html import Markup
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


def redrawn(state: State, before: State, drawn: Mapping[str, Markup]) -> dict[str, Markup]:
    """The same, given the regions of another state: who turns its pages waits for the preview alone."""
    same = all(getattr(state, name) is getattr(before, name) for name in _ELSE)
    if not same or state.preview.open != before.preview.open:
        return regions(state)
    return {**drawn, "preview": preview(state)}
