"""The state of the panel: one frozen value, from which the page is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias

from pycore.byhand import Overrides
from pycore.formats.list_products import BadRow
from pycore.layout import Structure
from pycore.lines import Order
from pycore.manifest import Outcome
from pycore.messages import Finding, LastVisitKnown, Message, PlaceOffered
from pycore.missions.profile import Profile, Profiles
from pycore.pattern import PatternField
from pycore.places import FOLDER
from pycore.plan import Part, Plan
from pycore.proxies import Proxies
from pycore.remembered import Choices, KeptList, MissionChoice, Remembered
from pycore.selection import Choice, Selector
from pycore.survey import Survey
from pycore.transfer import Waiting

ROWS_PER_PAGE: Final = (50, 100, 250, 1000)

#: How many notices that tell of nothing wrong are kept.
_PASSING_NOTICES: Final = 3


@dataclass(frozen=True, slots=True)
class Mission:
    """One mission's products and what is chosen of them.

    ``revision`` is another whenever the list is another. ``stale`` says that the pattern in force has not yet run
    over the list as it is now: until it has, nothing passes. ``undo`` is the choice before a step that has cleared what
    was chosen by hand, until the next choice.
    """

    profile: Profile
    selector: Selector
    choice: Choice = field(default_factory=Choice)
    pattern: PatternField = field(default_factory=PatternField)
    revision: int = 0
    stale: bool = False
    undo: Choice | None = None

    @property
    def matching(self) -> int:
        """The rows that the pattern in force lets through."""
        if self.pattern.matching is None:
            return self.selector.catalog.everything
        return 0 if self.stale else self.pattern.matching

    @property
    def possible(self) -> int:
        """The rows that would be taken if all boxes were ticked: what matches, and what is chosen by hand."""
        return self.selector.overrides(self.choice).over(self.matching)

    def controlled(self) -> int:
        """The rows that the controls take, access aside, were nothing chosen by hand."""
        return self.selector.controlled(self.choice, self.matching)

    def wanted(self) -> int:
        """The rows that are chosen by the controls and by hand, access aside."""
        return self.selector.wanted(self.choice, self.matching)

    def by_hand(self) -> Overrides:
        """The rows that are on and off by hand and would be otherwise without."""
        if not self.choice.by_hand:
            return Overrides(0, 0)
        controlled, wanted = self.controlled(), self.wanted()
        return Overrides(wanted & ~controlled, controlled & ~wanted)

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


#: The revisions of all missions, by which it is known whether what was found out of their rows holds still.
Basis: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Sorting:
    """By what the preview is sorted; ``order`` is ``None`` until that is done for the rows of ``basis``."""

    column: str
    descending: bool
    run: int
    basis: Basis
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Folding:
    """Which datasets show no rows: all or none, but for ``others`` (mission and name)."""

    all: bool = False
    others: frozenset[tuple[str, str]] = frozenset()

    def folded(self, mission: str, dataset: str) -> bool:
        """Whether a dataset is folded."""
        return self.all ^ ((mission, dataset) in self.others)


@dataclass(frozen=True, slots=True)
class Find:
    """What is sought in the preview; ``rows`` is ``None`` until it is found among the rows of ``basis``.

    ``at`` is the match that is shown: the number of its mission, and its row.
    """

    text: str = ""
    run: int = 0
    basis: Basis = ()
    rows: tuple[int, ...] | None = None
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The view of all selected files; ``page`` counts from 0. ``all``: files that are not selected are shown too."""

    open: bool = False
    page: int = 0
    per_page: int = 250
    all: bool = False
    sorting: Sorting | None = None
    folding: Folding = Folding()
    find: Find = Find()
    #: How many sortings and searches there have been.
    runs: int = 0


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


@dataclass(frozen=True, slots=True)
class BrokenList:
    """A list that is open, but of which no more than ``rows`` rows have come: it broke off there."""

    source: str
    rows: int


@dataclass(frozen=True, slots=True)
class PartlyShown:
    """A list that is shown as far as it has come; ``without`` has by mission what is open of those that are whole,
    which other lists join meanwhile.
    """

    source: str
    without: Mapping[str, Selector]


class Stage(Enum):
    """Where a download stands on screen."""

    CONFIRM = "confirm"
    OPENING = "opening"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Download:
    """A download on screen; ``rate`` in bytes a second, smoothed; times in seconds.

    ``measured`` and ``began`` are the last and the first look at the clock and at the bytes that were complete.
    ``sources`` says of each origin that is probed what was found, ``None`` before that. ``looked`` is how many files of
    those noted in a folder have been read back, ``there`` how many of the plan's, and how many bytes, it had whole.
    ``stopping``: the person is asked how the download is to be stopped, while it goes on.
    """

    plan: Plan
    survey: Survey
    epoch_ms: float
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
    began: tuple[float, int] | None = None
    outcomes: tuple[Outcome, ...] = ()
    sources: Mapping[str, Finding | None] = field(default_factory=dict)
    looked: tuple[int, int] | None = None
    there: tuple[int, int] = (0, 0)
    stopping: bool = False

    @property
    def forecast(self) -> int:
        """Bytes of the archive, if every file comes."""
        return self.survey.forecast

    @property
    def single_files(self) -> bool:
        """Whether it goes into a folder, not into one archive."""
        return self.place == FOLDER


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
    proxies: Proxies = field(default_factory=Proxies)
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
    partly_shown: PartlyShown | None = None
    #: Told for as long as what came of them is open; the notices about them can be dismissed.
    broken: tuple[BrokenList, ...] = ()
    demo: bool = False
    memory: Memory = field(default_factory=Memory)
    offline: Offline = field(default_factory=Offline)
    datasets: str = ""
    #: ``None`` until the browser has said what it has.
    places: tuple[PlaceOffered, ...] | None = None
    more_places: bool = False
    #: How much of a download's files has been looked at before the question, of 1; while it is asked for at all.
    planning: float | None = None
    download: Download | None = None
    #: Bytes a second of the last download of this visit that was long enough to tell.
    measured_rate: float = 0.0
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

    @property
    def basis(self) -> Basis:
        """What is found out of the rows of all missions holds for as long as this stays."""
        return tuple((mission.profile.name, mission.revision) for mission in self.missions)

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
            MissionChoice(
                m.profile.name,
                m.choice,
                m.pattern.typed,
                m.pattern.in_force,
                m.pattern.precision,
                m.pattern.precision_in_force,
            )
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
