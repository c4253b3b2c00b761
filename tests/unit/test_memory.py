"""What is kept of a visit, what is offered of the last one, and what going on brings back."""

from __future__ import annotations

import pytest

from pycore import messages as m
from pycore.effects import Effect, Focus, Forget, GoOn, Match, Remember
from pycore.layout import Structure
from pycore.remembered import Choices, KeptList, MissionChoice, Remembered, read
from pycore.selection import Choice, Quick
from tests.unit.builders import CLICK
from tests.unit.desk import (
    CAL,
    GUIDE,
    HST,
    JWST,
    MOSAIC,
    OLD,
    POOL,
    REFERENCE,
    UNCAL,
    Desk,
    answer,
    desk,
    last_visit,
    read_list,
)

MINE = KeptList("mine", "list.json", "")
BY_ADDRESS = KeptList("k0", "old.json", OLD)
CAL_ALONE = Choices(
    (MissionChoice("JWST", Choice(Quick.ALL), r"_cal\.", r"_cal\."),), "JWST", Structure.FLAT, 50
)


def kept(*lists: m.ListRead) -> Desk:
    """A panel with a list that the browser keeps."""
    at = desk(*lists)
    at.hear(m.ListKept(MINE))
    return at


def records(orders: list[Effect]) -> list[Remembered]:
    return [read(order.record) for order in orders if isinstance(order, Remember)]


