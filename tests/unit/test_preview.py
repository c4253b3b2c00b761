"""The preview: groups, pages, ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import bits
from pycore import messages as m
from pycore.effects import Focus, Reveal, Work
from pycore.preview import last_page, page
from pycore.product import Row
from pycore.selection import Quick
from pycore.state import ROWS_PER_PAGE
from tests.unit.builders import row
from tests.unit.desk import CAL, HST, MOSAIC, POOL, SECRET_CAL, UNCAL, A, B, C, Desk, desk, read_list


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


class TestJump:
    @pytest.mark.parametrize(
        ("asked", "number"),
        [("3", 2), ("1", 0), ("0", 0), ("-7", 0), ("9999", 3), ("", 1), ("x", 1), ("2.5", 1)],
    )
    def test_a_page_by_its_number(self, asked: str, number: int) -> None:
        at = opened({"d1": 160}, 50)
        at.hear(m.PageTurned("next"), m.PageAsked(asked))
        assert page(at.state).number == number


class TestAllFiles:
    def test_all_files_of_the_list_are_shown_and_what_is_selected_is_told(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled(), m.ShowAllTicked(True))
        found = page(at.state)
        assert (found.rows, found.files, found.selected, found.selected_files) == (8, 7, 4, 3)
        assert "8 rows (7 files), 4 selected (3 files)" in at.page.one("p", class_="range").text
        boxes = {box.says("data-with"): box for box in at.page.all("input", data_do="file")}
        assert boxes['["JWST",0]'].has("checked")
        secret = at.mission.selector.catalog.names().index(SECRET_CAL)
        assert boxes[f'["JWST",{secret}]'].has("disabled")
        at.hear(m.ShowAllTicked(False))
        assert page(at.state).rows == 4

    def test_what_is_ticked_off_stays_in_view(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled(), m.FileTicked("JWST", 0))
        assert shown(at) == [CAL, POOL, POOL, MOSAIC]
        assert [badge.text for badge in at.page.all("span", class_="badge hand")] == ["off by hand"]


class TestFolding:
    def test_a_folded_dataset_takes_the_room_of_one_row(self) -> None:
        at = opened({"d1": 120, "d2": 40, "d3": 30}, 50)
        at.hear(m.GroupFolded("JWST", "d1"))
        found = page(at.state)
        assert [(group.dataset, len(group.indices), group.folded) for group in found.groups] == [
            ("d1", 0, True),
            ("d2", 40, False),
            ("d3", 9, False),
        ]
        assert (found.start, found.stop, found.rows, found.last) == (1, 169, 190, 1)
        at.hear(m.PageTurned("next"))
        assert (page(at.state).start, page(at.state).stop) == (170, 190)
        at.hear(m.GroupFolded("JWST", "d1"))
        assert page(at.state).last == 3

    def test_all_fold_and_one_unfolds(self) -> None:
        at = opened({"d1": 120, "d2": 40, "d3": 30}, 50)
        at.hear(m.AllFolded(True))
        assert (page(at.state).start, page(at.state).stop, page(at.state).last) == (1, 190, 0)
        at.hear(m.GroupFolded("JWST", "d2"))
        assert [len(group.indices) for group in page(at.state).groups] == [0, 40, 0]
        at.hear(m.AllFolded(False))
        assert page(at.state).last == 3


class TestSorting:
    def test_a_head_sorts_up_down_and_not_at_all(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled())
        at.work(m.SortAsked("Size"))
        assert [part.catalog.product_row(index).size for part, index in page(at.state).lines] == [
            10,
            10,
            1000,
            9000,
        ]
        assert at.page.one("th", aria_sort="ascending").text == "Size"
        at.work(m.SortAsked("Size"))
        assert [part.catalog.product_row(index).size for part, index in page(at.state).lines] == [
            9000,
            1000,
            10,
            10,
        ]
        assert at.page.one("th", aria_sort="descending").text == "Size"
        assert at.hear(m.SortAsked("Size")) == []
        assert shown(at) == [CAL, POOL, POOL, MOSAIC]
        at.work(m.SortAsked("Size"), m.SortAsked("Filename"))
        assert at.page.one("th", aria_sort="ascending").text == "Filename"

    def test_until_it_is_done_the_order_is_the_archives_and_an_older_one_counts_no_more(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled())
        (first,) = at.hear(m.SortAsked("Size"))
        (second,) = at.hear(m.SortAsked("Filename"))
        assert isinstance(first, Work)
        assert isinstance(second, Work)
        assert at.page.one("table").says("aria-busy") == "true"
        at.hear(bits.finished(first.steps))
        assert shown(at) == [CAL, POOL, POOL, MOSAIC]
        at.hear(bits.finished(second.steps))
        names = [part.catalog.product_row(index).filename for part, index in page(at.state).lines]
        assert names == sorted([CAL, POOL, POOL, MOSAIC])

    def test_a_longer_list_is_sorted_again(self) -> None:
        at = desk()
        at.work(m.PreviewToggled(), m.SortAsked("Size"))
        orders = at.hear(read_list([row("new.fits", "jw09", 5, level="3", suffix="_i2d")], "more"))
        (work,) = [order for order in orders if isinstance(order, Work)]
        assert page(at.state).lines == ()
        at.hear(bits.finished(work.steps))
        assert [part.catalog.product_row(index).size for part, index in page(at.state).lines] == [
            5, 10, 10, 1000, 9000,
        ]  # fmt: skip


class TestFinding:
    def found(self, at: Desk) -> list[str]:
        """What is told, and the name of the row that is shown."""
        row = at.page.all("tr", aria_current="true")
        return [at.page.one("p", id="find-state").text, *(each.all("bdi")[0].text for each in row)]

    def test_typing_goes_to_the_first_match_and_enter_round_them(self) -> None:
        at = desk()
        at.hear(m.PreviewToggled())
        assert Reveal("found") in at.work(m.FindTyped("POOL"))
        assert self.found(at) == ["1 of 2 rows", POOL]
        assert at.hear(m.FindStepped(False)) == [Reveal("found")]
        assert self.found(at) == ["2 of 2 rows", POOL]
        at.hear(m.FindStepped(False))
        assert self.found(at) == ["1 of 2 rows", POOL]
        at.hear(m.FindStepped(True))
        assert self.found(at) == ["2 of 2 rows", POOL]
        at.work(m.FindTyped(C.upper()))
        assert self.found(at) == ["1 of 1 row", MOSAIC]
        at.work(m.FindTyped("uncal"))
        assert self.found(at) == ["No selected row has that."]
        assert at.hear(m.FindStepped(False)) == []
        at.hear(m.ShowAllTicked(True), m.FindStepped(False))
        assert self.found(at) == ["1 of 1 row", UNCAL]
        at.hear(m.FindTyped(""))
        assert self.found(at) == [""]

    def test_a_match_is_shown_on_its_page_out_of_its_fold_and_in_the_order(self) -> None:
        at = opened({"d1": 120, "d2": 40}, 50)
        at.hear(m.AllFolded(True))
        at.work(m.FindTyped("d2_0038"))
        assert self.found(at) == ["1 of 1 row", "d2_0038_cal.fits"]
        at.hear(m.AllFolded(False))
        at.work(m.SortAsked("Filename"), m.SortAsked("Filename"))
        at.hear(m.FindStepped(False))
        assert (page(at.state).number, self.found(at)[1]) == (0, "d2_0038_cal.fits")
        at.hear(m.FindTyped(""))
        at.work(m.FindTyped("d1_0000"))
        assert self.found(at) == ["1 of 1 row", "d1_0000_cal.fits"]
        assert page(at.state).number == 3

    def test_a_longer_list_is_searched_again(self) -> None:
        at = desk()
        at.work(m.PreviewToggled(), m.FindTyped("pool"))
        orders = at.hear(read_list([row("pool_2.csv", C, 5, level="3", suffix="_pool")], "more"))
        assert self.found(at) == ["finding …"]
        for order in orders:
            if isinstance(order, Work):
                at.hear(bits.finished(order.steps))
        assert self.found(at)[0] == "1 of 3 rows"
