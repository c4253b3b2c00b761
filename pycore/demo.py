"""The demo archive, which a page shows until a list is opened. Its lists stand beside the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from pycore import messages as m
from pycore.formats.list_products import read
from pycore.state import State
from pycore.update import update

#: Pairs of a list's URL, relative to the page, and its text.
Lists = Iterable[tuple[str, str]]


def demo_state(lists: Lists) -> State:
    """The state of a new page that has opened these lists; addresses of products are relative to the page still.

    They are read once: not again by a Python that was started from the memory of one that has read them.
    """
    known = tuple((url, text) for url, text in lists)
    if known not in _read_before:
        _read_before.clear()
        _read_before[known] = _read(State(), known)
    return _read_before[known]


def known_lists() -> Lists | None:
    """The lists that were read before, here or in the Python whose memory this one started from."""
    return next(iter(_read_before), None)


def with_demo(state: State, lists: Lists, page: str) -> State:
    """The state of a page at the address `page` that has opened these lists before any other."""
    if state.profiles.changed:
        return _read(state, [(urljoin(page, url), text) for url, text in lists])
    demo = demo_state(lists)
    missions = tuple(replace(mission, selector=mission.selector.against(page)) for mission in demo.missions)
    return replace(state, missions=missions, revisions=demo.revisions, current=demo.current, demo=demo.demo)


_read_before: Final[dict[tuple[tuple[str, str], ...], State]] = {}


def _read(state: State, lists: Lists) -> State:
    for url, text in lists:
        state, _ = update(state, m.ListRead(url, url, read(text), demo=True))
    return state
