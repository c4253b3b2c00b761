"""A bag without its payload (BagIt 1.0, RFC 8493): ``fetch.txt`` says where that is, a manifest what it must be."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Final

from pycore.errors import OverlayError
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import A_TURN, About, Files, Judging, address, heading, missing, one_line, pieces

#: By the names of their manifests, and as people write them.
_ALGORITHMS: Final = {"sha256": "SHA-256", "md5": "MD5"}


def bag(plan: Plan, about: About) -> Files:
    """The files of the bag by their names, each in pieces: they belong into one folder.

    A bag's manifest names a checksum for every file (RFC 8493, 2.1.3), all by one algorithm: the one that more files
    have. Files without it, without an address, or that need a token are not in the bag: ``bag-info.txt`` tells which.
    Nor are those with a percent sign in their path, which is to be written ``%25`` and not read so by all.
    ``OverlayError`` ``script.checksums`` when no file is left.
    """
    algorithm = yield from _algorithm(plan)
    payload = _Payload(plan, algorithm)
    if (yield from payload.is_empty()):
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


def not_in_bag(plan: Plan, about: About) -> Judging:
    """Why each file is not in the bag of a plan, or ``""``."""
    return _Payload(plan, (yield from _algorithm(plan))).missing


def _algorithm(plan: Plan) -> Generator[str, None, str]:
    known = dict.fromkeys(_ALGORITHMS, 0)
    for number, file in enumerate(plan.files, start=1):
        for name in _ALGORITHMS:
            known[name] += _digest(file, name) != ""
        if number % A_TURN == 0:
            yield ""
    return max(_ALGORITHMS, key=lambda name: known[name])


class _Payload:
    """The files of a plan that can be in a bag."""

    def __init__(self, plan: Plan, algorithm: str) -> None:
        self.plan, self.algorithm = plan, algorithm

    def missing(self, file: PlannedFile) -> str:
        """Why the file is not in the bag, or ``""``."""
        if "%" in file.path:
            return "readers of bags differ over percent signs in names"
        why = missing(file)
        if why or _digest(file, self.algorithm):
            return why
        if not file.sha256 and not file.md5:
            return "the list gives no checksum for it"
        return f"the list gives no {_ALGORITHMS[self.algorithm]} for it, as it does for others"

    def is_empty(self) -> Generator[str, None, bool]:
        """Whether no file can be in the bag; empty texts meanwhile."""
        for number, file in enumerate(self.plan.files, start=1):
            if not self.missing(file):
                return False
            if number % A_TURN == 0:
                yield ""
        return True

    def lines(self, before: Callable[[PlannedFile], str]) -> Iterator[str]:
        """A line for each file: something of it, then its path."""
        return pieces(self.plan, self._lines(before))

    def _lines(self, before: Callable[[PlannedFile], str]) -> Iterator[str]:
        for number, file in enumerate(self.plan.files, start=1):
            if not self.missing(file):
                yield f"{before(file)}data/{file.path}\n"
            if number % A_TURN == 0:
                yield ""


def _digest(file: PlannedFile, algorithm: str) -> str:
    return (file.sha256 if algorithm == "sha256" else file.md5 or "") or ""


def _info(plan: Plan, about: About, payload: _Payload) -> Iterator[str]:
    count = size = 0
    for number, file in enumerate(plan.files, start=1):
        if not payload.missing(file):
            count, size = count + 1, size + file.size
        if number % A_TURN == 0:
            yield ""
    yield f"Bag-Software-Agent: {about.agent}\nExternal-Identifier: {plan.root}\nPayload-Oxum: {size}.{count}\n"
    for text in heading(plan, about):
        yield f"External-Description: {one_line(text)}\n"
    for number, file in enumerate(plan.files, start=1):
        why = payload.missing(file)
        if number % A_TURN == 0:
            yield ""
        if why:
            yield f"Left-Out: {file.path}: {why}\n"
