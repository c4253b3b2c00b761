"""The rows of a plan's manifest, in its order, as scripts carry them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    mission_order: dict[str, int] = {}
    places: list[tuple[int, int, int, int]] = []
    for index, file in enumerate(plan.files):
        mission = mission_order.setdefault(file.mission, len(mission_order))
        places.extend((mission, row.number, index, place) for place, row in enumerate(file.rows))
    places.sort()
    first_numbers: dict[int, int] = {}
    for number, (_, _, index, place) in enumerate(places, start=1):
        file = plan.files[index]
        first = first_numbers.setdefault(index, number)
        yield Entry(number, first, file, file.rows[place], plain_names.get(file.path))
