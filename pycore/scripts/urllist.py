"""The plain list of addresses, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from pycore.plan import Plan
from pycore.scripts.lines import About, address, comments, left_out, missing, pieces


def url_list(plan: Plan, about: About) -> Iterator[str]:
    """The addresses of a plan in its order, LF ends. What has none stands as a comment before them.

    Nothing but addresses where every file has one: who reads such a list may not know comments.
    """
    return pieces(plan, _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    for file in plan.files:
        if file.url is None:
            yield from comments([left_out(file, missing(file))])
    for file in plan.files:
        if file.url is not None:
            yield address(file.url) + "\n"
