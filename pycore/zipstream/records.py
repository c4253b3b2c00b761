"""The records of a ZIP archive as bytes: pure builders, one for each record of the format.

Source: PKWARE APPNOTE 6.3.10 (the section stands with each builder); the extended timestamp is
Info-ZIP's extra field 0x5455. All numbers are little-endian. The only method is 0, stored: a
product is kept as the archive serves it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from struct import Struct
from typing import Final, Self

from pycore.errors import OverlayError

_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_DESCRIPTOR: Final = Struct("<4s3I")
_DESCRIPTOR_ZIP64: Final = Struct("<4sI2Q")
_ZIP64_END: Final = Struct("<4sQ2H2I4Q")
_ZIP64_LOCATOR: Final = Struct("<4sIQI")
_END: Final = Struct("<4s4H2IH")
_EXTRA_TIME: Final = Struct("<2HBI")
_EXTRA_SIZES: Final = Struct("<2H2Q")
_EXTRA_HEAD: Final = Struct("<2H")

_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
_DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
_ZIP64_END_SIGNATURE: Final = b"PK\x06\x06"
_ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
_END_SIGNATURE: Final = b"PK\x05\x06"

_ZIP64_TAG: Final = 0x0001
_TIME_TAG: Final = 0x5455
_TIME_IS_MODIFICATION: Final = 1

_FULL_16: Final = 0xFFFF
_FULL_32: Final = 0xFFFFFFFF

_FLAG_DESCRIPTOR: Final = 1 << 3
_FLAG_UTF8: Final = 1 << 11
_STORED: Final = 0

_NEEDS_PLAIN: Final = 20
_NEEDS_ZIP64: Final = 45
_MADE_BY_UNIX: Final = 3 << 8 | 63

_UNIX_FILE: Final = 0o100644 << 16
# The low byte is the MS-DOS attribute of a folder, for readers that know no Unix modes.
_UNIX_FOLDER: Final = 0o040755 << 16 | 0x10

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DOS_FIRST_YEAR: Final = 1980
_DOS_FIRST_SECOND: Final = 315_532_800


@dataclass(frozen=True, slots=True)
class Limits:
    """The first values that the plain fields cannot hold; from these on, Zip64 takes over.

    A field full of ones is the sign for Zip64 (APPNOTE 4.4.1.4), so it is itself a value too many.
    Lower limits give small archives in the Zip64 form.
    """

    size: int = _FULL_32
    entries: int = _FULL_16


@dataclass(frozen=True, slots=True)
class Stamp:
    """A modification time in the two forms that a ZIP archive has; make it with `at`."""

    dos_time: int
    dos_date: int
    unix_seconds: int

    @classmethod
    def at(cls, seconds: float) -> Self:
        """Give the stamp nearest to a time in seconds since 1970, UTC.

        The archive holds whole seconds from 1970 to 2106, and in the DOS fields (APPNOTE 4.4.6) even seconds
        from 1980, which have no time zone and are UTC here. Other times become the nearest end.
        """
        whole = min(max(int(seconds), 0), _FULL_32)
        moment = _EPOCH + timedelta(seconds=max(whole, _DOS_FIRST_SECOND))
        return cls(
            dos_time=moment.hour << 11 | moment.minute << 5 | moment.second // 2,
            dos_date=moment.year - _DOS_FIRST_YEAR << 9 | moment.month << 5 | moment.day,
            unix_seconds=whole,
        )


class How(Enum):
    """How a member gets into the archive, which decides the shape of its records."""

    DIRECTORY = "directory"
    WHOLE = "whole"
    STREAMED = "streamed"


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the records of one member say; `name` is encoded, with a slash at the end of a folder's."""

    name: bytes
    how: How
    size: int
    crc: int
    offset: int
    stamp: Stamp

    def with_crc(self, crc: int) -> "Entry":
        """Give the entry of a streamed member whose payload has come."""
        return Entry(self.name, self.how, self.size, crc, self.offset, self.stamp)

    def has_zip64(self, limits: Limits) -> bool:
        """Tell whether anything about the member needs Zip64."""
        return self.size >= limits.size or self.offset >= limits.size

    def has_local_zip64(self, limits: Limits) -> bool:
        """Tell whether the local header carries Zip64 sizes, and so the descriptor 8-byte ones.

        A reader takes the width of the descriptor from the member's Zip64 extra field (APPNOTE 4.3.9.2), and
        some look for that field in the central record, which has one also where only the offset is
        large. So a streamed member that begins beyond the limit has it in both places.
        """
        return self.size >= limits.size or (self.how is How.STREAMED and self.offset >= limits.size)


def local_header(entry: Entry, limits: Limits) -> bytes:
    """Give the local file header (APPNOTE 4.3.7).

    A streamed member's CRC and sizes are zero here, also within the Zip64 extra field, and follow in the
    descriptor (4.4.4, bit 3). The extra field is there all the same: readers that meet 0xFFFFFFFF
    without it reject the archive.
    """
    streamed = entry.how is How.STREAMED
    crc, size = (0, 0) if streamed else (entry.crc, entry.size)
    extra = _time_extra(entry.stamp)
    if entry.has_local_zip64(limits):
        extra = _EXTRA_SIZES.pack(_ZIP64_TAG, 16, size, size) + extra
        size = _FULL_32
    fixed = _LOCAL.pack(
        _LOCAL_SIGNATURE, _needs(entry, limits), _flags(entry), _STORED,
        entry.stamp.dos_time, entry.stamp.dos_date, crc, size, size, len(entry.name), len(extra),
    )  # fmt: skip
    return fixed + entry.name + extra