class TestWhatIsKept:
    def test_a_list_is_remembered_once_the_browser_keeps_it(self) -> None:
        at = desk()
        assert not records(at.orders)
        (visit,) = records(at.hear(m.ListKept(MINE)))
        assert visit.lists == (MINE,)
        assert visit.files == 7
        assert records(at.hear(m.ListKept(MINE))) == []

    @pytest.mark.parametrize(
        "message",
        [
            m.QuickSelected(Quick.NONE),
            m.LevelTicked("2b"),
            m.SuffixTicked("2b", "_cal"),
            m.GuideStarsChosen(True),
            m.ReferencesTicked(True),
            m.PatternTyped("cal"),
            m.StructureChosen(Structure.FLAT),
            m.RowsPerPageChosen(50),
        ],
    )
    def test_every_choice_is_remembered(self, message: m.Message) -> None:
        at = kept()
        before = at.state.remembered()
        (visit,) = records(at.hear(message))
        assert visit == at.state.remembered() != before

    def test_the_mission_that_is_shown_is_remembered(self) -> None:
        at = kept(read_list(), read_list(HST, "hst"))
        (visit,) = records(at.hear(m.MissionChosen("HST")))
        assert visit.choices.current == "HST"

    @pytest.mark.parametrize(
        "message",
        [
            m.MenuToggled("levels"),
            m.PreviewToggled(),
            m.NoticeDismissed(1),
            m.SignedIn("Ada", ("https://mast.stsci.edu",)),
            m.OfflineKept(),
        ],
    )
    def test_what_is_no_choice_writes_nothing(self, message: m.Message) -> None:
        assert records(kept().hear(message)) == []

    def test_the_demo_is_not_kept(self) -> None:
        at = desk(read_list(demo=True))
        assert records(at.hear(m.QuickSelected(Quick.NONE))) == []
        assert "kept" not in at.page.one("div", id="sources").text

    def test_neither_a_token_nor_a_name_is_remembered(self) -> None:
        at = kept()
        at.hear(m.SignInAsked("secret-token"), m.SignedIn("Ada Lovelace", ("https://mast.stsci.edu",)))
        orders = at.hear(m.QuickSelected(Quick.ALL))
        (order,) = [order for order in orders if isinstance(order, Remember)]
        assert "secret" not in order.record
        assert "Ada" not in order.record

    def test_that_it_is_kept_is_told_with_the_way_out(self) -> None:
        at = kept()
        sources = at.page.one("div", id="sources")
        assert "The list and your choice are kept in this browser" in sources.text
        assert at.hear(m.ForgetAsked()) == [Forget(True), Focus("open-button")]
        assert "Nothing of this visit is kept." in at.page.one("div", id="sources").text
        assert records(at.hear(m.QuickSelected(Quick.NONE), m.ListKept(BY_ADDRESS))) == []
        assert at.state.memory.lists == ()

    def test_a_browser_that_keeps_nothing_is_told_once_and_quietly(self) -> None:
        at = desk()
        at.hear(
            m.NotKept("a.json", "it is not allowed.", False), m.NotKept("b.json", "it is not allowed.", False)
        )
        told = at.page.one("div", id="sources").text
        assert told.count("keeps no lists for the next visit: it is not allowed.") == 1
        assert at.told == []

    def test_a_list_without_room_is_told(self) -> None:
        at = desk()
        at.hear(m.NotKept("a.json", "Quota exceeded", True))
        assert at.told == [
            (
                "warning",
                "a.json is open, but could not be kept for the next visit: the browser has no more room for this page.",
            )
        ]

    def test_a_choice_without_room_is_told(self) -> None:
        at = desk()
        at.hear(m.NotKept("", "Quota exceeded", True))
        ((_, sentence),) = at.told
        assert sentence.startswith("What you choose could not be kept")

    def test_that_there_is_no_room_for_choices_is_told_once(self) -> None:
        at = kept()
        for _ in range(3):
            at.hear(m.NotKept("", "Quota exceeded", True))
        assert len(at.told) == 1
        told = at.page.one("div", id="sources").text
        assert "The list is kept in this browser" in told
        assert "your choice" not in told

    def test_of_two_lists_the_one_without_room_is_named(self) -> None:
        at = kept(read_list(), read_list(HST, "hst.json"))
        at.hear(m.NotKept("hst.json", "Quota exceeded", True))
        told = at.page.one("div", id="sources").text
        assert "Kept in this browser for the next visit: list.json. Not kept: hst.json." in told

    def test_what_another_tab_forgot_is_not_told_as_kept(self) -> None:
        at = kept()
        at.hear(m.VisitGone())
        assert "Nothing of this visit is kept." in at.page.one("div", id="sources").text
        assert records(at.hear(m.QuickSelected(Quick.NONE), m.ListKept(MINE))) == []

    def test_the_same_text_from_elsewhere_is_the_same_list(self) -> None:
        at = kept(read_list(), read_list(base=OLD))
        at.hear(m.ListKept(KeptList(MINE.key, "old.json", OLD)))
        assert at.state.memory.lists == (KeptList(MINE.key, "old.json", OLD),)

    def test_of_lists_that_differ_in_what_is_not_kept_the_other_one_is_missing(self) -> None:
        bases = [f"https://user:secret@lab.example/list_products?dataset_ids={name}" for name in ("a", "b")]
        one = desk(read_list(JWST[:2], "a", base=bases[0]), read_list(JWST[2:], "b", base=bases[1]))
        orders = one.hear(*(m.ListKept(KeptList(f"k{base[-1]}", base, base)) for base in bases))
        visit = records(orders)[-1]
        (order,) = [order for order in orders if isinstance(order, Remember)][-1:]
        assert "secret" not in order.record
        assert "dataset_ids" not in order.record
        # The first is open again by the page's address; going on brings the other, once.
        at = desk(read_list(JWST[:2], base=bases[0]))
        at.hear(m.LastVisitKnown("v", CLICK, visit))
        (going_on,) = [each for each in at.hear(m.GoOnAsked()) if isinstance(each, GoOn)]
        assert going_on.lists == visit.lists[1:]
        at.hear(read_list(JWST[2:], base=visit.lists[1].base))
        assert at.state.memory.addresses == {kept.base for kept in visit.lists}


class TestANewVersion:
    def hint(self, at: Desk) -> str:
        at.hear(m.NewVersionReady(0))
        return at.page.one("p", id="new-version-hint").text

    def test_a_list_that_is_not_kept_is_named(self) -> None:
        at = kept(read_list(), read_list(HST, "hst.json"))
        at.hear(m.NotKept("hst.json", "Quota exceeded", True))
        assert self.hint(at).endswith("but not every list does: hst.json has to be opened again.")

    def test_a_list_of_the_pages_address_opens_again_by_itself(self) -> None:
        at = desk(read_list(base=OLD))
        at.hear(m.NotKept("list.json", "not allowed", False))
        assert self.hint(at) == "The page starts anew, and what you have chosen stays."

    def test_a_list_from_a_kept_copy_does_not_once_it_is_forgotten(self) -> None:
        at = Desk()
        at.hear(last_visit("list.json", base=OLD), m.GoOnAsked(), read_list(base=OLD), m.ListKept(BY_ADDRESS))
        at.hear(m.ForgetAsked())
        assert self.hint(at) == "The page starts anew: its lists have to be opened again."


