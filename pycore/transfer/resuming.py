"""Whether an answer brings the rest of a file whose beginning is there: one part, one version, one size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pycore import answers

_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")


@dataclass(frozen=True, slots=True)
class Version:
    """What tells two versions of a file apart; ``""`` for what the server does not say, or the browser may not read.

    ``etag`` is a strong one: a weak one does not promise the same bytes (RFC 9110, 8.8.1).
    """

    etag: str
    modified: str

    @classmethod
    def told(cls, headers: Mapping[str, str]) -> Version:
        """The version that an answer tells of."""
        etag = headers.get("etag", "").strip()
        return cls("" if etag.startswith("W/") else etag, headers.get("last-modified", "").strip())

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.etag or self.modified)

    def compared(self, other: Version) -> bool | None:
        """Whether the two are one; ``None`` where they have nothing in common that could say so."""
        pairs = [(self.etag, other.etag), (self.modified, other.modified)]
        both = [one == two for one, two in pairs if one and two]
        return all(both) if both else None


def mismatch(
    before: Version, headers: Mapping[str, str], *, start: int, size: int, has_checksum: bool
) -> str:
    """Why an answer with status 206 is not the rest from byte ``start`` of the same file, else ``""``.

    What such an answer holds: RFC 9110, 15.3.7. ``size`` is the file's in bytes. Where the list has a checksum, a
    version that nobody tells does no harm.
    """
    told = headers.get("content-range", "")
    if told:
        found = _CONTENT_RANGE.fullmatch(told.strip())
        if found is None or int(found[1]) != start or not start <= int(found[2]) < size:
            return "the archive sent another part of it than was asked for"
        if found[3] != "*" and int(found[3]) != size:
            return "it has changed its size in the archive meanwhile"
    elif answers.announced(headers) != size - start:
        # Browsers hide Content-Range from other origins unless the server shows it; the length they do not.
        return "the archive did not say which part of it came"
    same = before.compared(Version.told(headers))
    if same is None and not has_checksum:
        return "the archive did not say whether it is still the same file"
    return "it has changed in the archive meanwhile" if same is False else ""
