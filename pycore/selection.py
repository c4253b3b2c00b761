"""Which products the panel's controls take: quick selects, boxes, guide stars, references, pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from pycore.catalog import Catalog, Facet
from pycore.missions.profile import LONGEST_NAME, Profile
from pycore.product import Row
from pycore.recommended import recommended


class Quick(Enum):
    """The quick selects, by the names on their buttons."""

    ALL = "ALL"
    RECOMMENDED = "RECOMMENDED"
    NONE = "NONE"


class Tick(Enum):
    """The three states of a box."""

    NONE = "none"
    PARTIAL = "partial"
    ALL = "all"


_NO_BOXES: Final[Mapping[Facet, bool]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has chosen, in words rather than files: it holds for a longer list too.

    ``boxes`` are the suffix boxes ticked by hand since the quick select.
    """

    quick: Quick = Quick.RECOMMENDED
    boxes: Mapping[Facet, bool] = field(default_factory=lambda: _NO_BOXES)
    guide_stars: bool = False
    references: bool = False

    def quickly(self, quick: Quick) -> Choice:
        """The choice after a quick select; NONE turns the other controls off, the rest leave them alone."""
        if quick is Quick.NONE:
            return Choice(quick)
        return replace(self, quick=quick, boxes=_NO_BOXES)


class Selector:
    """The rules of a profile applied to a catalog once; a choice is then answered by set algebra."""

    def __init__(self, catalog: Catalog, profile: Profile) -> None:
        self.catalog = catalog
        self.guide_stars: Final = _guide_stars(catalog, profile)
        guiding = catalog.where(_is_guide_star(row, profile) for row in catalog.products())
        self.references: Final = (
            catalog.where(_is_reference(row, profile) for row in catalog.products()) & ~guiding
        )
        #: What stands in boxes: guide star and reference products are taken by their own controls alone.
        self.boxed: Final = catalog.everything & ~guiding & ~self.references
        self.guiding: Final = guiding
        self.recommended: Final = recommended(catalog, profile, self.boxed)
        self.boxes: Final = self._boxes(profile)
        self._levels: Final = {level: _union(boxes.values()) for level, boxes in self.boxes.items()}
        suffixes = [mask for boxes in self.boxes.values() for mask in boxes.values()]
        catalog.weigh(
            [*suffixes, *self._levels.values(), self.guide_stars, self.references, catalog.everything]
        )
        self._ticked: tuple[Choice, int] = (Choice(), self.recommended)

    def against(self, base: str) -> Selector:
        """The same rules over the same rows, with addresses that are relative still resolved against `base`."""
        moved = copy(self)
        moved.catalog = self.catalog.against(base)
        return moved

    def _boxes(self, profile: Profile) -> dict[str, dict[Facet, int]]:
        """Level to its suffix boxes: the profile's levels first and in its order, then the list's own."""
        rank = {level.name: number for number, level in enumerate(profile.levels)}
        found: dict[str, dict[Facet, int]] = {}
        for facet, mask in self.catalog.facets.items():
            if mask & self.boxed:
                found.setdefault(facet.level, {})[facet] = mask & self.boxed
        levels = sorted(found, key=lambda level: rank.get(level, len(rank)))
        return {level: dict(sorted(found[level].items(), key=lambda box: box[0].suffix)) for level in levels}

    def level(self, level: str) -> int:
        """Everything in the boxes of a level."""
        return self._levels.get(level, 0)

    def quick(self, quick: Quick) -> int:
        """What a quick select ticks."""
        return {Quick.ALL: self.boxed, Quick.RECOMMENDED: self.recommended, Quick.NONE: 0}[quick]

    def ticked(self, choice: Choice) -> int:
        """What is ticked in the boxes."""
        # Every box asks after every click; the answer to the last choice is kept.
        known, mask = self._ticked
        if known is choice:
            return mask
        mask = self.quick(choice.quick)
        for facet, on in choice.boxes.items():
            box = self.boxes.get(facet.level, {}).get(facet, 0)
            mask = mask | box if on else mask & ~box
        self._ticked = (choice, mask)
        return mask

    def wanted(self, choice: Choice, matching: int) -> int:
        """What the controls would take of the matching files, access aside."""
        mask = self.ticked(choice)
        if choice.guide_stars:
            mask |= self.guide_stars
        if choice.references:
            mask |= self.references
        return mask & matching

    def selected(self, choice: Choice, matching: int, *, exclusive_too: bool) -> int:
        """What would be downloaded: wanted, and takeable by this user."""
        mask = self.wanted(choice, matching)
        return mask if exclusive_too else mask & ~self.catalog.exclusive

    def box_state(self, box: int, choice: Choice) -> Tick:
        """The state of a level's or suffix's box."""
        ticked = self.ticked(choice) & box
        if not ticked:
            return Tick.NONE
        return Tick.ALL if ticked == box else Tick.PARTIAL

    def pressed(self, quick: Quick, choice: Choice) -> bool:
        """Whether the choice equals what the quick select would make of it."""
        if quick is Quick.NONE and (choice.guide_stars or choice.references):
            return False
        return self.ticked(choice) == self.quick(quick)

    def tick_level(self, level: str, choice: Choice) -> Choice:
        """The choice after a click on a level's box: partial and empty become full, full becomes empty."""
        boxes = self.boxes.get(level, {})
        on = self.box_state(self.level(level), choice) is not Tick.ALL
        return replace(choice, boxes=MappingProxyType({**choice.boxes, **dict.fromkeys(boxes, on)}))

    def tick_suffix(self, facet: Facet, choice: Choice) -> Choice:
        """The choice after a click on a suffix's box, which changes that box alone."""
        on = self.box_state(self.boxes.get(facet.level, {}).get(facet, 0), choice) is not Tick.ALL
        return replace(choice, boxes=MappingProxyType({**choice.boxes, facet: on}))

    def categories(self, choice: Choice) -> int:
        """How many suffix boxes are not empty."""
        ticked = self.ticked(choice)
        return sum(1 for boxes in self.boxes.values() for mask in boxes.values() if mask & ticked)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _is_guide_star(row: Row, profile: Profile) -> bool:
    return profile.guide_stars is not None and profile.guide_stars.name_part in row.filename


def _is_reference(row: Row, profile: Profile) -> bool:
    rule = profile.references
    return rule is not None and (row.type in rule.types or row.level in rule.levels)


def _guide_stars(catalog: Catalog, profile: Profile) -> int:
    """HIGHEST CALIBRATED: of each guide star exposure the calibrated files, else the uncalibrated ones.

    The exposure is what is left of the name when the end that tells the calibration is cut off.
    """
    rule = profile.guide_stars
    if rule is None:
        return 0
    calibrated, uncalibrated = re.compile(rule.calibrated), re.compile(rule.uncalibrated)
    has_calibrated: set[str] = set()
    raw: list[str | None] = []
    fine: list[bool] = []
    for row in catalog.products():
        guiding = rule.name_part in row.filename
        start = max(0, len(row.filename) - LONGEST_NAME)
        best = calibrated.search(row.filename, start) if guiding else None
        rest = uncalibrated.search(row.filename, start) if guiding else None
        if best:
            has_calibrated.add(row.filename[: best.start()])
        fine.append(best is not None)
        raw.append(row.filename[: rest.start()] if rest else None)
    return catalog.where(
        good or (exposure is not None and exposure not in has_calibrated)
        for good, exposure in zip(fine, raw, strict=True)
    )
