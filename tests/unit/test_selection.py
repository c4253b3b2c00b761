from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from pycore import bits
from pycore.catalog import Catalog, Facet, Weight
from pycore.selection import Choice, Quick, Selector, Tick
from tests.unit.builders import listed, names, profile, row, selector
from tests.unit.naive_panel import Key, NaivePanel

DATASETS = [
    "jw90001001001_02101_00001_nrca1",
    "jw90001001001_02101_00002_nrca1",
    "jw90001-o001_t001_nircam",
    "odd",
]
FILES = [
    *[f"file{number}{end}" for number in range(3) for end in ("_cal.fits", "_uncal.fits", "_i2d.fits", ".jpg")],
    *[f"jw90001001001_gs-{mode}{end}" for mode in ("id_1", "fg_2026001") for end in (
        "_cal.fits", "_image_cal.fits", "_stacked_cal.fits", "_uncal.fits", "_image_uncal.fits", "_cal.jpg", "_x.txt",
    )],
    "jw90001_pool.csv", "jw90001_asn.json", "jwst_nircam_flat_0001.fits", "file0_tacq_cal.fits",
]  # fmt: skip
LEVELS = ["3", "2c", "2b", "2a", "1b", "ASSOCIATION", "REFERENCE", "AUX", ""]
SUFFIXES = ["_cal", "_i2d", "_uncal", "_thumb", ""]

RowFields = Mapping[str, Any]

raw_rows = st.lists(
    st.fixed_dictionaries(
        {
            "filename": st.sampled_from(FILES),
            "dataset": st.sampled_from(DATASETS),
            "size": st.sampled_from([0, 1, 1000, 2**40]),
            "level": st.sampled_from(LEVELS),
            "suffix": st.sampled_from(SUFFIXES),
            "type": st.sampled_from(
                ["science", "science", "reference", "association", "exposure", "preview", ""]
            ),
            "access": st.sampled_from(["PUBLIC", "PUBLIC", "EXCLUSIVE_ACCESS"]),
        }
    ),
    max_size=40,
)
controls = st.one_of(
    st.tuples(st.just("quick"), st.sampled_from(Quick)),
    st.tuples(st.just("level"), st.sampled_from(LEVELS)),
    st.tuples(st.just("suffix"), st.tuples(st.sampled_from(LEVELS), st.sampled_from(SUFFIXES))),
    st.tuples(st.just("guide stars"), st.booleans()),
    st.tuples(st.just("references"), st.booleans()),
    st.tuples(st.just("pattern"), st.none() | st.sets(st.sampled_from(FILES))),
    st.tuples(st.just("sign in"), st.booleans()),
)


class Panel:
    """The core's panel, turned by the same words as the naive one."""

    def __init__(self, rows: list[RowFields]) -> None:
        made = [row(**fields) for fields in rows]
        self.selector = Selector(Catalog("name-and-size", listed(made)), profile("JWST"))
        self.catalog = self.selector.catalog
        self.choice = Choice()
        self.matching = self.catalog.everything
        self.signed_in = False

    def keys(self, mask: int) -> set[Key]:
        whole = {self.catalog.product_number(index) for index in bits.indices(mask)}
        assert not whole & {
            self.catalog.product_number(i) for i in bits.indices(self.catalog.everything & ~mask)
        }
        rows = [self.catalog.product_row(index) for index in bits.indices(mask)]
        return {(each.filename, each.size) for each in rows}

    def wanted(self) -> int:
        return self.selector.wanted(self.choice, self.matching)

    def selected(self) -> int:
        return self.selector.selected(self.choice, self.matching, exclusive_too=self.signed_in)


