"""The page for ``file://``: its scripts bring the site to the byte, and every import in them is known."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from web.buildsteps import packed, toolbox
from web.buildsteps.shell import BuildError

#: What the tags of the page load themselves, and what is of no use without a server.
LEFT_OUT = re.compile(
    r"\..*|LICENSE|licences/.*|index\.html|from-file\.html|from-file/.*|(ahead|from_file|opening|start|way_in|sw)\.js"
    r"|(style|preview)\.css|icon\.svg|_headers|runtime/snapshot-.*|.*\.(br|gz)"
)


@pytest.fixture(scope="module")
def dist() -> Path:
    return Path(os.environ["OVERLAY_DIST"])


@pytest.fixture(scope="module")
def parts(dist: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for piece in sorted((dist / "from-file").glob("*.js")):
        text = piece.read_text("ascii")
        listed = text.removeprefix("(globalThis.overlayPacked ??= []).push(").removesuffix(");\n")
        for part in json.loads(f"[{listed}]"):
            assert part["name"] not in found
            found[part["name"]] = part
    return found


def utf16(text: str, start: int, end: int) -> str:
    """A piece of a text by offsets as JavaScript counts them."""
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def policy(page: str) -> dict[str, set[str]]:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found
    return {name: set(sources) for name, *sources in (part.split() for part in found[1].split(";"))}


def written(folder: Path, scripts: dict[str, str]) -> list[str]:
    for name, text in scripts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return list(scripts)


def test_the_scripts_bring_every_file_of_the_site_to_the_byte(
    dist: Path, parts: dict[str, dict[str, Any]]
) -> None:
    brought = {
        unquote(name): zlib.decompress(base64.b64decode(part["deflated"])) for name, part in parts.items()
    }
    files = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    wanted = {name: path.read_bytes() for name, path in files.items() if not LEFT_OUT.fullmatch(name)}
    assert brought.keys() == wanted.keys()
    assert [name for name in wanted if brought[name] != wanted[name]] == []


def test_every_mark_stands_where_its_words_are(dist: Path, parts: dict[str, dict[str, Any]]) -> None:
    kinds = set()
    for name, part in parts.items():
        text = (dist / unquote(name)).read_text("utf-8") if part["marks"] else ""
        for mark in part["marks"]:
            kinds.add(mark["kind"])
            there = utf16(text, mark["start"], mark["end"])
            if mark["kind"] == "static":
                assert (dist / Path(unquote(name)).parent / there).resolve() == (
                    dist / mark["target"]
                ).resolve()
            else:
                assert there == {"dynamic": "import", "meta": "import.meta"}[mark["kind"]]
    assert kinds == {"static", "dynamic", "meta"}


def test_imports_are_told_from_what_only_looks_like_them(tmp_path: Path) -> None:
    text = (
        "/* import('./a.js') */ const 猫 = '🐈 import(\"./b.js\")', expression = /import\\('x'\\)/g;\n"
        'export { default } from "./deep/c.js"; const here = import.meta.url, later = (at) => import(at);\n'
    )
    names = written(
        tmp_path, {"one.js": text, "deep/c.js": 'import "../two.js"; export default 1;', "two.js": ""}
    )
    marks = packed.marks_of(tmp_path, names, toolbox.node_modules())
    assert [(mark.kind, utf16(text, mark.start, mark.end), mark.target) for mark in marks["one.js"]] == [
        ("static", "./deep/c.js", "deep/c.js"),
        ("meta", "import.meta", ""),
        ("dynamic", "import", ""),
    ]
    assert [mark.target for mark in marks["deep/c.js"]] == ["two.js"]


@pytest.mark.parametrize(
    ("scripts", "words"),
    [
        ({"a.js": 'import "./b.js";', "b.js": 'import "./a.js";'}, "in a circle: [ab]"),
        ({"a.js": 'import "./gone.js";'}, "a.js imports gone.js, which is no script of the site"),
        ({"a.js": "import {"}, "could not be read"),
    ],
)
def test_scripts_that_cannot_start_from_memory_stop_the_build(
    tmp_path: Path, scripts: dict[str, str], words: str
) -> None:
    with pytest.raises(BuildError, match=words):
        packed.marks_of(tmp_path, written(tmp_path, scripts), toolbox.node_modules())


def test_the_policy_is_wider_by_what_files_need_and_that_of_the_page_itself_is_not(dist: Path) -> None:
    strict, wider = (policy((dist / name).read_text("utf-8")) for name in ("index.html", "from-file.html"))
    assert not {"blob:", "file:", "data:"} & (
        strict["script-src"] | strict["worker-src"] | strict["connect-src"]
    )
    assert wider == {
        **strict,
        "script-src": strict["script-src"] | {"file:", "blob:"},
        "style-src": strict["style-src"] | {"file:"},
        "img-src": strict["img-src"] | {"file:"},
        "worker-src": {"blob:"},
        "trusted-types": strict["trusted-types"] | {"download-overlay-from-file"},
    }


def test_the_page_for_files_loads_no_module_and_what_it_loads_is_there(dist: Path) -> None:
    page = (dist / "from-file.html").read_text("utf-8")
    assert 'type="module"' not in page
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert {f"./from-file/{path.name}" for path in (dist / "from-file").iterdir()} < set(scripts)
    assert [script for script in scripts if not (dist / script).is_file()] == []
    assert "modulepreload" not in page and "importmap" not in page
    body = page.partition("<body>")[2]
    served = (dist / "index.html").read_text("utf-8").partition("<body>")[2]
    # No browser compares what comes from a file with a hash.
    assert body == re.sub(r' integrity="[^"]+"', "", served)
