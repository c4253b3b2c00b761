"""A product list on its way: its rows join those that are open, mission by mission, while more of them come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from pycore.batch import Batch
from pycore.catalog import Catalog
from pycore.errors import OverlayError
from pycore.formats.list_columns import ColumnReader, SplitRows
from pycore.formats.list_products import BadRow, mission_of
from pycore.gathering import Gathering
from pycore.looking import Looked
from pycore.missions.profile import Profiles
from pycore.selection import Selector


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a list: by mission the selector of all rows, those that were open and these; how many rows the list
    has, which were refused, and how many only repeat others. Where the list broke off, ``broken`` says why.
    """

    selectors: Mapping[str, Selector]
    rows: int
    bad: tuple[BadRow, ...]
    repeated: int
    broken: str = ""


class Reading:
    """One list, read into the catalogs that are open already, ``open_now``, by mission; they stay as they are. Where
    others are open at its end, it is told of them by :meth:`join` and gives what it found anew.

    ``asked`` is the mission that the page's address names, for lists that name none themselves.
    """

    def __init__(
        self,
        profiles: Profiles,
        base: str = "",
        asked: str = "",
        open_now: Mapping[str, Catalog] | None = None,
    ) -> None:
        self._profiles: Final = profiles
        self._named = asked
        self._open: Mapping[str, Catalog] = open_now or {}
        self._columns: Final = ColumnReader(base)
        self._bad: Final[list[BadRow]] = []
        self._batches: Final[list[Batch]] = []
        self._mission_of: Final[dict[str, str]] = {}
        #: Rows by mission, ``""`` where no profile knows their datasets.
        self._counts: Final[dict[str, int]] = {}
        self._gathered = 0
        self._gathered_as: tuple[str, str] = ("", "")
        self._gatherings: Final[dict[str, Gathering]] = {}
        self._looked: Final[dict[str, Looked]] = {}
        #: How many rows have come, refused ones too.
        self.rows = 0

    def add(self, split: SplitRows) -> Generator[None, None, None]:
        """In steps, take in rows that have come as columns."""
        batch, bad = yield from self._columns.read(split)
        yield from self.add_batch(batch, bad)

    def add_batch(self, batch: Batch, bad: Sequence[BadRow]) -> Generator[None, None, None]:
        """In steps, take in rows that were read, and tell of those that were refused."""
        self._bad.extend(bad)
        self.rows += len(batch.names) + len(bad)
        self._batches.append(batch)
        for name in {*batch.datasets}.difference(self._mission_of):
            self._mission_of[name] = self._profiles.of_dataset(name)
        missions = [*map(self._mission_of.__getitem__, batch.datasets)]
        alike = len({*missions}) == 1
        for mission, rows in (
            ((missions[0], len(batch.names)),)
            if alike
            else Counter(map(missions.__getitem__, batch.dataset)).items()
        ):
            self._counts[mission] = self._counts.get(mission, 0) + rows
        yield
        yield from self._gather()

    def joins(self, open_now: Mapping[str, Catalog]) -> bool:
        """Whether these are the catalogs that its rows join."""
        return self._open.keys() == open_now.keys() and all(
            self._open[name] is catalog for name, catalog in open_now.items()
        )

    def join(self, open_now: Mapping[str, Catalog]) -> None:
        """Have the rows, those that came and those to come, join these catalogs instead."""
        self._open = open_now
        self._gather_anew()

    def so_far(self) -> Generator[None, None, Found]:
        """In steps, what has come while more is to come."""
        yield from self._gather()
        return (
            yield from self._found({name: each.as_it_is() for name, each in self._gatherings.items()}, "")
        )

    def ended(self, frame: str) -> Generator[None, None, Found]:
        """In steps, all that came; ``frame`` is the text of the list without its rows, and says what the list is.

        What is no list raises ``OverlayError`` (codes ``list.*``); where the text breaks off behind some row, what came
        is kept, and told to be broken.
        """
        try:
            if self._columns.broken:
                raise self._columns.broken
            self._named = mission_of(frame) or self._named
        except OverlayError as wrong:
            if not self.rows or not (wrong.code == "list.json" or wrong is self._columns.broken):
                raise
            return (yield from self.broken_off(wrong.sentence))
        yield from self._gather()
        return (yield from self._found(self._gatherings, ""))

    def broken_off(self, why: str) -> Generator[None, None, Found]:
        """In steps, all that came before the list broke off."""
        yield from self._gather()
        return (yield from self._found(self._gatherings, why))

    def _found(self, gatherings: Mapping[str, Gathering], broken: str) -> Generator[None, None, Found]:
        selectors: dict[str, Selector] = {}
        for name, gathering in gatherings.items():
            if len(gathering):
                catalog = yield from Catalog.in_steps(gathering)
                profile, looked = self._profiles.named(name), self._looked[name]
                selectors[name] = yield from Selector.in_steps(catalog, profile, looked)
        bad = [*self._bad, *(bad for gathering in gatherings.values() for bad in gathering.refused)]
        return Found(
            selectors,
            self.rows,
            tuple(sorted(bad, key=attrgetter("number"))),
            sum(gathering.repeated for gathering in gatherings.values()),
            broken,
        )

    # -- by mission -----------------------------------------------------------------------------------------------

    def _gather(self) -> Generator[None, None, None]:
        """Share out the rows that are not yet; all anew, where what came since changes the mission of earlier ones."""
        known = {mission: rows for mission, rows in self._counts.items() if mission}
        # Datasets that no profile knows go with the majority.
        majority = max(known, key=lambda mission: known[mission]) if known else "OTHER"
        shared_out_as = (self._named, "" if self._named or "" not in self._counts else majority)
        if shared_out_as != self._gathered_as and self._gathered:
            self._gather_anew()
        self._gathered_as = shared_out_as
        for batch in self._batches[self._gathered :]:
            self._gathered += 1
            for name, share in self._shares(batch, majority).items():
                if name not in self._gatherings:
                    self._gatherings[name] = yield from self._begun(name)
                    self._looked[name] = Looked(self._profiles.named(name))
                gathering = self._gatherings[name]
                gathering.add(share)
                yield
                # While more is split elsewhere: what is not asked of rows now is asked when all have come.
                yield from self._looked[name].take(gathering.names, gathering.product)

    def _gather_anew(self) -> None:
        self._gatherings.clear()
        self._looked.clear()
        self._gathered = 0

    def _shares(self, batch: Batch, majority: str) -> Mapping[str, Batch]:
        if self._named:
            return {self._profiles.named(self._named).name: batch} if batch.names else {}
        missions = [self._mission_of[name] or majority for name in batch.datasets]
        if len({*missions}) == 1:
            return {missions[0]: batch}
        places: dict[str, list[int]] = {}
        for place, dataset in enumerate(batch.dataset):
            places.setdefault(missions[dataset], []).append(place)
        return {mission: batch.of_these(members) for mission, members in places.items()}

    def _begun(self, name: str) -> Generator[None, None, Gathering]:
        before = self._open.get(name)
        if before is None:
            return Gathering(self._profiles.named(name).identity)
        return (yield from before.continued())
