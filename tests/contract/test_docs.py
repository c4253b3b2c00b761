"""What the documents say, done: every command, every example, every link, every name of a key or code."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import build
from pycore import zipstream
from pycore.errors import OverlayError
from pycore.formats.list_products import read
from pycore.layout import Structure
from pycore.manifest import COLUMNS, FETCHED_COLUMNS, Happened, Outcome, page_pieces, rows
from pycore.missions import profile
from pycore.missions.profile import RULES, Profiles
from pycore.product import EXCLUSIVE, read_row
from pycore.proxies import proxies
from pycore.scripts import powershell
from pycore.scripts.aria2 import aria2_input
from pycore.scripts.bash import bash_script
from pycore.scripts.lines import About
from pycore.scripts.menu import EXPORTS, TOOLS
from pycore.view import lists
from tests.archive.static import StaticServer
from tests.unit.builders import fields, plan, row
from web.buildsteps.first_visit import first_visit, total
from web.buildsteps.shell import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "web").glob("requirements/*.md")]
)
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STAMP = "MAST_2026-11-22T07_17_20.000Z"


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, *kinds: str) -> list[str]:
    return [content for kind, content in _BLOCK.findall(text(name)) if kind in kinds]


def commands() -> Iterator[tuple[str, str]]:
    """Each command of each document, with the document's name."""
    for name in NAMES:
        for block in blocks(name, "console", "sh", "bash"):
            yield from ((name, line.strip()) for line in block.splitlines() if line.strip())


COMMANDS = sorted({command for _, command in commands()})


