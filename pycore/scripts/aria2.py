"""An input file for aria2: address, place and checksum of every public file."""

from __future__ import annotations

from collections.abc import Iterator

from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, address, comments, heading, left_out, missing, pieces


def aria2_input(plan: Plan, about: About) -> Iterator[str]:
    """The input file of ``aria2c --input-file``: a line with the address, then its options, each after a blank.

    The format has no field for the size: it stands as a comment, and a cut body is noticed by aria2 itself.
    """
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = (
        f"Run it with: aria2c --input-file={plan.root}_aria2.txt --max-concurrent-downloads=8",
        "Run again, it goes on where it stopped. aria2 exits with 0 only when it has them all.",
        "A file of which a part is here and that changed in the archive since is only noticed by its checksum.",
    )
    yield from comments(heading(plan, about, *told))
    for file in plan.files:
        why = missing(file)
        if why or file.url is None:
            yield from comments([left_out(file, why)])
        else:
            yield _entry(plan.root, file, address(file.url))


def _entry(root: str, file: PlannedFile, url: str) -> str:
    checksum = f" checksum=sha-256={file.sha256.lower()}\n" if file.sha256 else ""
    if file.md5 and not checksum:
        checksum = f" checksum=md5={file.md5.lower()}\n"
    # A file that is there already is completed, and never saved a second time under another name.
    return (
        f"# {file.size} bytes\n{url}\n out={root}/{file.path}\n{checksum}"
        " continue=true\n auto-file-renaming=false\n allow-overwrite=false\n check-integrity=true\n"
    )
