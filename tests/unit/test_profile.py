from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pycore import messages as m
from pycore import recommended
from pycore.errors import OverlayError
from pycore.formats.list_products import read
from pycore.missions.profile import BUILT_IN, IDENTITIES, LONGEST_NAME, RULES, Profile, Profiles
from pycore.missions.profile import _raw as table_of
from pycore.state import State
from pycore.update import update
from pycore.view import regions
from tests.unit.builders import fields as fields_of_row
from tests.unit.builders import list_text, names, row, selector

SITE_RULE = {"rule": "highest-level", "levels": ["RED", "RAW"], "never": {"extensions": [".JPG"]}}


def site(**missions: object) -> Profiles:
    return Profiles({"missions": missions})


@pytest.mark.parametrize("key", BUILT_IN)
def test_every_profile_that_comes_along_is_whole(key: str) -> None:
    profile = Profiles().named(key)
    assert profile.name == key.upper()
    assert profile.title and profile.contact[0] and profile.help["regex"].startswith("https://")
    assert profile.archive.token_origins == ("https://mast.stsci.edu",)
    assert profile.archive.whoami == "https://mast.stsci.edu/whoami"
    assert "{origin}" not in repr(profile)
    assert profile.identity == "name-and-size"


def test_levels_stand_from_the_most_to_the_least_processed() -> None:
    assert [level.name for level in Profiles().named("JWST").levels] == [
        "3",
        "2c",
        "2b",
        "2a",
        "1b",
        "ASSOCIATION",
    ]
    assert Profiles().named("HST").levels[0].name == "HASP"


def test_only_jwst_has_guide_stars_and_references() -> None:
    with_controls = [
        key for key in BUILT_IN if Profiles().named(key).guide_stars or Profiles().named(key).references
    ]
    assert with_controls == ["jwst"]


def test_names_of_missions_are_known_in_any_case() -> None:
    assert Profiles().named("jwst") == Profiles().named("JWST") == Profiles().named("Jwst")


def test_an_unknown_mission_gets_the_generic_profile_under_its_own_name() -> None:
    profile = Profiles().named("My Lab")
    assert (profile.name, profile.title) == ("My Lab", "My Lab")
    assert profile.archive.token_origins == ()
    assert (profile.guide_stars, profile.references, profile.levels) == (None, None, ())
    assert not profile.recognises("anything")


@pytest.mark.parametrize(
    ("dataset", "mission"),
    [
        ("jw02734001001_02101_00001-seg001_nis", "JWST"),
        ("jw02734-o002_t002_niriss", "JWST"),
        ("Z14Z0104T", "HST"),
        ("JBTAA0010", "HST"),
        ("U9O40504M", "HST"),
        ("ldqp01010", "HST"),
        ("hst_12345_cos_target", "HST"),
        ("LWR08496", "IUE"),
        ("J0021+0052", "CLASSY"),
        ("hlsp_ullyses_hst_cos_ngc346-mpg-396_uv", "ULLYSES"),
        ("r0000101001001001001_0001_wfi01", "ROMAN"),
        ("dataset01", ""),
        ("galaxy001", ""),
        ("innermost", ""),
        ("", ""),
        ("jw1", ""),
    ],
)
def test_a_dataset_tells_its_mission(dataset: str, mission: str) -> None:
    assert Profiles().of_dataset(dataset) == mission


def test_datasets_that_nobody_knows_go_with_the_majority() -> None:
    datasets = ["jw02734-o002_t002_niriss", "odd", "JBTAA0010", "jw02734-o003_t001_niriss"]
    assert Profiles().guess(datasets) == ["JWST", "JWST", "HST", "JWST"]
    assert Profiles().guess(["odd", "odder"]) == ["OTHER", "OTHER"]
    assert Profiles().guess([]) == []


