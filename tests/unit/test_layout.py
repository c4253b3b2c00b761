from __future__ import annotations

import itertools
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pycore.layout import LONGEST_NAME, Place, Structure, paths, plain_path, safe_name, stamp, why_renamed

HOSTILE = [
    "", ".", "..", "...", " ", "/", "\\", "../../etc/passwd", "/etc/passwd", "C:\\a", "a/b", "a\\b", "~", "-rf",
    "CON", "con.fits", "aux", "AUX.fits", "Aux .fits", "nul.tar.gz", "COM1", "lpt9.txt", "COM¹", "conin$", "con.",
    "a.", "a ", "a. . .", ".hidden", " a", "a\tb", "a\nb", "a\r\nb", "a\0b", "\ud800", "a\u202egnp.exe", "\u200b",
    "\ufeff", "a\u2028b", "é", "e\u0301", "a.part", "a.PART", "a.fits.part", "a.part.", "a.part ", "x" * 300,
    "x" * 300 + ".fits", "x." + "y" * 300, "é" * 200, "😀" * 100 + ".fits", "." * 300, " " * 300, "x" * 239 + ".",
    "a" * 236 + ".part", "manifest.html", "MANIFEST.HTML", "a<b>:\"|?*", "ﬁ.fits", "ẞ", "İ", "\U0010ffff", "\uffff",
]  # fmt: skip
names = (
    st.text(max_size=12)
    | st.sampled_from(HOSTILE)
    | st.text(st.sampled_from("aA.eé\u0301 ~_-ßſ"), max_size=6)
)
DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}


def assert_safe(name: str) -> None:
    """What Windows, macOS and Linux ask of a name, written down from their manuals."""
    assert name not in ("", ".", "..")
    assert not set(name) & set('<>:"/\\|?*')
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in name)
    assert not name.endswith((".", " ")) and not name.startswith((".", " "))
    assert name.split(".", maxsplit=1)[0].strip().lower() not in DEVICES
    assert len(name.encode("utf-8")) <= 240
    assert len(name.encode("utf-16-le")) // 2 <= 240
    assert not name.casefold().endswith(".part")
    assert unicodedata.normalize("NFC", name) == name


@given(names)
@example("a" * 239 + "é")
@example("con" + " " * 300)
@example("x" * 230 + ".aaaaaaa. b")
def test_a_safe_name_is_one_that_every_system_takes(name: str) -> None:
    assert_safe(safe_name(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_become_safe_ones(name: str) -> None:
    assert_safe(safe_name(name))


@given(names)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "jw02734-o002_t002_niriss_clear-gr700xd-substrip256_x1dints.fits",
        "z14z0104t_shf.fits",
        "jbtaa0010_log.txt",
        "J0021+0052",
        "a b.fits",
        "é.fits",
        "parts",
        "a.part1",
        "console.log",
        "x" * 235 + ".fits",
    ],
)
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert safe_name(name) == name


def test_long_names_keep_their_beginning_and_extension_and_stay_apart() -> None:
    one, other = safe_name("x" * 300 + "1.fits"), safe_name("x" * 300 + "2.fits")
    assert one != other
    assert one.startswith("x" * 200) and one.endswith(".fits")
    assert len(one.encode()) == LONGEST_NAME
    assert len(safe_name("a." + "y" * 300).encode()) == LONGEST_NAME


places = st.lists(
    st.builds(
        Place,
        st.sampled_from(["JWST", "jwst", "HST", "manifest.html", "Manifest.json", "a/b"]) | names,
        st.sampled_from(["d1", "D1", "d2"]) | names,
        st.sampled_from(["pool.csv", "POOL.csv", "pool__d1.csv", "pool~2.csv", "e\u0301", "é"]) | names,
    ),
    max_size=15,
)


@given(places, st.sampled_from(Structure))
def test_paths_are_safe_and_unique_and_stay_below_the_root(given: list[Place], structure: Structure) -> None:
    found = paths(given, structure)
    assert len(found) == len(given)
    for path in found:
        parts = path.split("/")
        assert len(parts) == (2 if structure is Structure.FLAT else 3)
        for part in parts:
            assert_safe(part)
        assert not path.casefold().startswith("manifest.")
    for form in ("NFC", "NFD"):
        assert len({unicodedata.normalize(form, path.casefold()) for path in found}) == len(found)
        assert len({unicodedata.normalize(form, path).lower() for path in found}) == len(found)


@given(places, st.sampled_from(Structure))
def test_no_file_stands_where_another_needs_a_folder(given: list[Place], structure: Structure) -> None:
    found = [path.casefold() for path in paths(given, structure)]
    folders = {"/".join(path.split("/")[:depth]) for path in found for depth in (1, 2)} - set(found)
    assert not folders & set(found)


@given(places)
def test_the_first_of_a_name_keeps_it(given: list[Place]) -> None:
    first, *_ = [*paths(given, Structure.FLAT), ""]
    if given:
        assert first.split("/")[1] == safe_name(given[0].filename)


