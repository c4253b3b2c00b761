"""The page at build time: the same view, drawn into the skeleton before any browser has started Python."""

from __future__ import annotations

from collections.abc import Sequence

from pycore import messages as m
from pycore.demo import demo_state
from pycore.errors import OverlayError
from pycore.state import State
from pycore.update import update
from pycore.view import regions


def prerender(skeleton: str, lists: Sequence[tuple[str, str]], version: str) -> str:
    """The skeleton with each ``<!-- region:NAME -->`` filled, for the demo archive.

    ``<!-- opening:NAME -->`` is filled as for a page that is still opening a list of its own, and
    ``<!-- version -->`` with the version. A region without a place, or a place without a region, raises
    ``OverlayError``.
    """
    page = skeleton.replace("<!-- version -->", version)
    drawn = {"region": regions(demo_state(lists)), "opening": regions(opening_state())}
    for kind, found in drawn.items():
        for name, html in found.items():
            mark = f"<!-- {kind}:{name} -->"
            if kind == "region" and page.count(mark) != 1:
                raise OverlayError("build.region", f"The skeleton has not one place for the region “{name}”.")
            page = page.replace(mark, html)
    if "<!-- region:" in page or "<!-- opening:" in page:
        raise OverlayError("build.region", "The skeleton has a place for a region that does not exist.")
    return page


def opening_state() -> State:
    """The state of a page that has been asked for lists and has none yet."""
    state, _ = update(State(), m.ListOpening("", ""))
    return state
