"""A command file for s5cmd: every file of the public bucket to its place."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as shell_word

from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, comments, heading, pieces
from pycore.scripts.publiccopy import Copy, lines_of_copies


def s5cmd_commands(plan: Plan, about: About) -> Iterator[str]:
    """The file of ``s5cmd run``: a ``cp`` a line, its words quoted as in a shell."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = (
        f"Run it with: s5cmd --no-sign-request run {plan.root}_s5cmd.txt",
        "Run again, it leaves what has the right size. Checksums are not compared. Files that are not in the public",
        "bucket are left out, and told here.",
    )
    yield from comments(heading(plan, about, *told))

    def line(file: PlannedFile, copy: Copy) -> str:
        # --raw: the stars and question marks of a key are not wildcards.
        words = (
            "cp",
            "--raw",
            "--if-size-differ",
            "--source-region",
            copy.region,
            f"s3://{copy.bucket}/{copy.key}",
            f"{plan.root}/{file.path}",
        )
        return " ".join(map(shell_word, words)) + "\n"

    yield from lines_of_copies(plan, about, line)
