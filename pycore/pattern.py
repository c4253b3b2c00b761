"""The regex field: which pattern is in force, what is wrong with the typed one, and what was perhaps meant.

The pattern itself runs in an ECMAScript engine outside: what JavaScript matches cannot be told by another
engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

#: Characters that a regular expression reads otherwise than a glob does.
_SPECIAL: Final = frozenset(r".+^$()[]{}|\/")

#: What no glob holds and many a regular expression does.
_NO_GLOB: Final = ("]+", ".+", "\\", "^", "$", "|", "(")
#: What both can hold, each in its own meaning.
_EITHER: Final = (".*", "]*", ")*", "}*")
_GLOB_PARTS: Final = re.compile(r"\{[^{}]*,[^{}]*\}|\[!?[^\[\]!]+\]|.", re.DOTALL)
_BRACES: Final = re.compile(r"\{[^{}]*\}")
#: Braces that list alternatives, and are no count of repetitions.
_ALTERNATIVES: Final = re.compile(r"\{(?!\d+,\d*\})([^{}]*,[^{}]*)\}")
#: A repetition with nothing before it that could be repeated.
_UNREPEATABLE: Final = re.compile(r"[(|*+?^][*+]")


class Target(Enum):
    """What a pattern is held against, by the names on the panel."""

    NAME = "File name"
    DATASET = "Dataset"
    URI = "URI"


@dataclass(frozen=True, slots=True)
class Precision:
    """How a pattern is meant; as it stands it is the plain field: case counts, what matches is taken, by file name."""

    ignore_case: bool = False
    invert: bool = False
    target: Target = Target.NAME

    @property
    def flags(self) -> str:
        """The flags of the regular expression."""
        return "i" if self.ignore_case else ""

    def __str__(self) -> str:
        told = {
            "upper and lower case alike": self.ignore_case,
            "what does not match": self.invert,
            f"by {self.target.value}": self.target is not Target.NAME,
        }
        return ", ".join(words for words, so in told.items() if so)


PLAIN: Final = Precision()


@dataclass(frozen=True, slots=True)
class PatternField:
    """The field's state; ``run`` numbers the runs, and a run that is not the last counts no more.

    ``matching`` is the set of rows that ``in_force`` lets through, in its precision; ``None`` while no pattern is in
    force.
    """

    typed: str = ""
    in_force: str = ""
    matching: int | None = None
    run: int = 0
    running: bool = False
    error: str = ""
    precision: Precision = PLAIN
    precision_in_force: Precision = PLAIN

    def retyped(self, text: str) -> PatternField:
        """After the text has changed: a run is due; an empty field lifts the filter at once."""
        if not text:
            return PatternField(run=self.run + 1, precision=self.precision)
        return replace(self, typed=text, run=self.run + 1, running=True, error="")

    def meant(self, precision: Precision) -> PatternField:
        """After the pattern is meant otherwise: what is typed is due again."""
        return replace(self, precision=precision).retyped(self.typed)

    def told(self) -> str:
        """The pattern in force and how it is meant, in words; ``""`` where none is."""
        if not self.in_force:
            return ""
        how = str(self.precision_in_force)
        return f"{self.in_force} ({how})" if how else self.in_force

    def awaits(self, run: int) -> bool:
        """Whether an answer to this run counts."""
        return self.running and run == self.run

    def matched(self, run: int, matching: int) -> PatternField:
        """After the engine has answered: the rows that are let through."""
        if not self.awaits(run):
            return self
        return replace(
            self,
            in_force=self.typed,
            precision_in_force=self.precision,
            matching=matching,
            running=False,
            error="",
        )

    def refused(self, run: int, sentence: str) -> PatternField:
        """After the engine has refused or overrun: the last valid pattern stays in force."""
        if not self.awaits(run):
            return self
        return replace(self, running=False, error=sentence)


def glob_translation(text: str) -> str:
    """The regular expression that a glob such as ``*.fits`` was meant as, or ``""`` where the text is no
    glob.

    ``*`` taken for a wildcard is the commonest mistake in this field. ``?``, ``[...]`` and ``{a,b}`` are
    understood too. What can only be a regular expression (an escape, an anchor, ``.*``, a group) is left alone,
    unless it begins with a wildcard: no engine takes that, and the rest is what was meant.
    """
    refused = text.startswith(("*", "?"))
    if not (refused or "*" in text) or any(brace in _BRACES.sub("", text) for brace in "{}"):
        return ""
    if any(mark in text for mark in _NO_GLOB):
        return _without_wildcards_around(text) if refused else ""
    if not refused and any(mark in _ALTERNATIVES.sub("", text) for mark in _EITHER):
        return ""
    core = text.strip("*")
    if not core:
        return ".*"
    # Unanchored search makes a star at either end superfluous.
    head = "" if text.startswith("*") else "^"
    tail = "" if text.endswith("*") else "$"
    return head + _translated(core) + tail


def _without_wildcards_around(text: str) -> str:
    """What is left of a regular expression that begins with a wildcard; ``""`` where no engine would take it."""
    rest = text.lstrip("*?")
    # Whoever begins with a wildcard ends with one too: as a repetition it would let everything through.
    if rest.endswith((")*", "]*", "}*")):
        rest = rest[:-1]
    rest = _ALTERNATIVES.sub(lambda found: f"({found[1].replace(',', '|')})", rest)
    unpaired = any(rest.count(opening) != rest.count(closing) for opening, closing in ("()", "[]"))
    if unpaired or rest.startswith(("+", "{")) or rest.endswith("\\") or _UNREPEATABLE.search(rest):
        return ""
    return rest


def _translated(glob: str) -> str:
    return "".join(_part(part) for part in _GLOB_PARTS.findall(glob))


def _part(part: str) -> str:
    if part.startswith("{") and len(part) > 1:
        return f"({'|'.join(_translated(each) for each in part[1:-1].split(','))})"
    if len(part) > 1:
        return f"[^{part[2:]}" if part.startswith("[!") else part
    return {"*": ".*", "?": "."}.get(part) or (f"\\{part}" if part in _SPECIAL else part)
