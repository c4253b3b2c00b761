"""The rows of a plan's manifest, in its order, as scripts carry them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge

from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.lines import A_TURN


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


#: Mission, number in the list, number of the file, number among its rows.
_Place = tuple[int, int, int, int]


def entry_lines(plan: Plan, line: Callable[[Entry], str]) -> Iterator[str]:
    """The line of each row, the missions one after the other, each in list order.

    Empty lines come while the order is looked for, for others to have their turn.
    """
    missions: dict[str, int] = {}
    in_order, last = True, (0, 0)
    others: list[_Place] = []
    for index, file in enumerate(plan.files):
        mission = missions.setdefault(file.mission, len(missions))
        place = mission, file.rows[0].number
        in_order, last = in_order and last <= place, place
        others.extend((mission, row.number, index, n) for n, row in enumerate(file.rows[1:], start=1))
        if index % A_TURN == 0:
            yield ""
    # A million files have a million first rows, in order as a rule, and few others: those alone are sorted.
    firsts = (
        (missions[file.mission], file.rows[0].number, index, 0) for index, file in enumerate(plan.files)
    )
    yield from map(line, _in_order(plan, firsts if in_order else sorted(firsts), sorted(others)))


def _in_order(plan: Plan, firsts: Iterable[_Place], others: Iterable[_Place]) -> Iterator[Entry]:
    shared: dict[int, int] = {}
    for number, (_, _, index, place) in enumerate(merge(firsts, others), start=1):
        file = plan.files[index]
        first = shared.setdefault(index, number) if len(file.rows) > 1 else number
        plain = plan.plain_path(file)
        yield Entry(number, first, file, file.rows[place], None if plain == file.path else plain)