def turn(panel: Panel, naive: NaivePanel, control: str, to: Any) -> None:
    if control == "quick":
        panel.choice = panel.choice.quickly(to)
        naive.quick(to.value)
    elif control == "level":
        if to in panel.selector.boxes:
            panel.choice = panel.selector.tick_level(to, panel.choice)
            naive.tick(naive.level(to))
    elif control == "suffix":
        if to in naive.boxes():
            panel.choice = panel.selector.tick_suffix(Facet(*to), panel.choice)
            naive.tick(naive.boxes()[to])
    elif control == "guide stars":
        panel.choice = replace(panel.choice, guide_stars=to)
        naive.guide_stars = to
    elif control == "references":
        panel.choice = replace(panel.choice, references=to)
        naive.references = to
    elif control == "pattern":
        naive.matching = to
        flags = (i for i, name in enumerate(panel.catalog.names()) if to is None or name in to)
        panel.matching = bits.from_indices(flags, panel.catalog.rows)
    else:
        panel.signed_in = naive.signed_in = to


def agree(panel: Panel, naive: NaivePanel) -> None:
    selector, catalog, choice = panel.selector, panel.catalog, panel.choice
    for ours, theirs in (
        (catalog.everything, set(naive.products)),
        (catalog.exclusive, naive.exclusive()),
        (selector.guide_stars, naive.highest_calibrated()),
        (selector.references, {key for key, product in naive.products.items() if product.reference}),
        (selector.recommended, naive.recommended()),
        (selector.ticked(choice), naive.ticks),
        (panel.wanted(), naive.wanted()),
        (panel.selected(), naive.selected()),
        (catalog.exclusive & ~panel.selected(), naive.exclusive() - naive.selected()),
        (panel.wanted() & ~panel.selected(), naive.wanted() - naive.selected()),
    ):
        assert panel.keys(ours) == theirs
        assert catalog.count(ours) == len(theirs)
        assert catalog.volume(ours) == naive.volume(theirs)
    boxes = {
        (facet.level, facet.suffix): mask
        for group in selector.boxes.values()
        for facet, mask in group.items()
    }
    assert {where: panel.keys(mask) for where, mask in boxes.items()} == naive.boxes()
    for where in boxes:
        assert selector.suffix_tick(Facet(*where), choice).value == naive.state(naive.boxes()[where])
    for level in selector.boxes:
        assert panel.keys(selector.level(level)) == naive.level(level)
        assert selector.level_tick(level, choice).value == naive.state(naive.level(level))
    for level, weights in selector.weights(panel.matching).items():
        for facet, weight in weights.items():
            gained = {
                key
                for key in naive.boxes()[level, facet.suffix]
                if (naive.matching is None or key[0] in naive.matching)
            }
            assert weight == Weight(len(gained), naive.volume(gained))
    for quick in Quick:
        assert selector.pressed(quick, choice) == naive.pressed(quick.value)
    assert selector.categories(choice) == naive.categories()


@given(raw_rows, st.lists(controls, max_size=8))
def test_the_panel_agrees_with_the_naive_one_after_every_click(
    rows: list[RowFields], clicks: list[tuple[str, Any]]
) -> None:
    panel, naive = Panel(rows), NaivePanel(rows)
    agree(panel, naive)
    for control, to in clicks:
        note(f"{control}: {to}")
        turn(panel, naive, control, to)
        agree(panel, naive)


@given(raw_rows, st.lists(controls, max_size=5))
def test_a_choice_holds_for_a_list_that_has_grown(
    rows: list[RowFields], clicks: list[tuple[str, Any]]
) -> None:
    panel, naive = Panel(rows), NaivePanel(rows)
    for control, to in clicks:
        turn(panel, naive, control, to)
    again = Selector(panel.catalog.joined([]), profile("JWST"))
    assert again.ticked(panel.choice) == panel.selector.ticked(panel.choice)