class TestTheOffer:
    def test_beside_the_demo_the_last_visit_is_offered_with_its_date(self) -> None:
        at = desk(read_list(demo=True))
        at.hear(last_visit("a.json", "b.json"))
        page = at.page
        page.one("div", id="sources").named("button", "Go on where you were")
        told = page.one("p", id="go-on-what").text
        assert told == (
            "265 files of 2 lists (a.json, b.json), as of 2026-11-22 07:17 UTC, with what you had chosen."
        )

    def test_where_no_list_could_be_had_it_is_offered_first_of_all(self) -> None:
        at = Desk()
        at.hear(
            m.ListRefused("old.json", "http.offline", "There is no network.", ""),
            last_visit("old.json", base=OLD),
        )
        empty = at.page.one("div", id="empty")
        empty.named("button", "Go on where you were")
        assert "265 files of old.json, as of 2026-11-22 07:17 UTC" in empty.text
        assert not at.page.one("div", id="sources").all("button", id="go-on-button")

    def test_a_list_on_its_way_may_make_it_needless(self) -> None:
        at = Desk()
        at.hear(m.ListOpening("old.json", ""), last_visit("old.json", base=OLD))
        assert not at.page.all("button", id="go-on-button")
        assert at.hear(m.GoOnAsked()) == []

    def test_who_has_opened_other_lists_is_offered_none(self) -> None:
        at = desk()
        at.hear(last_visit("old.json"))
        assert not at.page.all("button", id="go-on-button")
        assert at.hear(m.GoOnAsked()) == []

    def test_the_same_list_with_another_choice_offers_the_choice(self) -> None:
        at = desk(read_list(base=OLD))
        at.hear(last_visit("old.json", base=OLD, choices=CAL_ALONE))
        assert at.page.one("p", id="go-on-what").text == (
            "What you had chosen of the list here, as of 2026-11-22 07:17 UTC."
        )
        assert at.hear(m.GoOnAsked())[0] == GoOn("v", (), CAL_ALONE)

    def test_the_same_list_with_the_same_choice_offers_nothing_then_or_later(self) -> None:
        at = desk(read_list(base=OLD))
        at.hear(last_visit("old.json", base=OLD, choices=at.state.choices()))
        assert not at.page.all("button", id="go-on-button")
        at.hear(m.QuickSelected(Quick.ALL))
        assert not at.page.all("button", id="go-on-button")

    def test_a_list_that_could_not_be_had_this_time_is_offered(self) -> None:
        at = desk(read_list(base=OLD))
        visit = last_visit("old.json", "other.json", base=OLD)
        at.hear(visit)
        assert at.page.one("p", id="go-on-what").text.startswith(
            "The kept other.json and what you had chosen"
        )
        assert at.hear(m.GoOnAsked())[0] == GoOn("v", visit.remembered.lists[1:], Choices())

    def test_it_is_taken_once(self) -> None:
        at = desk(read_list(demo=True))
        visit = last_visit("a.json")
        at.hear(visit)
        orders = at.hear(m.GoOnAsked())
        assert orders == [GoOn("v", visit.remembered.lists, Choices()), Focus("open-button")]
        assert at.hear(m.GoOnAsked()) == []
        assert not at.page.all("button", id="go-on-button")

    def test_it_can_be_forgotten_and_this_visit_is_kept_all_the_same(self) -> None:
        at = desk(read_list(demo=True))
        at.hear(last_visit("a.json"))
        at.page.one("div", id="sources").named("button", "Forget")
        assert at.hear(m.ForgetAsked())[0] == Forget(False)
        assert not at.page.all("button", id="go-on-button")
        assert records(at.hear(read_list(), m.ListKept(MINE)))

    def test_what_was_chosen_last_stays_remembered_until_the_person_chooses(self) -> None:
        at = Desk()
        at.hear(last_visit("old.json", base=OLD, choices=CAL_ALONE))
        assert records(at.hear(read_list(base=OLD), m.ListKept(BY_ADDRESS))) == []
        assert records(at.hear(m.MenuToggled("levels"))) == []
        (visit,) = records(at.hear(m.QuickSelected(Quick.ALL)))
        assert visit.lists == (BY_ADDRESS,)
        assert visit.choices == at.state.choices()


