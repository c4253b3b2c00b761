"""The state of the panel: one frozen value, from which the page is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from pycore.formats.list_products import BadRow
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.messages import LastVisitKnown, Message, PlaceOffered
from pycore.missions.profile import Profile, Profiles
from pycore.pattern import PatternField
from pycore.plan import Part, Plan
from pycore.remembered import Choices, KeptList, MissionChoice, Remembered
from pycore.selection import Choice, Selector
from pycore.transfer import Waiting

ROWS_PER_PAGE: Final = (50, 100, 250, 1000)

#: How many notices that tell of nothing wrong are kept.
_PASSING_NOTICES: Final = 3


@dataclass(frozen=True, slots=True)
class Mission:
    """One mission's products and what is chosen of them.

    ``revision`` is another whenever the list is another. ``stale`` says that the pattern in force has not yet run
    over the list as it is now: until it has, nothing passes.
    """

    profile: Profile
    selector: Selector
    choice: Choice = field(default_factory=Choice)
    pattern: PatternField = field(default_factory=PatternField)
    revision: int = 0
    stale: bool = False

    @property
    def matching(self) -> int:
        """The rows that the pattern in force lets through."""
        if self.pattern.matching is None:
            return self.selector.catalog.everything
        return 0 if self.stale else self.pattern.matching

    def wanted(self) -> int:
        """The rows that the controls take, access aside."""
        return self.selector.wanted(self.choice, self.matching)

    def selected(self, *, exclusive_too: bool) -> int:
        """The rows that would be downloaded."""
        return self.selector.selected(self.choice, self.matching, exclusive_too=exclusive_too)


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in (``None``: nobody) and which origins know it; the token itself is not here."""

    user: str | None = None
    origins: tuple[str, ...] = ()
    checking: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The view of all selected files; ``page`` counts from 0."""

    open: bool = False
    page: int = 0
    per_page: int = 250


@dataclass(frozen=True, slots=True)
class Forms:
    """The open menu of other forms: ``tools``, ``exports`` or ``""``; ``refusals`` says by name why a form cannot be
    had of what is selected.
    """

    of: str = ""
    refusals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saving:
    """A file that takes its time to be made, with its bytes by now."""

    number: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person: ``good``, ``warning`` or ``bad``; ``rows`` lists refused rows."""

    number: int
    tone: str
    sentence: str
    hint: str = ""
    rows: tuple[BadRow, ...] = ()


