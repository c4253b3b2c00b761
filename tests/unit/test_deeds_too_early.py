"""Deeds on a panel that has no list yet: a list may be on its way when the page begins to listen."""

from __future__ import annotations

from typing import Final

import pytest

from pycore import messages as m
from pycore.effects import Focus, Forget, ForgetToken
from pycore.messages import Deed
from pycore.state import State
from pycore.update import update
from pycore.view import regions

CLICK: Final = 1795331840000.0

#: What every control of the panel can report: name, argument, value.
DEEDS: Final = (
    ("quick", "ALL", ""),
    ("level", '["2b"]', ""),
    ("suffix", '["2b", "_cal"]', ""),
    ("guide-stars", "", "NONE"),
    ("references", "", ""),
    ("pattern", "", "_cal"),
    ("take-glob", "_cal", ""),
    ("ignore-case", "", ""),
    ("invert", "", ""),
    ("target", "", "URI"),
    ("file", '["JWST", 0]', ""),
    ("dataset", '["JWST", "jw01001"]', ""),
    ("clear-by-hand", "", ""),
    ("undo", "", ""),
    ("page-number", "", "7"),
    ("page-number", "", ""),
    ("show-all", "", ""),
    ("sort", "Size", ""),
    ("fold", '["JWST", "jw01001"]', ""),
    ("fold-all", "on", ""),
    ("find", "", "cal"),
    ("find-step", "back", ""),
    ("structure", "", "FLAT"),
    ("mission", "", "JWST"),
    ("menu", "levels", ""),
    ("menu", "account", ""),
    ("menu", "", ""),
    ("leave-menu", "", ""),
    ("preview", "", ""),
    ("page", "next", ""),
    ("page", "last", ""),
    ("rows", "", "50"),
    ("export", "", ""),
    ("script", "", ""),
    ("forms", "tools", ""),
    ("form", "aria2", ""),
    ("stop-opening", "other.json", ""),
    ("stop-saving", "1", ""),
    ("stop-opening", "other.json", ""),
    ("download", "", ""),
    ("place", "", "blob"),
    ("start", "", ""),
    ("stop-planning", "", ""),
    ("dismiss-download", "", ""),
    ("cancel", "", ""),
    ("keep-going", "", ""),
    ("stop", "keep", ""),
    ("pause", "", ""),
    ("retry", "", ""),
    ("stop-opening", "list.json", ""),
    ("without-token", "", ""),
    ("as-it-is", "", ""),
    ("sign-in", "", "a-token"),
    ("sign-out", "", ""),
    ("go-on", "", ""),
    ("forget", "", ""),
    ("new-version", "", ""),
    ("put-off", "", ""),
    ("datasets", "", "jw01001"),
    ("dismiss", "1", ""),
)


def test_every_deed_is_among_them() -> None:
    assert {do for do, _, _ in DEEDS} == set(m._DEEDS)


@pytest.mark.parametrize(("do", "with_", "value"), DEEDS)
def test_a_deed_without_a_list_begins_nothing(do: str, with_: str, value: str) -> None:
    for early in (State(), update(State(), m.ListOpening("mine.json", ""))[0]):
        state, orders = update(early, m.from_page(Deed(do, with_, value, True, CLICK)))
        assert (state.missions, state.download, state.waiting) == ((), None, ())
        assert not state.account.checking
        assert all(isinstance(order, Focus | ForgetToken | Forget) for order in orders)
        assert regions(state)
