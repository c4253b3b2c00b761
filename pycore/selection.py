"""Which products the panel's controls take: quick selects, boxes, guide stars, references, pattern."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from pycore import bits
from pycore.byhand import NOTHING, ByHand, Hands, Overrides
from pycore.catalog import Catalog, Facet, Weight
from pycore.looking import Looked
from pycore.missions.profile import Profile
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

    ``boxes`` are the suffix boxes that were ticked since the quick select, ``by_hand`` single files and datasets.
    """

    quick: Quick = Quick.RECOMMENDED
    boxes: Mapping[Facet, bool] = field(default_factory=lambda: _NO_BOXES)
    guide_stars: bool = False
    references: bool = False
    by_hand: ByHand = NOTHING

    def quickly(self, quick: Quick) -> Choice:
        """The choice after a quick select: nothing is chosen by hand any more. NONE turns the other controls off, the
        rest leave them alone.
        """
        if quick is Quick.NONE:
            return Choice(quick)
        return replace(self, quick=quick, boxes=_NO_BOXES, by_hand=NOTHING)


class Selector:
    """The rules of a profile applied to a catalog once; a choice is then answered by set algebra."""

    catalog: Catalog
    #: HIGHEST CALIBRATED, and all guide star products.
    guide_stars: int
    guiding: int
    references: int
    #: What stands in boxes: guide star and reference products are taken by their own controls alone.
    boxed: int
    recommended: int
    #: Level to its suffix boxes.
    boxes: dict[str, dict[Facet, int]]

    def __init__(self, catalog: Catalog, profile: Profile) -> None:
        bits.finished(self._build(catalog, profile))

    @classmethod
    def in_steps(
        cls, catalog: Catalog, profile: Profile, looked: Looked | None = None
    ) -> Generator[None, None, Selector]:
        """The same in steps of some 20 ms. ``looked`` is what is known of the catalog's first names already."""
        made = cls.__new__(cls)
        yield from made._build(catalog, profile, looked)
        return made

    def _build(
        self, catalog: Catalog, profile: Profile, looked: Looked | None = None
    ) -> Generator[None, None, None]:
        self.catalog = catalog
        looked = looked or Looked(profile)
        yield from looked.take(catalog.gathered_names(), catalog.gathered_products())
        self.guiding = self.guide_stars = 0
        if profile.guide_stars is not None:
            self.guiding = yield from catalog.of_products_in_steps(looked.guiding)
            self.guide_stars = yield from catalog.of_products_in_steps(looked.highest_calibrated())
        references = yield from catalog.of_kinds(lambda kind: _is_reference(kind, profile))
        self.references = references & ~self.guiding
        self.boxed = catalog.everything & ~self.guiding & ~self.references
        self.recommended = yield from recommended(catalog, profile, self.boxed, looked.never)
        self.boxes = self._boxes(profile)
        self._levels = {level: _union(boxes.values()) for level, boxes in self.boxes.items()}
        yield
        self._states = {
            Quick.ALL: {facet: Tick.ALL for boxes in self.boxes.values() for facet in boxes},
            Quick.RECOMMENDED: {
                facet: _tick(box, self.recommended)
                for boxes in self.boxes.values()
                for facet, box in boxes.items()
            },
            Quick.NONE: {facet: Tick.NONE for boxes in self.boxes.values() for facet in boxes},
        }
        self._whole: dict[Facet, Weight] = {}
        for boxes in self.boxes.values():
            for facet, box in boxes.items():
                self._whole[facet] = catalog.weighed(box)
                yield
        self._ticked: tuple[Choice, int] = (Choice(), self.recommended)
        self._hands = Hands(catalog)
        self._weighed: tuple[int, dict[str, dict[Facet, Weight]]] = (-1, {})

    def against(self, base: str) -> Selector:
        """The same rules over the same rows, with addresses that are relative still resolved against `base`."""
        moved = copy(self)
        moved.catalog = self.catalog.against(base)
        moved._hands = Hands(moved.catalog)
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

    def weights(self, among: int) -> dict[str, dict[Facet, Weight]]:
        """What each suffix box comes to among these rows, level by level. Boxes share no product: a level comes to
        the sum of its suffixes.

        Ticks do not change it: of the same rows it is worked out once, and of a box only what they cut through.
        """
        known, found = self._weighed
        if known is not among and known != among:
            found = {
                level: {facet: self._weigh(facet, box, among) for facet, box in boxes.items()}
                for level, boxes in self.boxes.items()
            }
            self._weighed = among, found
        return found

    def _weigh(self, facet: Facet, box: int, among: int) -> Weight:
        inside = box & among
        return self._whole[facet] if inside == box else self.catalog.weighed(inside)

    def quick(self, quick: Quick) -> int:
        """What a quick select ticks."""
        return {Quick.ALL: self.boxed, Quick.RECOMMENDED: self.recommended, Quick.NONE: 0}[quick]

    def ticked(self, choice: Choice) -> int:
        """What is ticked in the boxes."""
        # Every control asks after every click; the answer to the last choice is kept.
        known, mask = self._ticked
        if known is choice:
            return mask
        mask = self.quick(choice.quick)
        for on in (True, False):
            turned = _union(
                self.boxes.get(facet.level, {}).get(facet, 0)
                for facet, so in choice.boxes.items()
                if so is on
            )
            mask = mask | turned if on else mask & ~turned
        self._ticked = (choice, mask)
        return mask

    def controlled(self, choice: Choice, matching: int) -> int:
        """What the controls would take of the matching files, access aside, were nothing chosen by hand."""
        mask = self.ticked(choice)
        if choice.guide_stars:
            mask |= self.guide_stars
        if choice.references:
            mask |= self.references
        return mask & matching

    def overrides(self, choice: Choice) -> Overrides:
        """What is on and off by hand."""
        return self._hands.overrides(choice.by_hand)

    def wanted(self, choice: Choice, matching: int) -> int:
        """What is chosen by the controls and by hand, access aside. What is chosen by hand need not match."""
        return self.overrides(choice).over(self.controlled(choice, matching))

    def selected(self, choice: Choice, matching: int, *, exclusive_too: bool) -> int:
        """What would be downloaded: wanted, and takeable by this user."""
        mask = self.wanted(choice, matching)
        return mask if exclusive_too else mask & ~self.catalog.exclusive

    def suffix_tick(self, facet: Facet, choice: Choice) -> Tick:
        """The state of a suffix's box."""
        by_quick = self._states[choice.quick].get(facet, Tick.NONE)
        on = choice.boxes.get(facet)
        if on is None or facet not in self._whole:
            return by_quick
        return Tick.ALL if on else Tick.NONE

    def level_tick(self, level: str, choice: Choice) -> Tick:
        """The state of a level's box."""
        states = {self.suffix_tick(facet, choice) for facet in self.boxes.get(level, {})}
        return states.pop() if len(states) == 1 else Tick.PARTIAL if states else Tick.NONE

    def pressed(self, quick: Quick, choice: Choice) -> bool:
        """Whether the choice equals what the quick select would make of it."""
        if choice.by_hand or (quick is Quick.NONE and (choice.guide_stars or choice.references)):
            return False
        return self.ticked(choice) == self.quick(quick)

    def tick_level(self, level: str, choice: Choice) -> Choice:
        """The choice after a click on a level's box: partial and empty become full, full becomes empty."""
        boxes = self.boxes.get(level, {})
        on = self.level_tick(level, choice) is not Tick.ALL
        return replace(choice, boxes=MappingProxyType({**choice.boxes, **dict.fromkeys(boxes, on)}))

    def tick_suffix(self, facet: Facet, choice: Choice) -> Choice:
        """The choice after a click on a suffix's box, which changes that box alone."""
        on = self.suffix_tick(facet, choice) is not Tick.ALL
        return replace(choice, boxes=MappingProxyType({**choice.boxes, facet: on}))

    def tick_file(self, index: int, choice: Choice, matching: int) -> Choice:
        """The choice after a click on the file that a row stands for; what the rest says anyway is not said again."""
        name, hand = self._hands.name(index), choice.by_hand
        on = not self.wanted(choice, matching) >> index & 1
        without = replace(choice, by_hand=hand.with_file(name, None))
        if bool(self.wanted(without, matching) >> index & 1) is on:
            return without
        return replace(choice, by_hand=hand.with_file(name, on))

    def tick_dataset(self, dataset: str, choice: Choice, *, on: bool | None) -> Choice:
        """The choice with a whole dataset on or off, or (``None``) with nothing of it by hand any more."""
        hand = choice.by_hand
        inside = self._hands.files_in(self.dataset(dataset), hand) if hand.files else []
        return replace(choice, by_hand=hand.with_dataset(dataset, on, inside))

    def dataset(self, name: str) -> int:
        """The rows of a dataset."""
        return self._hands.dataset(name)

    def categories(self, choice: Choice) -> int:
        """How many suffix boxes are not empty."""
        return sum(self.suffix_tick(facet, choice) is not Tick.NONE for facet in self._whole)


def _tick(box: int, ticked: int) -> Tick:
    inside = box & ticked
    if not inside:
        return Tick.NONE
    return Tick.ALL if inside == box else Tick.PARTIAL


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _is_reference(kind: Row, profile: Profile) -> bool:
    rule = profile.references
    return rule is not None and (kind.type in rule.types or kind.level in rule.levels)
