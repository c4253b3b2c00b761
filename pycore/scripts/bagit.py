"""A bag without its payload (BagIt 1.0, RFC 8493): ``fetch.txt`` says where that is, a manifest what it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pycore.errors import OverlayError
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import About, address, heading, missing, one_line, pieces

_ALGORITHMS: Final = ("sha256", "md5")


def bag(plan: Plan, about: About) -> dict[str, Iterator[str]]:
    """The files of the bag by their names, each in pieces: they belong into one folder.

    A bag's manifest names a checksum for every file (RFC 8493, 2.1.3), all by one algorithm: the one that more files
    have. Files without it, without an address, or that need a token are not in the bag: ``bag-info.txt`` tells which.
    Nor are those with a percent sign in their path, which is to be written ``%25`` and not read so by all.
    ``OverlayError`` ``script.checksums`` when no file is left.
    """
    algorithm = max(_ALGORITHMS, key=lambda name: sum(_digest(file, name) != "" for file in plan.files))
    payload = _Payload(plan, algorithm)
    if not any(True for _ in payload.files()):
        raise OverlayError(
            "script.checksums",
            "A bag needs a checksum of every file, and the list gives none for the files that can be fetched.",
            "Take the script: it compares sizes.",
        )
    return {
        "bagit.txt": iter(["BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"]),
        "bag-info.txt": pieces(plan, _info(plan, about, payload)),
        f"manifest-{algorithm}.txt": payload.lines(lambda file: _digest(file, algorithm) + "  "),
        "fetch.txt": payload.lines(lambda file: f"{address(file.url or '')} {file.size} "),
    }


class _Payload:
    """The files of a plan that can be in a bag."""

    def __init__(self, plan: Plan, algorithm: str) -> None:
        self.plan, self.algorithm = plan, algorithm

    def missing(self, file: PlannedFile) -> str:
        """Why the file is not in the bag, or ``""``."""
        if "%" in file.path:
            return "readers of bags differ over percent signs in names"
        return missing(file) or ("" if _digest(file, self.algorithm) else "the list gives no checksum for it")

    def files(self) -> Iterator[PlannedFile]:
        return (file for file in self.plan.files if not self.missing(file))

    def lines(self, before: Callable[[PlannedFile], str]) -> Iterator[str]:
        """A line for each file: something of it, then its path."""
        return pieces(self.plan, (f"{before(file)}data/{file.path}\n" for file in self.files()))


def _digest(file: PlannedFile, algorithm: str) -> str:
    return (file.sha256 if algorithm == "sha256" else file.md5 or "") or ""


def _info(plan: Plan, about: About, payload: _Payload) -> Iterator[str]:
    count = size = 0
    for file in payload.files():
        count, size = count + 1, size + file.size
    yield f"Bag-Software-Agent: {about.agent}\nExternal-Identifier: {plan.root}\nPayload-Oxum: {size}.{count}\n"
    for text in heading(plan, about):
        yield f"External-Description: {one_line(text)}\n"
    for file in plan.files:
        why = payload.missing(file)
        if why:
            yield f"Left-Out: {file.path}: {why}\n"
