"""The places to write, in words: what each is, what it can do, and where it ends."""

from __future__ import annotations

from typing import Final

#: The one place that holds many files; all others hold one archive.
FOLDER: Final = "folder"

_TITLES: Final = {
    FOLDER: "Save single files, into a folder you choose",
    "file": "Save as one ZIP file, in a place you choose",
    "stream": "Save as one ZIP file among your downloads",
    "private": "Save as one ZIP file, built in the browser's own storage first",
    "blob": "Save as one ZIP file, kept in memory until it is complete",
}
_STARTS_ANEW: Final = "Keep this tab open until the end: a download that is cut off starts anew."


def title(kind: str) -> str:
    """What a place is called."""
    return _TITLES[kind]


def terms(kind: str, size: str, limit: str) -> str:
    """What is to be known of a place before ``size`` goes there; ``limit`` is what it may have."""
    if kind == FOLDER:
        return (
            f"The page cannot see how much room there is: {size} have to be free. A file appears only when it is "
            "complete. After a break, a reload or a crash, start again and choose the same folder: what is there is "
            "checked, and not fetched again."
        )
    if kind == "private":
        return (
            f"The browser speaks of {limit} of storage for this page. The ZIP is built there and then copied to your "
            f"downloads, so {size} have to be free twice for a few minutes. {_STARTS_ANEW}"
        )
    if kind == "blob":
        return f"The browser may refuse before {limit} if it is short of memory. {_STARTS_ANEW}"
    return f"The page cannot see how much room there is: {size} have to be free. {_STARTS_ANEW}"
