"""Where a file stands in an archive's public bucket, for the tools that fetch from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pycore.address import origin
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, comments, left_out, missing, one_line, takes_token


@dataclass(frozen=True, slots=True)
class Copy:
    """A file's copy: bucket, region and key."""

    bucket: str
    region: str
    key: str


def public_copy(file: PlannedFile, about: About) -> Copy | str:
    """The copy of a file, or why none is known.

    Only for public files at the archive's own address: of what stands elsewhere nothing is known.
    """
    archive = about.profiles.named(file.mission).archive
    bucket = archive.public_copy
    if bucket is None:
        return f"no public bucket is known for {file.mission}"
    if file.exclusive or takes_token(file):
        return "files under exclusive access are not in the public bucket"
    if file.url is None:
        return missing(file)
    if origin(file.url) not in {origin(archive.retrieve), origin(archive.retrieve_by_uri)}:
        return "it stands elsewhere"
    for row in file.rows:
        key = bucket.key(row.dataset, file.filename)
        if key and key != one_line(key):
            return "its key holds characters that a list cannot"
        if key:
            return Copy(bucket.name, bucket.region, key)
    return "its place in the public bucket is not known"


def lines_of_copies(plan: Plan, about: About, line: Callable[[PlannedFile, Copy], str]) -> Iterator[str]:
    """The line of each file that has a copy, and why in the place of each other."""
    for file in plan.files:
        copy = public_copy(file, about)
        if isinstance(copy, str):
            yield from comments([left_out(file, copy)])
        else:
            yield line(file, copy)
