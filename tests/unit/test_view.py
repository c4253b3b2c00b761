"""The panel as it is drawn: names and roles, states, words; whatever the list's own words are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import messages as m
from pycore import sorting
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.preview import Shown
from pycore.product import EXCLUSIVE
from pycore.selection import Quick, Tick
from pycore.view import ahead, listing, redrawn, regions
from tests.unit.builders import CLICK, row
from tests.unit.desk import (
    CAL,
    HST,
    JWST,
    PLACES,
    POOL,
    SECRET_CAL,
    A,
    Desk,
    desk,
    last_visit,
    moved,
    product_list,
    read_list,
    reports,
)
from tests.unit.panel_states import STATES
from tests.unit.reading import Node, read_html

ROLES_WITH_NAMES = (
    "button",
    "checkbox",
    "radio",
    "textbox",
    "combobox",
    "link",
    "dialog",
    "group",
    "radiogroup",
    "region",
)


def words(node: Node) -> str:
    """The text with blanks put together."""
    return " ".join(node.text.split())


@pytest.fixture(params=list(STATES))
def any_state(request: pytest.FixtureRequest) -> Desk:
    name: str = request.param
    return STATES[name]()


class TestInEveryState:
    def test_it_is_well_formed_and_no_id_is_there_twice(self, any_state: Desk) -> None:
        ids = [node.says("id") for node in any_state.page.walk() if node.has("id")]
        assert all(ids)
        assert len(ids) == len(set(ids))

    def test_references_between_elements_lead_somewhere(self, any_state: Desk) -> None:
        page = any_state.page
        ids = {node.says("id") for node in page.walk()}
        for node in page.walk():
            for attribute in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
                assert set(node.says(attribute).split()) <= ids, f"{node.tag} {attribute}"

    def test_whatever_can_be_used_has_a_name(self, any_state: Desk) -> None:
        page = any_state.page
        for node in page.walk():
            if node.role in ROLES_WITH_NAMES or (node.role == "textbox" and node.tag == "input"):
                if node.tag == "input" and node.says("type") == "hidden":
                    continue
                assert page.name_of(node), f"{node.tag} {node.attributes}"

    def test_every_control_reports_what_the_panel_understands(self, any_state: Desk) -> None:
        for message in reports(any_state.page):
            other = Desk(any_state.state)
            other.hear(message)
            assert other.page.all("h1")

    def test_nothing_in_it_runs_or_is_styled_by_itself(self, any_state: Desk) -> None:
        for node in any_state.page.walk():
            assert node.tag not in ("script", "style", "iframe", "object", "embed", "img")
            assert not [
                name for name in node.attributes if name.startswith("on") or name in ("style", "srcdoc")
            ]
            if node.tag == "a":
                assert node.says("href").split(":")[0] in ("https", "mailto")
                assert node.says("target") != "_blank" or "noopener" in node.says("rel")

    def test_buttons_send_no_form_but_those_for_a_token_and_the_next_match(self, any_state: Desk) -> None:
        for button in any_state.page.all("button"):
            sends = button.text in ("Sign in", "Checking …") or button.says("id") == "find-on"
            assert button.says("type") == ("submit" if sends else "button")

    def test_a_token_is_nowhere(self, any_state: Desk) -> None:
        assert "secret" not in "".join(regions(any_state.state).values())


class TestNamesThatOthersRelyOn:
    @pytest.mark.parametrize(
        "name",
        [
            "ALL",
            "RECOMMENDED",
            "NONE",
            "VIEW ALL SELECTED FILES",
            "EXPORT SELECTED FILE LIST",
            "API QUERY",
            "START DOWNLOAD",
            "Open product list",
            "File level",
        ],
    )
    def test_buttons(self, name: str) -> None:
        desk().page.named("button", name)

    def test_guide_stars_and_structure_are_groups_of_radios(self) -> None:
        page = desk().page
        for group, names in (
            ("Guidestar Files", ["NONE", "HIGHEST CALIBRATED"]),
            ("File Structure", ["FLAT", "NESTED"]),
        ):
            radios = page.named("radiogroup", group)
            assert [page.name_of(radio) for radio in radios.all(role="radio")] == names

    def test_references_and_pattern(self) -> None:
        page = desk().page
        page.named("checkbox", "INCLUDE CALIBRATION REFERENCE FILES")
        page.named("textbox", "Regex filter")

    def test_levels_are_groups_of_boxes_that_begin_with_their_names(self) -> None:
        page = STATES["levels open"]().page
        groups = [node for node in page.all(role="group") if node.says("class") == "box-group"]
        assert [page.name_of(group) for group in groups] == ["3", "2b", "1b", "ASSOCIATION"]
        level, suffix = groups[1].all(role="checkbox")
        assert page.name_of(level).startswith("2b 2 files, 3.0 kB")
        assert page.name_of(suffix) == "_cal 2 files, 3.0 kB"

    def test_a_download_is_confirmed_in_a_dialog_with_a_button_start(self) -> None:
        page = STATES["a download to confirm"]().page
        dialog = page.one(role="dialog")
        assert page.name_of(dialog) == "Start this download?"
        assert dialog.has("data-modal")
        assert [button.text for button in dialog.all(role="button")] == ["Back", "Start"]


class TestSummary:
    def lines(self, at: Desk) -> list[str]:
        return [node.heard for node in at.page.one("div", id="summary").all("p") if node.heard]

    def test_it_counts_selected_and_all(self) -> None:
        at = desk()
        selected, everything, warning = self.lines(at)
        assert selected == "Selected: 10.0 kB - 3 files"
        assert everything == "All: 16.1 kB - 7 files ( 1 exclusive access file not selected)"
        assert warning.startswith("1 of the files chosen below is under exclusive access")

    def test_the_warning_is_of_what_the_controls_take(self) -> None:
        at = desk()
        at.hear(m.QuickSelected(Quick.NONE))
        assert self.lines(at) == [
            "Selected: 0 B - 0 files",
            "All: 16.1 kB - 7 files ( 1 exclusive access file not selected)",
        ]

    def test_after_sign_in_nothing_is_locked_that_is_selected(self) -> None:
        at = desk()
        at.sign_in()
        assert self.lines(at) == ["Selected: 12.0 kB - 4 files", "All: 16.1 kB - 7 files"]

    def test_several_exclusive_files_are_told_in_the_plural(self) -> None:
        rows = [row(f"{n}.fits", "jw01001-o001", level="3", access=EXCLUSIVE) for n in range(2)]
        _, everything, warning = self.lines(desk(read_list(rows)))
        assert everything.endswith("( 2 exclusive access files not selected)")
        assert warning.startswith("2 of the files chosen below are under exclusive access and were left out.")

    def test_public_lists_have_no_place_for_a_warning(self) -> None:
        page = desk(read_list(HST, "hst")).page
        assert len(page.one("div", id="summary").all("p")) == 2
        assert not page.all("span", class_="lock")

    def test_several_missions_have_a_line_each(self) -> None:
        at = desk(read_list(), read_list(HST, "hst"))
        items = at.page.one("div", id="summary").all("li")
        assert [words(item) for item in items] == ["JWST 10.0 kB, 3 of 7 files", "HST 300 B, 1 of 2 files"]
        assert self.lines(at)[0] == "Selected: 10.3 kB - 4 files"
        assert not desk().page.one("div", id="summary").all("li")

    def test_it_is_true_after_each_click(self) -> None:
        at = desk()
        for message, selected in (
            (m.QuickSelected(Quick.ALL), "14.0 kB - 4 files"),
            (m.ReferencesTicked(True), "14.1 kB - 5 files"),
            (m.GuideStarsChosen(True), "14.1 kB - 6 files"),
            (m.QuickSelected(Quick.NONE), "0 B - 0 files"),
        ):
            at.hear(message)
            assert self.lines(at)[0] == f"Selected: {selected}"


class TestQuickSelects:
    def pressed(self, at: Desk) -> list[str]:
        return [button.text for button in at.page.all("button", aria_pressed="true")]

    @pytest.mark.parametrize("quick", Quick)
    def test_the_one_in_force_is_pressed(self, quick: Quick) -> None:
        at = desk()
        at.hear(m.QuickSelected(quick))
        assert self.pressed(at) == [quick.value]
        at.hear(m.LevelTicked("1b"))
        assert quick.value not in self.pressed(at) or quick is Quick.NONE

    def test_a_manual_tick_that_comes_to_the_same_presses_it_too(self) -> None:
        at = desk()
        at.hear(*(m.LevelTicked(level) for level in ("1b",)))
        assert self.pressed(at) == ["ALL"]


class TestLevels:
    def box(self, at: Desk, name: str) -> Node:
        boxes = at.page.one("div", id="levels-fold").all(role="checkbox")
        (found,) = [box for box in boxes if at.page.name_of(box).split()[0] == name]
        return found

    def test_the_button_counts_categories_and_says_whether_it_is_open(self) -> None:
        at = desk()
        button = at.page.named("button", "File level")
        assert at.page.one(id=button.says("aria-describedby")).text == "Selecting 3 file categories"
        assert button.says("aria-expanded") == "false"
        at.hear(m.MenuToggled("levels"), m.QuickSelected(Quick.NONE), m.LevelTicked("3"))
        button = at.page.named("button", "File level")
        assert at.page.one(id=button.says("aria-describedby")).text == "Selecting 1 file category"
        assert button.says("aria-expanded") == "true"

    def test_boxes_have_three_states(self) -> None:
        at = desk(
            read_list([*JWST, row("x_crf.fits", "jw01001001001_02101_00003", 1, level="2b", suffix="_crf")])
        )
        at.hear(m.MenuToggled("levels"), m.QuickSelected(Quick.NONE), m.SuffixTicked("2b", "_cal"))
        states = {
            name: (self.box(at, name).has("checked"), self.box(at, name).says("data-mixed"))
            for name in ("2b", "_cal", "_crf")
        }
        assert states == {"2b": (False, "true"), "_cal": (True, ""), "_crf": (False, "")}

    def test_levels_without_a_name_and_suffixes_without_one_are_called_so(self) -> None:
        at = desk(read_list([row("a.fits", "d", type="science")], mission="LAB"))
        at.hear(m.MenuToggled("levels"))
        names = at.page.one("div", id="levels-fold").all(role="checkbox")
        assert [at.page.name_of(box).split(" 1 ")[0] for box in names] == ["no level", "no suffix"]

    def test_help_comes_from_the_profile(self) -> None:
        at = STATES["levels open"]()
        links = [link.says("href") for link in at.page.one("div", id="levels-fold").all("a")]
        assert links == [at.mission.profile.help["products"], at.mission.profile.help["suffixes"]]
        assert not STATES["levels open of an unknown mission"]().page.one("div", id="levels-fold").all("a")

    def test_controls_that_a_mission_lacks_are_not_there(self) -> None:
        page = desk(read_list(HST, "hst")).page
        assert "INCLUDE CALIBRATION REFERENCE FILES" not in page.names("checkbox")
        assert "Guidestar Files" not in page.names("radiogroup")


class TestFilter:
    def told(self, state: str) -> tuple[str, str]:
        page = STATES[state]().page
        return page.one(id="regex-state").text, page.one(id="regex-error").text

    def test_without_a_pattern_it_says_so(self) -> None:
        assert self.told("one mission") == ("No filter is in force.", "")

    def test_it_counts_what_matches(self) -> None:
        at = desk()
        at.filter("cal")
        assert at.page.one(id="regex-state").text == "2 files, 3.0 kB match"
        assert at.page.named("textbox", "Regex filter").says("value") == "cal"

    def test_it_says_when_it_is_busy(self) -> None:
        assert self.told("a pattern running") == ("filtering …", "")

    def test_a_wrong_pattern_is_told_with_the_engines_words_and_what_is_in_force(self) -> None:
        state, error = self.told("a wrong pattern")
        assert state.startswith("“fits$” is in force: ")
        assert error == "Unterminated group."
        field = STATES["a wrong pattern"]().page.named("textbox", "Regex filter")
        assert (field.says("aria-invalid"), field.says("value")) == ("true", "(")

    def test_a_wrong_pattern_without_one_in_force(self) -> None:
        state, error = self.told("a wrong pattern and none in force")
        assert (state, error) == ("No filter is in force.", "wrong.")

    def test_a_glob_gets_its_translation_to_take(self) -> None:
        at = STATES["a glob"]()
        button = at.page.one(id="take-glob")
        assert button.text == button.says("data-with") == r"\.fits$"
        at.hear(m.PatternTyped(button.says("data-with")))
        assert not at.page.all(id="take-glob")

    def test_the_engines_words_and_the_hint_share_one_place_that_is_always_there(self) -> None:
        place = STATES["a glob"]().page.one("div", class_="remarks")
        assert place.one(id="regex-error").text == "Nothing to repeat."
        assert place.one("p", class_="hint glob").text == r"Wildcard? Take \.fits$"
        assert STATES["one mission"]().page.one("div", class_="remarks").text.strip() == ""


class TestPreview:
    def test_columns_and_groups(self) -> None:
        page = STATES["preview"]().page
        heads = [head.text for head in page.all("th", scope="col")]
        assert heads == [
            "Filename",
            "Product Level",
            "Suffix",
            "Instrument",
            "Filter / Grating",
            "Size",
            "Access",
        ]
        assert [node.text for node in page.all("span", class_="group-name")][2].endswith(" (1)")
        first = page.all("tr")[2]
        assert [words(cell) for cell in first.children if isinstance(cell, Node)] == [
            CAL,
            "2b",
            "_cal",
            "NIRCAM",
            "F200W",
            "1.0 kB",
            "PUBLIC",
        ]

    def test_shared_and_exclusive_rows_are_marked(self) -> None:
        page = STATES["preview of exclusive files"]().page
        cells = {cell.text.split()[0]: row for row in page.all("tr") for cell in row.all("th", scope="row")}
        assert cells[POOL].one("span", class_="badge").text == "shared"
        assert not cells[CAL].all("span", class_="badge")
        assert words(cells[SECRET_CAL]).endswith(EXCLUSIVE)
        assert cells[SECRET_CAL].all("span", class_="lock")

    def test_several_missions_are_named_in_the_groups(self) -> None:
        names = [
            node.text for node in STATES["preview of two missions"]().page.all("span", class_="group-name")
        ]
        assert [name.split(" · ")[0] for name in names] == ["JWST", "JWST", "JWST", "HST"]

    def test_range_and_buttons(self) -> None:
        rows = [row(f"{n:03}.fits", f"jw01001-o{n // 60}", 1, level="3") for n in range(120)]
        at = desk(
            read_list(
                [
                    *rows,
                    row("pool.csv", "jw01001-o0", 1, level="3"),
                    row("pool.csv", "jw01001-o1", 1, level="3"),
                ]
            )
        )
        at.hear(m.RowsPerPageChosen(50), m.PreviewToggled())
        assert at.page.one("p", class_="range").text == "1-50 of 122 rows (121 files)"
        off = [at.page.name_of(button) for button in at.page.all("button", aria_disabled="true")]
        assert off == ["First page", "Previous page"]
        at.hear(m.PageTurned("last"))
        assert at.page.one("p", class_="range").text == "101-122 of 122 rows (121 files)"
        off = [at.page.name_of(button) for button in at.page.all("button", aria_disabled="true")]
        assert off == ["Next page", "Last page"]
        chosen = [option.text for option in at.page.all("option") if option.has("selected")]
        assert chosen == ["File name", "50"]
        assert "Rows per page: 501002501000" in at.page.names("combobox")
        assert at.page.one("input", id="page-number").says("value") == "3"

    def test_the_button_says_whether_it_is_open(self) -> None:
        for name, expanded in (("one mission", "false"), ("preview", "true")):
            button = STATES[name]().page.named("button", "VIEW ALL SELECTED FILES")
            assert button.says("aria-expanded") == expanded

    def test_nothing_selected_is_said(self) -> None:
        assert (
            STATES["preview of nothing"]().page.one("p", class_="empty-preview").text
            == "Nothing is selected."
        )


@given(
    dataset=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    tick=st.sampled_from(Tick),
    folded=st.booleans(),
    several=st.booleans(),
)
def test_the_head_of_a_group_is_written_as_if_it_were_alone(
    dataset: str, tick: Tick, folded: bool, several: bool
) -> None:
    at = desk()
    shown = Shown(at.state)
    rows = listing.Rows(at.state, shown, 7)
    group = replace(shown.group(0, A), tick=tick, folded=folded)
    for each in (group, replace(group, dataset=dataset), replace(group, held=1)):
        head = read_html(rows.head(each, several)).one("th")
        assert head.one("bdi").text == each.dataset
        for control in (head.one("button"), head.one("input")):
            assert json.loads(control.says("data-with")) == ["JWST", each.dataset]
        assert head.one("button").says("aria-label") == f"Files of {each.dataset}"
        assert head.one("button").says("id") == "fold:" + head.says("id").removeprefix("group:")
        assert ("stays" in head.text) is (each.held > 0 and tick is Tick.NONE)
        assert head.text.startswith("JWST · ") is several


@pytest.mark.parametrize(
    "message",
    [
        m.PageTurned("next"),
        m.PageTurned("last"),
        m.PageAsked("2"),
        m.RowsPerPageChosen(100),
        m.PreviewToggled(),
        m.ShowAllTicked(True),
        m.AllFolded(True),
        m.SortAsked(sorting.SIZE),
        m.FindTyped("007"),
        m.FileTicked("JWST", 3),
        m.QuickSelected(Quick.NONE),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_is_drawn_after_another_state_is_what_would_be_drawn_alone(message: m.Message) -> None:
    at = desk(read_list([row(f"{n:03}.fits", f"jw01001-o{n // 60}", 1, level="3") for n in range(120)]))
    at.hear(m.QuickSelected(Quick.ALL), m.PreviewToggled(), m.RowsPerPageChosen(50))
    before = at.state
    drawn = regions(before)
    at.hear(message)
    assert redrawn(at.state, before, drawn) == regions(at.state)
    assert redrawn(at.state, before, drawn, ahead(before)) == regions(at.state)


def test_who_turns_pages_waits_for_the_preview_alone() -> None:
    at = desk(read_list([row(f"{n:03}.fits", "jw01001-o1", 1, level="3") for n in range(120)]))
    at.hear(m.QuickSelected(Quick.ALL), m.PreviewToggled(), m.RowsPerPageChosen(50))
    before, drawn = at.state, regions(at.state)
    at.hear(m.PageTurned("next"))
    after = redrawn(at.state, before, drawn)
    assert after["preview"] != drawn["preview"]
    assert all(after[name] is html for name, html in drawn.items() if name != "preview")


def test_the_next_page_of_the_preview_is_made_before_it_is_asked_for() -> None:
    at = desk(read_list([row(f"{n:03}.fits", "jw01001-o1", 1, level="3") for n in range(120)]))
    at.hear(m.QuickSelected(Quick.ALL), m.RowsPerPageChosen(50))
    assert ahead(at.state) is None
    at.hear(m.PreviewToggled())
    before, drawn, made = at.state, regions(at.state), ahead(at.state)
    assert made is not None
    at.hear(m.PageTurned("next"))
    assert redrawn(at.state, before, drawn, made)["preview"] is made.preview
    at.hear(m.PageTurned("last"))
    assert ahead(at.state) is None


class TestHeaderAndAccount:
    def test_one_mission_is_a_word_and_several_are_a_menu(self) -> None:
        assert desk().page.one("p", class_="mission").text == "JWST"
        at = desk(read_list(), read_list(HST, "hst"))
        at.hear(m.MissionChosen("HST"))
        options = at.page.named("combobox", "Mission").all("option")
        assert [(option.text, option.has("selected")) for option in options] == [
            ("JWST", False),
            ("HST", True),
        ]

    def test_the_accounts_button_has_the_users_name(self) -> None:
        assert desk().page.one(id="account-button").text == "anonymous"
        assert STATES["signed in"]().page.one(id="account-button").text == "Ada"

    def test_the_token_field_says_where_the_token_goes_and_what_was_wrong(self) -> None:
        page = STATES["a token refused"]().page
        field = page.named("textbox", "Auth.MAST token")
        assert (field.says("type"), field.says("aria-invalid"), field.says("value")) == (
            "password",
            "true",
            "",
        )
        assert page.one(id="token-error").text == "It has ended."
        assert "https://mast.stsci.edu alone" in page.one(id="token-hint").text

    def test_a_check_under_way_is_shown(self) -> None:
        page = STATES["a token being checked"]().page
        assert page.named("button", "Checking …").says("aria-disabled") == "true"

    def test_signing_out_is_offered_to_who_is_signed_in(self) -> None:
        page = STATES["account open, signed in"]().page
        page.named("button", "Sign out")
        assert "Signed in as Ada" in page.one("div", id="account").text
        assert "token" not in page.names("textbox")

    def test_an_archive_without_sign_in_says_so(self) -> None:
        page = STATES["account open without sign-in"]().page
        assert "no sign-in" in page.one("div", id="account").text


class TestListsAndNotices:
    def test_without_a_list_the_panel_tells_how_to_get_one(self) -> None:
        page = STATES["dataset names typed"]().page
        empty = page.one("div", id="empty")
        assert "get_product_list" in empty.text
        assert page.named("textbox", "Dataset names, separated by commas").says("value") == "jw01, jw02 ,"
        assert [link.says("href") for link in empty.all("a")] == [
            "https://mast.stsci.edu/search/jwst/api/v0.1/list_products?dataset_ids=jw01,jw02",
            "https://mast.stsci.edu/search/hst/api/v0.1/list_products?dataset_ids=jw01,jw02",
        ]
        for region in ("summary", "quick", "levels", "pattern", "views", "structure", "actions", "preview"):
            assert page.one("div", id=region).text == ""

    def test_the_astroquery_example_is_python(self) -> None:
        compile(Desk().page.one("code").text, "example", "exec")

    def test_links_work_before_names_are_typed(self) -> None:
        assert [link.text for link in Desk().page.one("div", id="empty").all("a")] == [
            "JWST products",
            "HST products",
        ]

    def test_a_list_on_its_way_is_shown(self) -> None:
        page = STATES["a list on its way"]().page
        notice = page.one("div", class_="notice")
        assert notice.one("p").text == "Opening mine.json … 3 MB of 7 MB"
        assert notice.one("button").attributes["aria-label"] == "Cancel mine.json"
        assert page.one("div", id="empty").text == ""

    def test_what_went_wrong_is_an_alert_with_a_hint(self) -> None:
        page = STATES["a list refused"]().page
        alert = page.one(role="alert", class_="notice bad")
        assert "mine.json: This is not JSON. [list.json]" in alert.text
        assert alert.one("p", class_="hint").text == "Save it again."
        assert page.names("button")[1].startswith("Dismiss: mine.json")

    def test_good_news_are_no_alert(self) -> None:
        assert not STATES["after an export"]().page.one("div", id="notices").all(role="alert")

    def test_refused_rows_are_listed_up_to_a_hundred(self) -> None:
        items = STATES["a list with bad rows"]().page.one("div", id="notices").one("details").all("li")
        assert items[0].text == "Row 3 (f3): No number. [row.size.type]"
        assert items[1].text == "Row 4: No number. [row.size.type]"
        assert items[-1].text == "and 37 more"
        assert len(items) == 101

    def test_the_demo_is_told(self) -> None:
        assert "demo archive" in STATES["the demo"]().page.one("div", id="sources").text
        assert "demo" not in desk().page.one("div", id="sources").text


class TestActions:
    def test_what_waits_is_busy(self) -> None:
        page = STATES["something waiting for a pattern"]().page
        busy = [page.name_of(button) for button in page.all("button", aria_busy="true")]
        assert busy == ["EXPORT SELECTED FILE LIST", "API QUERY", "START DOWNLOAD"]
        assert not desk().page.all("button", aria_busy="true")

    def test_beyond_a_terabyte_the_script_is_recommended(self) -> None:
        page = STATES["more than a terabyte"]().page
        assert "take the script of API QUERY" in page.one("div", id="actions").text
        assert "take the script of API QUERY" in page.one(role="dialog").text
        assert "take the script" not in desk().page.one("div", id="actions").heard

    def test_whom_to_ask_comes_from_the_profile(self) -> None:
        link = desk().page.one("p", class_="contact").one("a")
        assert link.says("href") == "mailto:archive@stsci.edu"
        assert not STATES["a mission that nobody knows"]().page.one("p", class_="contact").all("a")

    def test_without_a_mission_to_show_nobody_is_named(self) -> None:
        at = desk()
        at.state = replace(at.state, current="")
        assert not at.page.all("p", class_="contact")
        assert "textbox" not in {node.role for node in at.page.walk()}

    @pytest.mark.parametrize("structure", Structure)
    def test_the_structure_is_shown_by_an_example(self, structure: Structure) -> None:
        at = desk()
        at.hear(m.StructureChosen(structure))
        radios = at.page.named("radiogroup", "File Structure").all(role="radio")
        assert [radio.says("value") for radio in radios if radio.has("checked")] == [structure.value]
        assert ("dataset" in at.page.one("p", class_="hint path").text) == (structure is Structure.NESTED)


def dialog_terms(at: Desk) -> str:
    """What is told of the place that is chosen."""
    return at.page.one(id="place-terms").text


class TestDownload:
    def test_a_folder_says_what_it_can_do_before_it_is_chosen_and_whereto(self) -> None:
        at = desk()
        at.hear(m.PlacesKnown((m.PlaceOffered("folder", None), *PLACES)))
        at.ask_download()
        at.hear(m.PlaceChosen("folder"), m.SourceProbed("https://mast.stsci.edu", m.Finding.OPEN))
        facts = [fact.text for fact in at.page.one("dl").all("dd")]
        assert facts[1] == "single files in the folder MAST_2026-11-22T07_17_20.000Z, with a manifest"
        assert facts[4] == "https://mast.stsci.edu: lets this page read its files"
        assert "choose the same folder" in dialog_terms(at)

    def test_the_browsers_own_storage_says_how_much_it_holds(self) -> None:
        at = desk()
        at.hear(m.PlacesKnown((m.PlaceOffered("private", 5 * 10**9), m.PlaceOffered("blob", 10))))
        at.ask_download()
        assert "speaks of 5.000 GB" in dialog_terms(at)

    def test_what_is_in_a_folder_already_is_told_while_it_is_checked_and_after(self) -> None:
        at = desk()
        at.hear(m.PlacesKnown((m.PlaceOffered("folder", None),)))
        at.ask_download()
        at.hear(m.DownloadConfirmed(), m.FolderLooked("MAST_old", 1, 2))
        shown = [told.text for told in at.page.all("p", class_="hint path")]
        assert "Checking what is in MAST_old already: 1 of 2 files …" in shown
        at.hear(m.FolderOpened("MAST_old", (0, 2)), moved((2, 0, 10), CAL, 1.0))
        assert at.page.one(id="there-already").text.startswith("2 files, ")
        at.hear(m.TransferEnded((Outcome(),) * 3))
        assert "whole, and not fetched again" in at.page.one(id="there-already").text
        assert "MAST_old" in [told.text for told in at.page.all("p", class_="hint path")]

    def test_files_that_a_proxy_brings_without_a_token_are_told_before(self) -> None:
        at = Desk()
        site = {"proxy": {"https://mast.stsci.edu": "/by/mast"}}
        at.hear(m.SiteRead(site, "https://lab.example/"), read_list(), m.PlacesKnown(PLACES))
        at.sign_in()
        at.hear(m.QuickSelected(Quick.ALL))
        at.ask_download()
        at.hear(m.SourceProbed("https://mast.stsci.edu", m.Finding.PROXIED))
        (warning,) = at.page.one(role="dialog").all("p", class_="warning")
        assert warning.text.startswith("1 file under exclusive access would come by way of the proxy")

    def test_paths_that_are_long_for_windows_are_listed(self) -> None:
        at = desk(read_list([row(f"{'n' * 180}.dat", "d", 10, url="https://h.example/a")], mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL), m.PlacesKnown(PLACES))
        at.ask_download()
        details = at.page.one(role="dialog").one("details")
        assert details.one("summary").text == "1 file has a path that is long for Windows"
        assert "nnn.dat" in details.one("li").text

    def test_the_question_tells_what_will_come(self) -> None:
        at = STATES["a download to confirm"]()
        facts = [fact.text for fact in at.page.one("dl").all("dd")]
        assert facts[0] == "4 files, 14.0 kB"
        assert facts[1].startswith("MAST_2026-11-22T07_17_20.000Z.zip, ")
        assert facts[2] == "NESTED"
        assert facts[3] == "about 0 s at 10.000 MB/s (nothing is measured yet)"
        assert facts[4] == "https://mast.stsci.edu: finding out whether this page may read its files …"
        assert "starts anew" in dialog_terms(at)
        places = at.page.named("radiogroup", "Save with").all(role="radio")
        assert [place.says("value") for place in places if place.has("checked")] == ["file"]
        assert not at.page.named("button", "Start").says("aria-disabled")

    def test_everything_that_could_go_wrong_is_told_before(self) -> None:
        dialog = STATES["a download with much to know"]().page.one(role="dialog")
        alerts = [words(node) for node in dialog.all(role="alert")]
        assert alerts == [
            "https://lab.example: this archive does not let other sites read its files in a browser. "
            "API QUERY gives a script that can."
        ]
        warnings = [words(node) for node in dialog.all("p", class_="warning")]
        assert warnings[0].startswith("1 file cannot be fetched, since no address is known")
        assert dialog.one("summary").text == "1 file will have another name"
        assert dialog.one("li").text == (
            "LAB/a:b.fits → LAB/a_b.fits (characters that Windows does not take, or that cannot be seen)"
        )
        assert dialog.one("details").has("open")

    def test_exclusive_files_at_an_address_that_gets_no_token_are_told(self) -> None:
        rows = [row("a", "jw01001-o001", level="3", access=EXCLUSIVE, url="https://elsewhere.example/a")]
        at = desk(read_list(rows))
        at.sign_in()
        at.ask_download()
        (warning,) = at.page.one(role="dialog").all("p", class_="warning")
        assert warning.text.startswith("1 file under exclusive access stands at an address")

    def test_many_new_names_are_folded_and_cut_with_their_number(self) -> None:
        details = STATES["a download with many new names"]().page.one(role="dialog").one("details")
        assert not details.has("open")
        assert len(details.all("li")) == 201
        assert details.all("li")[-1].text == "and 30 more"

    @pytest.mark.parametrize(
        ("state", "words_"),
        [
            ("a download before places are known", "Finding out where"),
            ("a download that fits nowhere", "This browser can hold 10 B here"),
            ("a download without any place", "This browser has nowhere to write"),
        ],
    )
    def test_without_a_place_start_is_off_and_the_reason_is_told(self, state: str, words_: str) -> None:
        page = STATES[state]().page
        assert words_ in page.one(role="dialog").text
        assert page.named("button", "Start").says("aria-disabled") == "true"

    def test_progress_tells_files_bytes_rate_and_time_left(self) -> None:
        page = STATES["a download under way"]().page
        assert page.one("p", class_="figures").text == (
            "1 of 4 files · 1 failed · 2.0 kB of 14.0 kB · 1.0 kB/s · 12 s left"
        )
        bar = page.one("progress")
        assert (bar.says("value"), bar.says("max"), page.name_of(bar)) == ("2000", "14010", "Downloading")
        page.named("button", "PAUSE")
        page.named("button", "CANCEL")
        assert CAL in page.one("div", id="progress").text

    def test_a_bar_without_bytes_is_no_division_by_zero(self) -> None:
        assert STATES["a download of empty files"]().page.one("progress").says("max") == "1"

    def test_waiting_and_trying_again_are_told(self) -> None:
        assert (
            "Waiting for a place"
            in STATES["a download that waits for its place"]().page.one("div", id="progress").text
        )
        text = STATES["a download that tries again"]().page.one("div", id="progress").text
        assert f"{CAL}: broke, trying again in 3 s (attempt 3)" in text

    @pytest.mark.parametrize(
        ("state", "title", "verdict"),
        [
            ("a download that is finished", "Download finished", "All 4 files are complete."),
            ("a download of one file that is finished", "Download finished", "The file is complete."),
            (
                "a download with gaps",
                "Download finished with gaps",
                "3 of 4 files are complete; 1 could not be had.",
            ),
        ],
    )
    def test_its_end_is_told_as_it_was(self, state: str, title: str, verdict: str) -> None:
        page = STATES[state]().page
        assert page.one("h2", id="progress-title").text == title
        assert page.one("p", class_="figures").text == verdict

    def test_what_could_not_be_had_is_listed_with_its_reason(self) -> None:
        at = STATES["a download with gaps"]()
        (item,) = at.page.one("ul", class_="missing").all("li")
        assert at.state.download is not None
        assert item.text == f"{at.state.download.plan.files[1].path}: the archive does not have it (404)"
        many = STATES["a download that failed in every file"]().page.one("ul", class_="missing").all("li")
        assert (len(many), many[-1].text) == (201, "and 30 more, all in the manifest")
        assert (
            STATES["a download with an exclusive gap"]()
            .page.one("ul", class_="missing")
            .all("span", class_="lock")
        )


# -- hostile words --------------------------------------------------------------------------------------------

SPITEFUL = (
    "<",
    ">",
    "&",
    "'",
    '"',
    "</td>",
    "<script>",
    "-->",
    "<!--",
    "&lt;",
    "&#0;",
    "]]>",
    "=",
    "`",
    "\n",
    "\t",
    "\u202e",
    "é",
    "😀",
    "%",
)
#: Each ends in a colon, so that its file is renamed whatever else it holds.
hostile = st.lists(
    st.sampled_from(SPITEFUL)
    | st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=3),
    min_size=1,
    max_size=5,
).map(lambda parts: f"x{''.join(parts)}:")


def at_everything(word: Callable[[str], str]) -> Desk:
    """A panel with all its parts open; each word of the list, the archive and the person goes through ``word``."""
    at = Desk()
    rows = [
        row(
            word("file"),
            word("dataset"),
            level=word("level"),
            suffix=word("suffix"),
            instrument=word("instrument"),
            filters=word("filters"),
            url=f"https://lab.example/{name}",
            access=access,
        )
        for name, access in (("a", EXCLUSIVE), ("b", "PUBLIC"))
    ]
    at.hear(
        m.SiteRead(
            {
                "missions": {
                    word("mission"): {
                        "archive": {"origin": "https://lab.example", "token_origins": ["{origin}"]}
                    }
                }
            }
        ),
        m.SignedIn(word("user"), ("https://lab.example",)),
        m.ListOpening(word("source"), word("told")),
        m.ListRead(word("list"), "", product_list(rows, word("mission")), demo=True),
        m.ListRefused(word("other"), "code", word("sentence"), word("hint")),
        last_visit(word("last")),
        m.QuickSelected(Quick.ALL),
        m.PatternTyped(word("pattern")),
    )
    at.hear(
        m.MatchRefused(at.mission.profile.name, 1, word("error")),
        m.PlacesKnown((m.PlaceOffered("file", None),)),
    )
    at.hear(m.PreviewToggled(), m.DownloadAsked(CLICK), m.MenuToggled("levels"))
    at.hear(m.SourceProbed("https://lab.example", m.Finding.BLOCKED))
    return at


def skeleton(page: Node) -> list[tuple[str, tuple[str, ...]]]:
    """Elements with the names of their attributes; the hint to a glob hangs on the pattern alone."""
    glob = {id(node) for hint in page.all("p", class_="hint glob") for node in (hint, *hint.walk())}
    return [(node.tag, tuple(node.attributes)) for node in page.walk() if id(node) not in glob]


@given(hostile)
def test_hostile_words_make_no_element_and_no_attribute(spite: str) -> None:
    plain, other = at_everything(lambda name: f"{name}:"), at_everything(lambda name: f"{name}{spite}")
    assert skeleton(other.page) == skeleton(plain.page)


@given(hostile)
def test_hostile_words_are_shown_as_they_are(spite: str) -> None:
    at = at_everything(lambda name: f"{name}{spite}")
    page = at.page
    cells = [[cell.text for cell in line.children if isinstance(cell, Node)] for line in page.all("tr")[2:]]
    assert [cell[0].removesuffix(" ") for cell in cells] == [f"file{spite}"] * 2
    for column, name in enumerate(("level", "suffix", "instrument", "filters"), start=1):
        assert {cell[column] for cell in cells} == {f"{name}{spite}"}
    assert page.one("span", class_="group-name").text == f"dataset{spite} (2)"
    assert page.one("span", class_="user").text == f"user{spite}"
    assert page.one("p", class_="mission").text == f"mission{spite}"
    assert page.one("input", id="regex").says("value") == f"pattern{spite}"
    assert {f"level{spite}", f"suffix{spite}"} == {node.text for node in page.all("span", class_="name")}
    assert f"error{spite}" in page.one("p", id="regex-error").text
    assert f"{spite}: sentence{spite} [code]" in page.one("div", id="notices").text
    assert page.one("p", id="go-on-what").one("bdi").says("title") == f"last{spite}"
    assert {f"mission{spite}/dataset{spite}/file{spite}"} == {
        item.one("bdi").text for item in page.one("dialog").one("details").all("li")
    }


@given(hostile)
def test_boxes_with_hostile_names_work(spite: str) -> None:
    at = at_everything(lambda name: f"{name}{spite}")
    boxes = at.page.one("div", id="levels-fold").all(role="checkbox")
    assert len(boxes) == 2
    for box in boxes:
        before = at.mission.selector.ticked(at.mission.choice)
        at.hear(m.from_page(m.Deed(box.says("data-do"), box.says("data-with"), "on", False, CLICK)))
        assert before
        assert at.mission.selector.ticked(at.mission.choice) == 0
        at.hear(m.QuickSelected(Quick.ALL))


@given(hostile)
def test_hostile_reasons_and_names_of_a_download_are_shown_as_they_are(spite: str) -> None:
    at = at_everything(lambda name: f"{name}{spite}")
    at.hear(m.DownloadConfirmed(), moved((0, 0, 0), f"now{spite}", 1.0))
    assert f"now{spite}" in at.page.one("div", id="progress").text
    at.hear(m.TransferEnded((Outcome(f"why{spite}"), Outcome())))
    assert f": why{spite}" in at.page.one("ul", class_="missing").text


def test_groups_of_the_preview_are_told_apart_where_names_run_together() -> None:
    at = desk(read_list([row("a", "B:C")], mission="A"), read_list([row("a", "C")], mission="A:B"))
    at.hear(m.PreviewToggled())
    ids = [node.says("id") for node in at.page.all("th", scope="rowgroup")]
    assert len(ids) == len(set(ids)) == 2
