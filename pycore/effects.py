"""What the panel orders from the browser, as data; ``web/panel.py`` carries it out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeAlias

from pycore.catalog import Catalog
from pycore.messages import DownloadPlanned, PlanningMoved, Sorted, Sought, Told
from pycore.pattern import PLAIN, Precision
from pycore.plan import Plan
from pycore.remembered import Choices, KeptList
from pycore.transfer import Paused, Resumed, TokenGivenUp, TokenRenewed

#: A file on its way: text, or bytes of one that is no text, and in the end what to tell of it.
Making: TypeAlias = Generator[str | bytes, None, Told]


@dataclass(frozen=True, slots=True)
class Match:
    """Run a pattern over a mission's catalog; ``revision`` changes whenever the catalog does."""

    mission: str
    revision: int
    run: int
    pattern: str
    catalog: Catalog
    precision: Precision = PLAIN


@dataclass(frozen=True, slots=True)
class Save:
    """Save a file to the person's downloads, from pieces that are made as they are asked for; empty ones let others
    have their turn.

    The pieces end with what there is to tell, and with ``OverlayError`` where the file cannot be made.
    """

    number: int
    filename: str
    mime: str
    pieces: Making


@dataclass(frozen=True, slots=True)
class StopOpening:
    """Give up the list of this name, which is on its way."""

    source: str


@dataclass(frozen=True, slots=True)
class StopSaving:
    """Give up the file of this number."""

    number: int


@dataclass(frozen=True, slots=True)
class CheckToken:
    """Ask the archive who the token is, and keep it in memory for these origins if it is somebody."""

    whoami: str
    origins: tuple[str, ...]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForgetToken:
    """Forget the token."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Open these lists of an earlier visit from what the browser keeps, then choose as it says."""

    visit: str
    lists: tuple[KeptList, ...]
    choices: Choices


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep this record of the visit in place of the one before."""

    record: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove everything that is kept of visits; ``stop``: keep no more of this one."""

    stop: bool


@dataclass(frozen=True, slots=True)
class LeaveNote:
    """Leave word for this tab's next start, which goes on by itself."""


@dataclass(frozen=True, slots=True)
class TakeNewVersion:
    """Put the new version of the page to use; this tab goes on in it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Find out whether this page may read an address of this origin, and if not, whether it may the other way.

    ``way`` is the address by the site's own proxy, ``""`` where there is none.
    """

    origin: str
    url: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class BeginTransfer:
    """Open a place to write and carry the plan out."""

    plan: Plan
    epoch_ms: float
    place: str
    filename: str


@dataclass(frozen=True, slots=True)
class StopTransfer:
    """Stop the transfer; ``keep`` closes a valid archive of what is there."""

    keep: bool


@dataclass(frozen=True, slots=True)
class TellTransfer:
    """Tell the transfer that is under way what the person wants, or has done about the token."""

    event: Paused | Resumed | TokenRenewed | TokenGivenUp


@dataclass(frozen=True, slots=True)
class Work:
    """Do work of some hundredths of a second a step, which ends in what to hear; what a step gives is heard, too. Work
    of the same ``task`` that is under way is not wanted any more.
    """

    task: str
    steps: Generator[PlanningMoved | None, None, Sorted | Sought | DownloadPlanned]


@dataclass(frozen=True, slots=True)
class StopWork:
    """The work of this ``task`` is not wanted any more."""

    task: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """Bring the element of this id into view; the keyboard's focus stays where it is."""

    id: str


@dataclass(frozen=True, slots=True)
class Focus:
    """Move the keyboard's focus to the element of this id."""

    id: str


Effect: TypeAlias = (
    Match | Save | StopOpening | StopSaving | CheckToken | ForgetToken | GoOn | Remember | Forget | LeaveNote
    | TakeNewVersion | Probe | BeginTransfer | StopTransfer | TellTransfer | Work | StopWork | Reveal | Focus
)  # fmt: skip
