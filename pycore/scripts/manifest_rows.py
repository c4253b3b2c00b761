"""The rows of a plan's manifest, in its order, as scripts carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import pairwise

from pycore.plan import Plan, PlannedFile, PlannedRow


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the manifest: ``number`` counts from 1, ``first`` is that of the first row of the same file.

    ``was`` is the path that the archive's own names would give, ``None`` where it is the one used.
    """

    number: int
    first: int
    file: PlannedFile
    row: PlannedRow
    was: str | None


def entries(plan: Plan) -> Iterator[Entry]:
    """The missions stand one after the other, each in list order."""
    plain_names = {used: plain for plain, used in plan.renamed}
    missions = {name: place for place, name in enumerate(dict.fromkeys(file.mission for file in plan.files))}
    # A million files have a million first rows, in order as a rule, and few others: those alone are sorted.
    firsts: Iterable[_Place] = _places(plan, missions, slice(0, 1))
    if any(after < before for before, after in pairwise(_places(plan, missions, slice(0, 1)))):
        firsts = sorted(firsts)
    others = sorted(_places(plan, missions, slice(1, None)))
    shared: dict[int, int] = {}
    for number, (_, _, index, place) in enumerate(merge(firsts, others), start=1):
        file = plan.files[index]
        first = shared.setdefault(index, number) if len(file.rows) > 1 else number
        yield Entry(number, first, file, file.rows[place], plain_names.get(file.path))


#: Mission, number in the list, number of the file, number among its rows.
_Place = tuple[int, int, int, int]


def _places(plan: Plan, missions: dict[str, int], which: slice) -> Iterator[_Place]:
    for index, file in enumerate(plan.files):
        mission = missions[file.mission]
        for place in range(len(file.rows))[which]:
            yield mission, file.rows[place].number, index, place
