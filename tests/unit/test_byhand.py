"""Files and datasets by hand: what they beat, what beats them, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import bits
from pycore import messages as m
from pycore.effects import Focus
from pycore.product import EXCLUSIVE
from pycore.selection import Quick
from pycore.state import State
from tests.unit.builders import row
from tests.unit.desk import CAL, HST, MOSAIC, POOL, SECRET_CAL, UNCAL, A, B, C, Desk, desk, read_list

ROWS = [
    row(
        f"{name}{suffix}.fits",
        dataset,
        1000 + number,
        level=level,
        suffix=suffix,
        access=EXCLUSIVE if name == "c" else "PUBLIC",
    )
    for number, (name, suffix, level) in enumerate(
        [
            ("a", "_cal", "2b"),
            ("a", "_raw", "1b"),
            ("b", "_cal", "2b"),
            ("c", "_cal", "2b"),
            ("pool", "_pool", "3"),
        ]
    )
    for dataset in ("one", "two", "three")
    if name in ("pool", {"one": "a", "two": "b", "three": "c"}[dataset])
]


def index_of(at: Desk, filename: str, mission: str = "JWST") -> int:
    found = at.state.named(mission)
    assert found is not None
    return list(found.selector.catalog.names()).index(filename)


def tick(at: Desk, filename: str) -> None:
    at.hear(m.FileTicked("JWST", index_of(at, filename)))


def by_name(at: Desk) -> set[str]:
    """The selected files, of which each must be taken with all of its rows."""
    for part in at.state.parts():
        assert part.catalog.closed(part.selected) == part.selected
    return at.selected


class TestAFile:
    def test_is_ticked_off_and_on_again_and_nothing_is_by_hand_then(self) -> None:
        at = desk()
        before = at.state.missions
        tick(at, CAL)
        assert by_name(at) == {MOSAIC, POOL}
        tick(at, CAL)
        assert at.state.missions == before

    def test_that_no_box_takes_is_ticked_on(self) -> None:
        at = desk()
        tick(at, UNCAL)
        assert by_name(at) == {CAL, MOSAIC, POOL, UNCAL}

    def test_in_several_datasets_is_one_file(self) -> None:
        at = desk()
        tick(at, POOL)
        assert by_name(at) == {CAL, MOSAIC}
        assert not at.mission.selector.wanted(at.mission.choice, -1) & at.mission.selector.catalog.several

    def test_beats_boxes_and_pattern(self) -> None:
        at = desk()
        tick(at, UNCAL)
        tick(at, CAL)
        at.filter("i2d")
        assert by_name(at) == {MOSAIC, UNCAL}
        at.hear(m.LevelTicked("1b"), m.LevelTicked("1b"), m.LevelTicked("2b"))
        assert by_name(at) == {MOSAIC, UNCAL}
        at.filter("")
        assert CAL not in by_name(at)

    def test_under_exclusive_access_waits_for_the_sign_in(self) -> None:
        at = desk()
        tick(at, SECRET_CAL)
        tick(at, SECRET_CAL)
        tick(at, SECRET_CAL)
        assert SECRET_CAL not in by_name(at)
        assert "off" in at.page.one("div", class_="by-hand").text or at.mission.choice.by_hand
        tick(at, SECRET_CAL)
        at.sign_in()
        assert SECRET_CAL in by_name(at)
        at.hear(m.SignOutAsked())
        assert SECRET_CAL not in by_name(at)

    def test_of_one_name_and_size_at_two_addresses_is_one_of_two(self) -> None:
        twins = [
            row("a.fits", "d", 5, url=f"https://lab.example/{place}/a.fits", level="x", suffix="s")
            for place in ("v1", "v2")
        ]
        at = desk(read_list(twins, mission="LAB"))
        at.hear(m.QuickSelected(Quick.ALL), m.FileTicked("LAB", 1))
        (part,) = at.state.parts()
        assert [part.catalog.product_row(each).url for each in bits.indices(part.selected)] == [twins[0].url]

    def test_stays_by_hand_in_a_longer_list(self) -> None:
        at = desk()
        tick(at, CAL)
        at.hear(read_list(HST, "hst"), read_list([row("new.fits", "jw09", level="3", suffix="_i2d")], "more"))
        assert CAL not in by_name(at)
        assert "new.fits" in by_name(at)


class TestADataset:
    def test_off_leaves_the_files_that_others_have_too(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled(), m.DatasetTicked("JWST", A))
        assert by_name(at) == {MOSAIC, POOL}
        assert "1 file stays: another dataset has it too" in at.page.one("div", id="preview").text
        at.hear(m.DatasetTicked("JWST", B))
        assert by_name(at) == {MOSAIC}

    def test_back_on_is_what_the_controls_take_where_no_more_is_shown(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled())
        before = at.state.missions
        at.hear(m.DatasetTicked("JWST", C), m.DatasetTicked("JWST", C))
        assert at.state.missions == before

    def test_on_is_all_of_it_where_all_files_are_shown(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled(), m.ShowAllTicked(True), m.DatasetTicked("JWST", A))
        assert by_name(at) == {
            each.product_row(index).filename
            for each in [at.mission.selector.catalog]
            for index in range(*each.datasets[A])
        } | {MOSAIC}
        at.hear(m.DatasetTicked("JWST", A))
        assert by_name(at) == {MOSAIC, POOL}

    def test_is_beaten_by_its_files(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled(), m.DatasetTicked("JWST", A))
        tick(at, CAL)
        assert CAL in by_name(at)
        at.hear(m.ShowAllTicked(True), m.DatasetTicked("JWST", A), m.DatasetTicked("JWST", A))
        assert by_name(at) == {MOSAIC, POOL}


class TestQuickSelects:
    @pytest.mark.parametrize("quick", Quick)
    def test_clear_what_is_by_hand_and_can_be_undone(self, quick: Quick) -> None:
        at = desk()
        tick(at, UNCAL)
        tick(at, CAL)
        before = at.mission.choice
        assert not at.page.all("button", aria_pressed="true")
        at.hear(m.QuickSelected(quick))
        assert not at.mission.choice.by_hand
        assert at.mission.selector.pressed(quick, at.mission.choice)
        assert at.page.one("button", id="undo-button").text == "Undo"
        assert at.hear(m.UndoAsked()) == [Focus("clear-by-hand")]
        assert at.mission.choice == before
        assert by_name(at) == {MOSAIC, POOL, UNCAL}

    def test_cannot_be_undone_after_the_next_choice(self) -> None:
        at = desk()
        tick(at, CAL)
        at.hear(m.QuickSelected(Quick.ALL), m.LevelTicked("2b"))
        choice = at.mission.choice
        at.hear(m.UndoAsked())
        assert at.mission.choice == choice
        assert not at.page.all("button", id="undo-button")


def test_what_is_by_hand_is_told_and_cleared() -> None:
    at = desk(read_list(), read_list(HST, "hst"))
    tick(at, CAL)
    tick(at, UNCAL)
    at.hear(m.FileTicked("HST", 1))
    chip = at.page.one("div", class_="by-hand")
    assert chip.text == "3 files by hand: 2 on, 1 off Clear"
    assert at.hear(m.ByHandCleared()) == [Focus("undo-button")]
    assert by_name(at) == desk(read_list(), read_list(HST, "hst")).selected
    at.hear(m.UndoAsked())
    assert at.page.one("div", class_="by-hand").text == "3 files by hand: 2 on, 1 off Clear"


def test_the_list_has_what_is_by_hand() -> None:
    at = desk()
    tick(at, UNCAL)
    tick(at, MOSAIC)
    _, content = at.saved(m.ExportAsked(0.0))
    assert UNCAL.encode() in content
    assert MOSAIC.encode() not in content


def test_boxes_count_what_they_would_bring_with_what_is_by_hand() -> None:
    at = desk()
    at.hear(m.MenuToggled("levels"))
    tick(at, UNCAL)
    tick(at, CAL)
    at.filter("nothing has this")
    texts = {label.text for label in at.page.all("label", class_="check")}
    assert "_uncal 1 file, 4.0 kB" in texts
    at.filter("")
    # One of the two is off by hand, and stays so when the box is ticked.
    assert "_cal 1 file, 2.0 kB" in {label.text for label in at.page.all("label", class_="check")}


deeds = st.one_of(
    st.builds(m.FileTicked, st.just("LAB"), st.integers(0, len(ROWS) - 1)),
    st.builds(m.DatasetTicked, st.just("LAB"), st.sampled_from(["one", "two", "three"])),
    st.builds(m.ShowAllTicked, st.booleans()),
    st.builds(m.LevelTicked, st.sampled_from(["1b", "2b", "3"])),
    st.builds(m.QuickSelected, st.sampled_from(Quick)),
    st.builds(m.SignedIn, st.just("Ada"), st.just(("https://lab.example",))),
    st.builds(m.SignOutAsked),
    st.builds(m.UndoAsked),
    st.builds(m.ByHandCleared),
)


def lab() -> Desk:
    made = Desk(State())
    made.hear(m.SiteRead({"missions": {"LAB": {"archive": {"token_origins": ["https://lab.example"]}}}}))
    made.hear(read_list(ROWS, mission="LAB"), m.PreviewToggled())
    return made


@given(st.lists(deeds, max_size=12))
def test_laws(steps: list[Any]) -> None:
    at = lab()
    for step in steps:
        before = at.mission
        shown_alone = not at.state.preview.all
        at.hear(step)
        now, selector = at.mission, at.mission.selector
        selected, exclusive = at.state.selected(now), selector.catalog.exclusive
        over = selector.overrides(now.choice)
        # A product is in with all of its rows, and nothing is both on and off.
        assert selector.catalog.closed(selected) == selected
        assert not over.on & over.off
        # What is by hand beats the controls, and access beats both.
        takeable = selector.catalog.everything if at.state.may_take_exclusive(now) else ~exclusive
        assert selected & over.off == 0
        assert over.on & takeable & ~selected == 0
        if isinstance(step, m.FileTicked):
            was, bit = before.wanted(), 1 << step.index
            assert bool(now.wanted() & bit) is not bool(was & bit)
            # The click changes that file alone.
            assert now.wanted() ^ was == selector.catalog.closed(bit)
        if isinstance(step, m.QuickSelected | m.ByHandCleared):
            assert not now.choice.by_hand
            if before.choice.by_hand:
                undone = Desk(at.state)
                undone.hear(m.UndoAsked())
                assert undone.mission.choice == before.choice
        if isinstance(step, m.LevelTicked):
            assert now.choice.by_hand == before.choice.by_hand
        if (
            isinstance(step, m.DatasetTicked)
            and shown_alone
            and not now.choice.by_hand.datasets.get(step.dataset, True)
        ):
            inside = selector.dataset(step.dataset)
            assert not selected & inside & ~selector.catalog.several
