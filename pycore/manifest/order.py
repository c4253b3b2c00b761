"""The rows of a plan's manifest, in its order: the archive's, its twin's and those that scripts carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Final

from pycore.plan import Plan, PlannedFile, PlannedRow

#: Files of one step: some hundredths of a second in a browser.
A_TURN: Final = 2500


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the manifest: ``number`` counts from 1, ``first`` is that of the first row of the same file.

    ``index`` is the file's place in the plan. ``was`` is the path that the archive's own names would give, ``None``
    where it is the one used.
    """

    number: int
    first: int
    index: int
    file: PlannedFile
    row: PlannedRow
    was: str | None


#: Mission, number in the list, number of the file, number among its rows.
_Place = tuple[int, int, int, int]


def entry_lines(plan: Plan, line: Callable[[Entry], str]) -> Iterator[str]:
    """The line of each row, in order; empty ones come for others to have their turn."""
    return ("" if entry is None else line(entry) for entry in entries(plan))


def entries(plan: Plan) -> Iterator[Entry | None]:
    """The rows, the missions one after the other, each in list order.

    ``None`` comes while the order is looked for, for others to have their turn.
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
            yield None
    # A million files have a million first rows, in order as a rule, and few others: those alone are sorted.
    firsts = (
        (missions[file.mission], file.rows[0].number, index, 0) for index, file in enumerate(plan.files)
    )
    yield from _in_order(plan, firsts if in_order else sorted(firsts), sorted(others))


def _in_order(plan: Plan, firsts: Iterable[_Place], others: Iterable[_Place]) -> Iterator[Entry]:
    shared: dict[int, int] = {}
    for number, (_, _, index, place) in enumerate(merge(firsts, others), start=1):
        file = plan.files[index]
        first = shared.setdefault(index, number) if len(file.rows) > 1 else number
        plain = plan.plain_path(file)
        yield Entry(number, first, index, file, file.rows[place], None if plain == file.path else plain)
