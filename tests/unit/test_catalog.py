from __future__ import annotations

import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import address, bits
from pycore.catalog import Catalog, Facet, ListedRow, Weight
from pycore.product import EXCLUSIVE, PUBLIC, Row
from tests.unit.builders import catalog, listed, names, profile, row

A, B, C = "jw01001001001_02101_00001_nrca1", "jw01001001001_02101_00002_nrca1", "jw01001-o001_t001_nircam"
SHA = "0" * 64, "1" * 64


def test_rows_stand_by_dataset_in_the_order_in_which_datasets_are_first_seen() -> None:
    of = catalog([row("1", B), row("2", A), row("3", B), row("4", C), row("5", A)])
    assert of.datasets == {B: (0, 2), A: (2, 4), C: (4, 5)}
    assert [of.listed(index).row.filename for index in range(of.rows)] == ["1", "3", "2", "5", "4"]
    assert [of.list_position(index) for index in range(of.rows)] == [0, 2, 1, 4, 3]
    assert of.names() == ["1", "3", "2", "5", "4"]


@pytest.mark.parametrize("asked", [0, 1, 5, 31, 32, 33, 300])
def test_a_set_is_closed_by_the_other_rows_of_its_products_be_they_few_or_many(asked: int) -> None:
    chance = random.Random(asked)
    of = catalog(row(f"{chance.randrange(400)}.fits", chance.choice((A, B, C))) for _ in range(900))
    among = bits.from_indices(chance.sample(range(of.rows), asked), of.rows)
    inside = {of.product_number(index) for index in bits.indices(among)}
    wanted = [index for index in range(of.rows) if of.product_number(index) in inside]
    assert list(bits.indices(of.closed(among))) == wanted
    for index in bits.indices(among):
        number = of.product_number(index)
        assert of.rows_with(index) == tuple(each for each in wanted if of.product_number(each) == number)


def test_an_empty_catalog_holds_nothing() -> None:
    of = catalog([])
    assert (of.rows, of.everything, of.count(of.everything), of.volume(of.everything)) == (0, 0, 0, 0)
    assert (of.facets, of.datasets, of.names()) == ({}, {}, [])


class TestIdentityAtMast:
    def test_one_name_and_size_is_one_product_whatever_dataset_key_and_uri_say(self) -> None:
        of = catalog(
            [
                row("pool.csv", A, 7, uri=f"{A}/pool.csv", product_key=f"{A}_pool.csv"),
                row("pool.csv", B, 7, uri=f"{B}/pool.csv", product_key=f"{B}_pool.csv"),
            ]
        )
        assert of.rows == 2
        assert (of.count(of.everything), of.volume(of.everything)) == (1, 7)
        assert of.shared(0) and of.shared(1)
        assert of.product_number(0) == of.product_number(1)

    def test_one_name_with_two_sizes_is_two_products(self) -> None:
        of = catalog([row("a.fits", A, 7), row("a.fits", B, 8)])
        assert (of.count(of.everything), of.volume(of.everything)) == (2, 15)
        assert not of.shared(0)

    def test_the_address_does_not_matter(self) -> None:
        of = catalog([row("a", A, 7), row("a", B, 7, url="https://h.example/a")])
        assert of.count(of.everything) == 1
        assert of.product_row(0).url == of.product_row(1).url == "https://h.example/a"


