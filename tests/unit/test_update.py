"""What each message makes of the panel, and what it orders."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from pycore import messages as m
from pycore.csvexport import HEADER
from pycore.effects import (
    BeginTransfer,
    CheckToken,
    Effect,
    Focus,
    ForgetToken,
    Match,
    Probe,
    Save,
    StopTransfer,
)
from pycore.errors import OverlayError
from pycore.formats.list_products import BadRow
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.product import EXCLUSIVE, Row
from pycore.selection import Quick
from pycore.state import Stage, State
from pycore.survey import MOST_PROBES
from pycore.transfer import Waiting
from pycore.update import update
from pycore.view import regions
from tests.unit.builders import CLICK, row
from tests.unit.desk import (
    CAL,
    GUIDE,
    HST,
    JWST,
    MOSAIC,
    ORIGIN,
    PLACES,
    POOL,
    REFERENCE,
    SECRET_CAL,
    UNCAL,
    A,
    Desk,
    answer,
    desk,
    moved,
    product_list,
    read_list,
)

RECOMMENDED = {CAL, MOSAIC, POOL}
ALL = {CAL, UNCAL, MOSAIC, POOL}
STAMP = "MAST_2026-11-22T07_17_20.000Z"


def test_what_is_no_message_is_a_bug() -> None:
    with pytest.raises((TypeError, KeyError)):
        update(State(), "message")  # type: ignore[arg-type]


class TestChoosing:
    def test_recommended_is_in_force_at_first(self) -> None:
        assert desk().selected == RECOMMENDED

    @pytest.mark.parametrize(
        ("messages", "selected"),
        [
            ([m.QuickSelected(Quick.ALL)], ALL),
            ([m.QuickSelected(Quick.NONE)], set()),
            ([m.QuickSelected(Quick.ALL), m.QuickSelected(Quick.RECOMMENDED)], RECOMMENDED),
            ([m.LevelTicked("1b")], RECOMMENDED | {UNCAL}),
            ([m.LevelTicked("1b"), m.LevelTicked("1b")], RECOMMENDED),
            ([m.SuffixTicked("3", "_i2d")], RECOMMENDED - {MOSAIC}),
            ([m.SuffixTicked("9", "_none")], RECOMMENDED),
            ([m.GuideStarsChosen(True)], RECOMMENDED | {GUIDE}),
            ([m.GuideStarsChosen(True), m.GuideStarsChosen(False)], RECOMMENDED),
            ([m.ReferencesTicked(True)], RECOMMENDED | {REFERENCE}),
            ([m.ReferencesTicked(True), m.ReferencesTicked(False)], RECOMMENDED),
            (
                [m.GuideStarsChosen(True), m.ReferencesTicked(True), m.QuickSelected(Quick.ALL)],
                ALL | {GUIDE, REFERENCE},
            ),
            ([m.GuideStarsChosen(True), m.ReferencesTicked(True), m.QuickSelected(Quick.NONE)], set()),
            ([m.LevelTicked("1b"), m.QuickSelected(Quick.RECOMMENDED)], RECOMMENDED),
        ],
    )
    def test_each_control_changes_the_selection(self, messages: list[m.Message], selected: set[str]) -> None:
        at = desk()
        assert at.hear(*messages) == []
        assert at.selected == selected

    @pytest.mark.parametrize(
        "message",
        [
            m.QuickSelected(Quick.ALL),
            m.LevelTicked("2b"),
            m.SuffixTicked("2b", "_cal"),
            m.GuideStarsChosen(True),
            m.ReferencesTicked(True),
            m.PatternTyped("cal"),
            m.Matched("JWST", 1, 0),
            m.MatchRefused("JWST", 1, "wrong"),
            m.MissionChosen("JWST"),
            m.PlaceChosen("blob"),
            m.DownloadConfirmed(),
            m.DownloadDismissed(),
            m.CancelAsked(True),
            m.CancelAsked(False),
            m.StopAsked(True),
            m.SourceProbed("https://a.example", m.Finding.BLOCKED),
            moved((1, 0, 1), "a", 1.0),
            m.TransferEnded(()),
            m.MenuToggled(""),
            m.MenuLeft(),
            m.NoticeDismissed(1),
        ],
        ids=lambda message: type(message).__name__,
    )
    def test_a_control_of_what_is_not_there_changes_nothing(self, message: m.Message) -> None:
        empty = State()
        after, orders = update(empty, message)
        assert (after, tuple(orders)) == (empty, ())

    def test_the_structure_is_chosen_for_all_missions(self) -> None:
        at = desk(read_list(), read_list(HST, "hst.json"))
        at.hear(m.StructureChosen(Structure.FLAT))
        assert at.state.structure is Structure.FLAT
        assert {file.path.count("/") for file in at.ask_download().plan.files} == {1}


class TestFilter:
    def test_a_pattern_is_run_over_the_names_of_the_list(self) -> None:
        at = desk()
        (order,) = at.hear(m.PatternTyped("cal"))
        assert isinstance(order, Match)
        assert (order.mission, order.pattern, order.revision) == ("JWST", "cal", at.mission.revision)
        assert order.catalog is at.mission.selector.catalog
        assert at.filtering()
        at.hear(answer(order))
        assert not at.filtering()
        assert at.selected == {CAL}

    def test_while_it_runs_the_last_valid_one_is_in_force(self) -> None:
        at = desk()
        at.filter("cal")
        at.hear(m.PatternTyped("i2d"))
        assert at.selected == {CAL}

    def test_the_same_text_again_runs_nothing(self) -> None:
        at = desk()
        at.filter("cal")
        assert at.hear(m.PatternTyped("cal")) == []

    def test_an_empty_field_lifts_the_filter_at_once(self) -> None:
        at = desk()
        at.filter("cal")
        assert at.hear(m.PatternTyped("")) == []
        assert at.selected == RECOMMENDED
        assert not at.filtering()

    def test_a_wrong_pattern_leaves_the_last_valid_one_in_force(self) -> None:
        at = desk()
        at.filter("cal")
        (order,) = at.hear(m.PatternTyped("("))
        assert isinstance(order, Match)
        at.hear(m.MatchRefused("JWST", order.run, "Unterminated group"))
        assert at.selected == {CAL}
        assert (at.mission.pattern.typed, at.mission.pattern.error) == ("(", "Unterminated group")

    @pytest.mark.parametrize("late", [m.Matched("JWST", 1, 0), m.MatchRefused("JWST", 1, "too late")])
    def test_an_answer_to_an_older_run_counts_no_more(self, late: m.Message) -> None:
        at = desk()
        at.hear(m.PatternTyped("c"), m.PatternTyped("cal"))
        before = at.state
        at.hear(late)
        assert at.state == before

    def test_a_filter_narrows_guide_stars_and_references_too(self) -> None:
        at = desk()
        at.hear(m.GuideStarsChosen(True), m.ReferencesTicked(True))
        at.filter("flat")
        assert at.selected == {REFERENCE}

    def test_quick_selects_leave_it_alone(self) -> None:
        at = desk()
        at.filter("cal")
        at.hear(m.QuickSelected(Quick.NONE), m.QuickSelected(Quick.ALL))
        assert at.selected == {CAL, UNCAL}


class TestWaitingForAFilter:
    @pytest.mark.parametrize("asked", [m.ExportAsked(CLICK), m.ScriptAsked(CLICK), m.DownloadAsked(CLICK)])
    def test_what_depends_on_the_selection_waits(self, asked: m.Message) -> None:
        at = desk()
        (order,) = at.hear(m.PatternTyped("i2d"))
        assert at.hear(asked) == []
        assert list(at.state.waiting) == [asked]
        assert at.state.download is None
        assert at.hear(answer(order))
        assert list(at.state.waiting) == []

    def test_what_waited_has_the_selection_of_the_filter(self) -> None:
        at = desk()
        (order,) = at.hear(m.PatternTyped("i2d"), m.DownloadAsked(CLICK))
        at.hear(answer(order))
        assert at.state.download is not None
        assert [file.filename for file in at.state.download.plan.files] == [MOSAIC]

    def test_it_goes_on_too_when_the_pattern_is_refused(self) -> None:
        at = desk()
        at.hear(m.PatternTyped("("), m.ExportAsked(CLICK))
        (order,) = at.hear(m.MatchRefused("JWST", 1, "wrong"))
        assert isinstance(order, Save)

    def test_it_goes_on_too_when_the_field_is_emptied(self) -> None:
        at = desk()
        at.hear(m.PatternTyped("cal"), m.ExportAsked(CLICK))
        (order,) = at.hear(m.PatternTyped(""))
        assert isinstance(order, Save)

    def test_all_that_waited_is_done_in_its_order(self) -> None:
        at = desk()
        at.hear(m.PatternTyped("cal"), m.ScriptAsked(CLICK), m.ExportAsked(CLICK))
        script, table = at.hear(m.Matched("JWST", 1, at.mission.selector.catalog.everything))
        assert isinstance(script, Save) and isinstance(table, Save)
        assert (script.filename[-3:], table.filename[-3:]) == (".sh", "csv")

    def test_it_waits_for_the_filters_of_all_missions(self) -> None:
        at = desk(read_list(), read_list(HST, "hst.json"))
        at.hear(m.PatternTyped("cal"), m.MissionChosen("HST"), m.PatternTyped("drz"), m.ExportAsked(CLICK))
        assert at.hear(m.Matched("JWST", 1, 0)) == []
        assert len(at.hear(m.Matched("HST", 1, 1))) == 1

    def test_it_waits_for_a_newer_pattern(self) -> None:
        at = desk()
        first = at.hear(m.PatternTyped("cal"), m.ExportAsked(CLICK))
        second = at.hear(m.PatternTyped("i2d"))
        assert at.hear(answer(first[0])) == []
        assert len(at.hear(answer(second[0]))) == 1


class TestMissions:
    def both(self) -> Desk:
        return desk(read_list(), read_list(HST, "hst.json"))

    def test_lists_of_several_missions_stand_side_by_side(self) -> None:
        at = self.both()
        assert [mission.profile.name for mission in at.state.missions] == ["JWST", "HST"]
        assert at.mission.profile.name == "JWST"
        assert at.selected == {*RECOMMENDED, "jbev01010_drz.fits"}

    def test_the_rows_of_one_list_go_to_their_missions(self) -> None:
        assert desk(read_list((*HST, *JWST))).selected == self.both().selected

    def test_each_keeps_its_choice_and_its_pattern(self) -> None:
        at = self.both()
        at.hear(m.QuickSelected(Quick.NONE), m.MissionChosen("HST"), m.QuickSelected(Quick.ALL))
        at.filter("raw")
        at.hear(m.MissionChosen("JWST"))
        assert at.mission.choice.quick is Quick.NONE
        assert at.mission.pattern.typed == ""
        assert at.selected == {"jbev01010_raw.fits"}

    def test_a_mission_that_is_not_there_cannot_be_chosen(self) -> None:
        at = self.both()
        at.hear(m.MissionChosen("IUE"))
        assert at.mission.profile.name == "JWST"

    def test_choosing_one_closes_what_is_folded_out(self) -> None:
        at = self.both()
        at.hear(m.MenuToggled("levels"), m.MissionChosen("HST"))
        assert at.state.menu == ""

    @pytest.mark.parametrize(
        ("named", "page", "mission"),
        [("HST", "IUE", "HST"), ("", "hst", "HST"), ("", "", "JWST"), ("Keck II", "", "Keck II")],
    )
    def test_the_list_names_its_mission_else_the_page_else_the_datasets(
        self, named: str, page: str, mission: str
    ) -> None:
        at = desk(read_list(mission=named, page=page))
        assert [each.profile.name for each in at.state.missions] == [mission]

    def test_the_sites_configuration_joins_the_profiles(self) -> None:
        at = Desk()
        site = {"missions": {"LAB": {"title": "Our lab", "dataset_pattern": "run[0-9]+"}}}
        at.hear(m.SiteRead(site), read_list([row("a", "run7")]))
        assert at.mission.profile.title == "Our lab"

    @pytest.mark.parametrize("site", [["missions"], "missions", 7])
    def test_a_configuration_that_is_no_table_is_refused(self, site: object) -> None:
        with pytest.raises(OverlayError) as refused:
            update(State(), m.SiteRead(site))  # type: ignore[arg-type]
        assert refused.value.code == "site.shape"


class TestLists:
    def test_a_list_of_ones_own_takes_the_demos_place(self) -> None:
        at = desk(read_list(demo=True), read_list(HST, "demo2", demo=True))
        before = at.state.demo
        at.hear(m.MissionChosen("HST"), m.PreviewToggled(), m.PageTurned("last"), read_list(HST, "mine"))
        assert (before, at.state.demo) == (True, False)
        assert at.selected == {"jbev01010_drz.fits"}
        assert at.mission.profile.name == "HST"

    @pytest.mark.parametrize("bad", [(), (BadRow(1, "row.size.type", "No size.", "a"),)])
    def test_a_list_without_a_good_row_leaves_what_is_open(self, bad: tuple[BadRow, ...]) -> None:
        at = desk(read_list(demo=True))
        at.hear(read_list((), "mine", bad=bad))
        assert at.state.demo
        assert at.selected == RECOMMENDED
        assert len(at.told) == 1

    def test_a_second_list_joins_the_first(self) -> None:
        at = desk(read_list(JWST[:4]), read_list(JWST[4:], "more"))
        assert at.selected == RECOMMENDED
        assert len(at.state.missions) == 1

    def test_a_choice_that_was_made_holds_for_the_joined_rows(self) -> None:
        at = desk(read_list(JWST[:1]))
        at.hear(m.QuickSelected(Quick.ALL), read_list(JWST[1:], "more"))
        assert at.selected == ALL

    def test_a_relative_address_is_of_its_own_list(self) -> None:
        rows = [row("a.fits", "d", url="data/a.fits")]
        at = desk(
            read_list(rows, "one", mission="LAB", base="https://h.example/1/l.json"),
            read_list(rows, "two", mission="LAB", base="https://h.example/2/l.json"),
        )
        assert [file.url for file in at.ask_download().plan.files] == [
            "https://h.example/1/data/a.fits",
            "https://h.example/2/data/a.fits",
        ]

    def test_refused_rows_are_told_with_their_numbers_in_list_order(self) -> None:
        url = "https://h.example/a"
        rows = [row("a", "d", 7, url=url), row("a", "e", 8, url=url)]
        at = desk(read_list(rows, "mine", mission="LAB", bad=[BadRow(3, "row.shape", "No row.", "")]))
        (notice,) = at.state.notices
        assert notice.tone == "bad"
        assert "2 of 3 rows" in notice.sentence
        assert [(bad.number, bad.code) for bad in notice.rows] == [(2, "row.size.conflict"), (3, "row.shape")]

    @pytest.mark.parametrize(
        ("good", "bad", "sentence"),
        [
            (2, 1, "mine: 1 of 3 rows could not be taken and is left out."),
            (1, 2, "mine: 2 of 3 rows could not be taken and are left out."),
            (0, 1, "mine: its only row could not be taken."),
            (0, 2, "mine: none of its 2 rows could be taken."),
        ],
    )
    def test_what_is_left_out_is_counted_in_good_english(self, good: int, bad: int, sentence: str) -> None:
        refused = [BadRow(number, "row.shape", "No row.", "") for number in range(1, bad + 1)]
        at = desk(read_list(JWST[:good], "mine", bad=refused))
        (notice,) = at.state.notices
        assert notice.sentence == sentence
        assert bool(notice.hint) == (good > 0)

    def test_an_empty_list_is_told(self) -> None:
        assert desk(read_list((), "mine")).told == [("warning", "mine: the list is empty.")]

    @pytest.mark.parametrize(
        ("rows", "sentence"),
        [
            (JWST[:1] * 2, "mine: 1 row repeats another and counts once."),
            (JWST[:1] * 3, "mine: 2 rows repeat others and count once."),
        ],
    )
    def test_repeated_rows_are_told(self, rows: tuple[Row, ...], sentence: str) -> None:
        assert desk(read_list(rows, "mine")).told == [("warning", sentence)]

    def test_a_list_on_its_way_is_shown_until_it_is_there(self) -> None:
        at = Desk()
        at.hear(m.ListOpening("mine", ""), m.ListOpening("yours", ""), m.ListOpening("mine", "1 MB"))
        assert list(at.state.opening) == [("mine", "1 MB"), ("yours", "")]
        at.hear(read_list(source="mine"))
        assert list(at.state.opening) == [("yours", "")]
        at.hear(m.ListRefused("yours", "list.json", "This is not JSON.", "Save it again."))
        assert list(at.state.opening) == []

    def test_a_refused_list_leaves_what_is_open(self) -> None:
        at = desk()
        at.hear(m.ListRefused("yours", "list.json", "This is not JSON.", "Save it again."))
        assert at.selected == RECOMMENDED
        assert at.told == [("bad", "yours: This is not JSON. [list.json]")]


class TestListsThatJoinUnderAPattern:
    NEW = row(f"{A}_o002_i2d.fits", "jw01001-o002", 5, level="3", suffix="_i2d")

    def joined(self, at: Desk) -> list[Effect]:
        return at.hear(read_list([self.NEW], "more"))

    def test_one_in_force_runs_again_over_all_names(self) -> None:
        at = desk()
        at.filter("i2d")
        before = at.mission.revision
        (order,) = self.joined(at)
        assert isinstance(order, Match)
        assert order.pattern == "i2d"
        assert order.revision == at.mission.revision != before
        assert order.catalog is at.mission.selector.catalog
        # Until then nothing passes: the old answer means nothing for the new rows.
        assert at.selected == set()
        assert at.filtering()
        at.hear(answer(order))
        assert at.selected == {MOSAIC, self.NEW.filename}

    def test_no_pattern_runs_nothing(self) -> None:
        assert self.joined(desk()) == []

    def test_one_that_is_still_running_runs_again_and_is_not_forgotten(self) -> None:
        at = desk()
        at.filter("cal")
        (early,) = at.hear(m.PatternTyped("i2d"))
        (order,) = self.joined(at)
        at.hear(answer(early))
        assert at.filtering()
        at.hear(answer(order))
        assert at.mission.pattern.typed == "i2d"
        assert at.selected == {MOSAIC, self.NEW.filename}

    def test_a_wrong_one_runs_again_and_the_last_valid_one_after_it(self) -> None:
        at = desk()
        at.filter("i2d")
        (wrong,) = at.hear(m.PatternTyped("("))
        assert isinstance(wrong, Match)
        at.hear(m.MatchRefused("JWST", wrong.run, "wrong"))
        (order,) = self.joined(at)
        while at.filtering():
            assert isinstance(order, Match)
            if order.pattern == "(":
                (order,) = at.hear(m.MatchRefused("JWST", order.run, "wrong"))
            else:
                at.hear(answer(order))
        assert at.mission.pattern.in_force == "i2d"
        assert at.selected == {MOSAIC, self.NEW.filename}

    def test_a_wrong_one_that_never_followed_a_valid_one_stays_without_force(self) -> None:
        at = desk()
        at.hear(m.PatternTyped("("), m.MatchRefused("JWST", 1, "wrong"))
        (order,) = self.joined(at)
        assert isinstance(order, Match)
        assert at.selected == {*RECOMMENDED, self.NEW.filename}
        at.hear(m.MatchRefused("JWST", order.run, "wrong"))
        assert at.selected == {*RECOMMENDED, self.NEW.filename}
        assert at.mission.pattern.error == "wrong"

    def test_what_was_asked_for_waits_for_the_second_run_too(self) -> None:
        at = desk()
        (first,) = at.hear(m.PatternTyped("i2d"), m.ExportAsked(CLICK))
        (second,) = self.joined(at)
        assert at.hear(answer(first)) == []
        assert len(at.hear(answer(second))) == 1

    def test_a_list_in_the_demos_place_has_names_of_its_own(self) -> None:
        at = desk(read_list(JWST[:1], demo=True))
        (old,) = at.hear(m.PatternTyped("i2d"))
        at.hear(read_list(JWST[1:], "mine"))
        (new,) = at.hear(m.PatternTyped("i2d"))
        assert isinstance(old, Match) and isinstance(new, Match)
        assert old.mission == new.mission
        assert old.revision != new.revision

    def test_what_is_typed_last_and_wrong_is_told_and_the_field_goes_back(self) -> None:
        at = desk()
        at.filter("i2d")
        at.hear(m.PatternTyped("("))
        (order,) = self.joined(at)
        assert isinstance(order, Match)
        (again,) = at.hear(m.MatchRefused("JWST", order.run, "wrong"))
        assert at.filtering()
        assert at.selected == set()
        at.hear(answer(again))
        assert (at.mission.pattern.typed, at.mission.pattern.error) == ("i2d", "")
        assert at.told == [("warning", "“(” is not used: wrong")]

    def test_a_field_emptied_meanwhile_lifts_the_filter(self) -> None:
        at = desk()
        at.filter("i2d")
        self.joined(at)
        at.hear(m.PatternTyped(""))
        assert at.selected == {*RECOMMENDED, self.NEW.filename}
        (wrong,) = at.hear(m.PatternTyped("("))
        assert isinstance(wrong, Match)
        assert at.hear(m.MatchRefused("JWST", wrong.run, "wrong")) == []
        assert at.selected == {*RECOMMENDED, self.NEW.filename}
        assert at.mission.pattern.error == "wrong"

    def test_a_demo_that_goes_takes_its_running_pattern_along(self) -> None:
        at = desk(read_list(demo=True))
        (order,) = at.hear(m.PatternTyped("i2d"))
        at.hear(read_list(HST, "mine"), answer(order))
        assert not at.filtering()
        assert at.selected == {"jbev01010_drz.fits"}


class TestShowing:
    def test_a_fold_out_opens_and_closes_with_focus_on_its_button(self) -> None:
        at = desk()
        assert at.hear(m.MenuToggled("levels")) == []
        assert at.state.menu == "levels"
        assert at.hear(m.MenuToggled("levels")) == [Focus("levels-button")]
        assert at.state.menu == ""

    def test_escape_closes_whatever_is_open(self) -> None:
        at = desk()
        at.hear(m.MenuToggled("account"))
        assert at.hear(m.MenuToggled("")) == [Focus("account-button")]
        assert at.hear(m.MenuToggled("")) == []

    def test_one_fold_out_takes_the_others_place(self) -> None:
        at = desk()
        at.hear(m.MenuToggled("levels"), m.MenuToggled("account"))
        assert at.state.menu == "account"

    @pytest.mark.parametrize(("menu", "after"), [("account", ""), ("levels", "levels")])
    def test_turning_to_something_else_closes_the_account_alone(self, menu: str, after: str) -> None:
        at = desk()
        at.hear(m.MenuToggled(menu), m.MenuLeft())
        assert at.state.menu == after

    def test_notices_are_put_away_one_by_one(self) -> None:
        at = desk()
        at.hear(m.Told("good", "one"), m.Told("bad", "two", "do this"))
        at.hear(m.NoticeDismissed(at.state.notices[0].number))
        assert at.told == [("bad", "two")]

    def test_of_what_went_well_the_latest_notices_are_kept(self) -> None:
        at = desk()
        at.hear(*(m.Told("good", str(number)) for number in range(9)))
        assert [sentence for _, sentence in at.told] == ["6", "7", "8"]
        assert len({notice.number for notice in at.state.notices}) == 3

    def test_what_went_wrong_stays_until_it_is_put_away(self) -> None:
        at = desk()
        at.hear(
            *(m.Told("bad", str(number)) for number in range(9)), *(m.Told("good", "x") for _ in range(9))
        )
        assert [sentence for tone, sentence in at.told if tone == "bad"] == [
            str(number) for number in range(9)
        ]

    def test_dataset_names_for_the_link_are_kept(self) -> None:
        at = Desk()
        at.hear(m.DatasetsTyped("a, b"))
        assert at.state.datasets == "a, b"


class TestAccount:
    def test_a_token_is_checked_where_the_mission_says_and_kept_in_no_state(self) -> None:
        at = desk()
        assert at.hear(m.SignInAsked(" secret \n")) == [
            CheckToken("https://mast.stsci.edu/whoami", ORIGIN, "secret")
        ]
        assert at.state.account.checking
        assert "secret" not in repr(at.state) + repr(at.orders) + repr(m.SignInAsked("secret"))

    def test_one_token_is_checked_at_a_time(self) -> None:
        at = desk()
        at.hear(m.SignInAsked("first"))
        assert at.hear(m.SignInAsked("second")) == []

    def test_an_empty_field_is_told(self) -> None:
        at = desk()
        assert at.hear(m.SignInAsked("  ")) == []
        assert at.state.account.error

    @pytest.mark.parametrize("lists", [(), (read_list([row("a", "d")], mission="LAB"),)])
    def test_an_archive_without_sign_in_is_told(self, lists: tuple[m.ListRead, ...]) -> None:
        at = Desk()
        at.hear(*lists)
        assert at.hear(m.SignInAsked("secret")) == []
        assert "no sign-in" in at.state.account.error

    def test_nobody_signs_in_while_a_download_of_another_runs(self) -> None:
        at = desk()
        at.hear(m.PlacesKnown(PLACES), m.DownloadAsked(CLICK), m.DownloadConfirmed())
        assert at.hear(m.SignInAsked("secret")) == []
        assert "under way" in at.state.account.error

    def test_a_sign_in_goes_to_an_archive_that_has_one_whatever_is_shown(self) -> None:
        at = desk()
        at.hear(read_list([row("a", "d", access=EXCLUSIVE)], mission="LAB"), m.MissionChosen("LAB"))
        (check,) = at.hear(m.SignInAsked("secret"))
        assert isinstance(check, CheckToken)
        assert check.origins == ORIGIN

    def test_a_script_asks_for_the_token_of_the_files_that_take_it_and_of_no_other_archive(self) -> None:
        at = Desk()
        proxy = "https://proxy.example.org"
        at.hear(
            m.SiteRead({"missions": {"JWST": {"archive": {"origin": proxy}}}}),
            read_list(HST, mission="HST"),
            read_list(JWST, mission="JWST"),
            m.MissionChosen("JWST"),
            m.SignedIn("Ada", (proxy,)),
            m.QuickSelected(Quick.ALL),
        )
        script = at.saved(m.ScriptAsked(CLICK))[1].decode()
        assert f"WHOAMI={proxy}/whoami" in script
        assert "mast.stsci.edu/whoami" not in script
        at.hear(m.SignOutAsked())
        assert b"WHOAMI=''" in at.saved(m.ScriptAsked(CLICK))[1]

    def test_signing_in_makes_exclusive_files_takeable(self) -> None:
        at = desk()
        at.hear(m.MenuToggled("account"), m.SignInAsked("secret"))
        assert at.hear(m.SignedIn("Ada", ORIGIN)) == [Focus("account-button")]
        assert at.state.menu == ""
        assert at.selected == RECOMMENDED | {SECRET_CAL}

    def test_signing_out_deselects_them_and_forgets_the_token(self) -> None:
        at = desk()
        at.sign_in()
        assert at.hear(m.SignOutAsked()) == [ForgetToken(), Focus("account-button")]
        assert at.selected == RECOMMENDED
        assert at.state.account.user is None

    def test_a_refused_token_is_told_and_another_can_be_tried(self) -> None:
        at = desk()
        at.hear(m.SignInAsked("old"), m.SignInRefused("It has ended."))
        assert (at.state.account.error, at.state.account.user) == ("It has ended.", None)
        assert len(at.hear(m.SignInAsked("new"))) == 1
        assert at.state.account.error == ""

    def test_a_sign_in_elsewhere_takes_nothing_here(self) -> None:
        at = desk()
        at.hear(m.SignedIn("Ada", ("https://other.example",)))
        assert at.selected == RECOMMENDED


class TestExport:
    def test_the_table_has_the_selected_rows(self) -> None:
        at = desk()
        order, table = at.saved(m.ExportAsked(CLICK))
        assert (order.filename, order.mime) == (f"{STAMP}_files.csv", "text/csv;charset=utf-8")
        header, *rows = csv.reader(io.StringIO(table.decode()))
        assert tuple(header) == HEADER
        assert [each[1] for each in rows] == [CAL, POOL, POOL, MOSAIC]
        assert at.told == [("good", f"Saved {STAMP}_files.csv: 4 rows.")]

    def test_one_row_is_told_as_one(self) -> None:
        at = desk()
        at.filter("i2d")
        at.saved(m.ExportAsked(CLICK))
        assert at.told[0][1].endswith(": 1 row.")

    def test_it_covers_all_missions(self) -> None:
        at = desk(read_list(), read_list(HST, "hst.json"))
        assert b"jbev01010_drz.fits" in at.saved(m.ExportAsked(CLICK))[1]

    @pytest.mark.parametrize(
        ("asked", "deed"),
        [
            (m.ExportAsked, "export"),
            (m.ScriptAsked, "fetch"),
            (m.DownloadAsked, "download"),
            (partial(m.FormAsked, "aria2"), "fetch"),
            (partial(m.FormAsked, "json"), "export"),
        ],
    )
    def test_nothing_selected_is_told_and_nothing_done(
        self, asked: Callable[[float], m.Message], deed: str
    ) -> None:
        at = desk()
        at.hear(m.QuickSelected(Quick.NONE))
        assert at.hear(asked(CLICK)) == []
        assert at.told == [("warning", f"Nothing is selected, so there is nothing to {deed}.")]
        assert at.state.download is None


class TestScript:
    def test_the_script_fetches_the_selection(self) -> None:
        at = desk()
        order, script = at.saved(m.ScriptAsked(CLICK))
        assert (order.filename, order.mime) == (
            f"{STAMP}_api_retrieve.sh",
            "text/x-shellscript;charset=utf-8",
        )
        text = script.decode()
        assert text.startswith("#!")
        assert all(name in text for name in RECOMMENDED)
        assert UNCAL not in text and SECRET_CAL not in text
        assert at.told == [("good", f"Saved {STAMP}_api_retrieve.sh: 3 files.")]

    def test_a_mission_without_sign_in_needs_no_page_for_tokens(self) -> None:
        at = desk(read_list([row("a", "d", url="https://h.example/a")], mission="LAB"))
        assert b"https://h.example/a" in at.saved(m.ScriptAsked(CLICK))[1]


class TestDownload:
    def asked(self, *places: m.PlaceOffered) -> Desk:
        at = desk()
        at.hear(m.PlacesKnown(places or PLACES))
        at.ask_download()
        return at

    def begun(self) -> Desk:
        at = self.asked()
        at.hear(m.DownloadConfirmed())
        return at

    def running(self) -> Desk:
        at = self.begun()
        at.hear(moved((0, 0, 100), CAL, 10.0))
        return at

    def stage(self, at: Desk) -> Stage | None:
        return at.state.download.stage if at.state.download else None

    def test_the_question_comes_before_the_first_byte(self) -> None:
        at = desk()
        at.hear(m.PlacesKnown(PLACES), m.MenuToggled("levels"))
        (probe,) = at.hear(m.DownloadAsked(CLICK))
        assert isinstance(probe, Probe)
        assert probe.origin == "https://mast.stsci.edu"
        assert at.state.menu == ""
        download = at.state.download
        assert download is not None
        assert (download.stage, download.place, download.plan.root) == (Stage.CONFIRM, "file", STAMP)
        assert download.forecast > download.plan.total_bytes

    def test_a_probe_asks_for_a_public_file_where_there_is_one(self) -> None:
        at = desk(read_list(JWST[5:]))
        at.sign_in()
        (probe,) = at.hear(m.DownloadAsked(CLICK))
        assert isinstance(probe, Probe)
        assert SECRET_CAL not in probe.url

    def test_one_address_of_each_origin_is_probed_and_none_where_none_is_known(self) -> None:
        rows = [
            row(name, "d", url=url)
            for name, url in (
                ("a", "https://h.example/a"),
                ("b", "https://h.example/b"),
                ("c", "https://i.example/c"),
            )
        ]
        at = desk(read_list([*rows, row("d", "d")], mission="LAB"))
        origins = [order.origin for order in at.hear(m.DownloadAsked(CLICK)) if isinstance(order, Probe)]
        assert origins == ["https://h.example", "https://i.example"]

    @pytest.mark.parametrize(
        ("limits", "place"),
        [
            ({"file": None, "blob": 10**9}, "file"),
            ({"private": 10, "blob": 10**9}, "blob"),
            ({"private": 10, "blob": 20}, ""),
            ({"folder": None, "stream": None}, "stream"),
            ({"folder": None, "blob": 10}, "folder"),
            ({}, ""),
        ],
    )
    def test_the_best_place_for_one_archive_that_can_hold_it_is_proposed(
        self, limits: dict[str, int | None], place: str
    ) -> None:
        at = desk()
        at.hear(m.PlacesKnown(tuple(m.PlaceOffered(kind, limit) for kind, limit in limits.items())))
        assert at.ask_download().place == place

    def test_places_that_become_known_late_still_count(self) -> None:
        at = desk()
        assert at.ask_download().place == ""
        at.hear(m.PlacesKnown(PLACES))
        assert at.state.download is not None
        assert at.state.download.place == "file"

    def test_a_forecast_at_the_limit_fits(self) -> None:
        at = desk()
        forecast = at.ask_download().forecast
        at.hear(m.DownloadDismissed(), m.PlacesKnown((m.PlaceOffered("blob", forecast),)))
        assert at.ask_download().place == "blob"

    def test_another_place_can_be_chosen(self) -> None:
        at = self.asked()
        at.hear(m.PlaceChosen("blob"))
        (begin, _) = at.hear(m.DownloadConfirmed())
        assert isinstance(begin, BeginTransfer)
        assert begin.place == "blob"

    def test_without_a_place_it_cannot_start(self) -> None:
        at = self.asked(m.PlaceOffered("blob", 10))
        assert at.hear(m.DownloadConfirmed()) == []
        assert self.stage(at) is Stage.CONFIRM

    def test_start_orders_the_transfer_of_the_plan(self) -> None:
        at = self.asked()
        download = at.state.download
        assert download is not None
        assert at.hear(m.DownloadConfirmed()) == [
            BeginTransfer(download.plan, CLICK, "file", f"{STAMP}.zip"),
            Focus("progress"),
        ]
        assert self.stage(at) is Stage.OPENING

    def test_what_was_asked_about_is_what_comes_whatever_is_chosen_meanwhile(self) -> None:
        at = self.asked()
        at.hear(m.QuickSelected(Quick.NONE))
        begin, _ = at.hear(m.DownloadConfirmed())
        assert isinstance(begin, BeginTransfer)
        assert {file.filename for file in begin.plan.files} == RECOMMENDED

    def test_sources_that_are_closed_to_the_page_are_told(self) -> None:
        at = self.asked()
        assert at.state.download is not None
        assert at.state.download.sources == {ORIGIN[0]: None}
        at.hear(
            m.SourceProbed(ORIGIN[0], m.Finding.BLOCKED),
            m.SourceProbed("https://other.example", m.Finding.BLOCKED),
        )
        assert at.state.download is not None
        assert at.state.download.sources == {ORIGIN[0]: m.Finding.BLOCKED}

    def test_a_closed_source_that_the_sites_proxy_reaches_comes_by_way_of_it(self) -> None:
        at = Desk()
        site = {"proxy": {ORIGIN[0]: "./by/mast/"}}
        at.hear(
            m.SiteRead(site, "https://lab.example/overlay/index.html"), read_list(), m.PlacesKnown(PLACES)
        )
        at.sign_in()
        at.hear(m.QuickSelected(Quick.ALL))
        (probe,) = at.hear(m.DownloadAsked(CLICK))
        assert isinstance(probe, Probe)
        assert probe.way == probe.url.replace(ORIGIN[0], "https://lab.example/overlay/by/mast")
        at.hear(m.SourceProbed(ORIGIN[0], m.Finding.PROXIED))
        (begin, _) = at.hear(m.DownloadConfirmed())
        assert isinstance(begin, BeginTransfer)
        assert {file.url and file.url.partition("/by/")[0] for file in begin.plan.files} == {
            "https://lab.example/overlay"
        }
        assert any(file.exclusive for file in begin.plan.files)
        assert not any(file.with_token for file in begin.plan.files), "a token is for the archive alone"

    def test_the_rate_of_a_download_is_what_the_next_is_reckoned_with(self) -> None:
        at = self.begun()
        at.hear(moved((0, 0, 0), CAL, 10.0), moved((1, 0, 5_000), CAL, 20.0))
        at.hear(m.TransferEnded((Outcome(),) * 3))
        assert at.state.measured_rate == 500.0

    def test_a_download_that_was_over_at_once_says_nothing_of_the_next(self) -> None:
        at = self.begun()
        at.hear(moved((0, 0, 0), CAL, 10.0), moved((1, 0, 5_000), CAL, 11.0))
        at.hear(m.TransferEnded((Outcome(),) * 3))
        assert at.state.measured_rate == 0.0

    def test_a_list_of_thousands_of_hosts_is_probed_at_a_few(self) -> None:
        at = Desk()
        rows = [row(f"f{n}", "d", 1, url=f"https://h{n}.example/f") for n in range(100)]
        at.hear(read_list(rows, mission="LAB"), m.QuickSelected(Quick.ALL))
        assert len(at.hear(m.DownloadAsked(CLICK))) == MOST_PROBES

    def test_it_can_be_put_away(self) -> None:
        at = self.asked()
        assert at.hear(m.DownloadDismissed()) == [Focus("download-button")]
        assert at.state.download is None

    @pytest.mark.parametrize("stage", ["begun", "running"])
    def test_a_second_one_waits_for_the_first(self, stage: str) -> None:
        at: Desk = getattr(self, stage)()
        before = at.state.download
        assert at.hear(m.DownloadAsked(CLICK + 1), m.DownloadDismissed(), m.DownloadConfirmed()) == []
        assert at.state.download == before
        assert at.told[-1][0] == "warning"

    def test_places_and_blocked_sources_are_of_no_concern_once_it_runs(self) -> None:
        at = self.running()
        before = at.state.download
        at.hear(m.PlacesKnown(()), m.PlaceChosen("blob"), m.SourceProbed(ORIGIN[0], m.Finding.BLOCKED))
        assert at.state.download == before

    def test_progress_is_shown_as_it_is_told(self) -> None:
        at = self.begun()
        at.hear(moved((2, 1, 5_000), CAL, 10.0, attempt=2, waiting=Waiting.RETRY, seconds=3.0))
        download = at.state.download
        assert download is not None
        shown = (download.files_complete, download.files_failed, download.bytes_complete)
        assert shown == (2, 1, 5_000)
        assert (download.current, download.attempt) == (CAL, 2)
        assert (download.waiting, download.retry_seconds) == (Waiting.RETRY, 3.0)
        assert self.stage(at) is Stage.RUNNING

    @pytest.mark.parametrize(
        ("moves", "rate"),
        [
            ([(10.0, 100)], 0.0),
            ([(10.0, 100), (10.0, 900)], 0.0),
            ([(10.0, 0), (12.0, 2_000)], 1_000.0),
            ([(10.0, 0), (11.0, 1_000), (12.0, 3_000)], 1_200.0),
            ([(10.0, 0), (11.0, 1_000), (21.0, 21_000)], 2_000.0),
            ([(10.0, 0), (11.0, 1_000), (12.0, 500)], 800.0),
            ([(10.0, 0), (11.0, 1_000), (11.0, 9_000)], 1_000.0),
        ],
    )
    def test_the_rate_follows_the_bytes_smoothly(self, moves: list[tuple[float, int]], rate: float) -> None:
        at = self.begun()
        at.hear(*(moved((0, 0, done), CAL, now) for now, done in moves))
        assert at.state.download is not None
        assert at.state.download.rate == pytest.approx(rate)

    @pytest.mark.parametrize("keep", [True, False])
    @pytest.mark.parametrize("stage", ["begun", "running"])
    def test_it_can_be_stopped(self, stage: str, keep: bool) -> None:
        at: Desk = getattr(self, stage)()
        assert at.hear(m.StopAsked(keep)) == [StopTransfer(keep), Focus("progress")]

    def test_how_to_stop_is_asked_while_it_goes_on(self) -> None:
        at = self.running()
        assert at.hear(m.CancelAsked(True)) == []
        at.hear(moved((2, 0, 20), CAL, 9.0))
        during = at.state.download
        assert during is not None
        assert (during.stopping, during.files_complete) == (True, 2)
        assert at.hear(m.CancelAsked(False)) == [Focus("cancel-button")]
        after = at.state.download
        assert after is not None
        assert not after.stopping
        assert at.hear(m.CancelAsked(False)) == []

    def test_an_end_puts_the_question_away(self) -> None:
        at = self.running()
        at.hear(m.CancelAsked(True), m.TransferEnded((Outcome(), Outcome(), Outcome())))
        assert at.state.download is not None
        assert not at.state.download.stopping

    def test_before_the_first_byte_cancel_has_nothing_to_ask(self) -> None:
        assert self.begun().hear(m.CancelAsked(True)) == [StopTransfer(keep=False)]

    def test_nothing_is_stopped_before_it_begins(self) -> None:
        assert self.asked().hear(m.StopAsked(True)) == []

    def test_its_end_tells_what_failed(self) -> None:
        at = self.running()
        assert at.hear(m.TransferEnded((Outcome(), Outcome("gone"), Outcome()))) == [Focus("progress")]
        download = at.state.download
        assert download is not None
        assert (download.stage, download.files_complete, download.files_failed) == (Stage.ENDED, 2, 1)
        assert at.hear(m.DownloadDismissed()) == [Focus("download-button")]
        assert at.state.download is None

    def test_after_the_end_another_can_be_asked_for(self) -> None:
        at = self.running()
        at.hear(m.TransferEnded((Outcome(),) * 3), m.DownloadAsked(CLICK + 1000))
        assert self.stage(at) is Stage.CONFIRM

    @pytest.mark.parametrize(
        ("sentence", "told"),
        [("", ("good", "The download was cancelled.")), ("The disk is full.", ("bad", "The disk is full."))],
    )
    def test_one_that_is_given_up_leaves_a_word(self, sentence: str, told: tuple[str, str]) -> None:
        at = self.running()
        assert at.hear(m.TransferDiscarded(sentence)) == [Focus("download-button")]
        assert at.state.download is None
        assert at.told == [told]
        assert at.state.notices[-1].hint == "Nothing of it was kept."

    def test_what_could_not_be_removed_is_told_and_nothing_is_promised(self) -> None:
        at = self.running()
        at.hear(m.TransferDiscarded("", "A part of the file may be left."))
        assert at.told == [("warning", "The download was cancelled.")]
        assert at.state.notices[-1].hint == "A part of the file may be left."

    def test_the_time_left_counts_only_what_can_still_come(self) -> None:
        at = self.running()
        at.hear(moved((1, 0, 10), "b", 1.0))
        size = at.state.download.plan.total_bytes if at.state.download else 0
        at.hear(moved((1, 1, 20), "c", 2.0, missed=size - 20))
        assert "0 s left" in regions(at.state)["progress"]

    @pytest.mark.parametrize("late", [moved((1, 0, 1), "a", 1.0), m.TransferEnded((Outcome(),))])
    def test_a_late_word_of_one_that_is_over_changes_nothing(self, late: m.Message) -> None:
        at = self.running()
        at.hear(m.TransferDiscarded(""))
        before = at.state
        at.hear(late)
        assert at.state == before

    def test_its_user_is_the_one_who_is_signed_in(self) -> None:
        at = desk()
        assert (at.ask_download().plan.user, at.ask_download().plan.signed_in) == ("anonymous", False)
        at.sign_in()
        assert (at.ask_download().plan.user, at.ask_download().plan.signed_in) == ("Ada", True)


def test_a_state_is_never_changed_in_place() -> None:
    at = desk()
    before, copy = at.state, replace(at.state)
    at.hear(m.QuickSelected(Quick.ALL), m.PatternTyped("x"), m.Told("good", "one"), m.MenuToggled("levels"))
    assert before == copy


def test_lists_for_tests_are_numbered_as_the_reader_does() -> None:
    made = product_list(JWST[:2], bad=[BadRow(2, "row.shape", "No row.", "")])
    assert made.numbers == (1, 3)