def test_nested_paths_have_mission_dataset_and_file() -> None:
    assert paths([Place("JWST", "jw0133_01_01", "pool.csv")], Structure.NESTED) == [
        "JWST/jw0133_01_01/pool.csv"
    ]


def test_flat_paths_keep_the_mission() -> None:
    given = [Place("JWST", "d1", "a.fits"), Place("HST", "d2", "a.fits")]
    assert paths(given, Structure.FLAT) == ["JWST/a.fits", "HST/a.fits"]


def test_two_products_of_one_name_are_both_kept_in_flat() -> None:
    given = [Place("JWST", dataset, "pool.csv") for dataset in ("d1", "d2", "d3", "d3", "d3")]
    assert paths(given, Structure.FLAT) == [
        "JWST/pool.csv",
        "JWST/pool__d2.csv",
        "JWST/pool__d3.csv",
        "JWST/pool__d3~2.csv",
        "JWST/pool__d3~3.csv",
    ]


def test_two_products_of_one_name_and_dataset_are_both_kept_in_nested() -> None:
    given = [Place("JWST", "d1", name) for name in ("pool.csv", "pool.csv", "POOL.csv", "pool~2.csv")]
    assert paths(given, Structure.NESTED) == [
        "JWST/d1/pool.csv",
        "JWST/d1/pool~2.csv",
        "JWST/d1/POOL~3.csv",
        "JWST/d1/pool~2~2.csv",
    ]


def test_names_without_an_extension_can_have_twins_too() -> None:
    given = [Place("LAB", "d", "README"), Place("LAB", "d", "README")]
    assert paths(given, Structure.NESTED) == ["LAB/d/README", "LAB/d/README~2"]


def test_long_twins_stay_apart() -> None:
    given = [Place("LAB", "d" * 300, "x" * 300 + ".fits") for _ in range(4)]
    assert len(set(paths(given, Structure.FLAT))) == 4


def test_thousands_of_twins_are_named_without_trying_all_numbers_each_time() -> None:
    given = [Place("LAB", "d", "a.fits")] * 20_000
    found = paths(given, Structure.NESTED)
    assert len(set(found)) == 20_000
    assert found[-1] == "LAB/d/a~20000.fits"


def test_a_mission_cannot_take_the_place_of_the_manifest() -> None:
    assert paths([Place("Manifest.html", "d", "a")], Structure.FLAT) == ["_Manifest.html/a"]
    (path,) = paths([Place("manifest." + "x" * 300, "d", "a")], Structure.FLAT)
    assert len(path.split("/")[0].encode()) <= LONGEST_NAME


def test_the_plain_path_is_what_the_archive_would_write() -> None:
    place = Place("JWST", "a/b", "c:d")
    assert plain_path(place, Structure.NESTED) == "JWST/a/b/c:d"
    assert plain_path(place, Structure.FLAT) == "JWST/c:d"


def test_the_folder_is_named_by_the_time_of_the_click() -> None:
    moment = datetime(2026, 11, 22, 7, 17, 20, tzinfo=UTC)
    assert stamp(moment.timestamp() * 1000) == "MAST_2026-11-22T07_17_20.000Z"
    assert stamp(moment.timestamp() * 1000 + 7.9) == "MAST_2026-11-22T07_17_20.007Z"


@given(st.integers(0, 4_102_444_800_000))
def test_a_stamp_tells_the_millisecond(epoch_ms: int) -> None:
    read = datetime.strptime(stamp(epoch_ms), "MAST_%Y-%m-%dT%H_%M_%S.%fZ").replace(tzinfo=UTC)
    assert round(read.timestamp() * 1000) == epoch_ms
    assert safe_name(stamp(epoch_ms)) == stamp(epoch_ms)


def test_every_pair_of_hostile_names_gets_its_own_path() -> None:
    for one, other in itertools.combinations(HOSTILE, 2):
        found = paths([Place("LAB", "d", one), Place("LAB", "d", other)], Structure.NESTED)
        assert len({path.casefold() for path in found}) == 2


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a:b.fits", "characters that Windows does not take, or that cannot be seen"),
        ("con.fits", "a device on Windows"),
        ("click.LNK", "Windows would obey it"),
        ("Desktop.ini", "Windows would obey it"),
        ("a.fits.part", "downloads under way are called so"),
        ("n" * 300, "too long"),
        (".hidden", "a dot or a blank at an end, or no name at all"),
        ("end.", "a dot or a blank at an end, or no name at all"),
        ("a\u0308.fits", "accents put together"),
        ("plain.fits", "another file has this name"),
    ],
)
def test_why_a_file_has_another_name_is_told(name: str, why: str) -> None:
    assert why_renamed(Place("JWST", "set", name), Structure.NESTED) == why
    assert (safe_name(name) == name) == (name == "plain.fits")


def test_the_notes_of_a_folder_have_a_name_that_no_mission_gets() -> None:
    assert paths([Place("Unfinished", "d", "f")], Structure.FLAT) == ["_Unfinished/f"]