MIXED = [
    row("a_i2d.fits", "one", 5, level="3", suffix="_i2d"),
    row("a_cal.fits", "one", 7, level="2b", suffix="_cal"),
    row("b_cal.fits", "two", 9, level="2b", suffix="_cal"),
    row("b_x1d.fits", "two", 2, level="2b", suffix="_x1d", access="EXCLUSIVE_ACCESS"),
    row("b_uncal.fits", "two", 4, level="1b", suffix="_uncal"),
    row("jw1_gs-fg_1_cal.fits", "two", 3, level="2b", suffix="_cal"),
    row("jwst_flat.fits", "two", 8, level="REFERENCE", suffix="_flat", type="reference"),
]
CAL = Facet("2b", "_cal")


class TestQuickSelects:
    def test_recommended_is_in_force_on_opening(self) -> None:
        of = selector(MIXED)
        assert [of.pressed(quick, Choice()) for quick in (Quick.ALL, Quick.RECOMMENDED, Quick.NONE)] == [
            False,
            True,
            False,
        ]

    def test_all_leaves_guide_stars_and_references_to_their_own_controls(self) -> None:
        of = selector(MIXED)
        everything = names(of.catalog, of.ticked(Choice().quickly(Quick.ALL)))
        assert everything == {"a_i2d.fits", "a_cal.fits", "b_cal.fits", "b_x1d.fits", "b_uncal.fits"}

    @pytest.mark.parametrize("quick", [Quick.ALL, Quick.RECOMMENDED])
    def test_all_and_recommended_leave_the_other_controls_alone(self, quick: Quick) -> None:
        choice = Choice(guide_stars=True, references=True).quickly(quick)
        assert (choice.guide_stars, choice.references) == (True, True)
        assert selector(MIXED).pressed(quick, choice)

    def test_none_turns_the_other_controls_off(self) -> None:
        choice = Choice(guide_stars=True, references=True).quickly(Quick.NONE)
        assert choice == Choice(Quick.NONE)
        of = selector(MIXED)
        assert of.wanted(choice, of.catalog.everything) == 0

    def test_none_is_not_pressed_while_guide_stars_are_taken(self) -> None:
        of, nothing = selector(MIXED), Choice().quickly(Quick.NONE)
        assert of.pressed(Quick.NONE, nothing)
        assert not of.pressed(Quick.NONE, replace(nothing, guide_stars=True))
        assert not of.pressed(Quick.NONE, replace(nothing, references=True))

    def test_a_quick_select_replaces_all_ticks(self) -> None:
        of = selector(MIXED)
        choice = of.tick_suffix(CAL, Choice()).quickly(Quick.ALL)
        assert of.pressed(Quick.ALL, choice)

    def test_ticking_by_hand_what_all_would_tick_presses_all(self) -> None:
        of, choice = selector(MIXED), Choice().quickly(Quick.NONE)
        for level in of.boxes:
            choice = of.tick_level(level, choice)
        assert of.pressed(Quick.ALL, choice)
        assert not of.pressed(Quick.NONE, choice)


