"""A Metalink 4 document (RFC 5854): name, size, checksums and address of every public file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pycore.html import escape, quoted
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, address, heading, left_out, missing, one_line, pieces

#: XML 1.0, section 2.2: what no document may hold, be it escaped or not.
_IMPOSSIBLE: Final = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def metalink(plan: Plan, about: About) -> Iterator[str]:
    """The document in pieces, UTF-8. The order of elements is that of the standard's examples."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n'
    for text in heading(plan, about, f"Run it with: aria2c -c {plan.root}.meta4"):
        yield _comment(text)
    yield f"<generator>{escape(about.agent, quote=False)}</generator>\n"
    for file in plan.files:
        why = missing(file)
        if not why and _IMPOSSIBLE.search(file.path):
            why = "its name has characters that XML cannot hold"
        if why or file.url is None:
            yield _comment(left_out(file, why))
        else:
            if "&" in file.path:
                # Where it reads XML with libxml2, it leaves the ampersand of an attribute encoded.
                yield _comment(f"aria2 may write the ampersand of this name as &#38;: {file.path}")
            yield _file(plan.root, file, address(file.url))
    yield "</metalink>\n"


def _file(root: str, file: PlannedFile, url: str) -> str:
    sums = "".join(
        f'<hash type="{kind}">{digest.lower()}</hash>\n'
        for kind, digest in (("sha-256", file.sha256), ("md5", file.md5))
        if digest
    )
    name = quoted(f"{root}/{file.path}")
    return f"<file name={name}>\n<size>{file.size}</size>\n{sums}<url>{escape(url, quote=False)}</url>\n</file>\n"


def _comment(text: str) -> str:
    """Two hyphens would end a comment, and one before its end is forbidden (XML 1.0, section 2.5)."""
    inside = _IMPOSSIBLE.sub("\ufffd", one_line(text))
    return f"<!-- {inside.replace('--', '-%2D').replace('--', '-%2D')} -->\n"
