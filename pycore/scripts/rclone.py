"""A list for ``rclone copy --files-from-raw``: the keys of the files in a public bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycore.errors import OverlayError
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import A_TURN, About, comments, heading, left_out, pieces
from pycore.scripts.publiccopy import Copy, lines_of_copies, public_copy

_REMOTE: Final = ":s3,provider=AWS,env_auth=false,region={region}:{bucket}"


def rclone_list(plan: Plan, about: About) -> Iterator[str]:
    """The list of ``--files-from``: comments, then a key a line.

    rclone keeps the folders of the bucket: the files come below the plan's folder, but not into its layout. All must
    be of one bucket: else ``OverlayError`` ``script.buckets``.
    """
    buckets: set[tuple[str, str]] = set()
    for number, file in enumerate(plan.files, start=1):
        copy = public_copy(file, about)
        if not isinstance(copy, str):
            buckets.add((copy.bucket, copy.region))
        if number % A_TURN == 0:
            yield ""
    if len(buckets) > 1:
        raise OverlayError(
            "script.buckets",
            "rclone copies from one bucket, and the selection stands in several.",
            "Take the missions one after the other, or take the script.",
        )
    bucket, region = next(iter(buckets), ("", ""))
    yield from pieces(plan, _lines(plan, about, _REMOTE.format(bucket=bucket, region=region)))


def _lines(plan: Plan, about: About, remote: str) -> Iterator[str]:
    told = (
        f'Run it with: rclone copy --no-traverse --files-from {plan.root}_rclone.txt "{remote}" {plan.root}',
        "The files keep the folders that they have in the bucket. What is not in it is left out, and told here.",
    )
    yield from comments(heading(plan, about, *told))
    yield from lines_of_copies(plan, about, _key)


def rclone_lacks(file: PlannedFile, about: About) -> str:
    """Why rclone cannot fetch the file, or ``""``."""
    copy = public_copy(file, about)
    return copy if isinstance(copy, str) else _unreadable(copy)


def _unreadable(copy: Copy) -> str:
    odd = copy.key != copy.key.strip() or copy.key.startswith(("#", ";"))
    return "rclone would not read its key as it is" if odd else ""


def _key(file: PlannedFile, copy: Copy) -> str:
    why = _unreadable(copy)
    return next(comments([left_out(file, why)])) if why else f"{copy.key}\n"
