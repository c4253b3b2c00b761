"""RECOMMENDED: the minimum set of products for scientific analysis, by the rule of the mission's profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from pycore import bits
from pycore.catalog import Catalog
from pycore.missions.profile import LONGEST_NAME, Profile, Recommended
from pycore.product import Row


def recommended(catalog: Catalog, profile: Profile, candidates: int) -> int:
    """The recommended ones of the candidates (the products that stand in boxes), as a set of rows.

    The rule looks at one dataset after the other; a product that two datasets share is in when either takes it.
    """
    rule = profile.recommended
    choose = _RULES[rule.rule]
    possible = candidates & catalog.where(not _never(row, rule) for row in catalog.products())
    by_dataset: dict[str, _Members] = {}
    for index in bits.indices(possible):
        by_dataset.setdefault(catalog.listed(index).row.dataset, []).append(
            (index, catalog.product_row(index))
        )
    taken: list[int] = []
    for members in by_dataset.values():
        taken.extend(choose(members, rule))
    numbers = {catalog.product_number(index) for index in taken}
    return catalog.where(number in numbers for number, _ in enumerate(catalog.products()))


_Members = list[tuple[int, Row]]


def _highest_level(members: _Members, rule: Recommended) -> Iterator[int]:
    """The products of the first level in the profile's order that the dataset has any of.

    At the levels that the profile names so, only science products count.
    """
    data = [
        (index, row)
        for index, row in members
        if row.type not in rule.also_types and (row.level not in rule.science_levels or _science(row))
    ]
    present = {row.level for _, row in data}
    level = next((level for level in rule.levels if level in present), None)
    yield from (index for index, row in data if row.level == level)
    yield from (index for index, row in members if row.type in rule.also_types)


def _preferred_suffixes(members: _Members, rule: Recommended) -> Iterator[int]:
    """Of each instrument's science products the first group of suffixes that is there."""
    science = [(index, row) for index, row in members if _science(row) and row.level == rule.level]
    present: dict[str, set[str]] = {}
    for _, row in science:
        present.setdefault(_instrument(row), set()).add(row.suffix)
    groups = {name: _first_group(name, suffixes, rule) for name, suffixes in present.items()}
    yield from (index for index, row in science if row.suffix in groups[_instrument(row)])
    wherever = {suffix for level, suffix in rule.also if not level}
    yield from (i for i, row in members if row.suffix in wherever or (row.level, row.suffix) in rule.also)


def _first_group(instrument: str, present: set[str], rule: Recommended) -> set[str]:
    groups = (rule.prefer or {}).get(instrument)
    if groups is None:
        return present
    return next((present & set(group) for group in groups if present & set(group)), set())


def _all_science(members: _Members, _: Recommended) -> Iterator[int]:
    yield from (index for index, row in members if _science(row))


#: The names are those of ``pycore.missions.profile.RULES``.
_RULES: Final[dict[str, Callable[[_Members, Recommended], Iterator[int]]]] = {
    "highest-level": _highest_level,
    "preferred-suffixes": _preferred_suffixes,
    "science": _all_science,
}


def _science(row: Row) -> bool:
    # The type may be absent from a list; such a row is taken for what most rows are.
    return row.type in ("science", "")


def _instrument(row: Row) -> str:
    # "WFC3/UVIS" and "WFC3" are one instrument.
    return row.instrument.split("/")[0].strip().upper()


def _never(row: Row, rule: Recommended) -> bool:
    never, name = rule.never, row.filename.lower()
    return (
        row.suffix in never.suffixes
        or row.type in never.types
        or name.endswith(never.extensions)
        or any(part in name for part in never.name_parts)
        or bool(never.filters and re.search(never.filters, row.filters[:LONGEST_NAME]))
    )
