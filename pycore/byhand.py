"""Files and datasets that a person has ticked on or off by hand, over what the controls take."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, compress
from types import MappingProxyType
from typing import Final, TypeVar

from pycore import bits
from pycore.catalog import Catalog

_DIGITS: Final = 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileName:
    """A file in words that hold for a longer list too.

    ``mark`` tells apart what has one name and size: a digest, since an address may hold what nobody is to keep.
    """

    filename: str
    size: int
    mark: str = ""


_NO_FILES: Final[Mapping[FileName, bool]] = MappingProxyType({})
_NO_DATASETS: Final[Mapping[str, bool]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is on (true) or off by hand. A file beats its dataset; of a dataset that is off, the files that other
    datasets have too stay as they are; of one that is on, all files are.
    """

    files: Mapping[FileName, bool] = field(default_factory=lambda: _NO_FILES)
    datasets: Mapping[str, bool] = field(default_factory=lambda: _NO_DATASETS)

    def __bool__(self) -> bool:
        return bool(self.files or self.datasets)

    def with_file(self, name: FileName, on: bool | None) -> ByHand:
        """With this file on or off, or (``None``) as the rest has it."""
        return replace(self, files=_with(self.files, name, on))

    def with_dataset(self, name: str, on: bool | None, without: Iterable[FileName]) -> ByHand:
        """The same with a dataset. What was said before of the files in ``without`` counts no more."""
        gone = frozenset(without)
        files = {file: state for file, state in self.files.items() if file not in gone}
        return ByHand(MappingProxyType(files), _with(self.datasets, name, on))


NOTHING: Final = ByHand()


def _with(known: Mapping[T, bool], name: T, on: bool | None) -> Mapping[T, bool]:
    changed = {each: state for each, state in known.items() if each != name}
    if on is not None:
        changed[name] = on
    return MappingProxyType(changed)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The same as sets of rows, which share none."""

    on: int = 0
    off: int = 0

    def over(self, taken: int) -> int:
        """What is taken in the end of what would be."""
        return taken & ~self.off | self.on


_NO_OVERRIDES: Final = Overrides()


class Hands:
    """The words of :class:`ByHand` in one catalog. What was looked up is kept."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._rows: dict[FileName, tuple[int, ...]] = {}
        self._known: tuple[ByHand, Overrides] = (NOTHING, _NO_OVERRIDES)

    def name(self, index: int) -> FileName:
        """The name of the file that a row stands for."""
        catalog = self._catalog
        filename, size, told = catalog.identifying(index)
        mark = hashlib.sha256("\0".join(told).encode()).hexdigest()[:_DIGITS] if any(told) else ""
        name = FileName(filename, size, mark)
        if name not in self._rows:
            self._rows[name] = catalog.rows_with(index)
        return name

    def overrides(self, hand: ByHand) -> Overrides:
        """The rows that are on and off by hand; names that the catalog does not have mean nothing."""
        known, found = self._known
        if known is not hand:
            found = self._resolved(hand) if hand else _NO_OVERRIDES
            self._known = hand, found
        return found

    def files_in(self, rows: int, hand: ByHand) -> list[FileName]:
        """The files by hand that stand in any of these rows."""
        self._look_up(hand.files)
        laid = bits.Laid(rows, self._catalog.rows)
        return [name for name in hand.files if any(index in laid for index in self._rows[name])]

    def dataset(self, name: str) -> int:
        """The rows of a dataset."""
        span = self._catalog.datasets.get(name)
        return bits.span(*span) if span else 0

    def _resolved(self, hand: ByHand) -> Overrides:
        self._look_up(hand.files)
        on, off = (self._files(hand, state) for state in (True, False))
        datasets_on = self._catalog.closed(self._datasets(hand, True))
        datasets_off = self._without_shared(self._datasets(hand, False)) & ~datasets_on
        return Overrides(on | datasets_on & ~off, off | datasets_off & ~on)

    def _files(self, hand: ByHand, state: bool) -> int:
        names = (name for name, so in hand.files.items() if so is state)
        return bits.from_indices(chain.from_iterable(self._rows[name] for name in names), self._catalog.rows)

    def _datasets(self, hand: ByHand, state: bool) -> int:
        if state not in hand.datasets.values():
            return 0
        flags = bytearray(self._catalog.rows)
        for name, so in hand.datasets.items():
            span = self._catalog.datasets.get(name)
            if so is state and span:
                flags[slice(*span)] = b"\1" * (span[1] - span[0])
        return bits.from_flags(flags)

    def _without_shared(self, rows: int) -> int:
        """Those of the rows whose products have no row beyond them."""
        beyond = self._catalog.closed(rows) & ~rows
        return rows & ~self._catalog.closed(beyond) if beyond else rows

    def _look_up(self, names: Iterable[FileName]) -> None:
        catalog = self._catalog
        wanted = {name.filename for name in names if name not in self._rows}
        if not wanted:
            return
        of_name = map(wanted.__contains__, catalog.names())
        for index in compress(range(catalog.rows), of_name):
            self.name(index)
        for name in names:
            self._rows.setdefault(name, ())