class TestBoxes:
    def test_a_click_goes_from_partial_to_all_to_none_and_to_all(self) -> None:
        of, choice, seen = selector(MIXED), Choice(), []
        for _ in range(4):
            seen.append(of.suffix_tick(CAL, choice))
            choice = of.tick_suffix(CAL, choice)
        assert seen == [Tick.PARTIAL, Tick.ALL, Tick.NONE, Tick.ALL]

    def test_a_level_does_the_same_with_all_of_its_suffixes(self) -> None:
        of, choice, seen = selector(MIXED), Choice(), []
        for _ in range(4):
            seen.append(of.level_tick("2b", choice))
            choice = of.tick_level("2b", choice)
        assert seen == [Tick.PARTIAL, Tick.ALL, Tick.NONE, Tick.ALL]
        assert of.level_tick("3", choice) is Tick.ALL

    def test_a_suffix_of_one_level_is_not_that_of_another(self) -> None:
        rows = [
            row("e_i2d.fits", level="2b", suffix="_i2d"),
            row("c_i2d.fits", "c", level="3", suffix="_i2d"),
        ]
        of = selector(rows)
        choice = of.tick_suffix(Facet("3", "_i2d"), Choice().quickly(Quick.NONE))
        assert names(of.catalog, of.ticked(choice)) == {"c_i2d.fits"}

    def test_levels_stand_in_the_profiles_order_and_then_as_listed(self) -> None:
        levels = ["zeta", "1b", "ASSOCIATION", "alpha", "2b", "3", "", "2c"]
        of = selector([row(f"{level}.fits", level=level) for level in levels])
        assert list(of.boxes) == ["3", "2c", "2b", "1b", "ASSOCIATION", "zeta", "alpha", ""]

    def test_suffixes_stand_by_name(self) -> None:
        of = selector([row(f"a{suffix}", level="2b", suffix=suffix) for suffix in ("_x1d", "_cal", "_s2d")])
        assert [facet.suffix for facet in of.boxes["2b"]] == ["_cal", "_s2d", "_x1d"]

    def test_a_click_on_a_box_that_is_not_there_changes_nothing(self) -> None:
        of = selector(MIXED)
        for choice in (of.tick_level("9", Choice()), of.tick_suffix(Facet("9", "_x"), Choice())):
            assert of.ticked(choice) == of.ticked(Choice())
        assert of.level("9") == 0

    def test_guide_stars_and_references_stand_in_no_box(self) -> None:
        of = selector(MIXED)
        boxed = 0
        for level in of.boxes:
            boxed |= of.level(level)
        assert boxed == of.boxed
        assert names(of.catalog, of.catalog.everything & ~boxed) == {"jw1_gs-fg_1_cal.fits", "jwst_flat.fits"}
        assert "REFERENCE" not in of.boxes

    def test_a_mission_without_the_controls_has_everything_in_boxes(self) -> None:
        of = selector(MIXED, "HST")
        assert of.boxed == of.catalog.everything
        assert (of.guide_stars, of.references) == (0, 0)

    def test_categories_are_the_boxes_that_are_not_empty(self) -> None:
        of = selector(MIXED)
        assert of.categories(Choice().quickly(Quick.ALL)) == 4
        assert of.categories(Choice()) == 3
        assert of.categories(Choice(Quick.NONE, guide_stars=True)) == 0


class TestAccess:
    def test_exclusive_files_are_wanted_but_not_selected_until_someone_signs_in(self) -> None:
        of = selector(MIXED)
        choice = Choice().quickly(Quick.ALL)
        everything = of.catalog.everything
        assert "b_x1d.fits" in names(of.catalog, of.wanted(choice, everything))
        assert "b_x1d.fits" not in names(of.catalog, of.selected(choice, everything, exclusive_too=False))
        assert "b_x1d.fits" in names(of.catalog, of.selected(choice, everything, exclusive_too=True))

    def test_a_pattern_narrows_all_controls(self) -> None:
        of = selector(MIXED)
        choice = Choice(Quick.ALL, guide_stars=True, references=True)
        only = of.catalog.where(each.filename.startswith(("b_", "jw1_")) for each in of.catalog.products())
        assert names(of.catalog, of.selected(choice, only, exclusive_too=True)) == {
            "b_cal.fits",
            "b_x1d.fits",
            "b_uncal.fits",
            "jw1_gs-fg_1_cal.fits",
        }


