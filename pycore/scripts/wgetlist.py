"""A script for wget and any POSIX shell: for machines that have wget and no curl."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from shlex import quote as shell_word
from typing import Final

from pycore.plan import Plan
from pycore.scripts.lines import About, address, comments, heading, missing, pieces

#: Read on import: the text is then in memory wherever the module is, also in a memory snapshot without files.
_TEMPLATE: Final = resources.files("pycore.scripts").joinpath("retrieve_wget.sh").read_text("utf-8")
_HEAD, _, _FOOT = _TEMPLATE.partition("@LIST@\n")
_PLACE: Final = re.compile(r"@([A-Z_]+)@")
_NONE: Final = "-"


def wget_script(plan: Plan, about: About) -> Iterator[str]:
    """The script: names and addresses stand in its quoted here-document and nowhere else, a line each."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    places = {
        "HEADING": "".join(comments(heading(plan, about))).rstrip("\n"),
        "ROOT": plan.root,
        "FILES": str(len(plan.files)),
        "AGENT": shell_word(about.agent),
    }
    yield _PLACE.sub(lambda place: places[place[1]], _HEAD)
    for number, file in enumerate(plan.files, start=1):
        why = missing(file)
        if why or file.url is None:
            yield f"{number}\t{_NONE}\t{_NONE}\t{_NONE}\t{file.path}\t{why}\n"
        else:
            sums = f"{(file.sha256 or _NONE).lower()}\t{(file.md5 or _NONE).lower()}"
            yield f"{number}\t{file.size}\t{sums}\t{file.path}\t{address(file.url)}\n"
    yield _FOOT
