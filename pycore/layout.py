"""Where each file goes: the folders of the download, safe and unique names on every system."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final


class Structure(Enum):
    """Folder organisation, by the names on the radio buttons."""

    FLAT = "FLAT"
    NESTED = "NESTED"


@dataclass(frozen=True, slots=True)
class Place:
    """What a path is made from: names as the archive writes them."""

    mission: str
    dataset: str
    filename: str


#: File systems take 255 bytes a name; the rest is left for the ``.part`` of a download under way.
LONGEST_NAME: Final = 240

#: Windows takes these for devices, whatever extension follows.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
#: Files that Windows obeys when a person only looks at their folder; browsers do not let pages write them.
_SHORTCUTS: Final = (".lnk", ".scf", ".url")
_SETTINGS: Final = "desktop.ini"
#: Most programs on Windows take paths of at most 259 characters; some 60 are where the download is put.
_LONG_ON_WINDOWS: Final = 259 - 60
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
#: Control, format (direction overrides, zero width), surrogate, unassigned, line and paragraph separators.
_UNSEEN: Final = frozenset(["Cc", "Cf", "Cs", "Cn", "Zl", "Zp"])


def stamp(epoch_ms: float) -> str:
    """The name of a download's folder, from the time of the click: ``MAST_2026-11-22T07_17_20.000Z``."""
    moment = datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)
    return f"MAST_{moment:%Y-%m-%dT%H_%M_%S}.{moment.microsecond // 1000:03d}Z"


def safe_name(name: str) -> str:
    """A single file or folder name that every common system takes, equal to ``name`` where that is one.

    Idempotent. Never empty, never ``.`` or ``..``, at most 240 bytes of UTF-8; shortened names carry eight
    digits of the SHA-256 of the whole name.
    """
    mapped = "".join(
        "_" if char in _FORBIDDEN or unicodedata.category(char) in _UNSEEN else char
        for char in unicodedata.normalize("NFC", name)
    )
    if mapped.startswith((".", " ")):
        mapped = "_" + mapped[1:]
    # A download under way is called name.part; a product of that name would be taken for one.
    if mapped.casefold().endswith(".part"):
        mapped += "_"
    if mapped.casefold().endswith(_SHORTCUTS):
        mapped += "_"
    if mapped.split(".")[0].rstrip(" ").casefold() in _DEVICES or mapped.casefold() == _SETTINGS:
        mapped = "_" + mapped
    mapped = _shortened(mapped)
    # Windows drops dots and blanks at the end of a name.
    return mapped[:-1] + "_" if mapped.endswith((".", " ")) else mapped or "_"


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    stem, extension = _split(name)
    if len(extension.encode()) > 16:
        stem, extension = name, ""
    room = LONGEST_NAME - len(f"~{digest}{extension}".encode())
    return stem.encode()[:room].decode(errors="ignore") + f"~{digest}{extension}"


def _split(name: str) -> tuple[str, str]:
    dot = name.rfind(".")
    return (name, "") if dot <= 0 else (name[:dot], name[dot:])


def paths(places: Iterable[Place], structure: Structure) -> list[str]:
    """A path below the download's folder for each place: safe, and unique where letter case does not count.

    NESTED: ``MISSION/dataset/file``; FLAT: ``MISSION/file``. Of two products with one path the first keeps
    it, the next has its dataset in the name (``pool__jw01234001001.csv``), and a number where that is not
    enough.
    """
    return list(each_path(places, structure))


def each_path(places: Iterable[Place], structure: Structure) -> Iterator[str]:
    """The same, one after the other."""
    taken: set[str] = set()
    twins: Counter[tuple[str, str]] = Counter()
    return (_unique(place, structure, taken, twins) for place in places)


def plain_path(place: Place, structure: Structure) -> str:
    """The path that the archive's own names would give, neither safe nor unique: tells what was renamed."""
    folder = [place.dataset] if structure is Structure.NESTED else []
    return "/".join([place.mission, *folder, place.filename])


def why_renamed(place: Place, structure: Structure) -> str:
    """Why a place's path is another than its names give, in words; what fits no rule met another file of its name."""
    names = (
        [place.mission, place.dataset, place.filename]
        if structure is Structure.NESTED
        else [place.mission, place.filename]
    )
    reasons = [_why_unsafe(name) for name in names if safe_name(name) != name]
    return reasons[-1] if reasons else "another file has this name"


def _why_unsafe(name: str) -> str:
    plain = unicodedata.normalize("NFC", name)
    if any(char in _FORBIDDEN or unicodedata.category(char) in _UNSEEN for char in plain):
        return "characters that Windows does not take, or that cannot be seen"
    if plain.split(".")[0].rstrip(" ").casefold() in _DEVICES:
        return "a device on Windows"
    if plain.casefold().endswith(_SHORTCUTS) or plain.casefold() == _SETTINGS:
        return "Windows would obey it"
    if plain.casefold().endswith(".part"):
        return "downloads under way are called so"
    if len(plain.encode()) > LONGEST_NAME:
        return "too long"
    if plain.strip(". ") != plain or not plain:
        return "a dot or a blank at an end, or no name at all"
    return "accents put together"


def is_long_on_windows(path: str) -> bool:
    """Whether a path with the download's folder is so long that programs on Windows may refuse it."""
    return len(path) > _LONG_ON_WINDOWS


def _unique(place: Place, structure: Structure, taken: set[str], twins: Counter[tuple[str, str]]) -> str:
    folders, dataset = [_mission_folder(place.mission)], place.dataset
    if structure is Structure.NESTED:
        folders, dataset = [*folders, safe_name(place.dataset)], ""
    plain = name = safe_name(place.filename)
    family = (_key([*folders, plain]), dataset)
    # The count goes on where the last of the family stopped: thousands of one name stay cheap.
    while (key := _key([*folders, name])) in taken:
        twins[family] += 1
        name = _twin(plain, dataset, twins[family])
    taken.add(key)
    return "/".join([*folders, name])


def _twin(name: str, dataset: str, count: int) -> str:
    stem, extension = _split(name)
    if dataset:
        return safe_name(f"{stem}__{dataset}{'' if count == 1 else f'~{count}'}{extension}")
    return safe_name(f"{stem}~{count + 1}{extension}")


def _key(parts: list[str]) -> str:
    """What a file system that minds neither case nor composition sees in a path (Unicode 3.13, D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", "/".join(parts)).casefold())


def _mission_folder(mission: str) -> str:
    name = safe_name(mission)
    # The manifest stands beside the mission folders, and so do the notes of a folder that is not complete.
    beside = name.casefold().startswith("manifest.") or name.casefold() == "unfinished"
    return safe_name(f"_{name}") if beside else name
