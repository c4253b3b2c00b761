"""A script for the AWS command line: every file of the public bucket to its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from typing import Final

from pycore.plan import Plan
from pycore.scripts.lines import About, comments, heading, pieces
from pycore.scripts.publiccopy import public_copy

#: Read on import: the text is then in memory wherever the module is, also in a memory snapshot without files.
_TEMPLATE: Final = resources.files("pycore.scripts").joinpath("retrieve_aws.sh").read_text("utf-8")
_HEAD, _, _FOOT = _TEMPLATE.partition("@LIST@\n")
_PLACE: Final = re.compile(r"@([A-Z_]+)@")


def aws_script(plan: Plan, about: About) -> Iterator[str]:
    """A script around ``aws s3 cp``, which takes one address a run: the list stands in its quoted here-document."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    places = {
        "HEADING": "".join(comments(heading(plan, about))).rstrip("\n"),
        "ROOT": plan.root,
        "FILES": str(len(plan.files)),
    }
    yield _PLACE.sub(lambda place: places[place[1]], _HEAD)
    for number, file in enumerate(plan.files, start=1):
        copy = public_copy(file, about)
        if isinstance(copy, str):
            yield f"{number}\t-\t-\t{file.path}\t{copy}\n"
        else:
            yield f"{number}\t{file.size}\t{copy.region}\t{file.path}\ts3://{copy.bucket}/{copy.key}\n"
    yield _FOOT
