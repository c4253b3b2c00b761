"""Names of members: which ones may stand in an archive, and which ones are taken.

The writer does not repair names: the layout maps them before. What arrives here unsafe is refused.
"""

import re
from typing import Final

from pycore.errors import OverlayError

MAX_NAME_BYTES: Final = 0xFFFF

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
# An empty segment is a slash at either end, a doubled one, or no name at all.
_UNSAFE_SEGMENTS: Final = frozenset({"", ".", ".."})


def encode_name(name: str) -> bytes:
    """Give a member's name as UTF-8, or refuse it.

    The name is relative, has no slash at its end (also for a folder) and separates by ``/`` only
    (APPNOTE 4.4.17).

    Errors: ``zip.name-unsafe``, ``zip.name-not-unicode``, ``zip.name-too-long``.
    """
    if _is_unsafe(name):
        raise OverlayError(
            "zip.name-unsafe",
            f"The name {name!r} cannot be written into a ZIP archive safely.",
            "Use a relative path with forward slashes, without control characters, '.' or '..'.",
        )
    try:
        encoded = name.encode()
    except UnicodeEncodeError as error:
        raise OverlayError(
            "zip.name-not-unicode",
            f"The name {name!r} is not valid Unicode text.",
            "Replace the lone surrogates in it.",
        ) from error
    if len(encoded) > MAX_NAME_BYTES:
        raise OverlayError(
            "zip.name-too-long",
            f"The name that begins with {name[:60]!r} has {len(encoded):,} bytes in UTF-8; "
            f"a ZIP archive holds {MAX_NAME_BYTES:,}.",
            "Shorten it.",
        )
    return encoded


class TakenNames:
    """The names in one archive, so that no two members would be unpacked to one place.

    Names are compared byte by byte: what a file system folds together is the layout's concern.
    """

    def __init__(self) -> None:
        self._files: set[bytes] = set()
        self._folder_entries: set[bytes] = set()
        # Folders with an entry of their own, and those that other names imply.
        self._folders: set[bytes] = set()

    def check(self, name: bytes, *, folder: bool) -> None:
        """Refuse a name that is taken, or that makes one path a file and a folder.

        Errors: ``zip.name-duplicate``, ``zip.name-clash``.
        """
        if name in (self._folder_entries if folder else self._files):
            raise OverlayError(
                "zip.name-duplicate",
                f"The archive has a member {name.decode()!r} already.",
                "Give each member a name of its own.",
            )
        clash = name if name in (self._files if folder else self._folders) else self._file_above(name)
        if clash is not None:
            raise OverlayError(
                "zip.name-clash",
                f"The path {clash.decode()!r} would be both a file and a folder in the archive.",
                "Rename one of the two.",
            )

    def add(self, name: bytes, *, folder: bool) -> None:
        """Take a name that `check` has passed."""
        if folder:
            self._folder_entries.add(name)
            self._folders.add(name)
        else:
            self._files.add(name)
        while (parent := _parent(name)) and parent not in self._folders:
            self._folders.add(parent)
            name = parent

    def _file_above(self, name: bytes) -> bytes | None:
        # A known folder is no file, and nothing above it is one.
        while (name := _parent(name)) and name not in self._folders:
            if name in self._files:
                return name
        return None


def _is_unsafe(name: str) -> bool:
    return (
        not _UNSAFE_SEGMENTS.isdisjoint(name.split("/"))
        # To unpackers on Windows the backslash is a separator too.
        or "\\" in name
        or _DRIVE.match(name) is not None
        # Printable text has no control characters, and to ask for that first is the quicker way.
        or (not name.isprintable() and _CONTROL.search(name) is not None)
    )


def _parent(name: bytes) -> bytes:
    return name[: max(name.rfind(b"/"), 0)]
