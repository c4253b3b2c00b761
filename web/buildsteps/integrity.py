"""What ties the page to its parts: the hash of each, told where the browser compares it before anything runs.

The page has an import map with the hash of every module, which also holds for modules that import each other, links
that ask for all modules at once, and hashes on its scripts of the old kind. The map is the one inline script; the
content security policy names it by its own hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from web.buildsteps.media import unpacked
from web.buildsteps.packed import marks_of
from web.buildsteps.shell import BuildError
from web.buildsteps.snapshot import Snapshot

#: Where the start of the page begins. PyScript imports the rest of its own by names that only it knows.
ROOTS: Final = ("boot.js", "head_start.js", "loader.js")
PYSCRIPT: Final = "pyscript"
#: PyScript's settings and program stand in the page itself. It would ask for each by its address once more, for the
#: settings even once for each interpreter, and keep it to itself when one cannot be had.
SETTINGS: Final = "pyscript.json"
PROGRAM: Final = "main.py"

_MAP: Final = '<script type="importmap"></script>'
_SCRIPTS: Final = "script-src 'self' "
_CONFIG: Final = f'config="./{SETTINGS}"'
_GENERATOR: Final = re.compile(r'(<meta name="generator" content="[^"]+)"')
_AHEAD: Final = 'data-parts=""'
_PLACE: Final = 'target="#app">\n</script>'
#: Scripts of the old kind, and where they are announced. Not way_in.js: it also runs where the address is a file, which
#: no browser compares with a hash.
_OLD_KIND: Final = re.compile(
    r'<(?:script src|link rel="preload" as="script" href)="\./((?!way_in\b)[\w.-]+)"'
)


def integrity_of(path: Path) -> str:
    """Give the hash of a file as ``integrity`` is written in pages and requests (Subresource Integrity, 3.5)."""
    return written(path.read_bytes())


def seal_page(site: Path, modules: Path, ahead: Sequence[str]) -> None:
    """Write into the page of a `site`, whose scripts are all there, what it may load and by which hash.

    The files `ahead`, named as below ``runtime/``, are those that the page asks for before any of its modules.
    """
    path = site / "index.html"
    page = path.read_text(encoding="utf-8")
    needed = modules_of_start(site, modules)
    listed = _import_map(site, needed)
    links = "\n".join(f'<link rel="modulepreload" href="./{name}">' for name in needed)
    settings = json.loads((site / SETTINGS).read_text(encoding="utf-8"))
    program = (site / PROGRAM).read_text(encoding="utf-8")
    changes = {
        _MAP: f'<script type="importmap">{listed}</script>\n{links}',
        _SCRIPTS: f"{_SCRIPTS}'{written(listed.encode())}' ",
        _CONFIG: f'config="{html.escape(json.dumps(settings, separators=(",", ":")))}"',
        _PLACE: _PLACE.replace("\n", f"\n{program}"),
        _AHEAD: f'data-parts="{" ".join(ahead)}"',
    }
    pyodide = json.loads((modules / "pyodide" / "package.json").read_text(encoding="utf-8"))["version"]
    page = _GENERATOR.sub(rf'\1; Pyodide {pyodide}"', page)
    page = _OLD_KIND.sub(
        lambda tag: f'{tag[0]} integrity="{integrity_of(site / tag[1])}"', _changed(page, changes)
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    for inside in (SETTINGS, PROGRAM):
        (site / inside).unlink()


def modules_of_start(site: Path, modules: Path) -> list[str]:
    """Name every module that a start loads, those that are waited for longest first."""
    pyscript = sorted(path.relative_to(site).as_posix() for path in (site / PYSCRIPT).glob("*.js"))
    scripts = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.js"))]
    marks = marks_of(site, scripts, modules)
    imports = {
        name: [mark.target for mark in found if mark.kind == "static"] for name, found in marks.items()
    }
    needed = _reached([*ROOTS, *pyscript], imports)
    return sorted(needed, key=lambda name: (-(site / name).stat().st_size, name))


def _reached(roots: Iterable[str], imports: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in imports:
            raise BuildError(f"The page starts with {name}, which is no script of the site.")
        if name not in found:
            found.add(name)
            waiting += imports[name]
    return found


def _import_map(site: Path, names: Sequence[str]) -> str:
    hashes = {f"./{name}": integrity_of(site / name) for name in names}
    return json.dumps({"integrity": hashes}, separators=(",", ":"))


def _changed(page: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        if page.count(old) != 1:
            raise BuildError(f"The page does not have “{old}” in one place.")
        page = page.replace(old, new)
    return page


def written(content: bytes) -> str:
    """Give the hash of a content as pages, requests and the content security policy have it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")


def _in_either_form(path: Path) -> str:
    """Give the hash of a file, and of what is in it where that is packed: the service worker gives it out so."""
    content = path.read_bytes()
    return " ".join(written(form) for form in (content, unpacked(content)) if form is not None)


def write_files(site: Path, early: Iterable[str], snapshot: Snapshot | None) -> None:
    """Write ``runtime/files.js``, from which the page knows the large parts below ``runtime/`` and their hashes.

    Those named in `early` are asked for as soon as there is a page, in this order; the others when they are needed.
    `snapshot` is what Python starts from; without one it starts as Pyodide does by itself.
    """
    runtime = site / "runtime"
    rest = {path.name for path in runtime.iterdir() if path.suffix != ".js"}
    named = dict.fromkeys(early)
    if missing := sorted(named.keys() - rest):
        raise BuildError(f"The page starts with {missing[0]}, which is not in the runtime of the site.")
    files = {
        name: {
            "integrity": _in_either_form(runtime / name),
            "bytes": (runtime / name).stat().st_size,
            "early": name in named,
        }
        for name in [*named, *sorted(rest - named.keys())]
    }
    told = {"FILES": files, "SNAPSHOT": None if snapshot is None else asdict(snapshot)}
    lines = [f"export const {name} = {json.dumps(value, indent=1)};\n" for name, value in told.items()]
    text = "".join(["// The build wrote it.\n", *lines])
    (runtime / "files.js").write_text(text, encoding="utf-8", newline="\n")
