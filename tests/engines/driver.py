"""What the tests ask of a browser, whichever engine it has; each driver says it in its engine's own way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

#: A plain start is what takes longest: ten seconds in the slowest engine, ten times that on a busy machine.
PATIENCE: Final = 120.0
_INTERVAL: Final = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Control:
    """A control as assistive technology sees it. ``group`` is the accessible name of the group that it stands in."""

    role: str
    name: str
    group: str = ""
    #: Whether more words may follow the name, as the counts do at the boxes.
    begins: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """What an accessible name of this control looks like."""
        end = r"(?!\w)" if self.begins else "$"
        return re.compile(f"^{re.escape(self.name)}{end}")


class Driver(Protocol):
    """One page in one browser, with nothing kept from any other."""

    def open(self, url: str) -> None:
        """Go to an address."""

    def reload(self) -> None:
        """Load the page again, as its button does."""

    def click(self, control: Control) -> None:
        """Press a control, once it is there."""

    def fill(self, control: Control, text: str) -> None:
        """Type into a field what it is to hold from now on."""

    def choose(self, control: Control, option: str) -> None:
        """Take an option of a list, by the option's words."""

    def give_file(self, selector: str, path: Path) -> None:
        """Give a file to a field for files, as the picker does."""

    def script(self, expression: str) -> object:
        """The value of an expression in the page; it is text, a number or nothing."""

    def saved(self, press: Callable[[], None]) -> Path:
        """The file that the browser saves after a press, once it is whole, under the name that the page gave it."""

    def problems(self) -> list[str]:
        """The errors in the page's console so far."""

    def close(self) -> None:
        """End the page and what belongs to it."""


class Engine(Protocol):
    """A browser that is installed here."""

    def driver(self, folder: Path) -> Driver:
        """A page of its own; what it saves goes into a folder."""

    def close(self) -> None:
        """End the browser."""


def until(ask: Callable[[], T], met: Callable[[T], object], patience: float = PATIENCE) -> T:
    """Ask again and again until the answer will do; the last answer is in the error when it never does."""
    deadline = time.monotonic() + patience
    while True:
        answer = ask()
        if met(answer):
            return answer
        assert time.monotonic() < deadline, f"after {patience:.0f} s still: {answer!r}"
        time.sleep(_INTERVAL)
