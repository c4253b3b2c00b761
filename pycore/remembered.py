"""What a browser keeps of a visit: which lists were open and what was chosen of them, as text and back.

The lists' own texts are kept beside it, each under its key. No token is in it, and nobody's name: of an address what
may hold one is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TypeVar

from pycore.byhand import ByHand, FileName
from pycore.catalog import Facet
from pycore.errors import OverlayError
from pycore.formats.depth import is_deep
from pycore.layout import Structure
from pycore.pattern import PLAIN, Precision, Target
from pycore.product import LARGEST_SIZE
from pycore.selection import Choice, Quick

VERSION: Final = 2
#: Characters; a visit with a hundred thousand boxes ticked by hand is below it.
LONGEST: Final = 2**24
_DEEPEST: Final = 6
_KEY: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_MOST_FILES: Final = 10**9
_LATEST_MS: Final = 4e12
#: As browsers read addresses, which take a backslash for a slash, and do without either.
_WITH_USER: Final = re.compile(r"(\s*[A-Za-z][A-Za-z0-9+.-]*:[/\\]*|[/\\]{2,})[^/\\?#]*@")
_AFTER_PATH: Final = re.compile(r"[?#].*", re.DOTALL)
_DISCREET: Final = re.compile(r"[^?#]*\?not-kept=[0-9a-f]{16}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list whose text the browser keeps under ``key``; ``base`` is the list's own URL, ``""`` for a file.

    The key is the text's SHA-256, in hexadecimal: the same list has one key, wherever it came from. ``source``
    is what the person knows it by, ``mission`` what the page's address said of it. Of a visit that was read, source
    and base are ``discreet``.
    """

    key: str
    source: str
    base: str
    mission: str = ""


@dataclass(frozen=True, slots=True)
class MissionChoice:
    """What is chosen of one mission: boxes and the rest, the pattern in its field, and the one in force, each with how
    it is meant.
    """

    name: str
    choice: Choice = field(default_factory=Choice)
    typed: str = ""
    in_force: str = ""
    precision: Precision = PLAIN
    precision_in_force: Precision = PLAIN


@dataclass(frozen=True, slots=True)
class Choices:
    """All that a person has chosen; ``current`` is the mission whose controls are shown."""

    missions: tuple[MissionChoice, ...] = ()
    current: str = ""
    structure: Structure = Structure.NESTED
    rows_per_page: int = 250


@dataclass(frozen=True, slots=True)
class Remembered:
    """A visit: its lists, how many files they have together, and what was chosen."""

    lists: tuple[KeptList, ...] = ()
    files: int = 0
    choices: Choices = field(default_factory=Choices)


def discreet(address: str) -> str:
    """The address without a user's name, query and fragment, in which tokens are found.

    A digest of the whole stands for what is left out: addresses that differ do so still, and relative ones against it
    mean the same. What has nothing of the kind stays as it is, and so does what was made discreet before.
    """
    nameless = address
    while found := _WITH_USER.match(nameless):
        nameless = found[1] + nameless[found.end() :]
    plain = _AFTER_PATH.sub("", nameless)
    if plain == address or (nameless == address and _DISCREET.fullmatch(address)):
        return address
    digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain}?not-kept={digest[:16]}"


def day(epoch_ms: float) -> str:
    """A moment as the panel writes it: ``2026-11-22 07:17 UTC``; what is no moment is ``an unknown day``."""
    if not 0 < epoch_ms < _LATEST_MS:
        return "an unknown day"
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


# -- to text --------------------------------------------------------------------------------------------------


def text(visit: Remembered) -> str:
    """The visit as JSON in ASCII, the same for the same visit; addresses are discreet."""
    choices = visit.choices
    document = {
        "version": VERSION,
        "lists": [_list(kept) for kept in visit.lists],
        "files": visit.files,
        "missions": [_mission(each) for each in choices.missions],
        "current": choices.current,
        "structure": choices.structure.value,
        "rows": choices.rows_per_page,
    }
    return json.dumps(document, separators=(",", ":"))


def _list(kept: KeptList) -> dict[str, object]:
    # What a list by address is known by is that address, as it was typed.
    source = discreet(kept.source) if kept.base else kept.source
    return {"key": kept.key, "source": source, "base": discreet(kept.base), "mission": kept.mission}


def _mission(mission: MissionChoice) -> dict[str, object]:
    choice = mission.choice
    return {
        "name": mission.name,
        "quick": choice.quick.value,
        "boxes": [[facet.level, facet.suffix, on] for facet, on in choice.boxes.items()],
        "guide_stars": choice.guide_stars,
        "references": choice.references,
        "typed": mission.typed,
        "in_force": mission.in_force,
        "precision": _precision(mission.precision),
        "precision_in_force": _precision(mission.precision_in_force),
        "files": [[name.filename, name.size, name.mark, on] for name, on in choice.by_hand.files.items()],
        "datasets": [[name, on] for name, on in choice.by_hand.datasets.items()],
    }


