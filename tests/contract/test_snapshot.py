"""What the page starts Python from: the snapshot of the build, and the standard library without its words."""

from __future__ import annotations

import ast
import gzip
import json
import os
import random
import subprocess
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from web.buildsteps import snapshot, toolbox
from web.buildsteps.inside.tidy import without_words
from web.buildsteps.runtime import PYODIDE
from web.buildsteps.shell import ROOT, BuildError
from web.buildsteps.site import DEMO_LISTS, wheels_beside

MODULES = toolbox.node_modules()


@pytest.fixture(scope="module")
def runtime() -> Path:
    return Path(os.environ["OVERLAY_DIST"], "runtime")


@pytest.fixture(scope="module")
def told(runtime: Path) -> dict[str, Any]:
    """What the site says of its snapshot."""
    text = (runtime / "files.js").read_text()
    found: dict[str, Any] = json.loads(text.partition("SNAPSHOT = ")[2].rstrip(";\n"))
    return found


def inside(
    name: str, *words: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    program = ROOT / "web" / "buildsteps" / "inside" / f"{name}.mjs"
    command = [toolbox.node().program, program, *words]
    return subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# --- the snapshot


def test_the_site_has_one_snapshot_of_the_size_that_it_tells(runtime: Path, told: dict[str, Any]) -> None:
    assert [path.name for path in runtime.glob("snapshot-*")] == [told["file"]]
    assert len(gzip.decompress((runtime / told["file"]).read_bytes())) == told["bytes"]
    assert all((runtime / wheel).is_file() for wheel in told["packages"])


def test_a_snapshot_taken_again_and_elsewhere_is_equal_to_the_byte(runtime: Path, tmp_path: Path) -> None:
    again = tmp_path / "snapshot.bin"
    elsewhere = {"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "HOME": str(tmp_path)}
    lists = [f"./{name}={runtime.parent / name}" for name in DEMO_LISTS]
    taken = inside("snapshot", MODULES / "pyodide", runtime, snapshot.MADE, again, *lists, env=elsewhere)
    assert taken.returncode == 0, taken.stderr
    assert again.read_bytes() == (snapshot.MADE / "snapshot.bin").read_bytes()


def test_all_of_the_core_is_imported_in_the_snapshot_and_nothing_of_micropip(runtime: Path) -> None:
    modules = set(snapshot.modules_in_snapshot())
    wheel = next(runtime.glob("download_overlay-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        own = {
            name[:-3].replace("/", ".").removesuffix(".__init__")
            for name in archive.namelist()
            if name.endswith(".py")
        }
    # What PyScript runs is no module of the page's.
    assert own - modules <= {"web.main"}
    assert not {name for name in modules if name.partition(".")[0] in ("micropip", "packaging")}


def test_a_snapshot_of_another_pyodide_is_refused(
    runtime: Path, tmp_path: Path, told: dict[str, Any]
) -> None:
    other = bytearray(gzip.decompress((runtime / told["file"]).read_bytes()))
    # The first words are a magic number, the length of the head, and the build that made it from the fifth on.
    other[16] ^= 1
    (tmp_path / "other.bin").write_bytes(other)
    tried = inside("restore", MODULES / "pyodide", runtime, tmp_path / "other.bin", ROOT / "index.html", "1")
    assert tried.returncode == 1
    assert "build id mismatch" in tried.stderr


def test_a_program_of_the_build_that_fails_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as failed:
        snapshot.draw_from_snapshot(tmp_path, tmp_path, tmp_path / "page.html", "1", [])
    assert "inside/restore.mjs ended with status 1" in str(failed.value)


# --- wheels of somebody else's


def test_wheels_beside_the_settings_go_to_the_runtime_and_addresses_stay(tmp_path: Path) -> None:
    wheel = tmp_path / "extra-1-py3-none-any.whl"
    wheel.write_bytes(b"")
    far = "https://example.org/far-2-py3-none-any.whl"
    found = wheels_beside([f"./{wheel.name}", far], tmp_path)
    assert found == {f"./runtime/{wheel.name}": wheel, far: None}
    assert wheels_beside([wheel.name], tmp_path) == {f"./runtime/{wheel.name}": wheel}
    assert wheels_beside([], tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("./absent-1-py3-none-any.whl", "is not beside it"),
        ("../extra-1-py3-none-any.whl", "is not beside it"),
        ("http://example.org/far-2-py3-none-any.whl", "is not beside it"),
        ("numpy", "is no wheel"),
    ],
)
def test_a_wheel_that_cannot_be_had_stops_the_build(tmp_path: Path, name: str, words: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (tmp_path / "extra-1-py3-none-any.whl").write_bytes(b"")
    with pytest.raises(BuildError) as refused:
        wheels_beside([name], folder)
    assert words in str(refused.value)


# --- the standard library


def _shape(source: str | bytes) -> tuple[str, list[tuple[str, int]]]:
    """What a source says without its docstrings, and the line of each statement."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body[0] = ast.Pass(lineno=node.body[0].lineno, col_offset=0)
    lines = [(type(node).__name__, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return ast.dump(tree), lines


def test_sources_lose_their_words_and_nothing_else() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    sources = [
        path
        for path in sorted(library.glob("*.py")) + sorted(library.glob("[a-km-z]*/*.py"))
        if "test" not in path.parts
    ]
    for path in random.Random(5).sample(sources, 60):
        source = path.read_text("utf-8")
        bare = without_words(source)
        assert _shape(bare) == _shape(source), path
        assert len(bare) < len(source.encode()) or '"""' not in source


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('"""Only words."""\n', "''\n"),
        (
            'def f():\n    """One\n    two\n    """; return 1  # said\n',
            "def f():\n    '''\n\n'''; return 1  \n",
        ),
        ("s = '# no comment'  # é — one\n", "s = '# no comment'  \n"),
        ("class A:\n    'é'  # so\n    x = 1", "class A:\n    ''  \n    x = 1"),
    ],
)
def test_words_go_and_lines_stay(source: str, bare: str) -> None:
    assert without_words(source).decode() == bare


def test_the_lean_library_has_what_pages_use_and_no_words(runtime: Path) -> None:
    lean = runtime / PYODIDE["python_stdlib.zip"]
    with zipfile.ZipFile(lean) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {
            "json/__init__.py",
            "xml/etree/ElementTree.py",
            "asyncio/__init__.py",
            "encodings/utf_8.py",
        } <= names
        assert not {
            name for name in names if name.split("/")[0] in ("unittest", "tkinter", "pdb.py", "_pyrepl")
        }
        assert b'"""' not in archive.read("json/__init__.py")
