"""What a profile's rules want to know of file names, found out as the names come: who waits for more has the time."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from itertools import compress
from typing import Final

from pycore.missions.profile import LONGEST_NAME, Profile
from pycore.names import having

#: So many names are tried between two pauses.
_NAMES_A_STEP: Final = 12_500


class Looked:
    """What is known of the first names of a gathering, by their positions: ``guiding`` flags those of guide star
    products, ``never`` those that RECOMMENDED leaves out for what they are called.
    """

    def __init__(self, profile: Profile) -> None:
        self._never: Final = profile.recommended.never
        self._rule: Final = profile.guide_stars
        self.guiding = bytearray()
        self.never = bytearray()
        #: Exposures of guide stars that have a calibrated file, and the positions of these files; then of the others.
        self._calibrated: set[str] = set()
        self._fine: list[int] = []
        self._raw: list[tuple[int, str]] = []

    def take(self, names: Sequence[str], products: Sequence[int]) -> Generator[None, None, None]:
        """In steps, look at the names that have come since; ``products`` has by position the product's first row."""
        never, rule = self._never, self._rule
        for start in range(len(self.never), len(names), _NAMES_A_STEP):
            some = names[start : start + _NAMES_A_STEP]
            self.never += having(some, never.name_parts, never.extensions, folded=True)
            if rule is not None:
                flags = having(some, (rule.name_part,))
                self.guiding += flags
                self._look_at_guiding([*compress(range(start, start + len(some)), flags)], names, products)
            yield

    def _look_at_guiding(
        self, positions: Sequence[int], names: Sequence[str], products: Sequence[int]
    ) -> None:
        """The exposure is what is left of a name when the end that tells the calibration is cut off."""
        assert self._rule is not None
        calibrated, uncalibrated = re.compile(self._rule.calibrated), re.compile(self._rule.uncalibrated)
        for position in positions:
            if products[position] != position:
                continue
            name = names[position]
            start = max(0, len(name) - LONGEST_NAME)
            if best := calibrated.search(name, start):
                self._calibrated.add(name[: best.start()])
                self._fine.append(position)
            elif rest := uncalibrated.search(name, start):
                self._raw.append((position, name[: rest.start()]))

    def highest_calibrated(self) -> bytearray:
        """Flags of guide star products: of each exposure the calibrated files, else the uncalibrated ones."""
        flags = bytearray(len(self.guiding))
        for position in self._fine:
            flags[position] = 1
        for position, exposure in self._raw:
            if exposure not in self._calibrated:
                flags[position] = 1
        return flags
