"""The writer: a state machine that gives the bytes of an archive and sees the payloads pass."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias
from zlib import crc32

from pycore.errors import OverlayError
from pycore.zipstream.names import TakenNames, encode_name
from pycore.zipstream.records import (
    Entry,
    How,
    Limits,
    Stamp,
    central_record,
    data_descriptor,
    encode_comment,
    end_records,
    local_header,
)

Bytes: TypeAlias = bytes | bytearray | memoryview

_LARGEST: Final = 2**63 - 1


class State(Enum):
    """Where the writer stands."""

    BETWEEN = "between members"
    INSIDE = "inside a member"
    FINISHED = "finished"


_MOVES: Final[Mapping[State, Mapping[str, State]]] = {
    State.BETWEEN: {
        "directory": State.BETWEEN,
        "whole": State.BETWEEN,
        "open": State.INSIDE,
        "finish": State.FINISHED,
    },
    State.INSIDE: {
        "feed": State.INSIDE,
        "close": State.BETWEEN,
        "abandon": State.BETWEEN,
        "remaining": State.INSIDE,
    },
    State.FINISHED: {},
}


class ZipStream:
    """Gives the bytes of a ZIP archive in the order in which they are to be written.

    The caller writes everything that is returned, and between `open` and `close` or `abandon` the payload, of
    which it shows the writer every byte by `feed`. A call that raises has given nothing to write, and
    only `close` changes anything when it does: the member is then abandoned.

    A call in the wrong order raises ``zip.wrong-order``:

    ========  =====================================  ============
    state     calls that keep it                     calls that leave it
    ========  =====================================  ============
    BETWEEN   `directory`, `whole`                   `open`, `finish`
    INSIDE    `feed`, `remaining`                    `close`, `abandon`
    FINISHED  none                                   none
    ========  =====================================  ============
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._state = State.BETWEEN
        self._offset = 0
        self._count = 0
        # The finished records, not objects: 70,000 members take some 10 MB.
        self._central = bytearray()
        self._taken = TakenNames()
        self._entry: Entry | None = None
        self._fed = 0
        self._crc = 0

    @property
    def state(self) -> State:
        """Where the writer stands."""
        return self._state

    @property
    def offset(self) -> int:
        """Bytes that the archive has so far, payload and dead bytes included."""
        return self._offset

    @property
    def entries(self) -> int:
        """Members that the central directory has so far."""
        return self._count

    @property
    def remaining(self) -> int:
        """Bytes of the open member still to be fed; negative if there were more than announced."""
        return self._open_entry("remaining").size - self._fed

    @property
    def crc(self) -> int:
        """CRC-32 of what was fed of the last streamed member, or of the last whole one."""
        return self._crc

    def directory(self, name: str, modified: Stamp) -> bytes:
        """Give a folder's entry; `name` comes without a slash at its end.

        Errors: those of `open`.
        """
        move = self._move("directory")
        entry = self._new(name, How.DIRECTORY, 0, 0, modified)
        header = local_header(entry, self._limits)
        self._admit(entry)
        self._offset += len(header)
        self._state = move
        return header

    def whole(self, name: str, data: Bytes, modified: Stamp) -> bytes:
        """Give a member whose content is at hand, header and data, without a descriptor.

        Errors: those of `open`.
        """
        move = self._move("whole")
        crc = crc32(data)
        entry = self._new(name, How.WHOLE, memoryview(data).nbytes, crc, modified)
        record = b"".join((local_header(entry, self._limits), data))
        self._admit(entry)
        self._crc = crc
        self._offset += len(record)
        self._state = move
        return record

    def open(self, name: str, size: int, modified: Stamp) -> bytes:
        """Give the local header of a member of `size` bytes whose payload follows in pieces.

        Errors: ``zip.name-unsafe``, ``zip.name-not-unicode``, ``zip.name-too-long``,
        ``zip.name-duplicate``, ``zip.name-clash``, ``zip.size-out-of-range``.
        """
        move = self._move("open")
        self._entry = self._new(name, How.STREAMED, size, 0, modified)
        header = local_header(self._entry, self._limits)
        self._fed = self._crc = 0
        self._offset += len(header)
        self._state = move
        return header

    def feed(self, chunk: Bytes) -> None:
        """Count and sum the next piece of the payload, which the caller writes itself.

        A surplus is counted too, because it is in the archive; `close` then refuses the member.
        """
        self._state = self._move("feed")
        length = memoryview(chunk).nbytes
        self._crc = crc32(chunk, self._crc)
        self._fed += length
        self._offset += length

    def close(self) -> bytes:
        """Give the open member's data descriptor and admit the member to the central directory.

        Errors: ``zip.size-differs`` if more or fewer bytes came than were announced; the member is then
        abandoned.
        """
        move = self._move("close")
        entry = self._open_entry("close").with_crc(self._crc)
        if self._fed != entry.size:
            self.abandon()
            raise OverlayError(
                "zip.size-differs",
                f"{entry.name.decode()} was to have {entry.size:,} bytes, but {self._fed:,} came.",
                "The file is left out of the archive. Fetch it again.",
            )
        descriptor = data_descriptor(entry, self._limits)
        self._admit(entry)
        self._offset += len(descriptor)
        self._entry = None
        self._state = move
        return descriptor

    def abandon(self) -> None:
        """Leave the open member out: what was written of it stays as dead bytes, and its name is free."""
        self._state = self._move("abandon")
        self._entry = None

    def finish(self, comment: str = "") -> bytes:
        """Give the central directory and the records that end the archive.

        Errors: ``zip.comment-unusable``.
        """
        move = self._move("finish")
        end = end_records(
            self._count, len(self._central), self._offset, encode_comment(comment), self._limits
        )
        tail = b"".join((self._central, end))
        self._central = bytearray()
        self._taken = TakenNames()
        self._offset += len(tail)
        self._state = move
        return tail

    def _move(self, call: str) -> State:
        following = _MOVES[self._state].get(call)
        if following is None:
            raise OverlayError(
                "zip.wrong-order",
                f"The ZIP writer is {self._state.value}; {call!r} is not possible there.",
                "This is an error of the program. Please report it.",
            )
        return following

    def _open_entry(self, call: str) -> Entry:
        self._move(call)
        assert self._entry is not None, "INSIDE means that there is an open member"
        return self._entry

    def _new(self, name: str, how: How, size: int, crc: int, modified: Stamp) -> Entry:
        encoded = encode_name(name)
        self._taken.check(encoded, folder=how is How.DIRECTORY)
        if not 0 <= size <= _LARGEST:
            raise OverlayError(
                "zip.size-out-of-range",
                f"{name} cannot have {size:,} bytes.",
                "Check the size that the list gives for this file.",
            )
        if how is How.DIRECTORY:
            encoded += b"/"
        return Entry(encoded, how, size, crc, self._offset, modified)

    def _admit(self, entry: Entry) -> None:
        self._taken.add(entry.name.removesuffix(b"/"), folder=entry.how is How.DIRECTORY)
        self._central += central_record(entry, self._limits)
        self._count += 1
