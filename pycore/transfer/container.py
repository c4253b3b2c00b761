"""What a transfer writes into: one ZIP, or a folder of files; how each takes a member, as orders."""

from __future__ import annotations

from typing import Final, Protocol
from zlib import crc32

from pycore.transfer.events import BeginFile, CompleteFile, Finish, LeaveOutFile, Order, Put
from pycore.zipstream import Limits, Stamp, ZipStream


class Container(Protocol):
    """Takes members one after the other; their paths are below the download's one folder."""

    @property
    def crc(self) -> int:
        """The CRC-32 of the last member that was closed, or came whole."""

    def begin(self) -> list[Order]:
        """The orders that come first."""

    def whole(self, path: str, data: bytes | bytearray, modified: Stamp) -> list[Order]:
        """A member that is at hand."""

    def open(self, path: str, size: int, modified: Stamp) -> list[Order]:
        """A member of ``size`` bytes, whose content follows."""

    def feed(self, data: bytes) -> None:
        """A piece of the open member, which the caller orders to be written."""

    def close(self) -> list[Order]:
        """The open member is complete and right."""

    def abandon(self) -> list[Order]:
        """The open member is not to be there."""

    def finish(self) -> list[Order]:
        """The last orders."""


class Archive:
    """One ZIP; a member that is abandoned leaves its bytes outside of the archive's directory."""

    def __init__(self, root: str, made: Stamp, limits: Limits | None = None) -> None:
        self._root = root
        self._made = made
        self._zip: Final = ZipStream(limits)

    @property
    def crc(self) -> int:
        """As in the archive's directory."""
        return self._zip.crc

    def begin(self) -> list[Order]:
        """The first member is small: the download's folder."""
        return [Put(self._zip.directory(self._root, self._made))]

    def whole(self, path: str, data: bytes | bytearray, modified: Stamp) -> list[Order]:
        """Header and content."""
        return [Put(self._zip.whole(f"{self._root}/{path}", data, modified))]

    def open(self, path: str, size: int, modified: Stamp) -> list[Order]:
        """The local header."""
        return [Put(self._zip.open(f"{self._root}/{path}", size, modified))]

    def feed(self, data: bytes) -> None:
        """Counted and summed."""
        self._zip.feed(data)

    def close(self) -> list[Order]:
        """The data descriptor."""
        return [Put(self._zip.close())]

    def abandon(self) -> list[Order]:
        """Nothing is to be written for that."""
        self._zip.abandon()
        return []

    def finish(self) -> list[Order]:
        """The central directory."""
        return [Put(self._zip.finish()), Finish()]


class Folder:
    """Files in a folder, each in its place only when it is complete; no times, which no browser lets a page set."""

    def __init__(self) -> None:
        self._path = ""
        self._size = self._crc = 0

    @property
    def crc(self) -> int:
        """As it is noted for the next time."""
        return self._crc

    def begin(self) -> list[Order]:
        """The folder is there already."""
        return []

    def whole(self, path: str, data: bytes | bytearray, _: Stamp) -> list[Order]:
        """All of a file at once."""
        written: list[Order] = [Put(bytes(data))] if data else []
        self._crc = crc32(data)
        return [BeginFile(path), *written, CompleteFile(path, len(data), self._crc)]

    def open(self, path: str, _: int, __: Stamp) -> list[Order]:
        """A file that is not in its place yet."""
        self._path, self._size, self._crc = path, 0, 0
        return [BeginFile(path)]

    def feed(self, data: bytes) -> None:
        """Counted and summed."""
        self._size += len(data)
        self._crc = crc32(data, self._crc)

    def close(self) -> list[Order]:
        """Into its place."""
        return [CompleteFile(self._path, self._size, self._crc)]

    def abandon(self) -> list[Order]:
        """Nothing of it stays."""
        return [LeaveOutFile()]

    def finish(self) -> list[Order]:
        """The manifest was the last file."""
        return [Finish()]
