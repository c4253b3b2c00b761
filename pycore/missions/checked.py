"""Tables of a configuration, read so that every value is of its kind or is refused by the name of its key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pycore import address

#: What a link of the page may open. Above all it is not javascript:, which would run.
LINKS: Final = ("https", "http", "mailto")

#: No file system takes NUL, and half a character cannot be written as UTF-8.
_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")


class Wrong(ValueError):
    """A value that a configuration may not have; the text says which and why."""


class Table:
    """A table of a configuration. Whatever is read of it is of the kind asked for, else ``Wrong`` is raised.

    ``where`` is the table's own name. A key without a default has to be there.
    """

    def __init__(self, content: object, where: str = "") -> None:
        if not isinstance(content, Mapping):
            raise Wrong(f"“{where}” is {_kind(content)}, not a table")
        self._content: Final[Mapping[str, object]] = content
        self._where: Final = where
        self._asked: Final[set[str]] = set()

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        self._asked.add(key)
        return self._content.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        return _text(self._value(key, default), self.name_of(key))

    def texts(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts; one text alone, which would be taken for its letters, is refused."""
        return _texts(self._value(key, default), self.name_of(key))

    def count(self, key: str, default: int, most: int) -> int:
        """A whole number from 1 to ``most``."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise Wrong(f"“{self.name_of(key)}” is not a whole number from 1 to {most}")
        return value

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts."""
        name = self.name_of(key)
        found = _list(self._value(key, None), name)
        return tuple(_texts(group, f"{name}[{number}]") for number, group in enumerate(found))

    def one_of(self, key: str, known: Sequence[str]) -> str:
        """One of these texts."""
        value = self.text(key)
        if value not in known:
            raise Wrong(f"“{self.name_of(key)}” is “{value[:40]}”, none of {', '.join(known)}")
        return value

    def pattern(self, key: str, default: str | None = None) -> str:
        """A regular expression of Python's."""
        value = self.text(key, default)
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError, ValueError) as wrong:
            raise Wrong(f"“{self.name_of(key)}” is no regular expression: {wrong}") from wrong
        return value

    def matching(self, key: str, pattern: str, kind: str) -> str:
        """A text of which a pattern of ours matches the whole; ``kind`` says what it has to be."""
        value = self.text(key)
        if not re.fullmatch(pattern, value):
            raise Wrong(f"“{self.name_of(key)}” is not {kind}")
        return value

    def link(self, key: str, default: str | None = None, *, origin: str = "") -> str:
        """An address that a link of the page may have, or ``""``; ``{origin}`` in it stands for ``origin``."""
        value = self.text(key, default).replace("{origin}", origin)
        if not value:
            return ""
        scheme = address.scheme(value)
        wrong = "" if scheme == "mailto" else address.problem(value)
        if scheme not in LINKS or wrong or not value.isprintable():
            raise Wrong(f"“{self.name_of(key)}” is no whole address that begins with {', '.join(LINKS)}")
        return value

    def table(self, key: str, default: Mapping[str, object] | None = None) -> Table:
        """A table in this one."""
        return Table(self._value(key, default), self.name_of(key))

    def tables(self, key: str) -> list[Table]:
        """A list of tables; none where the key is not there."""
        name = self.name_of(key)
        found = _list(self._value(key, ()), name)
        return [Table(content, f"{name}[{number}]") for number, content in enumerate(found)]

    def finished(self) -> None:
        """Refuse a key that nobody asked for: it is misspelt, and would do nothing without a word."""
        for key in self._content:
            if key not in self._asked:
                raise Wrong(f"nothing is known of “{self.name_of(key)}”")

    def name_of(self, key: str) -> str:
        """The whole name of a key, as messages show it: keys are as long and strange as their writer likes."""
        name = f"{self._where}.{key}" if self._where else key
        return _UNWRITABLE.sub("?", name)[:80]

    def _value(self, key: str, default: object) -> object:
        self._asked.add(key)
        value = self._content.get(key, default)
        if value is None and key not in self._content:
            raise Wrong(f"“{self.name_of(key)}” is missing")
        return value


def unwritable(text: str) -> bool:
    """Whether a text holds what cannot be written down: NUL, or half a character as JSON can spell it."""
    return _UNWRITABLE.search(text) is not None


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"“{name}” is {_kind(value)}, not text")
    if unwritable(value):
        raise Wrong(f"“{name}” holds a character that cannot be written")
    return value


def _list(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise Wrong(f"“{name}” is {_kind(value)}, not a list")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(_text(each, f"{name}[{number}]") for number, each in enumerate(_list(value, name)))


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "a truth value", int: "a number", float: "a number", str: "text"}
    return names.get(type(value), "a list" if isinstance(value, list | tuple) else "a table")