class TestIdentityElsewhere:
    def test_the_address_is_the_product(self) -> None:
        url = "https://h.example/a.fits"
        of = catalog(
            [row("a", "d1", 7, url=url), row("other-name", "d2", 7, url=url), row("a", "d3", 7)], "LAB"
        )
        assert of.count(of.everything) == 2

    def test_a_product_has_one_name_for_the_pattern(self) -> None:
        url = "https://h.example/a.fits"
        of = catalog([row("a", "d1", 7, url=url), row("b", "d2", 7, url=url)], "LAB")
        assert of.names() == ["a", "a"]

    def test_the_url_goes_before_the_uri(self) -> None:
        one, other = "https://h.example/a", "https://h.example/b"
        of = catalog(
            [
                row("a", "d1", 7, url=one, uri="x:1"),
                row("a", "d2", 7, url=one, uri="x:2"),
                row("a", "d3", 7, url=other, uri="x:1"),
            ],
            "LAB",
        )
        assert of.product_number(0) == of.product_number(1) < of.product_number(2)

    def test_without_an_address_the_whole_uri_is_the_product(self) -> None:
        of = catalog(
            [row("a", "d1", 7, uri="x:a"), row("a", "d2", 7, uri="x:a"), row("a", "d2", 7, uri="x:b")], "LAB"
        )
        assert of.count(of.everything) == 2

    def test_one_uri_with_two_sizes_is_two_products(self) -> None:
        assert catalog([row("a", "d1", 7, uri="x:a"), row("a", "d2", 8, uri="x:a")], "LAB").refused == []
        of = catalog([row("a", "d1", 7, uri="x:a"), row("a", "d2", 8, uri="x:a")], "LAB")
        assert of.volume(of.everything) == 15

    def test_with_neither_the_row_stands_for_itself(self) -> None:
        of = catalog([row("a", "d1", 7), row("a", "d2", 7), row("b", "d1", 7)], "LAB")
        assert of.count(of.everything) == 3

    def test_a_relative_address_is_the_same_as_the_absolute_one(self) -> None:
        rows = [row("a", "d1", 7, url="a.fits"), row("a", "d2", 7, url="https://h.example/lists/a.fits")]
        of = catalog(rows, "LAB", base="https://h.example/lists/l.json")
        assert of.count(of.everything) == 1
        assert of.listed(0).row.url == "https://h.example/lists/a.fits"

    def test_one_relative_address_in_two_lists_is_two_products(self) -> None:
        rows = [
            ListedRow(row("a", "d1", 7, url="a.fits"), 1, "https://h.example/1/l.json"),
            ListedRow(row("a", "d2", 7, url="a.fits"), 1, "https://h.example/2/l.json"),
        ]
        of = Catalog("address", rows)
        assert of.count(of.everything) == 2


class TestChecksums:
    @pytest.mark.parametrize("name", ["sha256", "md5"])
    @pytest.mark.parametrize("mission", ["JWST", "LAB"])
    def test_different_ones_are_never_one_product(self, name: str, mission: str) -> None:
        url = "https://h.example/a"
        of = catalog(
            [row("a", A, 7, url=url, **{name: "0"}), row("a", B, 7, url=url, **{name: "1"})], mission
        )
        assert of.count(of.everything) == 2
        assert of.refused == []

    def test_one_that_is_missing_says_nothing_and_is_filled_in(self) -> None:
        of = catalog([row("a", A, 7), row("a", B, 7, sha256=SHA[0]), row("a", C, 7, md5="2")])
        assert of.count(of.everything) == 1
        assert (of.product_row(0).sha256, of.product_row(0).md5) == (SHA[0], "2")

    def test_what_was_filled_in_keeps_others_apart(self) -> None:
        of = catalog([row("a", A, 7), row("a", B, 7, sha256=SHA[0]), row("a", C, 7, sha256=SHA[1])])
        assert of.count(of.everything) == 2
        assert of.product_number(0) == of.product_number(1) != of.product_number(2)


class TestBadRows:
    def test_one_url_with_two_sizes_is_an_error_of_the_row(self) -> None:
        url = "https://h.example/a"
        of = catalog([row("a", "d1", 7, url=url), row("a", "d2", 8, url=url), row("b", "d2", 7)], "LAB")
        assert [(bad.number, bad.code, bad.filename) for bad in of.refused] == [(2, "row.size.conflict", "a")]
        assert "“size”" in of.refused[0].sentence
        assert of.rows == 2

    def test_an_address_that_is_none_is_an_error_of_the_row(self) -> None:
        for base in ("", "https://h.example/l.json"):
            of = catalog([row("a", "d1", 7, url="https://[::1/a"), row("b", "d2", 7)], "LAB", base)
            assert [(bad.number, bad.code) for bad in of.refused] == [(1, "row.url.format")]
            assert of.rows == 1


