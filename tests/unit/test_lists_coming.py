"""Product lists on their way, which may be long in coming, come side by side, or break off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pycore import messages as m
from pycore.batch import ListedRow, batch_of
from pycore.bits import finished
from pycore.effects import StopOpening
from pycore.product import Row
from pycore.reading import Reading
from pycore.selection import Quick
from pycore.update.lists import open_now
from pycore.view import regions
from tests.unit.builders import row
from tests.unit.desk import HST, JWST, A, Desk, desk, read_list


def came(at: Desk, *, rows: int = 2, broken: str = "", source: str = "list.json") -> m.ListCame:
    """The message that a list came, after so many rows with a break or without."""
    reading = Reading(at.state.profiles)
    listed = [ListedRow(each, number) for number, each in enumerate(JWST[:rows], 1)]
    finished(reading.add_batch(batch_of(listed), ()))
    return m.ListCame(source, "", finished(reading.broken_off(broken)))


class TestListsThatBreakOff:
    def test_what_is_missing_is_told_for_as_long_as_the_list_is_open(self) -> None:
        at = Desk()
        at.hear(came(at, broken="The connection broke."))
        assert "[list.broken]" in at.told[0][1]
        at.hear(m.NoticeDismissed(at.state.notices[0].number), read_list(HST, "other.json"))
        assert at.told == []
        assert "Not complete: list.json broke off after 2 rows." in regions(at.state)["summary"]

    def test_the_same_list_made_whole_is_told_no_more(self) -> None:
        at = Desk()
        at.hear(came(at, broken="The connection broke."), came(at, rows=4))
        assert "Not complete" not in regions(at.state)["summary"]

    @pytest.mark.parametrize(("rows", "source"), [(1, "list.json"), (4, "other.json")])
    def test_less_than_what_had_come_makes_up_for_nothing_nor_does_another_list(
        self, rows: int, source: str
    ) -> None:
        at = Desk()
        at.hear(came(at, broken="The connection broke."), came(at, rows=rows, source=source))
        assert "list.json broke off after 2 rows." in regions(at.state)["summary"]

    def test_a_list_that_breaks_off_again_is_told_once_as_far_as_it_came(self) -> None:
        at = Desk()
        at.hear(*(came(at, rows=rows, broken="The connection broke.") for rows in (1, 3, 2)))
        assert regions(at.state)["summary"].count("Not complete") == 1
        assert "broke off after 3 rows." in regions(at.state)["summary"]


class Coming:
    """A list on its way, which joins what is open when it tells of itself."""

    def __init__(self, at: Desk, source: str, *, mission: str = "") -> None:
        self._at, self._source, self._rows = at, source, 0
        self._reading = Reading(at.state.profiles, "", mission, open_now(at.state))

    def rows(self, *rows: Row) -> Coming:
        listed = [ListedRow(each, self._rows + number) for number, each in enumerate(rows, 1)]
        self._rows += len(rows)
        finished(self._reading.add_batch(batch_of(listed), ()))
        return self

    def tells(self, *, more: bool = False) -> None:
        self._reading.join(open_now(self._at.state))
        found = finished(self._reading.so_far() if more else self._reading.ended('{"products": [0]}'))
        self._at.hear(m.ListCame(self._source, "", found, more))


def open_files(at: Desk) -> dict[str, list[str]]:
    return {
        each.profile.name: sorted(row.filename for row in each.selector.catalog.products())
        for each in at.state.missions
    }


class TestListsSideBySide:
    ONE, TWO, OWN = (row(f"{A}_{name}.fits", A, 5) for name in ("one", "two", "own"))

    def test_a_list_that_is_shown_as_it_comes_leaves_one_that_came_meanwhile(self) -> None:
        at = Desk()
        slow = Coming(at, "slow").rows(self.ONE)
        slow.tells(more=True)
        assert open_files(at) == {"JWST": [self.ONE.filename]}
        Coming(at, "own").rows(self.OWN, self.ONE).tells()
        slow.tells(more=True)
        assert open_files(at) == {"JWST": sorted([self.ONE.filename, self.OWN.filename])}
        slow.rows(self.TWO).tells()
        assert open_files(at) == {"JWST": sorted(each.filename for each in (self.ONE, self.TWO, self.OWN))}
        # It repeats a row of the other list, not rows that it has been shown with.
        assert [told for _, told in at.told] == ["slow: 1 row repeats another and counts once."]
        assert at.state.partly_shown is None

    def test_of_two_on_their_way_the_first_is_shown_and_none_lost(self) -> None:
        at = Desk()
        one, two = Coming(at, "one").rows(self.ONE), Coming(at, "two").rows(self.TWO)
        one.tells(more=True)
        two.tells(more=True)
        assert open_files(at) == {"JWST": [self.ONE.filename]}
        one.tells()
        two.tells(more=True)
        both = {"JWST": sorted([self.ONE.filename, self.TWO.filename])}
        assert open_files(at) == both
        two.tells()
        assert open_files(at) == both

    def test_a_list_that_is_given_up_leaves_nothing_of_it(self) -> None:
        at = desk(read_list([self.OWN], "own"))
        at.hear(m.QuickSelected(Quick.ALL), m.ListOpening("slow", ""))
        slow = Coming(at, "slow").rows(self.ONE, *HST)
        slow.tells(more=True)
        assert list(open_files(at)) == ["JWST", "HST"]
        assert 'data-do="stop-opening" data-with="slow"' in regions(at.state)["notices"]
        assert at.hear(m.StopOpeningAsked("slow")) == [StopOpening("slow")]
        assert open_files(at) == {"JWST": [self.OWN.filename]}
        assert at.selected == {self.OWN.filename}
        assert at.told == [("warning", "slow was not opened: you have cancelled it.")]
        # It is on its way no more: a second click finds nothing to give up.
        assert at.hear(m.StopOpeningAsked("slow")) == []
        assert (at.state.opening, at.state.partly_shown) == ((), None)

    def test_rows_that_turn_out_to_be_of_another_mission_leave_nothing_behind(self) -> None:
        at = Desk()
        nameless = [replace(each, dataset=f"survey-{number}") for number, each in enumerate(JWST[:3])]
        slow = Coming(at, "slow").rows(*nameless)
        slow.tells(more=True)
        assert list(open_files(at)) == ["OTHER"]
        at.hear(m.QuickSelected(Quick.ALL))
        slow.rows(*JWST).tells()
        assert list(open_files(at)) == ["JWST"]
        assert at.state.current == "JWST"
