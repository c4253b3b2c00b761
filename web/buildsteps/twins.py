"""Twins: files that are compressed when the site is built, beside their originals, for servers that offer them.

``name.br`` and ``name.gz`` stand in for ``name`` where a browser takes that encoding, as nginx's `brotli_static` and
`gzip_static` have it. A server that knows nothing of them serves the originals, and nothing is lost but bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from web.buildsteps.dense import Encoding, dense
from web.buildsteps.folder import SETTINGS
from web.buildsteps.shell import TOOLS

#: The encodings by the names that HTTP has for them, the smallest first, and the endings of the twins.
TWINS: Final[Mapping[Encoding, str]] = {"br": ".br", "gzip": ".gz"}
#: Kept between builds: the best compression of Pyodide takes most of a minute.
KEPT: Final = TOOLS / "twins"

#: Compressed already.
_DENSE: Final = frozenset({".br", ".gz", ".png", ".whl", ".zip"})
#: Products must arrive as the lists describe them; the page from a file meets no server; no page asks for the rest.
_WITHOUT: Final = ("demo/files/", "from-file", "from_file.js", "licences/", "LICENSE", "_headers")
#: A twin of less gain is not worth its place.
_LEAST_GAIN_BYTES: Final = 200
_LEAST_GAIN: Final = 0.05


def write_twins(site: Path, kept: Path = KEPT) -> None:
    """Write the twins of a `site` that is whole but for them and its mark; equal files have equal twins.

    They are kept in the folder `kept` by content; what this site has no use for goes from there.
    """
    sources = list(_worth_twins(site))
    used: set[Path] = set()
    for encoding, ending in TWINS.items():
        for source, twin in dense(sources, encoding, kept).items():
            _write_if_smaller(source, ending, twin.read_bytes())
            used.add(twin)
    for path in set(kept.iterdir()) - used:
        path.unlink()


def twin_of(path: Path, accepted: str, encodings: Collection[str] = tuple(TWINS)) -> tuple[str, Path]:
    """Give the encoding and the file to answer with: `path` itself, with encoding "", or one of its twins.

    `accepted` is the request's Accept-Encoding (RFC 9110, section 12.5.3), `encodings` what the server offers.
    """
    for encoding, ending in TWINS.items():
        if encoding in encodings and _takes(accepted, encoding):
            twin = path.with_name(path.name + ending)
            if twin.is_file():
                return encoding, twin
    return "", path


def has_twin(path: Path) -> bool:
    """Whether the answer for the file depends on the encodings that a browser takes."""
    return any(path.with_name(path.name + ending).is_file() for ending in TWINS.values())


def _takes(accepted: str, encoding: str) -> bool:
    weights = {
        name: float(quality or 1)
        for name, quality in re.findall(
            r"([\w*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d*)?))?\s*(?:,|$)", accepted.lower()
        )
    }
    return weights.get(encoding, weights.get("*", 0.0)) > 0


def _worth_twins(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        # Settings are edited in the site itself, where a twin would keep what they were.
        skipped = name == SETTINGS or name.startswith((".", *_WITHOUT)) or path.suffix in _DENSE
        if path.is_file() and not skipped:
            yield path


def _write_if_smaller(source: Path, ending: str, content: bytes) -> None:
    size = source.stat().st_size
    if size - len(content) >= max(_LEAST_GAIN_BYTES, size * _LEAST_GAIN):
        source.with_name(source.name + ending).write_bytes(content)
