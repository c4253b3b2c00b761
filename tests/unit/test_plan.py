from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.catalog import Catalog
from pycore.layout import Structure
from pycore.missions.profile import Profiles
from pycore.plan import Part, address, make_plan, manifest_uri
from pycore.product import EXCLUSIVE
from tests.unit.builders import CLICK, catalog, listed, names, plan, profile, row

A, B, C = "jw01001001001_02101_00001_nrca1", "jw01001001001_02101_00002_nrca1", "jw01001-o001_t001_nircam"
RETRIEVE = "https://mast.stsci.edu/search/jwst/api/v0.1/retrieve_product?product_name="


class TestShape:
    def test_a_product_is_planned_once_with_all_its_rows_in_list_order(self) -> None:
        made = plan([row("a.fits", A, 5), row("pool.csv", A, 7), row("b.fits", B, 5), row("pool.csv", B, 7)])
        assert [file.path for file in made.files] == [
            f"JWST/{A}/a.fits",
            f"JWST/{A}/pool.csv",
            f"JWST/{B}/b.fits",
        ]
        assert [(each.dataset, each.number) for each in made.files[1].rows] == [(A, 1), (B, 3)]
        assert made.total_bytes == 17
        assert (made.root, made.structure) == ("MAST_2026-11-22T07_17_20.000Z", "NESTED")

    def test_list_order_holds_where_datasets_interleave(self) -> None:
        made = plan([row("1", A), row("2", B), row("3", A), row("4", C), row("5", B)])
        assert [file.filename for file in made.files] == ["1", "2", "3", "4", "5"]

    def test_the_first_selected_row_in_list_order_is_the_primary(self) -> None:
        made = plan([row("1", B), row("pool.csv", C, 7), row("pool.csv", B, 7), row("pool.csv", A, 7)])
        pool = made.files[1]
        assert [each.dataset for each in pool.rows] == [C, B, A]
        assert pool.path == f"JWST/{C}/pool.csv"

    def test_only_what_is_selected_is_planned(self) -> None:
        of = catalog([row("a", A), row("b", A), row("c", B)])
        some = of.where(each.filename != "b" for each in of.products())
        made = make_plan([Part(profile(), of, some)], Structure.NESTED, CLICK, None)
        assert {file.filename for file in made.files} == names(of, some) == {"a", "c"}

    def test_missions_stand_one_after_the_other(self) -> None:
        jwst, hst = catalog([row("a", A)]), catalog([row("a", "JBTAA0010")], "HST")
        parts = [Part(profile("HST"), hst, hst.everything), Part(profile("JWST"), jwst, jwst.everything)]
        made = make_plan(parts, Structure.FLAT, CLICK, None)
        assert [file.path for file in made.files] == ["HST/a", "JWST/a"]

    def test_nothing_selected_is_an_empty_plan(self) -> None:
        made = make_plan([Part(profile(), catalog([row("a")]), 0)], Structure.NESTED, CLICK, None)
        assert (made.files, made.total_bytes, made.exclusive_count, [*filter(None, made.renamed())]) == (
            (),
            0,
            0,
            [],
        )

    @pytest.mark.parametrize(
        ("user", "shown", "signed_in"),
        [(None, "anonymous", False), ("ada", "ada", True), ("", "anonymous", True)],
    )
    def test_the_user_is_anonymous_without_a_name(
        self, user: str | None, shown: str, signed_in: bool
    ) -> None:
        made = plan([row("a")], user=user)
        assert (made.user, made.signed_in) == (shown, signed_in)

    def test_renamed_files_are_told_with_the_archives_path(self) -> None:
        made = plan([row("a.fits", A, 1), row("a.fits", B, 2), row("b.fits", B)], structure=Structure.FLAT)
        assert [*filter(None, made.renamed())] == [("JWST/a.fits", f"JWST/a__{B}.fits")]
        assert [*filter(None, plan([row("a:b", A)]).renamed())] == [(f"JWST/{A}/a:b", f"JWST/{A}/a_b")]

    def test_checksums_of_any_row_are_those_of_the_file(self) -> None:
        (file,) = plan([row("a", A, 5), row("a", B, 5, md5="1" * 32)]).files
        assert (file.sha256, file.md5) == (None, "1" * 32)


