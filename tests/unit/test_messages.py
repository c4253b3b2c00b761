"""What the page's controls report, as messages."""

from __future__ import annotations

import json

import pytest

from pycore import messages as m
from pycore.layout import Structure
from pycore.selection import Quick
from tests.unit.builders import CLICK


@pytest.mark.parametrize(
    ("do", "with_", "value", "checked", "message"),
    [
        ("quick", "NONE", "", False, m.QuickSelected(Quick.NONE)),
        ("level", json.dumps(["2b"]), "", True, m.LevelTicked("2b")),
        ("suffix", json.dumps(["2b", "_cal\r\n"]), "", True, m.SuffixTicked("2b", "_cal\r\n")),
        ("guide-stars", "", "HIGHEST CALIBRATED", True, m.GuideStarsChosen(True)),
        ("guide-stars", "", "NONE", True, m.GuideStarsChosen(False)),
        ("references", "", "on", True, m.ReferencesTicked(True)),
        ("references", "", "on", False, m.ReferencesTicked(False)),
        ("pattern", "", "_cal", False, m.PatternTyped("_cal")),
        ("take-glob", r"\.fits$", "", False, m.PatternTyped(r"\.fits$")),
        ("structure", "", "FLAT", True, m.StructureChosen(Structure.FLAT)),
        ("mission", "", "HST", False, m.MissionChosen("HST")),
        ("menu", "levels", "", False, m.MenuToggled("levels")),
        ("menu", "", "", False, m.MenuToggled("")),
        ("leave-menu", "", "", False, m.MenuLeft()),
        ("preview", "", "", False, m.PreviewToggled()),
        ("page", "last", "", False, m.PageTurned("last")),
        ("rows", "", "1000", False, m.RowsPerPageChosen(1000)),
        ("export", "", "", False, m.ExportAsked(CLICK)),
        ("script", "", "", False, m.ScriptAsked(CLICK)),
        ("download", "", "", False, m.DownloadAsked(CLICK)),
        ("place", "", "blob", True, m.PlaceChosen("blob")),
        ("start", "", "", False, m.DownloadConfirmed()),
        ("stop-planning", "", "", False, m.PlanningStopped()),
        ("dismiss-download", "", "", False, m.DownloadDismissed()),
        ("cancel", "", "", False, m.CancelAsked(True)),
        ("keep-going", "", "", False, m.CancelAsked(False)),
        ("stop", "keep", "", False, m.StopAsked(True)),
        ("stop", "nothing", "", False, m.StopAsked(False)),
        ("sign-in", "", "secret", False, m.SignInAsked("secret")),
        ("sign-out", "", "", False, m.SignOutAsked()),
        ("go-on", "", "", False, m.GoOnAsked()),
        ("forget", "", "", False, m.ForgetAsked()),
        ("new-version", "", "", False, m.NewVersionAsked()),
        ("put-off", "", "", False, m.NewVersionPutOff()),
        ("datasets", "", "a,b", False, m.DatasetsTyped("a,b")),
        ("dismiss", "7", "", False, m.NoticeDismissed(7)),
    ],
)
def test_each_report_stands_for_one_message(
    do: str, with_: str, value: str, checked: bool, message: m.Message
) -> None:
    assert m.from_page(m.Deed(do, with_, value, checked, CLICK)) == message


def test_a_control_that_nobody_knows_is_a_bug() -> None:
    with pytest.raises(KeyError):
        m.from_page(m.Deed("dance", "", "", False, CLICK))


def test_a_token_is_in_no_words_about_its_message() -> None:
    assert "secret" not in repr(m.SignInAsked("secret"))


@pytest.mark.parametrize(
    ("kind", "detail", "message"),
    [
        ("kept", "", m.OfflineKept()),
        ("refused", "no room", m.OfflineRefused("no room")),
        ("new", "0", m.NewVersionReady(0)),
        ("new", "3", m.NewVersionReady(3)),
        ("gone", "", m.NewVersionTaken()),
    ],
)
def test_each_news_of_the_copy_without_a_network_stands_for_one_message(
    kind: str, detail: str, message: m.Message
) -> None:
    assert m.from_offline(kind, detail) == message


def test_news_that_nobody_knows_is_a_bug() -> None:
    with pytest.raises(KeyError):
        m.from_offline("dance", "")
