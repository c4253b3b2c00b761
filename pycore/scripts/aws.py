"""A script for the AWS command line: every file of the public bucket to its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycore.plan import Plan
from pycore.scripts.lines import About, pieces
from pycore.scripts.publiccopy import public_copy
from pycore.scripts.template import Template, heading_comment

_TEMPLATE: Final = Template.read("retrieve_aws.sh", "retrieve_each.sh")


def aws_script(plan: Plan, about: About) -> Iterator[str]:
    """A script around ``aws s3 cp``, which takes one address a run: the list stands in its quoted here-document."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    places = {
        "HEADING": heading_comment(plan, about),
        "ROOT": plan.root,
        "FILES": str(len(plan.files)),
    }
    yield _TEMPLATE.filled(places)
    for number, file in enumerate(plan.files, start=1):
        copy = public_copy(file, about)
        if isinstance(copy, str):
            yield f"{number}\t-\t{file.path}\t{copy}\n"
        else:
            yield f"{number}\t{file.size}\t{file.path}\ts3://{copy.bucket}/{copy.key}\t{copy.region}\n"
    yield _TEMPLATE.foot