class TestAddress:
    def test_it_is_the_profiles_for_the_rows_uri_percent_encoded(self) -> None:
        made = plan([row("a.fits", A, uri=f"{A}/a.fits")])
        assert made.files[0].url == f"{RETRIEVE}{A}%2Fa.fits"

    def test_without_a_uri_it_is_that_of_dataset_and_file(self) -> None:
        assert address(row("a b&c=d#?.fits", "d"), profile())[0] == f"{RETRIEVE}d%2Fa%20b%26c%3Dd%23%3F.fits"

    @given(st.text(min_size=1).map(lambda text: text.encode("utf-8", "replace").decode()))
    def test_every_name_arrives_as_it_is(self, filename: str) -> None:
        url, problem = address(row(filename, "d/é"), profile())
        assert url is not None and not problem
        parts = urlsplit(url)
        assert parts.query.startswith("product_name=") and not parts.fragment
        assert "&" not in parts.query and "+" not in parts.query and url.isascii()
        assert unquote(parts.query.removeprefix("product_name=")) == f"d/é/{filename}"

    def test_a_whole_mast_uri_is_asked_of_the_download_service(self) -> None:
        for mission in ("JWST", "HST", "IUE", "CLASSY", "ULLYSES", "LAB"):
            url, _ = address(row("a", uri="mast:IUE/url/pub/iue/a b.gz"), profile(mission))
            assert (
                url
                == "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast%3AIUE%2Furl%2Fpub%2Fiue%2Fa%20b.gz"
            )

    def test_the_rows_url_goes_first(self) -> None:
        assert address(row("a", uri="mast:x", url="https://h.example/a b"), profile()) == (
            "https://h.example/a%20b",
            "",
        )

    def test_an_http_uri_is_an_address(self) -> None:
        assert address(row("a", uri="HTTPS://h.example/a"), profile("LAB")) == ("HTTPS://h.example/a", "")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "neither the list nor"),
            ({"uri": "d/a"}, "neither the list nor"),
            ({"uri": "ftp://h.example/a"}, "begin with ftp:"),
            ({"uri": "ivo://h.example/a"}, "begin with ivo:"),
            ({"url": "files/a"}, "relative"),
            ({"url": "file:///a"}, "not http"),
            ({"url": "https://u:p@h.example/a"}, "user name"),
            ({"uri": "https://mast.stsci.edu@h.example/a"}, "user name"),
            ({"uri": "http://[::1/a"}, "no host"),
        ],
    )
    def test_a_file_without_an_address_is_planned_with_the_reason(
        self, fields: dict[str, str], said: str
    ) -> None:
        (file,) = plan([row("a", "d", 2880, **fields)], "LAB").files
        assert file.url is None
        assert said in file.problem
        assert file.path == "LAB/d/a"

    def test_a_site_may_name_the_schemes_that_its_archive_knows(self) -> None:
        archive = {"retrieve_by_uri": "https://lab.example/get?id={uri}", "uri_schemes": ["lab"]}
        lab = Profiles({"missions": {"LAB": {"archive": archive}}}).named("LAB")
        assert address(row("a", uri="LAB:x/y"), lab) == ("https://lab.example/get?id=LAB%3Ax%2Fy", "")
        assert address(row("a", uri="mast:x"), lab)[0] is None

    def test_a_relative_url_is_that_of_its_list(self) -> None:
        made = plan([row("a", url="files/a.fits")], "LAB", base="https://h.example/x/l.json")
        assert made.files[0].url == "https://h.example/x/files/a.fits"


