"""Two archives in one session: a sign-in is for one of them, and the words say for which."""

from __future__ import annotations

from pycore import messages as m
from pycore.product import EXCLUSIVE
from pycore.selection import Quick
from tests.unit.builders import CLICK, row
from tests.unit.desk import JWST, Desk, read_list

PROXY = "https://proxy.example.org"
HST_SECRET = row("jbev01010_drz.fits", "jbev01010", 300, level="CALIBRATED", suffix="DRZ", access=EXCLUSIVE)


def both(*more: m.Message) -> Desk:
    """JWST by a proxy with a sign-in of its own, HST at MAST; everything is wanted of both."""
    at = Desk()
    at.hear(
        m.SiteRead({"missions": {"JWST": {"archive": {"origin": PROXY}}}}),
        read_list([HST_SECRET], mission="HST"),
        m.QuickSelected(Quick.ALL),
        read_list(JWST, mission="JWST"),
        m.MissionChosen("JWST"),
        m.QuickSelected(Quick.ALL),
        *more,
    )
    return at


def summary(at: Desk) -> str:
    return at.page.one("div", id="summary").heard


class TestSignIn:
    def test_what_belongs_to_the_other_archive_stays_out_and_is_told(self) -> None:
        at = both(m.SignedIn("Ada", (PROXY,)))
        assert {file.mission for file in at.ask_download().plan.files if file.exclusive} == {"JWST"}
        assert "Your sign-in is for another archive" in summary(at)

    def test_the_account_says_for_which_mission_it_counts(self) -> None:
        at = both(m.SignedIn("Ada", (PROXY,)), m.MenuToggled("account"))
        assert "Exclusive access files of JWST now count" in at.page.one("div", id="account").heard

    def test_while_nobody_is_signed_in_the_way_to_the_sign_in_is_told(self) -> None:
        assert "Sign in, at the upper right" in summary(both())

    def test_an_archive_without_sign_in_is_to_be_asked(self) -> None:
        at = Desk()
        at.hear(read_list([row("a", "d", access=EXCLUSIVE)], mission="LAB"), m.QuickSelected(Quick.ALL))
        assert "Ask the archive for it" in summary(at)

    def test_the_token_goes_along_only_where_the_sign_in_is(self) -> None:
        at = both(m.SignedIn("Ada", (PROXY,)))
        at.hear(m.DownloadAsked(CLICK))
        assert at.state.download is not None
        files = at.state.download.plan.files
        assert {file.url.split("/search")[0] for file in files if file.with_token and file.url} == {PROXY}


class TestSummaryForPrograms:
    def test_counts_are_digits_and_the_word_files(self) -> None:
        at = Desk()
        at.hear(read_list([row(f"f{n}", "d", 1) for n in range(12_345)], mission="LAB"))
        assert "All: 12.3 kB - 12345 files" in summary(at)
        at = Desk()
        at.hear(read_list([row("f", "d", 1)], mission="LAB"))
        assert "All: 1 B - 1 files" in summary(at)