class Stage(Enum):
    """Where a download stands on screen."""

    CONFIRM = "confirm"
    OPENING = "opening"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Download:
    """A download on screen; ``rate`` in bytes a second, smoothed; times in seconds.

    ``blocked`` says of each origin that this page may not read why that is.
    """

    plan: Plan
    epoch_ms: float
    forecast: int
    stage: Stage = Stage.CONFIRM
    place: str = ""
    place_chosen: bool = False
    files_complete: int = 0
    files_failed: int = 0
    bytes_complete: int = 0
    bytes_failed: int = 0
    current: str = ""
    attempt: int = 0
    waiting: Waiting = Waiting.NOTHING
    retry_seconds: float = 0.0
    rate: float = 0.0
    measured: tuple[float, int] | None = None
    outcomes: tuple[Outcome, ...] = ()
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What the browser keeps for the next visit, and what it has of the last.

    ``lists`` are those of this visit that are kept, ``addresses`` those of all that are open, discreet. ``chosen`` says
    that the person has chosen something since, ``refusal`` why the browser keeps nothing.

    ``opened`` are all lists of one's own that are open, by source and URL; ``brought`` the URLs of those that came
    from the browser's copy, which no address of the page's opens again. ``unkept`` are the sources of lists that were
    not kept, ``full`` says that there was no room for what was chosen.
    """

    lists: tuple[KeptList, ...] = ()
    addresses: frozenset[str] = frozenset()
    chosen: bool = False
    last: LastVisitKnown | None = None
    stopped: bool = False
    refusal: str = ""
    opened: tuple[tuple[str, str], ...] = ()
    brought: frozenset[str] = frozenset()
    unkept: frozenset[str] = frozenset()
    full: bool = False


@dataclass(frozen=True, slots=True)
class Offline:
    """The browser's copy of the page: whole, or refused in these words; ``others`` is ``None`` unless a new version
    waits, and then the number of other tabs. ``put_off``: the person does not want it now.
    """

    kept: bool = False
    refusal: str = ""
    others: int | None = None
    put_off: bool = False
    taking: bool = False
    error: str = ""


@dataclass(frozen=True)
class State:
    """Everything that the page shows."""

    profiles: Profiles = field(default_factory=Profiles)
    missions: tuple[Mission, ...] = ()
    #: How many revisions of missions there have been; none is used twice, also when a list takes another's place.
    revisions: int = 0
    current: str = ""
    structure: Structure = Structure.NESTED
    menu: str = ""
    forms: Forms = field(default_factory=Forms)
    #: How many files there have been to save, and which of them take their time.
    saves: int = 0
    saving: tuple[Saving, ...] = ()
    account: Account = field(default_factory=Account)
    preview: Preview = field(default_factory=Preview)
    notices: tuple[Notice, ...] = ()
    noticed: int = 0
    opening: tuple[tuple[str, str], ...] = ()
    demo: bool = False
    memory: Memory = field(default_factory=Memory)
    offline: Offline = field(default_factory=Offline)
    datasets: str = ""
    #: ``None`` until the browser has said what it has.
    places: tuple[PlaceOffered, ...] | None = None
    more_places: bool = False
    download: Download | None = None
    waiting: tuple[Message, ...] = ()

    @property
    def mission(self) -> Mission | None:
        """The mission whose controls are shown."""
        return self.named(self.current)

    def named(self, name: str) -> Mission | None:
        """The mission of that name."""
        return next((mission for mission in self.missions if mission.profile.name == name), None)

    def may_take_exclusive(self, mission: Mission) -> bool:
        """Whether exclusive products count as takeable: somebody is signed in where the mission's archive is."""
        trusted = set(mission.profile.archive.token_origins) & set(self.account.origins)
        return self.account.user is not None and bool(trusted)

    def selected(self, mission: Mission) -> int:
        """The rows of a mission that would be downloaded."""
        return mission.selected(exclusive_too=self.may_take_exclusive(mission))

    def parts(self) -> tuple[Part, ...]:
        """The selection over all missions, for previews, exports, scripts and downloads."""
        here = frozenset(self.account.origins)
        return tuple(Part(m.profile, m.selector.catalog, self.selected(m), here) for m in self.missions)

    def selected_parts(self) -> list[Part]:
        """Of the missions, those with something selected."""
        return [part for part in self.parts() if part.selected]

    @property
    def sign_in(self) -> Mission | None:
        """The mission whose archive a sign-in would go to: the one shown, else the first that has a sign-in."""
        shown = [self.mission] if self.mission else []
        return next((m for m in (*shown, *self.missions) if m.profile.archive.whoami), None)

    def fitting_places(self, size: int) -> tuple[PlaceOffered, ...]:
        """The places to write that can hold so many bytes, best first."""
        return tuple(place for place in self.places or () if place.limit is None or place.limit >= size)

    @property
    def filtering(self) -> bool:
        """Whether a pattern is still running: what depends on the selection waits for it."""
        return any(mission.pattern.running for mission in self.missions)

    def choices(self) -> Choices:
        """All that is chosen, as it is remembered."""
        missions = tuple(
            MissionChoice(m.profile.name, m.choice, m.pattern.typed, m.pattern.in_force)
            for m in self.missions
        )
        return Choices(missions, self.current, self.structure, self.preview.per_page)

    def remembered(self) -> Remembered:
        """The visit, as it is remembered."""
        catalogs = [mission.selector.catalog for mission in self.missions]
        files = sum(catalog.count(catalog.everything) for catalog in catalogs)
        return Remembered(self.memory.lists, files, self.choices())

    def noted(self, tone: str, sentence: str, hint: str = "", rows: tuple[BadRow, ...] = ()) -> State:
        """The state with one more notice. What went wrong stays until it is put away; of the rest only the latest."""
        told = (*self.notices, Notice(self.noticed + 1, tone, sentence, hint, rows))
        passing = [notice.number for notice in told if notice.tone != "bad"][-_PASSING_NOTICES:]
        kept = tuple(notice for notice in told if notice.tone == "bad" or notice.number in passing)
        return replace(self, notices=kept, noticed=self.noticed + 1)

    def changed(self, mission: Mission) -> State:
        """The state with this mission in the place of the one of its name."""
        name = mission.profile.name
        return replace(self, missions=tuple(mission if m.profile.name == name else m for m in self.missions))


def waits_for_token(state: State) -> bool:
    """Whether a download waits for another token in the place of one that has ended."""
    return state.download is not None and state.download.waiting is Waiting.TOKEN