class TestToken:
    def with_token(self, url: str, access: str = EXCLUSIVE, mission: str = "JWST") -> bool:
        (file,) = plan([row("a", access=access, url=url)], mission, user="ada").files
        assert file.exclusive == (access == EXCLUSIVE)
        return file.with_token

    def test_it_goes_along_with_exclusive_files_from_the_profiles_origin(self) -> None:
        assert plan([row("a", access=EXCLUSIVE)]).files[0].with_token
        assert self.with_token("https://mast.stsci.edu/a")
        assert self.with_token("HTTPS://MAST.stsci.edu:443/a")

    def test_it_stays_with_public_files(self) -> None:
        assert not self.with_token("https://mast.stsci.edu/a", "PUBLIC")

    def test_it_stays_where_the_profile_has_no_origin(self) -> None:
        assert not self.with_token("https://mast.stsci.edu/a", mission="LAB")

    @pytest.mark.parametrize(
        "url",
        [
            "http://mast.stsci.edu/a",
            "https://mast.stsci.edu:8443/a",
            "https://mast.stsci.edu.evil.example/a",
            "https://evil.example/https://mast.stsci.edu/",
            "https://mast.stsci.edu@evil.example/a",
            "https://mast.stsci.edu:pw@evil.example/a",
            "https://evil.example\\@mast.stsci.edu/a",
            "https://mast.stsci.edu\\@evil.example/a",
            "https://mast.stsci.edu\\.evil.example/a",
            "https://evil.example#@mast.stsci.edu/a",
            "https://evil.example?@mast.stsci.edu/a",
            "https:\\\\evil.example/a",
            "https://mast.stsci.edu%2eevil.example/a",
            "https://mast.stsci.edu。evil.example/a",
            "https://stpubdata.s3.us-east-1.amazonaws.com/a",
            "https://mast.stsci.edu./a",
            "//evil.example/a",
        ],
    )
    def test_it_goes_nowhere_else(self, url: str) -> None:
        assert not self.with_token(url)

    def test_an_exclusive_row_of_a_shared_product_makes_it_exclusive(self) -> None:
        (file,) = plan([row("pool", A), row("pool", B, access=EXCLUSIVE)]).files
        assert file.exclusive and file.with_token


def test_exclusive_files_are_counted() -> None:
    assert plan([row("a", access=EXCLUSIVE), row("b"), row("c", access=EXCLUSIVE)]).exclusive_count == 2


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("", "mast:JWST/product/a.fits"),
        (f"{A}/a.fits", "mast:JWST/product/a.fits"),
        ("mast:HLSP/x/a.fits", "mast:HLSP/x/a.fits"),
        ("https://h.example/a", "https://h.example/a"),
    ],
)
def test_the_manifests_uri_is_the_rows_own_where_that_has_a_scheme(uri: str, shown: str) -> None:
    assert manifest_uri("JWST", row("a.fits", A, uri=uri)) == shown


drafts = st.lists(
    st.builds(
        row,
        st.sampled_from(["a.fits", "A.fits", "b.fits", "pool.csv"]),
        st.sampled_from([A, B, C]),
        st.integers(0, 2),
    ),
    max_size=20,
)


@given(drafts, st.sampled_from(Structure))
def test_every_row_is_in_the_plan_once(rows: list[object], structure: Structure) -> None:
    of = Catalog("name-and-size", listed(rows))  # type: ignore[arg-type]
    made = make_plan([Part(profile(), of, of.everything)], structure, CLICK, None)
    numbers = [each.number for file in made.files for each in file.rows]
    assert sorted(numbers) == sorted(of.list_position(index) for index in range(of.rows))
    assert [file.rows[0].number for file in made.files] == sorted(file.rows[0].number for file in made.files)
    assert all(
        [each.number for each in file.rows] == sorted(each.number for each in file.rows)
        for file in made.files
    )
    assert len({file.path.casefold() for file in made.files}) == len(made.files) == of.count(of.everything)
    assert made.total_bytes == of.volume(of.everything)
