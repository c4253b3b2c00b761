"""The demo archive: read once, and on every page as if it had been read there."""

from __future__ import annotations

from pycore import messages as m
from pycore.demo import demo_state, known_lists, with_demo
from pycore.formats.list_products import read
from pycore.plan import make_plan
from pycore.state import State
from pycore.update import update
from pycore.view import regions
from tests.unit.builders import CLICK, fields, list_text

PAGE = "https://h.example/tools/overlay/?mission=JWST"
LISTS = [
    (
        "./demo/one.json",
        list_text(
            [
                fields(url="files/a/jw1_uncal.fits", filename="jw1_uncal.fits"),
                fields(url="https://far.example/b.fits", filename="b.fits"),
                fields(url="/top/c.fits", filename="c.fits"),
                fields(filename="without-an-address.fits"),
            ]
        ),
    ),
    (
        "./demo/two.json",
        list_text([fields(dataset="jbev01010", filename="jbev01010_drz.fits", category="CALIBRATED")]),
    ),
]
WHOLE = [(f"https://h.example/tools/overlay/{url[2:]}", text) for url, text in LISTS]


def opened_there(state: State) -> State:
    for url, text in WHOLE:
        state, _ = update(state, m.ListRead(url, url, read(text), demo=True))
    return state


def planned(state: State) -> list[tuple[str, str | None, str]]:
    state, _ = update(state, m.from_page(m.Deed("quick", "ALL", "", True, CLICK)))
    plan = make_plan(state.parts(), state.structure, CLICK, None)
    return [(file.path, file.url, file.problem) for file in plan.files]


def test_products_have_the_addresses_that_they_have_where_the_lists_are_read() -> None:
    here = with_demo(State(), LISTS, PAGE)
    there = opened_there(State())
    assert planned(here) == planned(there)
    assert {url for _, url, _ in planned(here)} >= {
        "https://h.example/tools/overlay/demo/files/a/jw1_uncal.fits",
        "https://far.example/b.fits",
        "https://h.example/top/c.fits",
    }
    assert regions(here) == regions(there) == regions(demo_state(LISTS))


def test_two_pages_have_each_their_own_addresses() -> None:
    one, other = (with_demo(State(), LISTS, f"https://{host}.example/") for host in ("one", "other"))
    assert "https://one.example/top/c.fits" in {url for _, url, _ in planned(one)}
    assert "https://other.example/top/c.fits" in {url for _, url, _ in planned(other)}


def test_what_the_site_says_of_missions_holds_for_the_demo() -> None:
    site = {"missions": {"JWST": {"title": "Webb, as we call it"}}}
    state, _ = update(State(), m.SiteRead(site))
    here, there = with_demo(state, LISTS, PAGE), opened_there(state)
    assert next(mission.profile.title for mission in here.missions) == "Webb, as we call it"
    assert regions(here) == regions(there)
    assert planned(here) == planned(there)


def test_a_page_that_has_something_to_say_goes_on_saying_it() -> None:
    state, _ = update(
        State(), m.Told("bad", "The site's configuration, site.json, is not used: it is broken")
    )
    here = with_demo(state, LISTS, PAGE)
    assert [notice.sentence for notice in here.notices] == [notice.sentence for notice in state.notices]
    assert regions(here) == regions(opened_there(state))


def test_what_was_read_last_is_known_and_need_not_be_fetched() -> None:
    demo_state(LISTS[:1])
    demo_state(LISTS)
    assert list(known_lists() or ()) == LISTS
    assert demo_state(iter(LISTS)) is demo_state(LISTS)
