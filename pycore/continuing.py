"""A download into a folder that goes on after a reload or a crash: what is noted of it, and what that proves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from pycore.plan import Plan, PlannedFile

_LARGEST_CRC: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Record:
    """A file that was put in its place, with its size in bytes and its CRC-32."""

    path: str
    size: int
    crc32: int


def key(plan: Plan) -> str:
    """What two starts of one and the same download have in common: paths, sizes and addresses, but not the time."""
    told = hashlib.sha256(plan.structure.encode())
    for file in plan.files:
        told.update(json.dumps([file.path, file.size, file.url, file.sha256, file.md5]).encode())
    return told.hexdigest()


def line(record: Record) -> str:
    """A record as a line of the notes."""
    return json.dumps([record.path, record.size, record.crc32]) + "\n"


def records(texts: Iterable[str]) -> dict[str, Record]:
    """The records in notes, by path (the last of each); a line that a crash has cut, or is none, counts for nothing."""
    found: dict[str, Record] = {}
    for text in texts:
        for each in text.splitlines():
            record = _record(each)
            if record is not None:
                found[record.path] = record
    return found


def _record(text: str) -> Record | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    match told:
        case [str(path), int(size), int(crc)] if size >= 0 and 0 <= crc <= _LARGEST_CRC:
            return Record(path, size, crc)
    return None


class Proof:
    """Whether a file that is there is the one that is wanted: give it all of its bytes, then ask.

    What is noted of it must be true still, and it must be what the list says.
    """

    def __init__(self, file: PlannedFile, record: Record) -> None:
        self._file, self._record = file, record
        self._size = self._crc = 0
        self._sums = [
            (hashlib.new(name, usedforsecurity=False), due)
            for name, due in (("sha256", file.sha256), ("md5", file.md5))
            if due
        ]

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        self._size += len(data)
        self._crc = crc32(data, self._crc)
        for total, _ in self._sums:
            total.update(data)

    @property
    def holds(self) -> bool:
        """Whether that was the file."""
        noted = (self._record.size, self._record.crc32) == (self._size, self._crc)
        listed = all(total.hexdigest() == due.lower() for total, due in self._sums)
        return noted and listed and self._size == self._file.size
