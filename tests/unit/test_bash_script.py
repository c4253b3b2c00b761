"""The text of the bash script: what stands where, and that no name of a list gets out of its place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.errors import OverlayError
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.bash import bash_script

GOLDEN = Path(__file__).parent / "golden" / "api_retrieve.sh"
ROOT = "MAST_2026-11-22T07_17_20.000Z"
OPENING, CLOSING = "<<'END_OF_LIST'\n", "END_OF_LIST\n"
FIELDS = 13

hostile = st.one_of(
    st.text(),
    st.text(alphabet="'\"$()`\\\n\r\t\x00\x1b\x7f\x85..-*~&|;<>!#{}[]? \u202e\u2028\ud800é"),
    st.sampled_from(
        [
            "END_OF_LIST",
            "\nEND_OF_LIST\n",
            "$(touch pwned)",
            "'; touch pwned; '",
            "@LIST@",
            "@ROOT@",
            "-",
            "--help",
            "`id`",
        ]
    ),
)


def a_file(**changes: object) -> PlannedFile:
    made = PlannedFile(
        mission="JWST",
        filename="a.fits",
        path="JWST/jw1/a.fits",
        url="https://archive.example.org/a.fits",
        problem="",
        size=2880,
        exclusive=False,
        with_token=False,
        sha256=None,
        md5=None,
        rows=(PlannedRow("mast:JWST/product/a.fits", "jw1", 0),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def a_plan(*files: PlannedFile, root: str = ROOT) -> Plan:
    return Plan(root, "NESTED", files, "anonymous", False)


def text_of(plan: Plan, contact: str = "help@example.org", whoami: str = "") -> str:
    return "".join(
        bash_script(
            plan,
            version="0.1.0",
            token_page="https://archive.example.org/token",
            contact=contact,
            made="2026-11-22 07:17:20 UTC",
            whoami=whoami,
        )
    )


def split(script: str) -> tuple[str, list[list[str]]]:
    """What stands around the list, and the list's fields; the here-document ends as bash ends it."""
    before, after = script.split(OPENING, 1)
    lines = after.split("\n")
    end = lines.index(CLOSING.rstrip())
    return before + "\n".join(lines[end:]), [line.split("\t") for line in lines[:end]]


def small_plan() -> Plan:
    pool = a_file(
        filename="jw90001_pool.csv",
        path="JWST/jw90001-o001/jw90001_pool.csv",
        url="https://archive.example.org/get?name=jw90001-o001%2Fjw90001_pool.csv",
        size=512,
        md5="D41D8CD98F00B204E9800998ECF8427E",
        rows=(
            PlannedRow("mast:JWST/product/jw90001_pool.csv", "jw90001-o001", 1),
            PlannedRow("mast:JWST/product/jw90001_pool.csv", "jw90001-o002", 3),
        ),
    )
    science = a_file(
        filename="jw90001001001_cal.fits",
        path="JWST/jw90001-o001/jw90001001001_cal.fits",
        url="https://archive.example.org/get?name=jw90001-o001%2Fjw90001001001_cal.fits",
        size=5_760_000,
        exclusive=True,
        with_token=True,
        sha256="ab" * 32,
        rows=(PlannedRow("mast:JWST/product/jw90001001001_cal.fits", "jw90001-o001", 2),),
    )
    strange = a_file(
        mission="HST",
        filename="it's $HOME?.fits",
        path="HST/visit/it's $HOME_.fits",
        url=None,
        problem="the list gives no address for it",
        rows=(PlannedRow("mast:HST/product/it's $HOME?.fits", "visit", 0),),
    )
    return a_plan(pool, science, strange)


def test_the_script_of_a_small_plan_is_the_one_on_file() -> None:
    script = text_of(small_plan(), whoami="https://archive.example.org/whoami")
    assert script == GOLDEN.read_text("utf-8")


def test_each_row_of_the_manifest_has_a_line_and_duplicates_name_their_first() -> None:
    _, lines = split(text_of(small_plan()))
    assert [fields[:2] for fields in lines] == [["1", "1"], ["2", "2"], ["3", "1"], ["4", "4"]]
    assert [fields[8:10] for fields in lines[:3]] == [
        ["jw90001-o001", "jw90001-o001"],
        ["jw90001-o001", "jw90001-o001"],
        ["jw90001-o002", "jw90001-o001"],
    ]


def test_the_missions_stand_one_after_the_other_each_in_list_order() -> None:
    def one(mission: str, *numbers: int) -> PlannedFile:
        rows = tuple(PlannedRow(f"mast:{mission}/{number}", "d", number) for number in numbers)
        return a_file(mission=mission, path=f"{mission}/{numbers[0]}", rows=rows)

    _, lines = split(text_of(a_plan(one("JWST", 0, 5), one("HST", 0), one("JWST", 2))))
    assert [fields[10] for fields in lines] == ["mast:JWST/0", "mast:JWST/2", "mast:JWST/5", "mast:HST/0"]
    assert [fields[1] for fields in lines] == ["1", "2", "1", "4"]


def test_checksums_are_written_as_the_tools_print_them() -> None:
    _, lines = split(text_of(small_plan()))
    assert lines[0][6] == "d41d8cd98f00b204e9800998ecf8427e"
    assert lines[1][5] == "ab" * 32


def test_a_file_without_an_address_has_the_reason_in_its_place() -> None:
    _, lines = split(text_of(small_plan()))
    assert lines[3][12] == "the list gives no address for it"


