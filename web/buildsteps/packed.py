"""The page that opens from a file: every part of the site as scripts, the one kind that browsers load from files.

``web/from_file.js`` stands in for the server; the page itself is the same.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
import subprocess
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from web.buildsteps import toolbox
from web.buildsteps.shell import BuildError

PAGE: Final = "from-file.html"
PIECES: Final = "from-file"

#: What no script asks for by its address: the page's own tags load it, or nobody does where there is no server.
_NOT_PACKED: Final = frozenset(
    {
        "LICENSE",
        "ahead.js",
        "from_file.js",
        "icon.svg",
        "index.html",
        "licences",
        "opening.js",
        "preview.css",
        "start.js",
        "style.css",
        "sw.js",
        "way_in.js",
    }
)
#: As large as all the rest: from a file, Python starts the slower way.
_SNAPSHOT: Final = "runtime/snapshot-"
_MODULE: Final = '<script type="module" src="./boot.js"></script>'
#: What is for modules alone, and hashes, which browsers compare with nothing that comes from a file.
_FOR_SERVERS: Final = re.compile(
    r'<script type="importmap">[^<]*</script>\n|<link rel="(?:module)?preload"[^>]*>\n'
    r'|<script type="module" src="./head_start\.js" async></script>\n|<script src="./ahead\.js"[^>]*></script>\n'
    r'|(?<=") integrity="[^"]*"'
)
#: Modules and workers start from memory. In Firefox 'self' never fits a file, as the origin of files has no host.
_WIDER: Final = {
    "script-src 'self' ": "script-src 'self' file: blob: ",
    "style-src 'self';": "style-src 'self' file:;",
    "img-src 'self' ": "img-src 'self' file: ",
    "worker-src 'self';": "worker-src blob:;",
    "trusted-types download-overlay": "trusted-types download-overlay download-overlay-from-file",
}
_READER: Final = Path(__file__).with_name("imports.mjs")
_LEXER: Final = Path("es-module-lexer", "dist", "lexer.js")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of a module that names another or itself, from ``start`` to ``end`` in UTF-16 units.

    ``kind`` is ``static`` (what stands in quotes, which means ``target``), ``dynamic`` (the word ``import`` of
    a call) or ``meta`` (``import.meta``).
    """

    kind: str
    start: int
    end: int
    target: str = ""


def pack_site(site: Path, modules: Path) -> None:
    """Write the page for ``file://`` and its scripts beside the others of a `site` that is whole but for them."""
    names = [
        name
        for name in _names(site)
        if name.partition("/")[0] not in _NOT_PACKED and not name.startswith(_SNAPSHOT)
    ]
    marks = marks_of(site, [name for name in names if name.endswith(".js")], modules)
    pieces: dict[str, list[str]] = {}
    for name in names:
        folder, slash, _ = name.partition("/")
        pieces.setdefault(folder if slash else "page", []).append(
            _part(site / name, name, marks.get(name, ()))
        )
    (site / PIECES).mkdir()
    for piece, parts in pieces.items():
        text = "(globalThis.overlayPacked ??= []).push(\n" + ",\n".join(parts) + "\n);\n"
        (site / PIECES / f"{piece}.js").write_text(text, encoding="ascii", newline="\n")
    page = (site / "index.html").read_text(encoding="utf-8")
    (site / PAGE).write_text(_page_for_files(page, sorted(pieces)), encoding="utf-8", newline="\n")


def marks_of(site: Path, scripts: Sequence[str], modules: Path) -> dict[str, tuple[Mark, ...]]:
    """Find the marks of each of these scripts.

    A static import of what is not among them, or in a circle, is a BuildError: neither can start from memory.
    """
    command = [toolbox.node().program, _READER, modules / _LEXER, *(site / name for name in scripts)]
    told = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    if told.returncode:
        raise BuildError(
            f"{told.stderr.rstrip()}\nThe scripts of the page could not be read for their imports."
        )
    found = {
        name: tuple(_mark(name, entry) for entry in imports)
        for name, imports in zip(scripts, json.loads(told.stdout), strict=True)
    }
    arrows = {name: {mark.target for mark in marks if mark.kind == "static"} for name, marks in found.items()}
    for name, targets in arrows.items():
        for target in sorted(targets - found.keys()):
            raise BuildError(f"{name} imports {target}, which is no script of the site.")
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as circle:
        raise BuildError(f"Scripts import each other in a circle: {', '.join(circle.args[1])}.") from circle
    return found


def _mark(name: str, entry: Mapping[str, Any]) -> Mark:
    if entry["type"] == "static":
        return Mark("static", entry["start"], entry["end"], _target(name, entry["specifier"]))
    if entry["type"] == "dynamic":
        return Mark("dynamic", entry["importStart"], entry["dynamicStart"])
    if entry["type"] == "import-meta":
        return Mark("meta", entry["start"], entry["end"])
    raise BuildError(f"{name} has an import of a kind that cannot start from memory: {entry['type']}.")


def _target(name: str, specifier: str) -> str:
    """The name of the script that `specifier` means in the script `name`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier))


def _part(path: Path, name: str, marks: Sequence[Mark]) -> str:
    deflated = base64.b64encode(zlib.compress(path.read_bytes(), 9)).decode("ascii")
    # Named as addresses name it.
    return json.dumps({"name": quote(name), "marks": [asdict(mark) for mark in marks], "deflated": deflated})


def _page_for_files(page: str, pieces: Sequence[str]) -> str:
    """The page with scripts in place of its module, and with a policy for them."""
    sources = [*(f"./{PIECES}/{piece}.js" for piece in pieces), "./from_file.js"]
    tags = "\n".join(f'<script defer src="{source}"></script>' for source in sources)
    page = _FOR_SERVERS.sub("", page)
    for old, new in {**_WIDER, _MODULE: tags}.items():
        if page.count(old) != 1:
            raise BuildError(f"The page does not have “{old}” in one place.")
        page = page.replace(old, new)
    return page


def _names(site: Path) -> Iterator[str]:
    """The files of the site by their addresses; what begins with a dot is the build's own."""
    files = (path for path in sorted(site.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return (path.relative_to(site).as_posix() for path in files)