def data_descriptor(entry: Entry, limits: Limits) -> bytes:
    """Give the data descriptor of a streamed member, with its signature (APPNOTE 4.3.9)."""
    shape = _DESCRIPTOR_ZIP64 if entry.has_local_zip64(limits) else _DESCRIPTOR
    return shape.pack(_DESCRIPTOR_SIGNATURE, entry.crc, entry.size, entry.size)


def central_record(entry: Entry, limits: Limits) -> bytes:
    """Give the member's record in the central directory (APPNOTE 4.3.12), Zip64 values in 4.5.3's order."""
    size, offset = entry.size, entry.offset
    zip64 = b""
    if size >= limits.size:
        zip64 += size.to_bytes(8, "little") * 2
        size = _FULL_32
    if offset >= limits.size:
        zip64 += offset.to_bytes(8, "little")
        offset = _FULL_32
    extra = _time_extra(entry.stamp)
    if zip64:
        extra = _EXTRA_HEAD.pack(_ZIP64_TAG, len(zip64)) + zip64 + extra
    fixed = _CENTRAL.pack(
        _CENTRAL_SIGNATURE, _MADE_BY_UNIX, _needs(entry, limits), _flags(entry), _STORED,
        entry.stamp.dos_time, entry.stamp.dos_date, entry.crc, size, size, len(entry.name), len(extra),
        0, 0, 0, _UNIX_FOLDER if entry.how is How.DIRECTORY else _UNIX_FILE, offset,
    )  # fmt: skip
    return fixed + entry.name + extra


def end_records(entries: int, size: int, offset: int, comment: bytes, limits: Limits) -> bytes:
    """Give what follows the central directory, which is `size` bytes at `offset` and holds `entries`.

    That is the end record (APPNOTE 4.3.16), before it, where one of the three is too large for it, the Zip64
    end record and its locator (4.3.14, 4.3.15).
    """
    end = _END.pack(
        _END_SIGNATURE, 0, 0,
        _FULL_16 if entries >= limits.entries else entries,
        _FULL_16 if entries >= limits.entries else entries,
        _FULL_32 if size >= limits.size else size,
        _FULL_32 if offset >= limits.size else offset,
        len(comment),
    )  # fmt: skip
    if not end_has_zip64(entries, size, offset, limits):
        return end + comment
    zip64_end = _ZIP64_END.pack(
        # 4.3.14.1: the record's size leaves out its first 12 bytes.
        _ZIP64_END_SIGNATURE, _ZIP64_END.size - 12, _MADE_BY_UNIX, _NEEDS_ZIP64, 0, 0,
        entries, entries, size, offset,
    )  # fmt: skip
    locator = _ZIP64_LOCATOR.pack(_ZIP64_LOCATOR_SIGNATURE, 0, offset + size, 1)
    return zip64_end + locator + end + comment


def end_has_zip64(entries: int, size: int, offset: int, limits: Limits) -> bool:
    """Tell whether the archive needs a Zip64 end record (APPNOTE 4.4.1.4)."""
    return entries >= limits.entries or size >= limits.size or offset >= limits.size


def local_length(entry: Entry, limits: Limits) -> int:
    """Count the bytes of the local header, and of the descriptor if there is one."""
    zip64 = entry.has_local_zip64(limits)
    length = _LOCAL.size + len(entry.name) + _EXTRA_TIME.size + zip64 * _EXTRA_SIZES.size
    if entry.how is How.STREAMED:
        length += (_DESCRIPTOR_ZIP64 if zip64 else _DESCRIPTOR).size
    return length


def central_length(entry: Entry, limits: Limits) -> int:
    """Count the bytes of the record in the central directory."""
    zip64 = 16 * (entry.size >= limits.size) + 8 * (entry.offset >= limits.size)
    return _CENTRAL.size + len(entry.name) + _EXTRA_TIME.size + zip64 + (_EXTRA_HEAD.size if zip64 else 0)


def encode_comment(comment: str) -> bytes:
    """Give the archive's comment as UTF-8, or refuse it (APPNOTE 4.4.26).

    Readers search the end record backwards by its signature, so a comment must not hold that.

    Errors: ``zip.comment-unusable``.
    """
    # A lone surrogate has no place in UTF-8; as a question mark in a remark it does no harm.
    encoded = comment.encode(errors="replace")
    if len(encoded) > _FULL_16 or _END_SIGNATURE in encoded:
        raise OverlayError(
            "zip.comment-unusable",
            f"The archive's comment has {len(encoded):,} bytes or holds the signature of an end record; "
            f"at most {_FULL_16:,} bytes of text fit.",
            "Shorten it, or leave it out.",
        )
    return encoded


def _time_extra(stamp: Stamp) -> bytes:
    return _EXTRA_TIME.pack(_TIME_TAG, 5, _TIME_IS_MODIFICATION, stamp.unix_seconds)


def _needs(entry: Entry, limits: Limits) -> int:
    return _NEEDS_ZIP64 if entry.has_zip64(limits) else _NEEDS_PLAIN


def _flags(entry: Entry) -> int:
    # An ASCII name reads the same with and without the flag; without it, also in readers that do not
    # know it.
    utf8 = 0 if entry.name.isascii() else _FLAG_UTF8
    return utf8 | (_FLAG_DESCRIPTOR if entry.how is How.STREAMED else 0)
