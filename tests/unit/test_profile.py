from __future__ import annotations

import pytest

from pycore import recommended
from pycore.errors import OverlayError
from pycore.missions.profile import BUILT_IN, IDENTITIES, RULES, Profile, Profiles

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

    def test_a_missing_name_is_told(self) -> None:
        with pytest.raises(OverlayError, match="'label' is missing"):
            site(LAB={"references": {"types": [], "levels": []}})


def test_every_rule_that_a_profile_can_name_is_there() -> None:
    assert set(RULES) == set(recommended._RULES)
    assert {Profiles().named(key).recommended.rule for key in [*BUILT_IN, "any"]} == set(RULES)
    assert {profile.identity for profile in _all()} == set(IDENTITIES)


def _all() -> list[Profile]:
    return [Profiles().named(key) for key in [*BUILT_IN, "any"]]
