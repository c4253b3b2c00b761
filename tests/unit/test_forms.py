"""The menus of other forms, from the button to the file and to what is told of it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from pycore import messages as m
from pycore.effects import Focus, StopSaving
from pycore.errors import OverlayError
from pycore.scripts.menu import EXPORTS, TOOLS, Export, Tool
from pycore.selection import Quick
from tests.unit.builders import CLICK, row
from tests.unit.desk import CAL, HST, JWST, MOSAIC, ORIGIN, POOL, SECRET_CAL, Desk, desk, read_list
from tests.unit.reading import Node

STAMP = "MAST_2026-11-22T07_17_20.000Z"
SUM = "d" * 64
#: A bag can be had of these and a bucket of none.
LAB = [
    row("a.fits", "night", 5, url="https://lab.example/a.fits", sha256=SUM),
    row("b.fits", "night", 7, url="https://lab.example/b.fits"),
    row("nowhere.fits", "night", 9),
]


def items(at: Desk) -> dict[str, Node]:
    return {at.page.name_of(item): item for item in at.page.all(role="menuitem")}


def refused(at: Desk) -> set[str]:
    return {name for name, item in items(at).items() if item.says("aria-disabled")}


def told(at: Desk) -> str:
    return at.state.notices[-1].sentence


class TestMenu:
    def test_each_button_opens_its_forms_and_nothing_else(self) -> None:
        at = desk()
        assert not at.page.all(role="menu")
        for of, forms in (("tools", TOOLS), ("exports", EXPORTS)):
            assert at.hear(m.FormsToggled(of)) == [Focus(f"form-{forms[0].name}")]
            assert list(items(at)) == [form.label for form in forms]
            button = at.page.one("button", id=f"{of}-button")
            assert button.says("aria-expanded") == "true"
            assert button.says("aria-controls") == at.page.one(role="menu").says("id")
            for form in forms:
                described = at.page.one(id=f"form-{form.name}-about").text
                assert form.sentence in described and form.lacks in described

    def test_it_closes_by_its_button_by_escape_and_when_one_turns_to_something_else(self) -> None:
        at = desk()
        for closing, orders in (
            (m.FormsToggled("tools"), [Focus("tools-button")]),
            (m.FormsToggled(""), [Focus("tools-button")]),
            (m.MenuLeft(), []),
            (m.MenuToggled("account"), []),
        ):
            at.hear(m.FormsToggled("tools"))
            assert at.hear(closing) == orders
            assert not at.page.all(role="menu")
        assert at.state.menu == "account"
        at.hear(m.FormsToggled("exports"))
        assert at.state.menu == ""

    def test_the_levels_stay_as_they_are_beside_it(self) -> None:
        at = desk()
        at.hear(m.MenuToggled("levels"), m.FormsToggled("tools"), m.MenuLeft())
        assert at.state.menu == "levels"

    def test_a_form_that_cannot_be_had_says_why_and_only_while_that_is_so(self) -> None:
        at = desk(read_list(LAB, mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL), m.FormsToggled("tools"))
        assert refused(at) == {
            "s5cmd commands",
            "AWS command line script",
            "rclone list",
            "Globus batch",
            "astroquery snippet",
        }
        assert (
            "Not for these files: no public bucket is known for LAB."
            in at.page.one(id="form-s5cmd-about").text
        )
        at.hear(m.QuickSelected(Quick.NONE))
        assert refused(at) == set(items(at))
        assert "Nothing is selected." in at.page.one(id="form-urls-about").text
        at.hear(m.QuickSelected(Quick.ALL))
        assert "URL list" not in refused(at)

    def test_files_that_need_a_token_are_for_forms_that_ask_for_one(self) -> None:
        at = desk(read_list([JWST[5]]))
        at.hear(m.QuickSelected(Quick.ALL), m.FormsToggled("tools"))
        assert refused(at) == set(items(at))
        at.hear(m.SignedIn("Ada", ORIGIN))
        assert set(items(at)) - refused(at) == {tool.label for tool in TOOLS if tool.tokens}

    def test_of_very_many_files_no_more_is_said_than_was_looked_at(self) -> None:
        many = [row(f"{n}.fits", "d", 1, url=f"https://lab.example/{n}") for n in range(501)]
        at = desk(read_list(many, mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL), m.FormsToggled("tools"))
        assert refused(at) == set()
        with pytest.raises(OverlayError) as error:
            at.saved(m.FormAsked("s5cmd", CLICK))
        assert error.value.code == "script.nothing"


class TestForms:
    @pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
    def test_each_tool_gets_the_selection(self, tool: Tool) -> None:
        at = desk(read_list([replace(JWST[0], sha256=SUM), JWST[5]]))
        at.hear(m.QuickSelected(Quick.ALL), m.FormsToggled("tools"))
        assert refused(at) == set()
        order, file = at.saved(m.FormAsked(tool.name, CLICK))
        assert Focus("tools-button") in at.orders
        assert at.state.forms.of == ""
        assert (order.filename, order.mime) == (f"{STAMP}{tool.ending}", tool.mime)
        assert CAL.encode() in file
        assert SECRET_CAL.encode() not in file
        assert at.told == [("good", f"Saved {order.filename}: 1 file.")]

    def test_what_a_form_leaves_out_is_told_with_the_reasons(self) -> None:
        at = desk(read_list(LAB, mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL))
        at.saved(m.FormAsked("aria2", CLICK))
        notice = at.state.notices[-1]
        assert notice.tone == "warning"
        assert notice.sentence.startswith(f"Saved {STAMP}_aria2.txt: 2 of 3 files. Left out are 1 since ")
        assert notice.hint == f"Run it with: aria2c --input-file={STAMP}_aria2.txt"

    def test_where_more_is_to_be_known_than_a_name_the_file_tells_how_it_is_used(self) -> None:
        at = desk()
        at.hear(m.QuickSelected(Quick.ALL))
        for name in ("rclone", "globus"):
            _, file = at.saved(m.FormAsked(name, CLICK))
            assert at.state.notices[-1].hint == "Its first lines tell how to run it."
            told = file.decode().partition("\n\n")[0].splitlines()[:6]
            assert any(line.startswith("# Run it with: ") for line in told)

    def test_a_bag_is_a_folder_in_a_zip(self) -> None:
        at = desk(read_list(LAB, mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL))
        order, file = at.saved(m.FormAsked("bagit", CLICK))
        assert (order.filename, order.mime) == (f"{STAMP}_bag.zip", "application/zip")
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            assert archive.testzip() is None
            names = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "fetch.txt")
            assert archive.namelist() == [f"{STAMP}_bag/{name}" for name in names]
            assert archive.read(f"{STAMP}_bag/fetch.txt").startswith(b"https://lab.example/a.fits 5 data/")

    @pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
    def test_each_export_has_the_rows(self, export: Export) -> None:
        at = desk()
        order, file = at.saved(m.FormAsked(export.name, CLICK))
        assert order.filename == f"{STAMP}{export.ending}"
        assert all(name.encode() in file for name in (CAL, POOL, MOSAIC))
        assert at.told == [("good", f"Saved {order.filename}: 4 rows.")]

    def test_lists_of_several_missions_come_in_a_zip_each_for_itself(self) -> None:
        twins = [row("x.fits", "d", 1, url="https://lab.example/x")]
        at = desk(
            read_list(),
            read_list(HST, "hst.json"),
            read_list(twins, "one", mission="hst"),
            read_list(twins, "two", mission="../hst"),
        )
        for mission in at.state.missions:
            at.hear(m.MissionChosen(mission.profile.name), m.QuickSelected(Quick.ALL))
        order, file = at.saved(m.FormAsked("json", CLICK))
        assert order.filename == f"{STAMP}_files.zip"
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        assert len({name.casefold() for name in found}) == len(at.state.missions)
        assert all(name.count("/") == 1 and name.startswith(f"{STAMP}_files/") for name in found)
        assert [each["mission"] for each in found.values()] == [
            mission.profile.name for mission in at.state.missions
        ]


class TestSaving:
    def test_what_takes_its_time_is_told_until_it_is_there(self) -> None:
        at = desk()
        (order,) = at.hear(m.ExportAsked(CLICK))
        at.hear(m.SavingMoved(1, "a.csv", 1000), m.SavingMoved(1, "a.csv", 2000))
        assert "Making a.csv … 2.0 kB" in at.page.one(id="notices").text
        at.made(order)
        assert "Making" not in at.page.one(id="notices").text

    def test_it_can_be_cancelled_and_only_while_it_is_made(self) -> None:
        at = desk()
        at.hear(m.ExportAsked(CLICK), m.SavingMoved(1, "a.csv", 1000))
        assert at.hear(m.StopSavingAsked(1)) == [StopSaving(1)]
        assert told(at) == "a.csv was not saved: you have cancelled it."
        assert at.hear(m.StopSavingAsked(1)) == []

    def test_each_file_has_a_number_of_its_own(self) -> None:
        at = desk()
        at.hear(m.ExportAsked(CLICK), m.ScriptAsked(CLICK), m.FormAsked("json", CLICK))
        assert [order.number for order in at.saves] == [1, 2, 3]
