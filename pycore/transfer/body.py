"""What has come of one file, over all attempts that went on where the one before it broke."""

from __future__ import annotations

import hashlib
from typing import Final

from pycore.plan import PlannedFile
from pycore.transfer.resuming import Version
from pycore.zipstream import Stamp

_FITS_START: Final = b"SIMPLE  ="


class Body:
    """A file's bytes, checked as they come; those of a ``held`` one are kept, the others go straight on.

    ``size`` is what it is to have: the list's, or the archive's where that is taken as it is. ``announced`` is the
    length that the server told, ``None`` where it told none; of a ``packed`` body more may come. With ``any_size``,
    what the server has is taken though it is another size than was told at first.
    """

    def __init__(
        self,
        file: PlannedFile,
        size: int,
        *,
        any_size: bool,
        held: bool,
        announced: int | None,
        packed: bool,
        modified: Stamp | None,
        version: Version,
    ) -> None:
        self.file = file
        self.size = size
        self.any_size = any_size
        self.announced = announced
        self.packed = packed
        self.modified = modified
        self.version = version
        self.received = 0
        self.held: bytes | bytearray | None = b"" if held else None
        self._start = b""
        self._sums = [
            (hashlib.new(name), due) for name, due in (("sha256", file.sha256), ("md5", file.md5)) if due
        ]

    def take(self, data: bytes) -> None:
        """The next piece."""
        self.received += len(data)
        if len(self._start) < len(_FITS_START):
            self._start = (self._start + data)[: len(_FITS_START)]
        if self.held is not None:
            # A small file is one piece, which need not be copied.
            self.held = _joined(self.held, data)
        for running, _ in self._sums:
            running.update(data)

    @property
    def is_all(self) -> bool:
        """Whether what has come, and ended well, is all that the server has, whatever its size is to be."""
        if self.announced is None or self.received == self.announced:
            return self.received == self.announced
        # Browsers tell a length that was not kept as a break; more than was told comes of what was packed alone.
        return self.packed and self.received > self.announced

    @property
    def resumable(self) -> bool:
        """Whether the rest can be asked for, and be known for the rest of the same file."""
        return 0 < self.received < self.size and (self.version.known or bool(self._sums))

    @property
    def has_checksum(self) -> bool:
        """Whether the list has a checksum of it."""
        return bool(self._sums)

    def begins_well(self) -> bool:
        """FITS files begin as FITS (FITS standard 4.0, 4.4.1.1); of the rest nothing is asked."""
        return not _is_fits(self.file.filename) or self._start == _FITS_START[: len(self._start)]

    @property
    def checksum(self) -> str:
        """The checksum of the list which this body has, once it is whole; ``""`` where there is none to compare."""
        if self.size != self.file.size or not self._sums:
            return ""
        running, due = self._sums[0]
        return f"{running.name}:{due}"

    def checksum_problem(self) -> str:
        """Which checksum of the list is not this body's, in words; ``""`` where all are, or another size is taken."""
        if self.size != self.file.size:
            return ""
        wrong = [running.name for running, due in self._sums if running.hexdigest() != due]
        return f"its {wrong[0]} checksum is not the list's" if wrong else ""


def _joined(held: bytes | bytearray, data: bytes) -> bytes | bytearray:
    if not held:
        return data
    joined = held if isinstance(held, bytearray) else bytearray(held)
    joined += data
    return joined


def _is_fits(filename: str) -> bool:
    return filename.lower().endswith((".fits", ".fit"))
