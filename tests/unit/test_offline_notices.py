"""What is told of the copy that works without a network, and how a new version is taken."""

from __future__ import annotations

import pytest

from pycore import messages as m
from pycore.effects import Focus, LeaveNote, TakeNewVersion
from pycore.remembered import KeptList
from pycore.selection import Quick
from tests.unit.builders import CLICK
from tests.unit.desk import PLACES, Desk, desk, moved, read_list
from tests.unit.reading import Node

BUTTON = "Use the new version"


def button(at: Desk) -> Node:
    return at.page.one("div", id="notices").named("button", BUTTON)


def hint(at: Desk) -> str:
    return at.page.one("p", id="new-version-hint").text


def held(at: Desk) -> bool:
    """Whether the button says that it cannot be used, and truly does nothing."""
    disabled = button(at).says("aria-disabled") == "true"
    assert disabled == (TakeNewVersion() not in Desk(at.state).hear(m.NewVersionAsked()))
    return disabled


def waiting(others: int = 0) -> Desk:
    at = desk()
    at.hear(m.NewVersionReady(others))
    return at


def test_that_it_works_without_a_network_is_a_quiet_line() -> None:
    at = desk()
    before = at.page.one("div", id="notices").text
    at.hear(m.OfflineKept())
    assert "works without a network from now on" in at.page.one("div", id="sources").text
    assert at.page.one("div", id="notices").text == before


def test_why_it_does_not_is_a_quiet_line_until_it_does() -> None:
    at = desk()
    at.hear(m.OfflineRefused("the storage is full."))
    assert "needs its server each time: the storage is full." in at.page.one("div", id="sources").text
    at.hear(m.OfflineKept())
    assert "server" not in at.page.one("div", id="sources").text


def test_a_new_version_is_offered_and_taken_at_the_click() -> None:
    at = waiting()
    assert not held(at)
    assert button(at).says("aria-describedby") == "new-version-hint"
    assert at.hear(m.NewVersionAsked()) == [TakeNewVersion()]
    assert held(at)
    assert hint(at) == "Changing over …"


def test_no_download_begins_while_the_page_changes_over() -> None:
    at = waiting()
    at.hear(m.QuickSelected(Quick.ALL), m.PlacesKnown(PLACES), m.NewVersionAsked())
    assert at.hear(m.DownloadAsked(CLICK)) == []
    assert at.state.download is None
    assert at.told[-1][0] == "warning"
    assert "changing over" in at.told[-1][1]
    at.hear(m.NewVersionRefused("the page was not left"))
    assert at.ask_download().plan.files


def test_a_download_that_was_asked_for_before_the_page_changes_over_does_not_begin() -> None:
    at = waiting()
    at.hear(m.QuickSelected(Quick.ALL), m.PlacesKnown(PLACES))
    at.ask_download()
    at.hear(m.NewVersionAsked())
    assert at.hear(m.DownloadConfirmed()) == [Focus("download-button")]
    assert at.state.download is None
    assert "changing over" in at.told[-1][1]


def test_without_one_there_is_nothing_to_take() -> None:
    at = desk()
    assert not at.page.all("button", id="new-version-button")
    assert at.hear(m.NewVersionAsked()) == []


@pytest.mark.parametrize(("others", "told"), [(1, "in another tab"), (3, "in 3 other tabs")])
def test_it_waits_for_other_tabs_to_be_closed(others: int, told: str) -> None:
    at = waiting(others)
    assert held(at)
    assert told in hint(at)
    at.hear(m.NewVersionReady(0))
    assert not held(at)


def test_it_waits_for_a_download_to_end() -> None:
    at = waiting()
    at.hear(m.QuickSelected(Quick.ALL), m.PlacesKnown(PLACES))
    at.ask_download()
    assert not held(at)
    at.hear(m.DownloadConfirmed())
    assert held(at)
    assert "A download is under way" in hint(at)
    at.hear(moved((0, 0, 0), "a", 1.0))
    assert held(at)
    at.hear(m.TransferDiscarded(""))
    assert not held(at)


def test_it_waits_for_a_list_on_its_way() -> None:
    at = waiting()
    at.hear(m.ListOpening("mine.json", ""))
    assert held(at)


def test_a_refusal_is_told_and_it_can_be_tried_again() -> None:
    at = waiting()
    at.hear(m.NewVersionAsked(), m.NewVersionRefused("another tab shows this page"))
    (alert,) = at.page.one("div", id="new-version").all(role="alert")
    assert alert.text == "The new version could not be put to use: another tab shows this page."
    assert not held(at)
    at.hear(m.NewVersionAsked())
    assert not at.page.one("div", id="new-version").all(role="alert")


def test_put_off_it_stays_away() -> None:
    at = waiting(2)
    assert at.hear(m.NewVersionPutOff()) == [Focus("open-button")]
    at.hear(m.NewVersionReady(1))
    assert not at.page.all("button", id="new-version-button")
    assert at.hear(m.NewVersionAsked()) == []


def test_a_change_made_elsewhere_leaves_word_before_the_page_goes() -> None:
    assert desk().hear(m.NewVersionTaken()) == [LeaveNote()]


def test_what_the_change_takes_along_is_told() -> None:
    at = Desk()
    at.hear(read_list(demo=True), m.NewVersionReady(0))
    assert hint(at) == "The page starts anew, and what you have chosen stays."
    at = waiting()
    assert hint(at) == "The page starts anew: its lists have to be opened again."
    at.hear(m.ListKept(KeptList("k", "list.json", "")), m.SignedIn("Ada", ("https://mast.stsci.edu",)))
    assert hint(at).endswith("what you have chosen stays. You will have to sign in again.")
