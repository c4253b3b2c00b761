"""The size of an archive before its first byte is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from pycore.zipstream.names import encode_name
from pycore.zipstream.records import (
    Entry,
    How,
    Limits,
    Stamp,
    central_length,
    encode_comment,
    end_records,
    local_length,
)

# No length depends on the time.
_ANY_TIME: Final = Stamp.at(0)


@dataclass(frozen=True, slots=True)
class Member:
    """One member to come: its name, its size in bytes (0 for a folder) and how it will be written."""

    name: str
    size: int
    how: Literal["directory", "whole", "streamed"]


class Forecast:
    """Adds up the exact size in bytes of an archive, in the order in which its members will be written.

    True if nothing is abandoned. It is a sum that a caller can make in slices; `total_size` makes it at once.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._offset = 0
        self._directory = 0
        self._count = 0

    def add(self, member: Member) -> None:
        """Count one more member.

        Errors: those of a name that cannot be written: ``zip.name-unsafe``, ``zip.name-not-unicode``,
        ``zip.name-too-long``.
        """
        how = How(member.how)
        name = encode_name(member.name) + (b"/" if how is How.DIRECTORY else b"")
        entry = Entry(name, how, member.size, 0, self._offset, _ANY_TIME)
        self._offset += local_length(entry, self._limits) + member.size
        self._directory += central_length(entry, self._limits)
        self._count += 1

    def total(self, comment: str = "") -> int:
        """Give the size of the archive that ends after the members so far.

        Errors: ``zip.comment-unusable``.
        """
        end = end_records(self._count, self._directory, self._offset, encode_comment(comment), self._limits)
        return self._offset + self._directory + len(end)


def total_size(members: Iterable[Member], limits: Limits | None = None, comment: str = "") -> int:
    """Give the exact size in bytes of the archive that has these members, in this order.

    True if nothing is abandoned. Errors: those of `Forecast`.
    """
    forecast = Forecast(limits)
    for member in members:
        forecast.add(member)
    return forecast.total(comment)
