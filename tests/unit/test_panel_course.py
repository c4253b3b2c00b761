"""Whatever a person and the world do, in whatever order, the panel keeps its promises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycore import bits
from pycore import messages as m
from pycore.effects import BeginTransfer, Effect, Match, Save
from pycore.errors import OverlayError
from pycore.manifest import Outcome
from pycore.plan import make_plan
from pycore.state import Stage
from pycore.volume import volume
from tests.unit.builders import CLICK
from tests.unit.desk import HST, JWST, ORIGIN, PLACES, Desk, answer, desk, moved, read_list, reports

PATTERNS = ["cal", "fits$", "", "(", "nothing"]


def from_the_world(at: Desk) -> list[m.Message]:
    """What can come from outside in this state, early and late answers among it."""
    news: list[m.Message] = [
        read_list(JWST[:3], "first"),
        read_list(JWST[3:], "second"),
        read_list(HST, "hst"),
        read_list((), "empty"),
        m.ListRefused("bad", "list.json", "This is not JSON.", ""),
        m.SignedIn("Ada", ORIGIN),
        m.SignOutAsked(),
        m.SignInRefused("It has ended."),
        m.PlacesKnown(PLACES),
        m.PlacesKnown(()),
        m.TransferDiscarded(""),
        moved((0, 0, 1_000), "a", 5.0),
    ]
    news.extend(m.PatternTyped(pattern) for pattern in PATTERNS)
    for order in at.orders[-3:]:
        if isinstance(order, Match) and order.pattern != "(":
            news.append(answer(order))
        if isinstance(order, Match):
            news.append(m.MatchRefused(order.mission, order.run, "wrong"))
        if isinstance(order, BeginTransfer):
            count = len(order.plan.files)
            news.append(m.TransferEnded((Outcome("gone"), *[Outcome()] * (count - 1))))
    return news


def keeps_its_promises(at: Desk, orders: list[Effect]) -> None:
    state, page = at.state, at.page
    ids = [node.says("id") for node in page.walk() if node.has("id")]
    assert len(ids) == len(set(ids))
    assert state.filtering or not state.waiting
    assert len({notice.number for notice in state.notices}) == len(state.notices) <= 6
    assert (state.mission is None) == (not state.missions)
    for mission in state.missions:
        selected, catalog = state.selected(mission), mission.selector.catalog
        assert selected & ~catalog.everything == 0
        if state.account.user is None:
            assert selected & catalog.exclusive == 0
        # A product is in or out as a whole.
        numbers = {catalog.product_number(index) for index in bits.indices(selected)}
        assert numbers.isdisjoint(
            catalog.product_number(index) for index in bits.indices(catalog.everything & ~selected)
        )
    if state.missions:
        plan = make_plan(state.parts(), state.structure, CLICK, state.account.user)
        told = f"Selected: {volume(plan.total_bytes)} - {len(plan.files)} files"
        assert page.one("div", id="summary").all("p", class_="selected")[0].heard == told
    if state.download is not None and state.download.stage is Stage.ENDED:
        assert len(state.download.outcomes) == len(state.download.plan.files)
    for order in orders:
        if isinstance(order, Save):
            try:
                assert at.made(order)
            except OverlayError as refused:
                assert refused.code in ("script.nothing", "script.checksums")


@given(st.data())
def test_any_course_of_clicks_and_news(data: st.DataObject) -> None:
    at = desk(read_list(JWST, demo=data.draw(st.booleans(), "demo")))
    for _ in range(data.draw(st.integers(1, 14), "steps")):
        possible = [*reports(at.page), *from_the_world(at)]
        message = data.draw(st.sampled_from(range(len(possible))).map(possible.__getitem__))
        keeps_its_promises(at, at.hear(message))
