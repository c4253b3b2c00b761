"""How a product ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from pycore.plan import PlannedFile


@dataclass(frozen=True, slots=True)
class Fetched:
    """What happened on the way: ``begun_ms`` is UTC since 1970, ``seconds`` run from the first request to the end.

    ``version`` is the ETag, or the ``Last-Modified`` where that is all that was told. ``checksum`` is that of the list
    which the file was found to have, ``sha256:…`` or ``md5:…``. What is not known is ``""`` or ``None``.
    """

    attempts: int = 0
    begun_ms: float | None = None
    seconds: float = 0.0
    version: str = ""
    crc32: int | None = None
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a product ended: ``reason`` is ``""`` for a file that is there, else why it is not.

    ``other_size`` is what the archive has of it in bytes, where that is not the list's size: the one thing that is
    wrong with a file that is not there, and to be told of one that was taken as it is. ``had_already``: a folder has it
    of an earlier download, whole and verified. ``fetched`` is ``None`` for a file that was never asked for.
    """

    reason: str = ""
    other_size: int | None = None
    had_already: bool = False
    fetched: Fetched | None = field(default=None, compare=False)


def other_size(file: PlannedFile, size: int) -> str:
    """What is told of a file whose size in the archive is no longer the list's."""
    return f"the list says {file.size} bytes, the archive has {size}"