class TestAccess:
    @pytest.mark.parametrize("first", [PUBLIC, EXCLUSIVE])
    def test_of_two_rows_that_disagree_the_stricter_wins(self, first: str) -> None:
        second = PUBLIC if first == EXCLUSIVE else EXCLUSIVE
        of = catalog([row("a", A, 7, access=first), row("a", B, 7, access=second)])
        assert of.exclusive == of.everything
        assert of.is_exclusive(0) and of.is_exclusive(1)

    def test_a_repeated_row_counts_too(self) -> None:
        of = catalog([row("a", A, 7), row("a", A, 7, access=EXCLUSIVE)])
        assert of.repeated == 1
        assert of.rows == 1
        assert of.is_exclusive(0)

    def test_what_a_repeated_row_said_outlives_a_joined_list(self) -> None:
        of = catalog([row("a", A, 7), row("a", A, 7, access=EXCLUSIVE, sha256=SHA[0])]).joined(
            listed([row("b", A, 7)])
        )
        assert of.is_exclusive(0)
        assert of.product_row(0).sha256 == SHA[0]
        assert names(of, of.exclusive) == {"a"}


class TestJoining:
    def test_a_joined_list_is_as_good_as_one_list(self) -> None:
        first, second = (
            [row("a", A, 7), row("pool", A, 1)],
            [row("b", B, 7), row("pool", B, 1), row("c", A, 2)],
        )
        joined, whole = catalog(first).joined(listed(second)), catalog([*first, *second])
        assert joined.datasets == whole.datasets
        assert joined.names() == whole.names()
        assert joined.volume(joined.everything) == whole.volume(whole.everything) == 17
        assert joined.count(joined.everything) == 4

    def test_the_same_list_again_adds_nothing(self) -> None:
        rows = [row("a", A, 7), row("pool", A, 1), row("pool", B, 1)]
        again = catalog(rows).joined(listed(rows))
        assert (again.rows, again.repeated, again.refused) == (3, 3, [])

    def test_only_the_added_rows_are_told_of(self) -> None:
        url = "https://h.example/a"
        first = catalog(
            [row("a", "d", 7, url=url), row("a", "d", 7, url=url), row("a", "e", 8, url=url)], "LAB"
        )
        assert (first.repeated, len(first.refused)) == (1, 1)
        second = first.joined(listed([row("a", "f", 9, url=url), row("b", "f", 9)]))
        assert (second.repeated, [bad.number for bad in second.refused]) == (0, [1])

    def test_a_relative_address_from_a_file_never_leads_to_the_server_of_another_list(self) -> None:
        from_server = listed([row("a.fits", A, 7)], "https://first.example/lists/l.json")
        from_file = listed([row("a.fits", B, 7, url="secret/a.fits")])
        of = Catalog("name-and-size", from_server).joined(from_file)
        for more in ([], listed([row("b.fits", C, 7)], "https://third.example/l.json")):
            of = of.joined(more)
            assert of.product_row(0).url == ""
            assert [of.listed(index).row.url for index in range(2)] == ["", "secret/a.fits"]

    def test_an_address_of_a_later_list_stays_that_lists(self) -> None:
        of = Catalog("name-and-size", listed([row("a.fits", A, 7)], "https://first.example/l.json"))
        of = of.joined(listed([row("a.fits", B, 7, url="x/a.fits")], "https://second.example/lists/l.json"))
        for _ in range(3):
            assert of.product_row(0).url == "https://second.example/lists/x/a.fits"
            of = of.joined([])

    def test_addresses_are_resolved_once_also_where_the_list_itself_has_a_relative_one(self) -> None:
        of = Catalog("address", listed([row("a.fits", A, 7, url="files/a.fits")], "./demo/l.json"))
        found = of.product_row(0).url
        for _ in range(3):
            of = of.joined([])
            assert (of.product_row(0).url, of.listed(0).row.url) == (found, found)

    def test_an_address_that_can_be_asked_takes_the_place_of_one_that_cannot(self) -> None:
        whole = "https://h.example/a.fits"
        of = catalog([row("a.fits", A, 7, url="a.fits"), row("a.fits", B, 7, url=whole)])
        assert of.product_row(0).url == whole
        of = of.joined(listed([row("a.fits", C, 7, url="https://other.example/a.fits")]))
        assert of.product_row(0).url == whole


def test_the_first_row_in_list_order_speaks_for_the_product() -> None:
    of = catalog([row("a", A, 7, level="2b", suffix="_cal"), row("a", B, 7, level="3", suffix="_i2d")])
    assert of.facets == {Facet("2b", "_cal"): of.everything}
    assert of.product_row(1).level == "2b"