class TestGoingOn:
    def go_on(self, at: Desk, choices: Choices) -> list[Effect]:
        orders = at.hear(m.ChoicesRecalled(choices))
        at.hear(*(answer(order) for order in orders if isinstance(order, Match)))
        return orders

    def test_every_control_is_as_it_was(self) -> None:
        before = kept(read_list(), read_list(HST, "hst"))
        before.hear(
            m.QuickSelected(Quick.NONE),
            m.LevelTicked("2b"),
            m.GuideStarsChosen(True),
            m.ReferencesTicked(True),
        )
        before.filter("fits$")
        before.hear(m.MissionChosen("HST"), m.QuickSelected(Quick.ALL))
        before.hear(m.StructureChosen(Structure.FLAT), m.RowsPerPageChosen(100))
        *_, visit = records(before.orders)
        after = kept(read_list(), read_list(HST, "hst"))
        self.go_on(after, visit.choices)
        assert after.state.choices() == before.state.choices()
        assert (
            after.selected
            == before.selected
            == {CAL, GUIDE, REFERENCE, "jbev01010_drz.fits", "jbev01010_raw.fits"}
        )
        assert [
            after.page.one("div", id=name).text for name in ("summary", "levels", "pattern", "structure")
        ] == [before.page.one("div", id=name).text for name in ("summary", "levels", "pattern", "structure")]
        assert after.state.preview.per_page == 100

    def test_it_is_remembered_in_turn(self) -> None:
        at = kept()
        assert records(self.go_on(at, CAL_ALONE))[0].choices.missions[0].typed == r"_cal\."

    def test_nothing_passes_until_the_pattern_has_run(self) -> None:
        at = kept()
        at.hear(m.ChoicesRecalled(CAL_ALONE), m.ExportAsked(0.0))
        assert at.selected == set()
        assert at.state.waiting

    def test_a_wrong_pattern_leaves_the_one_in_force_that_was(self) -> None:
        at = kept()
        choices = Choices((MissionChoice("JWST", Choice(Quick.ALL), "(", "i2d"),), "JWST")
        (first, *_) = at.hear(m.ChoicesRecalled(choices))
        assert isinstance(first, Match)
        again = at.hear(m.MatchRefused("JWST", first.run, "Unterminated group"))
        at.hear(*(answer(order) for order in again if isinstance(order, Match)))
        assert at.selected == {MOSAIC}
        assert at.told[-1][0] == "warning"

    def test_an_empty_pattern_lifts_the_filter(self) -> None:
        at = kept()
        at.filter("i2d")
        self.go_on(at, Choices((MissionChoice("JWST", Choice(Quick.ALL)),), "JWST"))
        assert {CAL, UNCAL, POOL, MOSAIC} <= at.selected

    def test_a_mission_that_is_not_open_is_left_out(self) -> None:
        at = kept()
        before = at.state.choices()
        self.go_on(at, Choices((MissionChoice("NOWHERE", Choice(Quick.ALL)),), "NOWHERE"))
        assert at.state.choices() == before

    @pytest.mark.parametrize("rows", [0, 7, 1001])
    def test_a_page_size_that_is_not_on_offer_is_left_out(self, rows: int) -> None:
        at = kept()
        self.go_on(at, Choices(rows_per_page=rows))
        assert at.state.preview.per_page == 250

    def test_a_note_goes_on_without_being_asked(self) -> None:
        at = desk(read_list(base=OLD))
        other = KeptList("k1", "file.json", "")
        visit = Remembered((BY_ADDRESS, other), 7, CAL_ALONE)
        assert at.hear(m.NoteFound("v", visit)) == [GoOn("v", (other,), CAL_ALONE)]

    def test_a_list_by_address_counts_as_open_by_where_it_came_from(self) -> None:
        at = desk(read_list(JWST[:2], base=OLD), read_list(JWST[2:], base=""))
        assert at.state.memory.addresses == {OLD}
