"""Programs that are written by hand: a file with places to fill, and one for the list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pycore.packaged import packaged_text
from pycore.plan import Plan
from pycore.scripts.lines import About, comments, heading

_PLACE: Final = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True, slots=True)
class Template:
    """What stands before the list of a program, with its places as they are, and what follows the list.

    Read one on import: the text is then in memory wherever the module is, also in a memory snapshot without files.
    """

    head: str
    foot: str

    @classmethod
    def read(cls, *names: str) -> Template:
        """The template in files beside this module, one after the other."""
        text = "".join(packaged_text("pycore.scripts", name) for name in names)
        head, _, foot = text.partition("@LIST@\n")
        return cls(head, foot)

    def filled(self, places: Mapping[str, str]) -> str:
        """The head with words in its places; ``KeyError`` for a place without."""
        return _PLACE.sub(lambda place: places[place[1]], self.head)


def heading_comment(plan: Plan, about: About) -> str:
    """What a program says of itself, as comment lines without the end of the last."""
    return "".join(comments(heading(plan, about))).rstrip("\n")
