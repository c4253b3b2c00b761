"""RECOMMENDED: the minimum set of products for scientific analysis, by the rule of the mission's profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from itertools import compress
from typing import Final

from pycore import bits
from pycore.catalog import Catalog
from pycore.gathering import STEP
from pycore.missions.profile import LONGEST_NAME, Profile, Recommended
from pycore.product import Row


def recommended(
    catalog: Catalog, profile: Profile, candidates: int, never_named: bytes | bytearray
) -> Generator[None, None, int]:
    """In steps, the recommended ones of the candidates (the products that stand in boxes), as a set of rows.
    ``never_named`` flags the products that are left out for their names.

    The rule looks at one dataset after the other; a product that two datasets share is in when either takes it.
    """
    rule = profile.recommended
    never = yield from catalog.of_kinds(lambda kind: _never(kind, rule))
    never |= yield from catalog.of_products_in_steps(never_named)
    possible = candidates & ~never
    flags, numbers, kinds = bits.flags(possible, catalog.rows), catalog.kind_numbers(), catalog.kinds()
    octets, width = numbers.tobytes(), numbers.itemsize
    taken: list[bytes] = []
    # Datasets are of few makes, which the kinds and flags of their rows tell: the rule is asked once of each.
    known: dict[bytes, bytes] = {}
    for number, (start, stop) in enumerate(catalog.datasets.values()):
        make = octets[width * start : width * stop] + flags[start:stop]
        chosen = known.get(make)
        if chosen is None:
            of_rows = numbers[start:stop]
            present = sorted({*compress(of_rows, flags[start:stop])})
            members = {*_RULES[rule.rule]([(kind, kinds[kind]) for kind in present], rule)}
            chosen = known[make] = bytes(map(members.__contains__, of_rows))
        taken.append(chosen)
        if number % 1024 == 1023:
            yield
    mask = bits.from_flags(b"".join(taken)) & possible
    yield
    shared = mask & catalog.several
    if not shared:
        return mask
    by_product = bytearray(catalog.positions)
    for number, product in enumerate(compress(catalog.product_numbers(), bits.flags(shared, catalog.rows))):
        by_product[product] = 1
        if number % STEP == 0:
            yield
    return mask | (yield from catalog.of_products_in_steps(by_product))


#: Kinds of products, by their number.
_Members = list[tuple[int, Row]]


def _highest_level(members: _Members, rule: Recommended) -> Iterator[int]:
    """The products of the first level in the profile's order that the dataset has any of.

    At the levels that the profile names so, only science products count.
    """
    data = [
        (number, kind)
        for number, kind in members
        if kind.type not in rule.also_types and (kind.level not in rule.science_levels or _science(kind))
    ]
    present = {kind.level for _, kind in data}
    level = next((level for level in rule.levels if level in present), None)
    yield from (number for number, kind in data if kind.level == level)
    yield from (number for number, kind in members if kind.type in rule.also_types)


def _preferred_suffixes(members: _Members, rule: Recommended) -> Iterator[int]:
    """Of each instrument's science products the first group of suffixes that is there."""
    science = [(number, kind) for number, kind in members if _science(kind) and kind.level == rule.level]
    present: dict[str, set[str]] = {}
    for _, kind in science:
        present.setdefault(_instrument(kind), set()).add(kind.suffix)
    groups = {name: _first_group(name, suffixes, rule) for name, suffixes in present.items()}
    yield from (number for number, kind in science if kind.suffix in groups[_instrument(kind)])
    wherever = {suffix for level, suffix in rule.also if not level}
    yield from (
        number
        for number, kind in members
        if kind.suffix in wherever or (kind.level, kind.suffix) in rule.also
    )


def _first_group(instrument: str, present: set[str], rule: Recommended) -> set[str]:
    groups = (rule.prefer or {}).get(instrument)
    if groups is None:
        return present
    return next((present & set(group) for group in groups if present & set(group)), set())


def _all_science(members: _Members, _: Recommended) -> Iterator[int]:
    yield from (number for number, kind in members if _science(kind))


#: The names are those of ``pycore.missions.profile.RULES``.
_RULES: Final[dict[str, Callable[[_Members, Recommended], Iterator[int]]]] = {
    "highest-level": _highest_level,
    "preferred-suffixes": _preferred_suffixes,
    "science": _all_science,
}


def _science(kind: Row) -> bool:
    # The type may be absent from a list; such a row is taken for what most rows are.
    return kind.type in ("science", "")


def _instrument(kind: Row) -> str:
    # "WFC3/UVIS" and "WFC3" are one instrument.
    return kind.instrument.split("/")[0].strip().upper()


def _never(kind: Row, rule: Recommended) -> bool:
    never = rule.never
    return (
        kind.suffix in never.suffixes
        or kind.type in never.types
        or bool(never.filters and re.search(never.filters, kind.filters[:LONGEST_NAME]))
    )