def test_a_renamed_file_tells_the_name_that_the_archive_has() -> None:
    _, lines = split(text_of(small_plan()))
    assert [fields[11] for fields in lines] == ["-", "-", "-", "HST/visit/it's $HOME?.fits"]


def test_a_script_without_exclusive_files_asks_for_no_token() -> None:
    assert "WITH_TOKEN=0\n" in text_of(a_plan(a_file()))
    assert "WITH_TOKEN=1\n" in text_of(small_plan())


@pytest.mark.parametrize("user", ["archive.example.org", "me:secret", ""])
def test_the_token_does_not_go_to_an_address_with_a_user_before_the_host(user: str) -> None:
    file = a_file(url=f"https://{user}@archive.example.org/a.fits", exclusive=True, with_token=True)
    outside, lines = split(text_of(a_plan(file)))
    assert "WITH_TOKEN=0\n" in outside
    assert lines[0][4] == "-"


def test_an_at_sign_in_the_path_of_an_address_keeps_the_token() -> None:
    file = a_file(url="https://archive.example.org/a@b.fits?x=@", exclusive=True, with_token=True)
    assert split(text_of(a_plan(file)))[1][0][4] == "token"


@given(hostile, hostile, hostile, hostile, hostile)
def test_hostile_names_stand_in_the_list_alone(
    filename: str, dataset: str, uri: str, address: str, problem: str
) -> None:
    rows = (PlannedRow(uri, dataset, 0), PlannedRow(uri, dataset + "2", 1))
    here = a_file(filename=filename, url="https://archive.example.org/" + address, rows=rows)
    nowhere = a_file(path="JWST/b", url=None, problem=problem, rows=(PlannedRow(uri, dataset, 2),))
    outside, lines = split(text_of(a_plan(here, nowhere)))
    plain = replace(here, filename="a", url="https://archive.example.org/a")
    expected, _ = split(text_of(a_plan(plain, replace(nowhere, problem="none"))))
    assert outside == expected
    assert len(lines) == 3
    for line in lines:
        assert len(line) == FIELDS
        assert all(field and field.encode() for field in line)
        assert line[0].isdigit()
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", "".join(line))


@given(hostile)
def test_an_address_has_only_the_characters_that_addresses_may_have(text: str) -> None:
    _, lines = split(text_of(a_plan(a_file(url="https://archive.example.org/" + text))))
    assert re.fullmatch(r"https://archive\.example\.org/[A-Za-z0-9%:/?#\[\]@!$&'()*+,;=._~-]*", lines[0][12])


@given(st.text(alphabet="abc/%20?&=+~._-"))
def test_an_address_that_is_right_stays_as_it_is(text: str) -> None:
    url = "https://archive.example.org/" + text
    assert split(text_of(a_plan(a_file(url=url))))[1][0][12] == url


def test_a_host_in_another_script_is_written_as_it_is_looked_up() -> None:
    url = "HTTPS://bücher.example/ä.fits"
    assert split(text_of(a_plan(a_file(url=url))))[1][0][12] == "https://xn--bcher-kva.example/%C3%A4.fits"


def test_a_host_that_cannot_be_looked_up_is_still_an_address_for_curl() -> None:
    url = f"https://{'ü' * 80}/a"
    assert split(text_of(a_plan(a_file(url=url))))[1][0][12].startswith("https://%C3%BC")


@given(hostile)
def test_the_words_of_a_profile_cannot_leave_their_quotes(contact: str) -> None:
    outside, _ = split(text_of(a_plan(a_file()), contact=contact))
    lines = outside.split("\n")
    line = next(line for line in lines if line.startswith("readonly CONTACT="))
    word = line.removeprefix("readonly CONTACT=")
    assert re.fullmatch(r"""[\w@%+=:,./-]+|'[^']*'(?:"'"'[^']*')*""", word)
    assert len(lines) == len(split(text_of(a_plan(a_file())))[0].split("\n"))


@pytest.mark.parametrize("root", ["", "..", "a/b", "a b", "-rf", ".hidden", "$(id)", "a\nb"])
def test_a_root_that_is_no_plain_folder_is_refused(root: str) -> None:
    with pytest.raises(OverlayError) as refused:
        text_of(a_plan(a_file(), root=root))
    assert refused.value.code == "script.root"


@pytest.mark.parametrize(
    "path", ["", "/etc/x", "../x", "JWST/../x", "JWST//x", "JWST/.state", "a\tb", "a\nb"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(OverlayError) as refused:
        text_of(a_plan(a_file(path=path)))
    assert refused.value.code == "script.path"


def test_a_plan_without_files_gives_a_script_with_an_empty_list() -> None:
    assert split(text_of(a_plan()))[1] == []


def test_a_long_list_comes_in_pieces() -> None:
    files = [a_file(path=f"JWST/{n}", rows=(PlannedRow(f"u:{n}", "d", n),)) for n in range(5000)]
    pieces = list(bash_script(a_plan(*files), version="1", token_page="", contact="", made=""))
    assert len(pieces) >= 5
    assert max(map(len, pieces)) < 100_000
    assert len(split("".join(pieces))[1]) == 5000
    before = next(place for place, piece in enumerate(pieces) if piece)
    assert before >= 4, "others have their turn while the plan is checked and its tokens are counted"
    assert all(piece.count("\n") <= 250 for piece in pieces[before + 1 : -1])


if __name__ == "__main__":
    GOLDEN.write_text(text_of(small_plan(), whoami="https://archive.example.org/whoami"), "utf-8")