class TestGuideStars:
    @pytest.mark.parametrize(
        ("files", "taken"),
        [
            (
                ["gs-fg_2026001101010_cal.fits", "gs-fg_2026001101010_uncal.fits"],
                ["gs-fg_2026001101010_cal.fits"],
            ),
            (["gs-acq1_2026001101010_uncal.fits"], ["gs-acq1_2026001101010_uncal.fits"]),
            (["gs-acq2_2026001101010_cal.fits"], ["gs-acq2_2026001101010_cal.fits"]),
            (["gs-id_1_image_cal.fits", "gs-id_1_image_uncal.fits"], ["gs-id_1_image_cal.fits"]),
            (["gs-id_1_stacked_cal.fits", "gs-id_1_stacked_uncal.fits"], ["gs-id_1_stacked_cal.fits"]),
            (["gs-id_1_stacked_cal.fits", "gs-id_1_image_uncal.fits"], ["gs-id_1_stacked_cal.fits"]),
            (["gs-id_1_image_cal.fits", "gs-id_1_uncal.fits"], ["gs-id_1_image_cal.fits"]),
            (
                ["gs-id_1_image_cal.fits", "gs-id_1_stacked_cal.fits", "gs-id_1_uncal.fits"],
                ["gs-id_1_image_cal.fits", "gs-id_1_stacked_cal.fits"],
            ),
            (["gs-id_1_image-uncal.fits", "gs-id_1_image_cal.fits"], ["gs-id_1_image_cal.fits"]),
            (
                ["gs-id_2_image-uncal.fits", "gs-id_1_image_cal.fits"],
                ["gs-id_2_image-uncal.fits", "gs-id_1_image_cal.fits"],
            ),
            (
                ["gs-id_1_image_uncal.fits", "gs-id_1_stacked_uncal.fits"],
                ["gs-id_1_image_uncal.fits", "gs-id_1_stacked_uncal.fits"],
            ),
            (
                ["gs-track_1_cal.fits", "gs-track_2_uncal.fits"],
                ["gs-track_1_cal.fits", "gs-track_2_uncal.fits"],
            ),
            (["gs-fg_1_cal.fits", "gs-fg_1_cal.jpg", "gs-fg_1_cal_thumb.jpg"], ["gs-fg_1_cal.fits"]),
            (["gs-fg_1_uncal.jpg", "gs-fg_1_cal.jpg", "gs-fg_1.txt"], []),
            (["gs-fg_1_uncal.fits", "gs-fg_1_cal.jpg"], ["gs-fg_1_uncal.fits"]),
        ],
    )
    def test_the_highest_calibrated_files_of_each_exposure_are_taken(
        self, files: list[str], taken: list[str]
    ) -> None:
        start = "jw90001001001_"
        of = selector([row(f"{start}{name}", level="2b") for name in files])
        assert names(of.catalog, of.guide_stars) == {f"{start}{name}" for name in taken}
        choice = Choice(Quick.NONE, guide_stars=True)
        assert of.wanted(choice, of.catalog.everything) == of.guide_stars
        assert of.boxed == 0

    def test_exposures_of_different_visits_are_judged_apart(self) -> None:
        of = selector([row("jw1_gs-fg_1_cal.fits", "one"), row("jw2_gs-fg_1_uncal.fits", "two")])
        assert of.catalog.count(of.guide_stars) == 2

    def test_science_files_are_no_guide_stars(self) -> None:
        of = selector([row("jw90001001001_02101_00001_guider1_cal.fits", level="2b")])
        assert of.guide_stars == 0

    def test_a_guide_star_file_that_is_called_a_reference_is_a_guide_star_file(self) -> None:
        of = selector([row("jw1_gs-fg_1_cal.fits", type="reference", level="REFERENCE")])
        assert of.catalog.count(of.guide_stars) == 1
        assert of.references == 0


class TestReferences:
    def test_they_are_known_by_type_or_category(self) -> None:
        of = selector([row("a", type="reference"), row("b", level="REFERENCE"), row("c", level="2b")])
        assert names(of.catalog, of.references) == {"a", "b"}

    def test_their_own_control_takes_them(self) -> None:
        of = selector(MIXED)
        everything = of.catalog.everything
        without, with_them = Choice(), Choice(references=True)
        taken = of.wanted(with_them, everything) & ~of.wanted(without, everything)
        assert names(of.catalog, taken) == {"jwst_flat.fits"}