class TestSite:
    @pytest.mark.parametrize("name", ["JWST", "jwst"])
    def test_it_points_a_known_mission_at_another_archive(self, name: str) -> None:
        profile = site(**{name: {"archive": {"origin": "http://127.0.0.1:8000"}}}).named("JWST")
        assert profile.archive.whoami == "http://127.0.0.1:8000/whoami"
        assert profile.archive.token_origins == ("http://127.0.0.1:8000",)
        assert profile.guide_stars == Profiles().named("JWST").guide_stars
        assert Profiles().named("JWST").archive.whoami == "https://mast.stsci.edu/whoami"

    def test_it_adds_a_mission(self) -> None:
        profiles = site(
            LAB={"dataset_pattern": "lab-.*", "levels": [{"name": "RED"}], "recommended": SITE_RULE}
        )
        profile = profiles.named("lab")
        assert profiles.of_dataset("lab-1") == "LAB"
        assert [level.name for level in profile.levels] == ["RED"]
        assert profile.recommended.levels == ("RED", "RAW")
        assert profile.recommended.never.extensions == (".jpg",)
        assert profile.identity == "address"

    def test_origins_are_written_as_browsers_do(self) -> None:
        profile = site(LAB={"archive": {"token_origins": ["HTTPS://Lab.Example:443/"]}}).named("LAB")
        assert profile.archive.token_origins == ("https://lab.example",)

    @pytest.mark.parametrize(
        "change",
        [
            "text",
            None,
            [],
            {"dataset_pattern": "("},
            {"dataset_pattern": 7},
            {"identity": "name"},
            {"identity": ["address"]},
            {"levels": [{"title": "RED"}]},
            {"levels": ["RED"]},
            {"levels": 7},
            {"recommended": {"rule": "best"}},
            {"recommended": {"rule": "science", "never": {"suffixes": "_thumb"}}},
            {"recommended": {"never": {"colours": ["red"]}}},
            {"recommended": {"never": {"filters": "("}}},
            {"recommended": {"never": None}},
            {"recommended": {"levels": "RED"}},
            {"recommended": {"prefer": {"ACS": ["DRC"]}}},
            {"recommended": {"also": [{"level": "HASP"}]}},
            {"guide_stars": {"name_part": "_gs-"}},
            {"guide_stars": {"name_part": "_gs-", "calibrated": "(", "uncalibrated": "x", "label": ""}},
            {"references": {"types": ["reference"]}},
            {"archive": {"token_origins": ["ftp://lab.example"]}},
            {"archive": {"token_origins": ["https://user@lab.example"]}},
            {"archive": {"token_origins": "https://lab.example"}},
            {"archive": {"whoami": 7}},
            {"archive": {"colour": "red"}},
            {"archive": None},
            {"contact": {"sentence": None, "label": None}, "help": None},
            {"help": [1]},
        ],
    )
    def test_a_profile_that_is_not_right_is_refused_in_words(self, change: object) -> None:
        with pytest.raises(OverlayError) as refused:
            site(LAB=change)
        assert refused.value.code == "site.mission"
        assert "LAB" in refused.value.sentence
        assert refused.value.hint

    @pytest.mark.parametrize("missions", ["text", 7, [], None])
    def test_a_configuration_of_another_shape_is_refused(self, missions: object) -> None:
        with pytest.raises(OverlayError) as refused:
            Profiles({"missions": missions})
        assert refused.value.code == "site.shape"

    def test_a_missing_key_is_named(self) -> None:
        with pytest.raises(OverlayError, match=r"“LAB” is not right: “references\.label” is missing\."):
            site(LAB={"references": {"types": [], "levels": []}})

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": 5}, "“name” is a number, not text"),
            ({"title": True}, "“title” is a truth value, not text"),
            ({"title": "\0"}, "“title” holds a character"),
            ({"title": "\ud800"}, "“title” holds a character"),
            ({"dataset_pattern": ["a"]}, "“dataset_pattern” is a list, not text"),
            ({"dataset_pattern": "a{99999999999}"}, "“dataset_pattern” is no regular expression"),
            ({"dataset_pattern": "(" * 5000 + ")" * 5000}, "“dataset_pattern” is no regular expression"),
            ({"levels": {"name": "RED"}}, "“levels” is a table, not a list"),
            ({"levels": [{"name": "RED"}, {"name": 2}]}, "“levels[1].name” is a number"),
            ({"levels": [{"name": "RED", "hint": None}]}, "“levels[0].hint” is null"),
            ({"contact": {"label": 5}}, "“contact.label” is a number"),
            ({"contact": {"sentence": []}}, "“contact.sentence” is a list"),
            ({"references": {"types": [], "levels": [], "label": 5}}, "“references.label” is a number"),
            ({"references": {"types": [1], "levels": [], "label": ""}}, "“references.types[0]” is a number"),
            ({"references": False}, "“references” is a truth value, not a table"),
            ({"guide_stars": []}, "“guide_stars” is a list, not a table"),
            ({"guide_stars": {"name_part": 5}}, "“guide_stars.name_part” is a number"),
            ({"recommended": {"level": 3}}, "“recommended.level” is a number"),
            (
                {"recommended": {"prefer": {"ACS": ["DRC"]}}},
                "“recommended.prefer.ACS[0]” is text, not a list",
            ),
            ({"recommended": {"also": {"suffix": "X"}}}, "“recommended.also” is a table, not a list"),
            ({"recommended": {"rule": "best"}}, "“recommended.rule” is “best”, none of highest-level"),
            ({"archive": {"origin": 7}}, "“archive.origin” is a number"),
            ({"archive": {"retrieve": ["x"]}}, "“archive.retrieve” is a list, not text"),
            ({"archive": {"uri_schemes": "lab"}}, "“archive.uri_schemes” is text, not a list"),
            ({"help": {"regex": 5}}, "“help.regex” is a number"),
            ({"archives": {}}, "nothing is known of “archives”"),
            ({"archive": {"\ud800": 1}}, "nothing is known of “archive.?”"),
        ],
    )
    def test_a_value_of_another_kind_is_refused_by_the_name_of_its_key(
        self, change: dict[str, object], said: str
    ) -> None:
        with pytest.raises(OverlayError) as refused:
            site(LAB=change)
        assert refused.value.code == "site.mission"
        assert said in refused.value.sentence

    @pytest.mark.parametrize(
        "link",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "\x01javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "help.html",
            "//lab.example/help",
            "https://user@lab.example/",
            "https:///nowhere",
            "https://lab.example/\u202e",
            "mailto:a\nb",
        ],
    )
    @pytest.mark.parametrize(
        ("table", "key"),
        [("contact", "url"), ("help", "suffixes"), ("archive", "token_page"), ("archive", "list_products")],
    )
    def test_a_link_opens_pages_and_letters_alone(self, table: str, key: str, link: str) -> None:
        for told in (link, "{origin}" if table == "archive" else link):
            with pytest.raises(OverlayError, match=f"“{table}.{key}” is no whole address") as refused:
                site(JWST={table: {key: told, **({"origin": link} if table == "archive" else {})}})
            assert refused.value.code == "site.mission"

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "https://lab.example/a b?c#d",
            "HTTP://127.0.0.1:8/x",
            "mailto:a@lab.example",
            "https://ü.example",
        ],
    )
    def test_usual_links_are_taken_as_they_are(self, link: str) -> None:
        profile = site(
            LAB={"contact": {"url": link}, "help": {"regex": link}, "archive": {"token_page": link}}
        ).named("LAB")
        assert (profile.contact[2], profile.help["regex"], profile.archive.token_page) == (link, link, link)

    def test_null_takes_a_control_away(self) -> None:
        profile = site(JWST={"guide_stars": None, "references": None}).named("JWST")
        assert (profile.guide_stars, profile.references) == (None, None)

    @pytest.mark.parametrize("name", ["", " ", "a\0", "\ud800"])
    def test_a_mission_needs_a_name_that_can_be_written(self, name: str) -> None:
        with pytest.raises(OverlayError, match="cannot have this name"):
            site(**{name: {}})

    def test_a_mission_has_one_name_in_one_spelling(self) -> None:
        with pytest.raises(OverlayError, match="not the name that it stands under"):
            site(JWST={"name": "Webb"})
        with pytest.raises(OverlayError, match="is there twice"):
            site(LAB={}, lab={})
        assert site(jwst={"name": "jwst"}).named("JWST").name == "jwst"


