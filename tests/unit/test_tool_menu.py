"""The forms beside the bash script: what all of them have in common, and how each quotes."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycore import layout
from pycore.errors import OverlayError
from pycore.layout import Place, Structure
from pycore.missions.profile import Profiles
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.curlconfig import quoted
from pycore.scripts.lines import A_TURN, About, address, one_line
from pycore.scripts.menu import EXPORTS, TOOLS, Export, Tool
from pycore.scripts.publiccopy import Copy, public_copy
from tests.unit import builders
from tests.unit.builders import outcome

MAST = "https://mast.stsci.edu/search/jwst/api/v0.1/retrieve_product?product_name="
ABOUT = About(
    "0.1.0", "2026-11-22 07:17:20 UTC", Profiles(), "https://a.example/token", "", "help@example.org"
)
ROOT = "MAST_2026-11-22T07_17_20.000Z"

hostile = st.one_of(
    st.text(max_size=30),
    st.text(
        alphabet="'\"$()`\\\n\r\t\x00\x1b\x7f\x85..-*~&|;<>!#{}[]?%@ \u2019\u202e\u2028\ufffe\ud800é",
        max_size=30,
    ),
    st.sampled_from(
        ["'@", "END_OF_LIST", "\nEND_OF_LIST\n", "-->", "]]>", "--help", "..", "a" * 300, "@LIST@", "@ROOT@"]
    ),
)
every = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def file_of(filename: str, dataset: str = "jw1", number: int = 0, **changes: object) -> PlannedFile:
    """A file as a plan has it: its path is the one that the layout gives."""
    path = layout.paths([Place("JWST", dataset, filename)], Structure.NESTED)[0]
    made = PlannedFile(
        mission="JWST",
        filename=filename,
        path=path,
        url=MAST + "jw1%2Fa.fits",
        problem="",
        size=2880,
        exclusive=False,
        with_token=False,
        sha256="ab" * 32,
        md5=None,
        rows=(PlannedRow("mast:JWST/product/a.fits", dataset, number),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def plan_of(*files: PlannedFile, root: str = ROOT) -> Plan:
    return Plan(root, "NESTED", files, "anonymous", False)


def lost(tool: Tool, plan: Plan) -> int:
    return sum(why != "" for why in tool.losses(plan, ABOUT))


def texts(tool: Tool, plan: Plan) -> dict[str, str]:
    return {name: "".join(pieces) for name, pieces in outcome(tool.files(plan, ABOUT)).items()}


GOOD = file_of("jw10678061001_02101_00001_nrcb1_cal.fits", "jw10678061001_02101_00001_nrcb1")


def test_each_form_has_a_name_a_place_and_a_sentence_of_its_own() -> None:
    forms: list[Tool | Export] = [*TOOLS, *EXPORTS]
    for of in ("name", "label", "ending", "sentence"):
        assert len({getattr(form, of) for form in forms}) == len(forms)
    for form in forms:
        assert re.fullmatch(r"[a-z0-9]+", form.name)
        assert form.sentence.endswith(".")
        assert not form.lacks or form.lacks.endswith(".")


@every
def test_each_form_carries_a_plain_public_file(tool: Tool) -> None:
    made = texts(tool, plan_of(GOOD))
    assert lost(tool, plan_of(GOOD)) == 0
    assert all(name.startswith(ROOT) for name in made)
    assert tool.name == "bagit" or list(made) == [ROOT + tool.ending]
    assert "Left out: " not in "".join(made.values())
    assert "jw10678061001_02101_00001_nrcb1_cal.fits" in "".join(made.values()) or tool.name == "urls"


@every
def test_a_file_under_exclusive_access_is_carried_or_told(tool: Tool) -> None:
    mine = replace(GOOD, path="JWST/jw1/mine.fits", exclusive=True, with_token=True)
    text = "".join(texts(tool, plan_of(GOOD, mine)).values())
    assert lost(tool, plan_of(GOOD, mine)) == (0 if tool.tokens else 1)
    if tool.name != "urls":
        assert "JWST/jw1/mine.fits" in text


@every
def test_a_selection_of_which_nothing_can_be_carried_is_refused(tool: Tool) -> None:
    nowhere = replace(GOOD, url=None, problem="the list gives no address for it")
    with pytest.raises(OverlayError) as refused:
        outcome(tool.files(plan_of(nowhere), ABOUT))
    assert refused.value.code == "script.nothing"


@every
def test_others_have_their_turn_while_a_long_selection_is_looked_at(tool: Tool) -> None:
    nowhere = replace(GOOD, url=None, problem="the list gives no address for it")
    steps = tool.files(plan_of(*[nowhere] * (3 * A_TURN)), ABOUT)
    assert [next(steps) for _ in range(3)] == [""] * 3
    with pytest.raises(OverlayError):
        assert "".join(steps) == ""
    # One that can be taken, at the end of many that cannot.
    for pieces in outcome(tool.files(plan_of(*[nowhere] * (3 * A_TURN), GOOD), ABOUT)).values():
        turns = 0
        for piece in pieces:
            turns += 1
            assert piece.count("\n") <= 1.1 * A_TURN
        assert turns >= 3 or tool.name == "bagit"


def test_what_a_bag_of_two_kinds_of_checksums_leaves_out_is_counted_and_told() -> None:
    tool = next(tool for tool in TOOLS if tool.name == "bagit")
    other = replace(GOOD, path="JWST/jw1/other.fits", sha256=None, md5="cd" * 16)
    plan = plan_of(GOOD, replace(GOOD, path="JWST/jw1/more.fits"), other)
    assert lost(tool, plan) == 1
    told = "Left-Out: JWST/jw1/other.fits: the list gives no SHA-256 for it, as it does for others"
    assert told in "".join(texts(tool, plan).values())


@every
def test_a_file_without_an_address_is_told(tool: Tool) -> None:
    nowhere = replace(
        GOOD, path="JWST/jw1/nowhere.fits", url=None, problem="the list gives no address for it"
    )
    text = unquote("".join(texts(tool, plan_of(GOOD, nowhere)).values()))
    assert "JWST/jw1/nowhere.fits" in text
    assert "the list gives no address for it" in text


@every
@pytest.mark.parametrize("root", ["", "..", "a/b", "a b", "-rf", ".hidden", "$(id)", "a\nb"])
def test_a_root_that_is_no_plain_folder_is_refused(tool: Tool, root: str) -> None:
    with pytest.raises(OverlayError) as refused:
        texts(tool, plan_of(GOOD, root=root))
    assert refused.value.code == "script.root"


@every
@pytest.mark.parametrize(
    "path", ["", "/etc/x", "../x", "JWST/../x", "JWST//x", "JWST/.state", "a\tb", "a\nb", "a "]
)
def test_a_path_that_leads_elsewhere_is_refused(tool: Tool, path: str) -> None:
    with pytest.raises(OverlayError) as refused:
        texts(tool, plan_of(replace(GOOD, path=path)))
    assert refused.value.code == "script.path"


@every
@settings(max_examples=40)
@given(filename=hostile, dataset=hostile, uri=hostile, part=hostile, problem=hostile)
def test_no_name_gets_out_of_its_line(
    *, tool: Tool, filename: str, dataset: str, uri: str, part: str, problem: str
) -> None:
    rows = (PlannedRow(uri, dataset, 1), PlannedRow(uri, dataset + "2", 2))
    odd = file_of(filename, dataset, rows=rows, url=MAST + part)
    nowhere = file_of(filename + "2", dataset, rows=(PlannedRow(uri, dataset, 3),), url=None, problem=problem)
    plain = file_of("b.fits", "jw2", rows=(PlannedRow("u", "jw2", 1), PlannedRow("u", "jw3", 2)))
    away = file_of("c.fits", "jw2", rows=(PlannedRow("u", "jw2", 3),), url=None, problem="none")
    made = texts(tool, plan_of(GOOD, odd, nowhere))
    expected = texts(tool, plan_of(GOOD, plain, away))
    for name, text in made.items():
        assert text.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)
        if lost(tool, plan_of(odd)) == lost(tool, plan_of(plain)) and tool.name != "metalink":
            assert text.count("\n") == expected[name].count("\n")


paths = st.lists(hostile, min_size=1, max_size=4, unique=True).map(
    lambda names: [
        file_of(name, number=number, path=path)
        for number, (name, path) in enumerate(
            zip(
                names,
                layout.paths([Place("JWST", "jw1", name) for name in names], Structure.NESTED),
                strict=True,
            )
        )
    ]
)


def by_name(name: str) -> Tool:
    return next(tool for tool in TOOLS if tool.name == name)


@given(paths)
def test_a_reader_of_curls_config_files_gets_the_paths_back(files: list[PlannedFile]) -> None:
    text = texts(by_name("curl"), plan_of(*files))[f"{ROOT}_curl.txt"]
    found = [line.removeprefix("output = ") for line in text.split("\n") if line.startswith("output = ")]
    assert found == [quoted(f"{ROOT}/{file.path}") for file in files]
    assert [json.loads(word) for word in found] == [f"{ROOT}/{file.path}" for file in files]


@given(paths)
def test_a_reader_of_aria2_files_gets_the_paths_back(files: list[PlannedFile]) -> None:
    text = texts(by_name("aria2"), plan_of(*files))[f"{ROOT}_aria2.txt"]
    found = [line.strip(" \r\n\t") for line in text.split("\n") if line.startswith(" out=")]
    assert found == [f"out={ROOT}/{file.path}" for file in files]


@given(paths)
def test_a_reader_of_xml_gets_the_paths_back(files: list[PlannedFile]) -> None:
    root = ElementTree.fromstring(texts(by_name("metalink"), plan_of(GOOD, *files))[f"{ROOT}.meta4"])
    found = [each.get("name") for each in root.iter("{urn:ietf:params:xml:ns:metalink}file")]
    assert found[1:] == [f"{ROOT}/{file.path}" for file in files]


@given(paths)
def test_a_shell_gets_the_paths_of_globus_and_s5cmd_back(files: list[PlannedFile]) -> None:
    keys = [{"names": "(?s)[^/]*/.*", "key": "public/{file}"}]
    copy = {"bucket": "stpubdata", "region": "us-east-1", "keys": keys}
    about = replace(ABOUT, profiles=Profiles({"missions": {"JWST": {"archive": {"public_copy": copy}}}}))
    carried = [file for file in files if isinstance(public_copy(file, about), Copy)]
    if not carried:
        return
    for name in ("globus", "s5cmd"):
        text = "".join(next(iter(outcome(by_name(name).files(plan_of(*carried), about)).values())))
        lines = [shlex.split(line, comments=True) for line in text.split("\n")]
        assert [words[-1] for words in lines if words] == [f"{ROOT}/{file.path}" for file in carried]


@given(paths)
def test_the_lists_inside_scripts_give_the_paths_back(files: list[PlannedFile]) -> None:
    plan = plan_of(*files)
    python = texts(by_name("python"), plan)[f"{ROOT}_retrieve.py"]
    found = [json.loads(line[3:]) for line in python.split("\n") if line.startswith("#: [")]
    assert [fields[7] for fields in found] == [file.path for file in files]
    powershell = texts(by_name("powershell"), plan)[f"{ROOT}_retrieve.ps1"]
    inside = powershell.split("$Lines = @'\n")[1].split("\n'@\n")[0].split("\n")
    assert [unquote(line.split("\t")[7]) for line in inside] == [file.path for file in files]
    wget = texts(by_name("wget"), plan)[f"{ROOT}_wget.sh"]
    lines = wget.split("<<'END_OF_LIST'\n")[1].split("\nEND_OF_LIST\n")[0].split("\n")
    assert [line.split("\t")[2] for line in lines] == [file.path for file in files]
    assert python.isascii()
    assert powershell.isascii()


@given(hostile)
def test_words_of_a_profile_stay_in_their_quotes(words: str) -> None:
    about = replace(ABOUT, contact=words, token_page=words)
    for name in ("powershell", "python"):
        text = "".join(next(iter(outcome(by_name(name).files(plan_of(GOOD), about)).values())))
        line = next(line for line in text.split("\n") if re.match(r"\$?(Contact|CONTACT) = ", line))
        word = line.partition(" = ")[2]
        assert re.fullmatch(r"'(?:[^']|'')*'" if name == "powershell" else r'"(?:[^"\\]|\\.)*"', word)


def test_the_public_copy_of_a_file_is_known_by_its_dataset_and_name() -> None:
    def copy(dataset: str, filename: str, mission: str = "JWST") -> Copy | str:
        plan = builders.plan([builders.row(filename, dataset)], mission)
        return public_copy(plan.files[0], ABOUT)

    def key(dataset: str, filename: str, mission: str = "JWST") -> str | None:
        found = copy(dataset, filename, mission)
        return found.key if isinstance(found, Copy) else None

    exposure = "jw10678061001_02101_00001_nrcb1"
    assert key(exposure, f"{exposure}_cal.fits") == f"jwst/public/jw10678/jw10678061001/{exposure}_cal.fits"
    combined = "jw02736-o001_t001_nircam_clear-f090w"
    assert key(combined, f"{combined}_i2d.fits") == f"jwst/public/jw02736/L3/t/o001/{combined}_i2d.fits"
    assert key("JBEVEO010", "jbeveo010_drz.fits", "HST") == "hst/public/jbev/jbeveo010/jbeveo010_drz.fits"
    for unknown in (
        (exposure, "jw10678061001_gs-fg_2022_cal.fits", "JWST"),
        ("jw02736-c1001_t001_nircam", "jw02736-c1001_t001_nircam_i2d.fits", "JWST"),
        ("Z14Z0104T", "z14z0104x_ocx.fits", "HST"),
        ("JBEVEO010", "n9i1435li_off.fits", "HST"),
        ("x" * 300, "y", "HST"),
    ):
        assert key(*unknown) is None
    assert copy("any", "a.fits", "LAB") == "no public bucket is known for LAB"


def test_a_profile_with_a_bucket_that_is_none_is_refused() -> None:
    good = {"bucket": "data", "region": "us-east-1", "keys": [{"names": "(a)", "key": "x/{1}/{file}"}]}
    for wrong in (
        {"bucket": "a b"},
        {"region": "$(id)"},
        {"keys": [{"names": "(a)", "key": "x/{2}"}]},
        {"keys": [{"names": "(", "key": "x"}]},
        {"keys": [{"names": "a", "key": "x\n"}]},
        {"nothing": "known"},
    ):
        with pytest.raises(OverlayError) as refused:
            Profiles({"missions": {"LAB": {"archive": {"public_copy": good | wrong}}}})
        assert refused.value.code == "site.mission"


@given(hostile)
def test_one_line_is_one_line_and_an_address_has_only_its_characters(text: str) -> None:
    assert len(one_line(text).splitlines()) == 1
    assert re.fullmatch(
        r"https://a\.example/[A-Za-z0-9%:/?#\[\]@!$&'()*+,;=._~-]*", address("https://a.example/" + text)
    )


def test_a_command_that_needs_more_than_the_name_of_the_file_is_told_in_the_file_alone() -> None:
    told = {tool.name: tool.how.split()[0] for tool in TOOLS if tool.how}
    assert not {"rclone", "globus", "bagit"} & set(told)
    assert told["s5cmd"] == "s5cmd"