def test_sets_have_the_weight_of_their_products_however_often_they_are_asked_for() -> None:
    of = catalog([row(f"{size}", A, size) for size in range(30)])
    sets = [bits.from_indices([0, size], 30) for size in range(1, 30)]
    for _ in range(2):
        assert [of.weight(some) for some in sets] == [Weight(2, size) for size in range(1, 30)]
    assert of.volume(of.everything) == sum(range(30))
    assert of.weight(0) == of.weighed(0) == Weight(0, 0)


def test_rows_are_flagged_by_product() -> None:
    of = catalog([row("a", A), row("pool", A), row("pool", B), row("b", B)])
    assert names(of, of.where(each.filename == "pool" for each in of.products())) == {"pool"}
    with pytest.raises(ValueError, match="shorter"):
        of.where([True])


def test_sizes_up_to_the_largest_are_weighed_exactly() -> None:
    sizes = [2**53 - 1, 2**53 - 2, 0, 1]
    of = catalog([row(f"{number}", A, size) for number, size in enumerate(sizes)])
    assert of.volume(of.everything) == sum(sizes)
    assert array("Q").itemsize == 8


drafts = st.lists(
    st.builds(
        lambda name, dataset, size, access: row(name, dataset, size, access=access, level=name, suffix=name),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([A, B, C]),
        st.integers(0, 3),
        st.sampled_from([PUBLIC, EXCLUSIVE]),
    ),
    max_size=25,
)


@given(drafts)
def test_a_catalog_agrees_with_counting_by_hand(rows: list[Row]) -> None:
    of = catalog(rows)
    products = {(each.filename, each.size) for each in rows}
    strict = {(each.filename, each.size) for each in rows if each.access == EXCLUSIVE}
    pairs = {(each.dataset, each.filename, each.size) for each in rows}
    assert of.count(of.everything) == len(products)
    assert of.volume(of.everything) == sum(size for _, size in products)
    assert of.rows == len(pairs)
    assert of.repeated == len(rows) - len(pairs)
    assert of.count(of.exclusive) == len(strict)
    assert sum(of.count(mask) for mask in of.facets.values()) == len(products)
    for facet, mask in of.facets.items():
        assert of.volume(mask) == sum(size for name, size in products if name == facet.level)
    for dataset, (start, stop) in of.datasets.items():
        assert {of.listed(index).row.dataset for index in range(start, stop)} == {dataset}
        for index in range(start, stop):
            assert of.shared(index) == (len({p[0] for p in pairs if p[1:] == _of(of, index)}) > 1)


def _of(of: Catalog, index: int) -> tuple[str, int]:
    return of.product_row(index).filename, of.product_row(index).size


@given(drafts, st.randoms(use_true_random=False), st.integers(0, 25))
def test_joining_anywhere_gives_the_same_products(rows: list[Row], chance: random.Random, cut: int) -> None:
    whole, joined = catalog(rows), catalog(rows[:cut]).joined(listed(rows[cut:]))
    assert joined.names() == whole.names()
    assert joined.exclusive == whole.exclusive
    assert joined.facets == whole.facets
    shuffled = [*rows]
    chance.shuffle(shuffled)
    other = catalog(shuffled)
    assert other.count(other.everything) == whole.count(whole.everything)
    assert other.count(other.exclusive) == whole.count(whole.exclusive)


places = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from([A, B, C]),
    st.sampled_from(["", "x/a", "/a", "https://own.example/a"]),
    st.sampled_from(["", "https://first.example/l.json", "https://second.example/lists/l.json"]),
)


@given(st.lists(places, max_size=8), st.integers(0, 8), st.sampled_from(["name-and-size", "address"]))
def test_joining_anywhere_leaves_the_addresses_what_they_are(
    drawn: list[tuple[str, str, str, str]], cut: int, identity: str
) -> None:
    entries = [ListedRow(row(name, dataset, 7, url=url), 1, base) for name, dataset, url, base in drawn]
    whole = Catalog(identity, entries)
    joined = Catalog(identity, entries[:cut]).joined(entries[cut:]).joined([])
    assert [each.url for each in joined.products()] == [each.url for each in whole.products()]
    own = {address.resolved(base, url) for _, _, url, base in drawn}
    listed_urls = {joined.listed(index).row.url for index in range(joined.rows)}
    assert {each.url for each in joined.products()} | listed_urls <= own | {""}


def test_profiles_name_their_identity() -> None:
    assert profile("JWST").identity == "name-and-size"
    assert profile("ANY").identity == "address"