#: Every key that there is.
WHOLE: Final[dict[str, Any]] = {
    **copy.deepcopy(table_of("jwst")),
    "name": "LAB",
    "recommended": {
        **copy.deepcopy(table_of("jwst")["recommended"]),
        "level": "3",
        "prefer": {"ACS": [["DRC"], ["DRZ"]]},
        "also": [{"level": "", "suffix": "CSPEC"}],
    },
}
WHOLE["archive"]["uri_schemes"] = ["mast"]
WHOLE["identity"] = "address"


def keys(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a document."""
    inside = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in inside:
        yield (*path, key)
        yield from keys(value, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    table = copy.deepcopy(WHOLE)
    place: Any = table
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return table


TEXTS: Final = st.text(max_size=8) | st.sampled_from(
    [
        "(",
        "[[a]",
        "a{2,1}",
        "(?L)",
        "\\8",
        "javascript:x",
        "\0",
        "\ud800",
        "{origin}",
        "https://[",
        "science",
        "LAB",
    ]
)
DOCUMENTS: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
#: A list that gives every control of a panel something to do.
LIST: Final = m.ListRead(
    "list",
    "",
    read(
        list_text(
            [
                fields_of_row(),
                fields_of_row(filename="jw01001001001_gs-fg_20220101_cal.fits", file_suffix="_cal"),
                fields_of_row(filename="jwst_nircam_flat_0001.fits", type="reference", category="REFERENCE"),
                fields_of_row(
                    filename="x_drc.fits", instrument_name="ACS", file_suffix="DRC", access="EXCLUSIVE_ACCESS"
                ),
            ],
            mission="LAB",
        )
    ),
)


@pytest.mark.filterwarnings("ignore:Possible .* at position:FutureWarning")
@given(st.sampled_from(sorted(keys(WHOLE), key=repr)), DOCUMENTS)
@example(("name",), 5)
@example(("contact", "label"), 5)
@example(("references", "label"), 5)
@example(("guide_stars", "name_part"), 5)
def test_whatever_stands_in_the_place_of_a_value_is_a_profile_that_works_or_refused(
    path: tuple[Any, ...], value: Any
) -> None:
    site_read = m.SiteRead({"missions": {"LAB": changed(path, value)}})
    try:
        state, _ = update(State(), site_read)
    except OverlayError as refused:
        assert refused.code == "site.mission"
        assert refused.sentence.encode()
        return
    state, _ = update(state, LIST)
    assert "".join(regions(state).values()).encode()
    assert well_typed(state.missions[0].profile)


def well_typed(value: Any) -> bool:
    """Whether nothing but texts and whole numbers is at the ends of a profile."""
    if is_dataclass(value):
        return all(well_typed(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and well_typed(each) for key, each in value.items())
    if isinstance(value, tuple):
        return all(well_typed(each) for each in value)
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


class TestLongNames:
    """Patterns of the profiles that come along take names as long as a hostile list makes them."""

    LENGTH: Final = 200_000
    STARTS: Final = (
        "", "r0000000", "r", "jw00000", "jw", "hst_", "J", "j1", "hlsp_ullyses_", "SWP00000", "J0000+0000",
        "_TA", "_SUBTA", "SOSS", "_gs-", "-image_cal",
    )  # fmt: skip
    FILLINGS: Final = (
        "1", "a", "A", "_", "TA", "_TA", "_FSTA", ";SOSS", " AMITA", "-image", "_stacked-cal", "_cal.fits", "\n",
    )  # fmt: skip
    #: Neither a whole name nor an end that any pattern looks for.
    END: Final = "!\n"

    def patterns(self) -> Iterator[tuple[str, Callable[[str], object]]]:
        for profile in _all():
            never, guiding = profile.recommended.never.filters, profile.guide_stars
            yield profile.dataset_pattern, re.compile(profile.dataset_pattern).fullmatch
            yield never, re.compile(never).search
            for pattern in (guiding.calibrated, guiding.uncalibrated) if guiding else ():
                yield pattern, re.compile(pattern).search

    def test_no_pattern_takes_the_square_of_their_length(self) -> None:
        names = [
            start + filling * (50_000 // len(filling)) + self.END
            for start in self.STARTS
            for filling in self.FILLINGS
        ]
        for pattern, matched in dict(self.patterns()).items():
            for name in names:
                began = time.perf_counter()
                matched(name)
                # A pass takes a millisecond or two; the square of the length, many seconds.
                assert time.perf_counter() - began < 1, (pattern, name[:40])

    def test_patterns_of_a_site_are_shown_a_part_alone(self) -> None:
        slow = "(.*a)?.*_cal\\.fits$"
        table = {
            "dataset_pattern": "l[0-9]*.*[0-9]*x",
            "guide_stars": {"name_part": "_gs-", "calibrated": slow, "uncalibrated": slow, "label": ""},
            "recommended": {"never": {"filters": "a*b$"}},
        }
        profiles = site(LAB=table)
        began = time.perf_counter()
        assert profiles.guess(["l" + "1" * self.LENGTH + "\n"] * 100) == ["OTHER"] * 100
        at, _ = update(State(), m.SiteRead({"missions": {"LAB": table}}))
        long = fields_of_row(filename="_gs-" + "a" * self.LENGTH, filters="a" * self.LENGTH)
        at, _ = update(at, m.ListRead("list", "", read(list_text([long], mission="LAB"))))
        assert at.missions[0].selector.catalog.rows == 1
        assert time.perf_counter() - began < 5

    def test_the_beginning_tells_the_mission_and_the_end_the_guide_star(self) -> None:
        long = "x" * self.LENGTH
        assert Profiles().of_dataset(f"jw02734{long}") == "JWST"
        assert site(LAB={"dataset_pattern": "x+"}).of_dataset(long + "!") == "LAB"
        assert not site(LAB={"dataset_pattern": "x+"}).of_dataset("x" * (LONGEST_NAME - 1) + "!")
        of = selector([row(f"jw1_gs-{long}_cal.fits"), row(f"jw1_gs-{long}_uncal.fits")])
        assert names(of.catalog, of.guide_stars) == {f"jw1_gs-{long}_cal.fits"}


def test_a_dataset_is_looked_at_once_however_many_rows_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles, asked = Profiles(), []
    look = profiles.of_dataset

    def counted(dataset: str) -> str:
        asked.append(dataset)
        return look(dataset)

    monkeypatch.setattr(profiles, "of_dataset", counted)
    assert profiles.guess(["jw02734-o002"] * 3 + ["odd"] * 2) == ["JWST"] * 5
    assert asked == ["jw02734-o002", "odd"]


def test_every_rule_that_a_profile_can_name_is_there() -> None:
    assert set(RULES) == set(recommended._RULES)
    assert {Profiles().named(key).recommended.rule for key in [*BUILT_IN, "any"]} == set(RULES)
    assert {profile.identity for profile in _all()} == set(IDENTITIES)


def _all() -> list[Profile]:
    return [Profiles().named(key) for key in [*BUILT_IN, "any"]]
