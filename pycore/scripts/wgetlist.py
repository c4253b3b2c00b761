"""A script for wget and any POSIX shell: for machines that have wget and no curl."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as shell_word
from typing import Final

from pycore.plan import Plan
from pycore.scripts.lines import About, address, missing, pieces
from pycore.scripts.template import Template, heading_comment

_TEMPLATE: Final = Template.read("retrieve_wget.sh", "retrieve_each.sh")
_NONE: Final = "-"


def wget_script(plan: Plan, about: About) -> Iterator[str]:
    """The script: names and addresses stand in its quoted here-document and nowhere else, a line each."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    places = {
        "HEADING": heading_comment(plan, about),
        "ROOT": plan.root,
        "FILES": str(len(plan.files)),
        "AGENT": shell_word(about.agent),
    }
    yield _TEMPLATE.filled(places)
    for number, file in enumerate(plan.files, start=1):
        why = missing(file)
        if why or file.url is None:
            yield f"{number}\t{_NONE}\t{file.path}\t{why}\n"
        else:
            sums = f"{(file.sha256 or _NONE).lower()}\t{(file.md5 or _NONE).lower()}"
            yield f"{number}\t{file.size}\t{file.path}\t{address(file.url)}\t{sums}\n"
    yield _TEMPLATE.foot
