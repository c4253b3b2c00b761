"""The preview: groups, pages, ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import messages as m
from pycore.effects import Focus
from pycore.preview import last_page, page
from pycore.product import Row
from pycore.selection import Quick
from pycore.state import ROWS_PER_PAGE
from tests.unit.builders import row
from tests.unit.desk import CAL, HST, MOSAIC, POOL, A, B, C, Desk, desk, read_list


def rows(datasets: dict[str, int]) -> list[Row]:
    """So many rows in each dataset, each product of its own, and one that all of them share."""
    return [
        each
        for dataset, count in datasets.items()
        for each in [
            *(
                row(f"{dataset}_{number:04}_cal.fits", dataset, level="2b", suffix="_cal")
                for number in range(count - 1)
            ),
            row("pool.csv", dataset, 7, level="2b", suffix="_pool"),
        ]
    ]


def opened(datasets: dict[str, int], per_page: int = 250) -> Desk:
    at = desk(read_list(rows(datasets), mission="JWST"))
    at.hear(m.QuickSelected(Quick.ALL), m.RowsPerPageChosen(per_page), m.PreviewToggled())
    return at


def shown(at: Desk) -> list[str]:
    """File names of the page in its order."""
    return [
        group.part.catalog.product_row(index).filename
        for group in page(at.state).groups
        for index in group.indices
    ]


def test_groups_are_datasets_with_the_number_of_their_selected_rows() -> None:
    at = desk()
    groups = page(at.state).groups
    assert [(group.mission, group.dataset, group.selected) for group in groups] == [
        ("JWST", A, 2),
        ("JWST", B, 1),
        ("JWST", C, 1),
    ]
    assert shown(at) == [CAL, POOL, POOL, MOSAIC]


def test_rows_and_files_are_counted_apart() -> None:
    found = page(desk().state)
    assert (found.start, found.stop, found.rows, found.files) == (1, 4, 4, 3)


def test_missions_stand_one_after_the_other() -> None:
    at = desk(read_list(), read_list(HST, "hst.json"))
    assert [group.mission for group in page(at.state).groups] == ["JWST", "JWST", "JWST", "HST"]


def test_an_empty_selection_has_one_empty_page() -> None:
    at = desk()
    at.hear(m.QuickSelected(Quick.NONE))
    found = page(at.state)
    assert (found.groups, found.number, found.last, found.start, found.stop, found.rows) == (
        (),
        0,
        0,
        0,
        0,
        0,
    )


def test_page_three_of_fifty_rows() -> None:
    at = opened({"d1": 120, "d2": 40}, 50)
    at.hear(m.PageTurned("next"), m.PageTurned("next"))
    found = page(at.state)
    assert (found.number, found.last, found.start, found.stop, found.rows) == (2, 3, 101, 150, 160)
    assert [(group.dataset, len(group.indices), group.selected) for group in found.groups] == [
        ("d1", 20, 120),
        ("d2", 30, 40),
    ]


@pytest.mark.parametrize(
    ("turns", "number"),
    [
        ([], 0),
        (["previous"], 0),
        (["next"], 1),
        (["last"], 3),
        (["last", "next"], 3),
        (["last", "previous"], 2),
        (["last", "first"], 0),
    ],
)
def test_the_page_buttons_stay_between_the_first_and_the_last(turns: list[str], number: int) -> None:
    at = opened({"d1": 160}, 50)
    at.hear(*(m.PageTurned(turn) for turn in turns))
    assert page(at.state).number == number


@pytest.mark.parametrize(("before", "after", "first"), [(250, 50, 501), (50, 250, 501), (50, 1000, 1)])
def test_another_page_size_keeps_the_first_row_in_view(before: int, after: int, first: int) -> None:
    at = opened({"d1": 600}, before)
    at.hear(*[m.PageTurned("next")] * (500 // before), m.RowsPerPageChosen(after))
    assert page(at.state).start == first


def test_another_page_size_starts_from_the_page_that_is_shown_not_from_one_that_is_gone() -> None:
    at = opened({"d1": 5000, "d2": 600}, 250)
    at.hear(m.PageTurned("last"))
    at.filter("d2")
    assert page(at.state).start == 501
    at.hear(m.RowsPerPageChosen(50))
    assert page(at.state).start == 501


def test_a_selection_that_shrinks_shows_its_last_page() -> None:
    at = opened({"d1": 160}, 50)
    at.hear(m.PageTurned("last"))
    at.filter("_00[0-5]")
    found = page(at.state)
    assert (found.number, found.start, found.stop) == (1, 51, 60)
    at.hear(m.PageTurned("previous"))
    assert page(at.state).number == 0


def test_opening_shows_the_first_page_and_takes_the_focus_there() -> None:
    at = desk()
    assert not at.state.preview.open
    assert at.hear(m.PreviewToggled()) == [Focus("preview")]
    assert at.hear(m.PageTurned("last"), m.PreviewToggled()) == []
    assert (at.state.preview.open, at.state.preview.page) == (False, 0)


@given(
    st.dictionaries(st.sampled_from(["d1", "d2", "d3", "d4"]), st.integers(1, 130), min_size=1),
    st.sampled_from(ROWS_PER_PAGE),
    st.lists(st.sampled_from(["first", "previous", "next", "last"]), max_size=4),
)
def test_all_pages_together_are_the_selection(
    datasets: dict[str, int], per_page: int, turns: list[str]
) -> None:
    at = opened(datasets, per_page)
    at.hear(*(m.PageTurned(turn) for turn in turns), m.PageTurned("first"))
    found: list[str] = []
    for number in range(last_page(at.state) + 1):
        one = page(at.state)
        assert (one.number, one.start) == (number, number * per_page + 1)
        assert one.stop - one.start + 1 == len(shown(at)) <= per_page
        assert len({(group.mission, group.dataset) for group in one.groups}) == len(one.groups)
        found += shown(at)
        at.hear(m.PageTurned("next"))
    assert found == [each.filename for each in rows(datasets)]
    assert page(at.state).files == len(set(found))


def test_pages_go_on_from_one_mission_into_the_next() -> None:
    at = desk(
        read_list(rows({"d1": 120}), mission="JWST"),
        read_list(rows({"e1": 60, "e2": 45}), "lab", mission="LAB"),
    )
    at.hear(
        m.QuickSelected(Quick.ALL),
        m.MissionChosen("LAB"),
        m.QuickSelected(Quick.ALL),
        m.RowsPerPageChosen(50),
    )
    found: list[str] = []
    spans = []
    for _ in range(5):
        one = page(at.state)
        spans.append(
            (
                one.start,
                one.stop,
                [(group.mission, group.dataset, len(group.indices)) for group in one.groups],
            )
        )
        found += shown(at)
        at.hear(m.PageTurned("next"))
    assert spans == [
        (1, 50, [("JWST", "d1", 50)]),
        (51, 100, [("JWST", "d1", 50)]),
        (101, 150, [("JWST", "d1", 20), ("LAB", "e1", 30)]),
        (151, 200, [("LAB", "e1", 30), ("LAB", "e2", 20)]),
        (201, 225, [("LAB", "e2", 25)]),
    ]
    assert found == [each.filename for each in rows({"d1": 120, "e1": 60, "e2": 45})]
