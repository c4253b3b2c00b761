"""A batch file for the Globus command line: from a collection that shows the public bucket to another collection."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as shell_word

from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, comments, heading, pieces
from pycore.scripts.publiccopy import Copy, lines_of_copies


def globus_batch(plan: Plan, about: About) -> Iterator[str]:
    """The file of ``globus transfer --batch``: source and destination a line, quoted as in a shell."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = (
        f"Run it with: globus transfer --batch {plan.root}_globus.txt --sync-level size SOURCE:/ DESTINATION:/folder/",
        "SOURCE is the collection that shows the public bucket from its root on, DESTINATION yours. Globus compares",
        "checksums of both sides. Files that are not in the public bucket are left out, and told here.",
    )
    yield from comments(heading(plan, about, *told))

    def line(file: PlannedFile, copy: Copy) -> str:
        return f"{shell_word(copy.key)} {shell_word(f'{plan.root}/{file.path}')}\n"

    yield from lines_of_copies(plan, about, line)
