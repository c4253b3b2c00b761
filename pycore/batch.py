"""Rows as columns: what a million rows say is said once, not a million times.

Rows differ in file name, dataset and size; in nearly everything else they are of few kinds. A kind is a
:class:`Row` that stands for all rows of it, with marks where a row's own dataset and file name belong.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pycore.product import Row

#: Marks in the texts of a kind, at their beginning and end alone. No text of a list holds NUL.
DATASET_MARK: Final = "\0d"
NAME_MARK: Final = "\0f"

#: What is nearly always another in each row that has it.
OWN_FIELDS: Final = ("url", "sha256", "md5")
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row with its place: ``number`` counts from 1 within its list.

    ``base`` is that list's own URL, ``""`` where it came from a file or the row's address is resolved already.
    """

    row: Row
    number: int
    base: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of one list as columns of one length; ``base`` is the list's own URL or ``""``.

    ``dataset`` and ``kind`` are places in ``datasets`` and ``kinds``; the latter may be the same for all batches of a
    list, and grow with it. ``own`` has, by the row's place, the fields in which a row differs from its kind. ``sizes``
    are in bytes, ``numbers`` the rows' places in their list, from 1.
    """

    names: Sequence[str]
    sizes: Sequence[int]
    datasets: Sequence[str]
    dataset: Sequence[int]
    kinds: Sequence[Row]
    kind: Sequence[int]
    own: Mapping[int, Mapping[str, Any]]
    numbers: Sequence[int]
    base: str = ""

    def of_these(self, places: Sequence[int]) -> Batch:
        """The rows at these places."""
        return replace(
            self,
            names=[self.names[place] for place in places],
            sizes=array("Q", [self.sizes[place] for place in places]),
            dataset=array("I", [self.dataset[place] for place in places]),
            kind=array("I", [self.kind[place] for place in places]),
            numbers=array("I", [self.numbers[place] for place in places]),
            own={new: self.own[place] for new, place in enumerate(places) if place in self.own},
        )


def batch_of(listed: Iterable[ListedRow], base: str = "") -> Batch:
    """The rows as columns."""
    names: list[str] = []
    sizes, dataset, kind, numbers = array("Q"), array("I"), array("I"), array("I")
    datasets: dict[str, int] = {}
    kinds: dict[object, int] = {}
    shapes: list[Row] = []
    own: dict[int, Mapping[str, Any]] = {}
    for entry in listed:
        shape, said = kind_of(entry.row)
        number = kinds.setdefault(kind_key(shape), len(shapes))
        if number == len(shapes):
            shapes.append(shape)
        if said:
            own[len(names)] = said
        names.append(entry.row.filename)
        sizes.append(entry.row.size)
        dataset.append(datasets.setdefault(entry.row.dataset, len(datasets)))
        kind.append(number)
        numbers.append(entry.number)
    return Batch(names, sizes, tuple(datasets), dataset, shapes, kind, own, numbers, base)


def kind_of(row: Row) -> tuple[Row, Mapping[str, Any]]:
    """The kind of a row, and in what the row differs from it."""
    own: dict[str, Any] = {name: text for name in OWN_FIELDS if (text := getattr(row, name))}
    extra = row.extra
    if extra and not all(value is None or isinstance(value, _PLAIN) for value in extra.values()):
        own["extra"], extra = extra, _NOTHING
    marked = {name: _marked(value, row) if isinstance(value, str) else value for name, value in extra.items()}
    # What holds NUL although nothing but an unknown field may, would be taken for a mark.
    if any(isinstance(value, str) and "\0" in value for value in extra.values()):
        own["extra"], marked = extra, {}
    kind = Row(
        filename="",
        dataset="",
        size=0,
        access=row.access,
        instrument=row.instrument,
        filters=row.filters,
        suffix=row.suffix,
        level=row.level,
        type=row.type,
        uri=_marked(row.uri, row),
        product_key=_marked(row.product_key, row),
        extra=marked,
    )
    return kind, own


_PLAIN: Final = (str, bool, int, float)


def kind_key(kind: Row) -> object:
    """What two rows that are of one kind have in common."""
    return (
        kind.access,
        kind.instrument,
        kind.filters,
        kind.suffix,
        kind.level,
        kind.type,
        kind.uri,
        kind.product_key,
        # 1, 1.0 and True are equal, and are told apart in a list.
        *((name, value.__class__, value) for name, value in kind.extra.items()),
    )


def _marked(text: str, row: Row) -> str:
    """A text with marks in place of the row's dataset at its beginning and of its file name at its end."""
    end = ""
    if row.filename and text.endswith(row.filename):
        text, end = text[: len(text) - len(row.filename)], NAME_MARK
    if row.dataset and text.startswith(row.dataset):
        return DATASET_MARK + text[len(row.dataset) :] + end
    return text + end


def filled(text: str, dataset: str, filename: str) -> str:
    """A text of a kind as the row with this dataset and file name has it."""
    if "\0" not in text:
        return text
    if text.endswith(NAME_MARK):
        text = text[: -len(NAME_MARK)] + filename
    if text.startswith(DATASET_MARK):
        text = dataset + text[len(DATASET_MARK) :]
    return text


def row_of(kind: Row, own: Mapping[str, Any], filename: str, dataset: str, size: int) -> Row:
    """The row of this kind that differs in these fields."""
    extra = kind.extra and {
        name: filled(value, dataset, filename) if isinstance(value, str) else value
        for name, value in kind.extra.items()
    }
    row = Row(
        filename=filename,
        dataset=dataset,
        size=size,
        access=kind.access,
        instrument=kind.instrument,
        filters=kind.filters,
        suffix=kind.suffix,
        level=kind.level,
        type=kind.type,
        uri=filled(kind.uri, dataset, filename),
        product_key=filled(kind.product_key, dataset, filename),
        extra=extra,
    )
    return replace(row, **own) if own else row