def _precision(precision: Precision) -> dict[str, object]:
    return {
        "ignore_case": precision.ignore_case,
        "invert": precision.invert,
        "target": precision.target.name,
    }


# -- and back -------------------------------------------------------------------------------------------------


def read(text: str) -> Remembered:
    """The visit that a text tells of.

    Raises ``OverlayError``: ``memory.version`` for what another version of the page wrote, ``memory.damaged`` for
    what none did.
    """
    document = _document(text)
    if document.get("version") != VERSION:
        raise OverlayError(
            "memory.version",
            "What this browser kept of an earlier visit is of another version of this page and was forgotten.",
            "Open the list again from its file or address.",
        )
    try:
        return Remembered(
            lists=tuple(_list_of(each) for each in _items(document, "lists")),
            files=_whole(document, "files", _MOST_FILES),
            choices=Choices(
                missions=tuple(_mission_of(each) for each in _items(document, "missions")),
                current=_words(document, "current"),
                structure=Structure(_words(document, "structure")),
                rows_per_page=_whole(document, "rows", 1000),
            ),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise _damaged() from wrong


def check_texts(visit: Remembered, there: Collection[str]) -> None:
    """Raise ``OverlayError`` ``memory.gone`` where of all the lists of a visit no text is there."""
    if not any(kept.key in there for kept in visit.lists):
        raise OverlayError(
            "memory.gone",
            "The browser does not have the lists of an earlier visit any more, and the visit was forgotten.",
            "Open the list again from its file or address.",
        )


def _damaged() -> OverlayError:
    return OverlayError(
        "memory.damaged",
        "What this browser kept of an earlier visit is damaged and was forgotten.",
        "Open the list again from its file or address.",
    )


def _document(text: str) -> Mapping[str, object]:
    if len(text) > LONGEST or is_deep(text, _DEEPEST):
        raise _damaged()
    try:
        return _table(json.loads(text))
    except (TypeError, ValueError) as wrong:
        raise _damaged() from wrong


def _list_of(found: object) -> KeptList:
    table = _table(found)
    key = _words(table, "key")
    if not _KEY.fullmatch(key):
        raise ValueError("key")
    return KeptList(key, _words(table, "source"), _words(table, "base"), _words(table, "mission"))


def _mission_of(found: object) -> MissionChoice:
    table = _table(found)
    choice = Choice(
        Quick(_words(table, "quick")),
        MappingProxyType(dict(_box_of(each) for each in _items(table, "boxes"))),
        _truth(table, "guide_stars"),
        _truth(table, "references"),
        ByHand(
            MappingProxyType(dict(_file_of(each) for each in _items(table, "files"))),
            MappingProxyType(dict(_dataset_of(each) for each in _items(table, "datasets"))),
        ),
    )
    return MissionChoice(
        _words(table, "name"),
        choice,
        _words(table, "typed"),
        _words(table, "in_force"),
        _precision_of(table["precision"]),
        _precision_of(table["precision_in_force"]),
    )


def _box_of(found: object) -> tuple[Facet, bool]:
    if not isinstance(found, list):
        raise TypeError("box")
    level, suffix, on = found
    return Facet(_is(level, str), _is(suffix, str)), _is(on, bool)


def _file_of(found: object) -> tuple[FileName, bool]:
    if not isinstance(found, list):
        raise TypeError("file")
    filename, size, mark, on = found
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= LARGEST_SIZE:
        raise ValueError("size")
    return FileName(_is(filename, str), size, _is(mark, str)), _is(on, bool)


def _dataset_of(found: object) -> tuple[str, bool]:
    if not isinstance(found, list):
        raise TypeError("dataset")
    name, on = found
    return _is(name, str), _is(on, bool)


def _precision_of(found: object) -> Precision:
    table = _table(found)
    return Precision(_truth(table, "ignore_case"), _truth(table, "invert"), Target[_words(table, "target")])


def _table(found: object) -> Mapping[str, object]:
    return _is(found, dict)


def _items(table: Mapping[str, object], key: str) -> list[object]:
    return _is(table[key], list)


def _words(table: Mapping[str, object], key: str) -> str:
    return _is(table[key], str)


def _truth(table: Mapping[str, object], key: str) -> bool:
    return _is(table[key], bool)


def _whole(table: Mapping[str, object], key: str, most: int) -> int:
    number = _is(table[key], int)
    if isinstance(number, bool) or not 0 <= number <= most:
        raise ValueError(key)
    return number


def _is(found: object, kind: type[T]) -> T:
    if not isinstance(found, kind):
        raise TypeError(kind)
    return found
