"""The parts of the site that its service worker keeps for when there is no network, and the version they make."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from web.buildsteps.media import BYTES, TYPES, unpacked
from web.buildsteps.shell import ROOT, BuildError

PAGE: Final = "index.html"
WORKER: Final = "sw.js"

#: What no visit of the page asks for, by its first folder or its name.
_NOT_KEPT: Final = frozenset(
    {
        "LICENSE",
        "_headers",
        "from-file",
        "from-file.html",
        "from_file.js",
        "licences",
        "site.json",
        WORKER,
    }
)
#: The demo's products are downloads, as those of any archive.
_NOT_KEPT_FOLDER: Final = "demo/files/"
_TWINS: Final = frozenset({".br", ".gz"})

_STAMP: Final = re.compile(r'(<html\b[^>]*\bdata-version=")[^"]*(")')
_SITE: Final = 'const SITE = { version: "", parts: {} };'
_INCLUDED: Final = re.compile(r'^importScripts\("\./([\w/]+\.js)"\);$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A file that is kept: its SHA-256 in hex, its size, and the type that it is served as.

    ``unpacked`` is the SHA-256 of what is in a file that is packed by gzip, and empty for all others.
    """

    sha256: str
    bytes: int
    type: str
    unpacked: str = ""


def write_parts(site: Path) -> str:
    """Stamp a `site` whose page and parts are done with its version, write its service worker, and give the version.

    The version stands in the page, too, so that a page and a worker know whether they belong together. It is made
    from the page without it.
    """
    _stamp(site / PAGE, "")
    version = version_of(parts_of(site))
    _stamp(site / PAGE, version)
    (site / WORKER).write_text(service_worker(version, parts_of(site)), encoding="utf-8", newline="\n")
    return version


def parts_of(site: Path) -> dict[str, Part]:
    """Give every file of the `site` that a visit of the page may ask for, by its address in the site.

    The page itself is there by its name and by the empty address, which is the folder's.
    """
    found = {quote(path.relative_to(site).as_posix()): _part(path) for path in _kept(site)}
    return dict(sorted({**found, "": found[PAGE]}.items()))


def version_of(parts: Mapping[str, Part]) -> str:
    """Name a set of parts by its content: 16 hex digits."""
    table = json.dumps([[name, part.sha256] for name, part in sorted(parts.items())])
    return hashlib.sha256(table.encode()).hexdigest()[:16]


def service_worker(version: str = "", parts: Mapping[str, Part] | None = None) -> str:
    """Put the service worker together; without a version it is one that keeps nothing."""
    folder = ROOT / "web"
    text = (folder / WORKER).read_text(encoding="utf-8")
    if text.count(_SITE) != 1:
        raise BuildError(f"{WORKER} does not have “{_SITE}” in one place.")
    table = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(_told(part))}" for name, part in (parts or {}).items()
    )
    stamped = text.replace(_SITE, f'const SITE = {{ version: "{version}", parts: {{\n{table}\n}} }};')
    return _INCLUDED.sub(lambda line: (folder / line[1]).read_text(encoding="utf-8"), stamped)


def _stamp(page: Path, version: str) -> None:
    text, count = _STAMP.subn(rf"\g<1>{version}\g<2>", page.read_text(encoding="utf-8"))
    if count != 1:
        raise BuildError(f"{page.name} has no place for the version: data-version on its first element.")
    page.write_text(text, encoding="utf-8", newline="\n")


def _kept(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        own = name.startswith(".") or name.partition("/")[0] in _NOT_KEPT or name.startswith(_NOT_KEPT_FOLDER)
        if path.is_file() and not own and not _is_twin(path):
            yield path


def _is_twin(path: Path) -> bool:
    """Whether this is another file, compressed, which servers send in place of that."""
    return path.suffix in _TWINS and path.with_suffix("").is_file()


def _part(path: Path) -> Part:
    content = path.read_bytes()
    inside = unpacked(content)
    return Part(
        hashlib.sha256(content).hexdigest(),
        len(content),
        TYPES.get(path.suffix, BYTES),
        "" if inside is None else hashlib.sha256(inside).hexdigest(),
    )


def _told(part: Part) -> dict[str, object]:
    return {name: value for name, value in asdict(part).items() if value != ""}
