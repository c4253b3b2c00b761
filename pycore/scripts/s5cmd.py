"""A command file for s5cmd: every file of the public bucket to its place."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as shell_word

from pycore.plan import Plan
from pycore.scripts.lines import About, check, comments, heading, left_out, pieces
from pycore.scripts.publiccopy import public_copy


def s5cmd_commands(plan: Plan, about: About) -> Iterator[str]:
    """The file of ``s5cmd run``: a ``cp`` a line, its words quoted as in a shell."""
    check(plan)
    return pieces(_lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = (
        f"Run it with: s5cmd --no-sign-request run {plan.root}_s5cmd.txt",
        "Run again, it leaves what has the right size. Checksums are not compared. Files that are not in the public",
        "bucket are left out, and told here.",
    )
    yield from comments(heading(plan, about, *told))
    for file in plan.files:
        copy = public_copy(file, about)
        if isinstance(copy, str):
            yield from comments([left_out(file, copy)])
        else:
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
            yield " ".join(shell_word(word) for word in words) + "\n"
