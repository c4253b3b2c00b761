"""The columns into which a list's text was split elsewhere, checked: as good as if the list were read row by row."""

from __future__ import annotations

import json
from array import array
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pycore.batch import Batch, ListedRow, batch_of, filled, kind_of
from pycore.errors import OverlayError
from pycore.formats.list_products import BadRow, checked, fields_of
from pycore.product import Row

_NOTHING: Final[Mapping[str, Any]] = {}
#: So many kinds are checked between two pauses: a list begins with most that it has.
_KINDS_A_STEP: Final = 128


@dataclass(frozen=True, slots=True)
class SplitRows:
    """Consecutive rows of a list's text as columns. Names and datasets are in UTF-8, joined by NUL, which none of them
    holds; none of them is blank.

    Only plain rows are in the columns: file name and dataset are text, the size is a whole number that is not
    negative, and no field is nested. ``kinds`` are the objects, in a JSON list, that were not there before: what rows
    have in common, with the marks of ``pycore.batch``. ``dataset`` counts within ``datasets``, ``kind`` from the list's
    beginning. ``own`` is a JSON list of places and what the row there says besides; ``odd`` one of numbers and texts of
    the rows that are in no column. Numbers count all rows from 1.
    """

    names: bytes
    sizes: Sequence[int]
    datasets: bytes
    dataset: Sequence[int]
    kinds: str
    kind: Sequence[int]
    own: str
    numbers: Sequence[int]
    odd: str


class ColumnReader:
    """Reads one list's columns, piece by piece; ``base`` is the list's own URL or ``""``."""

    def __init__(self, base: str = "") -> None:
        self._base: Final = base
        self._said: list[Mapping[str, Any]] = []
        #: The kinds of which a good row has come, for all batches; and by number their places there.
        self._kinds: list[Row] = []
        self._place: dict[int, int] = {}
        #: Whether the places are the numbers.
        self._as_they_came = True
        #: Why the list is read no further: where a row should be is none.
        self.broken: OverlayError | None = None

    def read(self, split: SplitRows) -> Generator[None, None, tuple[Batch, list[BadRow]]]:
        """In steps, the good rows, and the refused ones; behind what breaks the list there are none."""
        if self.broken:
            return batch_of(()), []
        self._said.extend(json.loads(split.kinds))
        names = split.names.decode().split("\0") if len(split.numbers) else []
        datasets = split.datasets.decode().split("\0") if names else []
        own = dict(json.loads(split.own)) if split.own else {}
        plain = not split.odd and not own
        if plain and (yield from self._know_kinds(split, names, datasets)):
            kind = split.kind if self._as_they_came else array("I", map(self._place.__getitem__, split.kind))
            return (
                Batch(
                    names,
                    split.sizes,
                    datasets,
                    split.dataset,
                    self._kinds,
                    kind,
                    {},
                    split.numbers,
                    self._base,
                ),
                [],
            )
        return self._one_by_one(split, names, datasets, own)

    def _know_kinds(
        self, split: SplitRows, names: Sequence[str], datasets: Sequence[str]
    ) -> Generator[None, None, bool]:
        """In steps, check what is said of kinds by their first rows; whether all are right."""
        right = True
        places: Mapping[int, int] = {}
        for number in sorted({*split.kind}):
            if number not in self._place:
                # The first row of each kind is the one that stays.
                places = places or dict(
                    zip(reversed(split.kind), range(len(split.kind) - 1, -1, -1), strict=True)
                )
                place = places[number]
                row = self._row(split, place, names, datasets, _NOTHING)
                if isinstance(row, BadRow):
                    right = False
                else:
                    self._as_they_came &= number == len(self._kinds)
                    self._place[number] = len(self._kinds)
                    self._kinds.append(kind_of(row)[0])
                    if len(self._kinds) % _KINDS_A_STEP == 0:
                        yield
        return right

    def _row(
        self,
        split: SplitRows,
        place: int,
        names: Sequence[str],
        datasets: Sequence[str],
        own: Mapping[str, Any],
    ) -> Row | BadRow:
        name, dataset = names[place], datasets[split.dataset[place]]
        common = {
            field: filled(value, dataset, name) if isinstance(value, str) else value
            for field, value in self._said[split.kind[place]].items()
        }
        fields = {
            **common,
            **own,
            "filename": name,
            "dataset": dataset,
            "size": split.sizes[place],
        }
        return checked(fields, split.numbers[place])

    def _one_by_one(
        self,
        split: SplitRows,
        names: Sequence[str],
        datasets: Sequence[str],
        own: Mapping[int, Mapping[str, Any]],
    ) -> tuple[Batch, list[BadRow]]:
        rows = [
            (split.numbers[place], self._row(split, place, names, datasets, own.get(place, _NOTHING)))
            for place in range(len(names))
        ]
        if split.odd:
            rows = self._with_odd(rows, json.loads(split.odd))
        good = (ListedRow(row, number, self._base) for number, row in rows if not isinstance(row, BadRow))
        return batch_of(good, self._base), [row for _, row in rows if isinstance(row, BadRow)]

    def _with_odd(
        self, rows: list[tuple[int, Row | BadRow]], odd: Iterable[tuple[int, str]]
    ) -> list[tuple[int, Row | BadRow]]:
        """Rows of columns and rows that stand in none, in their order, as far as they are rows."""
        for number, text in odd:
            try:
                rows.append((number, checked(fields_of(text), number)))
            except OverlayError as wrong:
                self.broken = wrong
                rows = [each for each in rows if each[0] < number]
                break
        return sorted(rows, key=lambda each: each[0])