# --- commands


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what a person has after START DOWNLOAD and API QUERY, and the archive that the script asks."""
    folder, site = tmp_path_factory.mktemp("taken"), tmp_path_factory.mktemp("site")
    content = b"SIMPLE  =" + b" " * 2871
    names = ("image.fits", "exposure6_cal.fits")
    for name in names:
        (site / name).write_bytes(content)
    stream, stamp = zipstream.ZipStream(), zipstream.Stamp.at(1_800_000_000)
    archive = stream.whole(f"{_STAMP}/LAB/night-1/image.fits", content, stamp) + stream.finish()
    (folder / f"{_STAMP}.zip").write_bytes(archive)
    with StaticServer(site) as server:
        of = plan([row(name, "night-1", len(content), url=f"{server.url}{name}") for name in names], "LAB")
        assert of.root == _STAMP
        about = About("0", "2026-11-22T07:17:20.000Z", Profiles())
        (folder / f"{_STAMP}_aria2.txt").write_text("".join(aria2_input(of, about)))
        script = bash_script(
            of, version="0", token_page="", contact="", made="2026-11-22T07:17:20.000Z", whoami=""
        )
        (folder / f"{_STAMP}_api_retrieve.sh").write_text("".join(script))
        yield folder


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def served(words: list[str], marker: str) -> str:
    """Start a server, ask it for its page once it says where it is, and stop it."""
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as serving:
        try:
            assert serving.stdout is not None
            told = []
            for line in serving.stdout:
                told.append(line)
                if marker in line and (port := re.search(r"127\.0\.0\.1(?: port |:)(\d+)", line)):
                    break
            else:
                pytest.fail("".join(told))
            with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/", timeout=20) as page:
                found: str = page.read().decode()
                return found
        finally:
            serving.terminate()


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, taken: Path, tmp_path: Path) -> None:
    words = shlex.split(command)
    match words:
        case ["python", "build.py", "serve", *options]:
            assert not {"--port", "--no-open"} & set(options)
            page = served(
                [sys.executable, "-u", "build.py", "serve", "--no-open", "--port", "0", *options], "Serving "
            )
            assert "<title>Download files</title>" in page
        case ["python", "build.py", "build", "--out", _]:
            run([sys.executable, "build.py", "build", "--out", str(tmp_path / "out")], ROOT)
            assert (tmp_path / "out" / "index.html").is_file()
        case ["python", "build.py", ("test" | "check" | "bench"), *_]:
            asked_of_build(words[2:])
        case ["python", "-m", "http.server", "8000", *options]:
            # A folder of this test in the place of the site, and any port that is free.
            (tmp_path / "index.html").write_text("the site")
            options = [str(tmp_path) if option == "dist" else option for option in options]
            page = served([sys.executable, "-u", "-m", "http.server", "0", *options], "Serving HTTP")
            assert page == "the site"
        case [".tools/dev/bin/python", "-m", module, *options]:
            assert importlib.util.find_spec(module) is not None
            if options:
                told = run([sys.executable, "-m", module, "--help"], ROOT)
                assert all(option in told for option in options if option.startswith("--"))
        case ["mkdir", "machine-3"]:
            run(words, tmp_path)
        case ["cp", options, share, "."]:
            # Onto what another share brought.
            for folder in (tmp_path / share, tmp_path / _STAMP):
                folder.mkdir(parents=True)
                (folder / "manifest.html").write_text(str(folder))
            run(words, tmp_path)
            assert options.startswith("-R")
            assert (tmp_path / _STAMP / "manifest.html").read_text() == str(tmp_path / share)
        case ["bash", script, "--output", folder, *options]:
            (taken / folder).mkdir(exist_ok=True)
            run(words, taken)
            assert [path.name for path in (taken / folder).rglob("*.fits")] == ["exposure6_cal.fits"]
        case ["bash", script, "--verify"]:
            run(["bash", script], taken)
            run(words, taken)
        case ["aria2c", *_]:
            shutil.copy(taken / f"{_STAMP}_aria2.txt", tmp_path)
            run([*words, "--no-conf", "--quiet"], tmp_path)
            assert (tmp_path / _STAMP / "LAB" / "night-1" / "image.fits").stat().st_size == 2880
        case ["split", *options, name, start]:
            assert ending(name) == "_s5cmd.txt"
            lines = "".join(f"# {number}\n" for number in range(100))
            (tmp_path / name).write_text(lines)
            run(["split", *options, name, start], tmp_path)
            shares = sorted(tmp_path.glob(f"{start}*"))
            assert "".join(share.read_text() for share in shares) == lines
            assert "share-03" in [share.name for share in shares]
        case [("s5cmd" | "rclone" | "globus") as tool, *_]:
            asked = {"s5cmd": ["--help"], "rclone": ["help", "flags"], "globus": ["transfer", "--help"]}[tool]
            beside = Path(sys.executable).with_name(tool)
            told = run([str(beside) if beside.exists() else tool, *asked], tmp_path)
            assert all(word.partition("=")[0] in told for word in words if word.startswith("--"))
            assert all(ending(word) for word in words if word.startswith(_STAMP))
        case ["sh", name]:
            assert ending(name) == "_aws.sh"
        case ["powershell", "-ExecutionPolicy", "Bypass", "-File", name, option, _]:
            assert ending(name) == "_retrieve.ps1"
            assert f"[string]${option.removeprefix('-')} =" in powershell._TEMPLATE.head
        case [("bash" | "unzip" | "7z" | "bsdtar"), *_]:
            run(words, taken)
        case _:
            pytest.fail(f"nobody knows how to try: {command}")


def ending(name: str) -> str:
    """What follows the time in the name of a form, as the menu beside API QUERY gives it."""
    (found,) = (tool.ending for tool in TOOLS if name == _STAMP + tool.ending)
    return found


def test_every_form_is_in_the_documents() -> None:
    told = text("docs/scripts.md")
    table = told[told.index("## Which one") : told.index("## A terabyte")]
    # The first is the button's own.
    _, _, bash, *forms = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("|")]
    assert bash == [" bash script ", " `_api_retrieve.sh` "]
    for (label, cell), tool in zip(sorted(forms), sorted(TOOLS, key=lambda tool: tool.label), strict=True):
        assert label.strip() == tool.label
        assert tool.ending in cell
    assert all(export.label in told for export in EXPORTS)


def asked_of_build(words: list[str]) -> None:
    """`test` and `check` are not run inside the tests; that they are what build.py takes is checked."""
    options, others = build.command_line().parse_known_args(words)
    assert isinstance(options, argparse.Namespace)
    assert options.command == words[0]
    if words[0] == "test":
        assert all((ROOT / other).exists() for other in others if "/" in other)
    else:
        assert others == []
    if words[0] == "bench" and options.name:
        assert (ROOT / "tests" / "bench" / f"{options.name}.py").is_file()


def test_the_script_in_the_documents_fetches_its_file(taken: Path, tmp_path: Path) -> None:
    shutil.copy(taken / f"{_STAMP}_api_retrieve.sh", tmp_path)
    run(["bash", f"{_STAMP}_api_retrieve.sh"], tmp_path)
    assert (tmp_path / _STAMP / "LAB" / "night-1" / "image.fits").stat().st_size == 2880


def test_the_two_commands_of_the_readme_are_there() -> None:
    assert {"python build.py serve", "python build.py test"} <= set(COMMANDS)
    assert "build.py test" in text(".ci/run")


def test_every_fence_has_a_kind_that_is_tried() -> None:
    known = {"console", "json", "toml", "python", "http", "csv", "nginx"}
    by_hand = {
        "web/requirements/README.md"
    }  # Locks are renewed by hand, with a tool that nothing here needs.
    for name in NAMES:
        if name not in by_hand:
            assert {kind for kind, _ in _BLOCK.findall(text(name))} <= known, name


# --- examples


@pytest.mark.parametrize("example", blocks("docs/hosting.md", "json"))
def test_configurations_are_accepted(example: str) -> None:
    site = json.loads(example)
    profiles = Profiles(site)
    assert set(proxies(site, "https://lab.example/overlay/").addresses) == set(site.get("proxy", {}))
    for name, table in site.get("missions", {}).items():
        found = profiles.named(name)
        assert found.name == name
        assert table["archive"]["origin"] in found.archive.retrieve


def test_the_profile_in_the_documents_is_accepted() -> None:
    (example,) = blocks("docs/contributing.md", "toml")
    table = tomllib.loads(example)
    found = Profiles({"missions": {table["name"]: table}}).named("LAB")
    assert found.recognises("run7")
    assert found.archive.retrieve == "https://data.example.org/files/{uri}"


@pytest.mark.parametrize("example", [*blocks("README.md", "json"), *blocks("docs/lists.md", "json")])
def test_lists_are_accepted_to_the_last_row(example: str) -> None:
    found = read(example)
    assert found.rows
    assert found.bad == ()


def test_the_astroquery_example_is_the_one_in_the_panel() -> None:
    (example,) = blocks("docs/lists.md", "python")
    compile(example, "docs/lists.md", "exec")
    assert example == lists._SNIPPET


def test_the_astroquery_example_makes_a_list_that_is_taken_whole() -> None:
    from astropy.table import MaskedColumn, Table

    (example,) = blocks("docs/lists.md", "python")
    made: dict[str, Any] = {}
    exec(example[example.index("def plain") : example.index("rows = ")], made)
    products = Table(
        {
            "filename": ["a.fits", "b.fits"],
            "dataset": ["jw1", "jw1"],
            "size": [2880, 5760],
            "access": MaskedColumn(["PUBLIC", "PUBLIC"], mask=[False, True]),
            "category": np.array(["2b", None], dtype=object),
            "filters": MaskedColumn(["F200W", ""], mask=[False, True]),
        }
    )
    rows = [{name: made["plain"](row[name]) for name in products.colnames} for row in products]
    found = read(json.dumps({"mission": "JWST", "products": rows}))
    assert found.bad == ()
    assert [(row.access, row.level, row.filters, row.size) for row in found.rows] == [
        ("PUBLIC", "2b", "F200W", 2880),
        ("PUBLIC", "", "", 5760),
    ]


def test_the_first_line_of_the_csv_is_the_one_in_the_documents() -> None:
    from pycore.csvexport import csv_pieces

    (example,) = blocks("docs/downloads.md", "csv")
    assert example.rstrip("\n") == "".join(csv_pieces([])).rstrip("\r\n")


# --- names


def test_every_key_of_a_profile_is_told_and_no_other() -> None:
    told = set(re.findall(r"`([a-z_0-9]+)`", text("docs/hosting.md")))
    keys = {
        field.name
        for kind in ("Level", "Never", "Recommended", "GuideStars", "References", "Archive", "Profile")
        for field in dataclasses.fields(getattr(profile, kind))
    }
    assert keys <= told, keys - told
    assert set(RULES) <= set(re.findall(r"`([a-z-]+)`", text("docs/hosting.md")))
    table = text("docs/hosting.md").partition("| key | meaning | if absent |")[2].partition("\n\n")[0]
    top = {field.name for field in dataclasses.fields(profile.Profile)} - {"name"}
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == top


def test_every_mission_that_comes_with_the_page_is_named() -> None:
    for name in profile.BUILT_IN:
        assert name.upper() in text("docs/hosting.md").upper()
        assert name.upper() in text("CHANGELOG.md").upper()


def codes_of_rows() -> set[str]:
    """Codes of all kinds of bad rows, by making them."""
    bad: list[object] = [7, fields(access="SECRET"), fields(size=-1), fields(sha256="x"), fields(md5="x")]
    bad += [fields(**{name: None}) for name in ("filename", "dataset", "size")]
    bad += [fields(**{name: " "}) for name in ("filename", "dataset")]
    bad += [fields(**{name: []}) for name in ("filename", "dataset", "size", "category")]
    bad += [fields(filename="a\0b")]
    found = set()
    for each in bad:
        with pytest.raises(OverlayError) as refused:
            read_row(each)
        found.add(refused.value.code)
    return found


def test_every_code_of_a_bad_row_or_list_is_told() -> None:
    told = set(re.findall(r"`((?:row|list)\.[a-z0-9<>.-]+)`", text("docs/lists.md")))
    general = {re.sub(r"\.[a-z0-9]+\.(type|nul)$", r".<field>.\1", code) for code in codes_of_rows()}
    assert general <= told
    sources = [
        *(ROOT / "pycore").rglob("*.py"),
        *(ROOT / "web").glob("*.py"),
        *(ROOT / "web" / "browser").glob("*.py"),
    ]
    written = {
        code
        for path in sources
        for code in re.findall(r'"((?:list|row)\.[a-z0-9.-]+)"', path.read_text("utf-8"))
    }
    assert {re.sub(r"\.[a-z0-9]+\.(type|nul)$", r".<field>.\1", code) for code in written} <= told
    assert {code for code in told if code.startswith("list.")} <= written


def test_statuses_and_columns_are_those_of_the_manifest() -> None:
    shared = [row("pool.csv", dataset, 7, access=EXCLUSIVE) for dataset in ("night-1", "night-2")]
    documented = text("docs/downloads.md")
    gone = Outcome("the archive does not have it (404)")
    for user in (None, "Ada"):
        of = plan(shared, "JWST", Structure.NESTED, user)
        for outcome in (Outcome(), gone):
            for _, _, access, status, _ in rows(of, [outcome]):
                assert f"`{access}`" in documented
                assert f"`{status.replace('JWST/', 'LAB/')}`" in documented or "night-2 ... FAILED" in status
    page = "".join(page_pieces(Happened(of, [gone], 0, 0)))
    for column in (*COLUMNS, *FETCHED_COLUMNS):
        assert f"| {column} |" in documented
        assert f">{column}<" in page


def test_every_dependency_is_told() -> None:
    table = text("README.md").partition("## What it is made with")[2].partition("## Limits")[0]
    told = {
        name for line in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in line.split(", ")
    } - {""}
    package = json.loads(text("web/package.json"))
    asked = {*package["dependencies"], *package["devDependencies"]}
    for path in (ROOT / "web" / "requirements").glob("*.in"):
        asked |= set(re.findall(r"^([\w-]+)", path.read_text("utf-8"), re.MULTILINE))
    assert {name.strip() for name in told if not set(name) <= {"-", " "}} == asked


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)} - ", text("CHANGELOG.md"), re.MULTILINE)


def test_the_sum_of_a_first_visit_is_the_builds() -> None:
    _, rows = text("docs/start.md").split("| | as it is | by gzip | by brotli |")
    table = [
        [float(cell) for cell in line.split("|")[2:5]]
        for line in rows.partition("\n\n")[0].splitlines()
        if re.search(r"\d", line)
    ]
    *parts, whole = table
    assert [sum(column) for column in zip(*parts, strict=True)] == pytest.approx(whole, abs=0.05)
    built = total(first_visit(Path(os.environ["OVERLAY_DIST"])))
    assert [built.plain / 1e6, built.gzipped / 1e6, built.brotli / 1e6] == pytest.approx(whole, rel=0.03)


# --- links


def anchors(name: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text(name)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_inside_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", text(name))):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://")
            continue
        path, _, anchor = target.partition("#")
        found = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found.relative_to(ROOT).as_posix()), target


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_named_are_there(name: str) -> None:
    made = ("dist/", ".tools/", "licences/")
    for path in re.findall(r"`((?:pycore|web|tests|docs)/[\w./*-]*|build\.py|index\.html)`", text(name)):
        assert path.startswith(made) or list(ROOT.glob(path.rstrip("/"))), path


def test_every_decision_is_in_the_index() -> None:
    pages = {path.name for path in (ROOT / "docs" / "adr").glob("0*.md")}
    assert set(re.findall(r"\((0[\w-]+\.md)\)", text("docs/adr/README.md"))) == pages
    for page in pages:
        content = text(f"docs/adr/{page}")
        assert re.findall(r"^## (.+)$", content, re.MULTILINE) == [
            "Context",
            "Decision",
            "What would change our mind",
        ]


def test_the_picture_is_a_picture() -> None:
    assert (ROOT / "docs" / "panel.png").read_bytes().startswith(b"\x89PNG")
