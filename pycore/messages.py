"""What can happen to the panel: each event of the person or of the world as one frozen value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from pycore.formats.list_products import ProductList
from pycore.layout import Structure
from pycore.lines import Order
from pycore.manifest import Outcome
from pycore.pattern import Target
from pycore.plan import Plan
from pycore.reading import Found
from pycore.remembered import Choices, KeptList, Remembered
from pycore.selection import Quick
from pycore.survey import Survey
from pycore.transfer import Progress

# -- of the person --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuickSelected:
    """A quick select was pressed."""

    quick: Quick


@dataclass(frozen=True, slots=True)
class LevelTicked:
    """A level's box was clicked."""

    level: str


@dataclass(frozen=True, slots=True)
class SuffixTicked:
    """A suffix's box was clicked."""

    level: str
    suffix: str


@dataclass(frozen=True, slots=True)
class GuideStarsChosen:
    """HIGHEST CALIBRATED (true) or NONE was chosen."""

    highest: bool


@dataclass(frozen=True, slots=True)
class ReferencesTicked:
    """The box of the calibration reference files was clicked."""

    on: bool


@dataclass(frozen=True, slots=True)
class PatternTyped:
    """The text of the regex field has changed."""

    text: str


@dataclass(frozen=True, slots=True)
class IgnoreCaseTicked:
    """Upper and lower case are to be one for the pattern, or not."""

    on: bool


@dataclass(frozen=True, slots=True)
class InvertTicked:
    """What does not match the pattern is to pass, or what does."""

    on: bool


@dataclass(frozen=True, slots=True)
class TargetChosen:
    """What the pattern is to be held against."""

    target: Target


@dataclass(frozen=True, slots=True)
class FileTicked:
    """The box of a file was clicked in the preview: a row of a mission's catalog."""

    mission: str
    index: int


@dataclass(frozen=True, slots=True)
class DatasetTicked:
    """The box of a dataset was clicked in the preview."""

    mission: str
    dataset: str


@dataclass(frozen=True, slots=True)
class ByHandCleared:
    """Nothing is to be chosen by hand any more."""


@dataclass(frozen=True, slots=True)
class UndoAsked:
    """What was chosen by hand is wanted back after a step that has cleared it."""


@dataclass(frozen=True, slots=True)
class StructureChosen:
    """FLAT or NESTED was chosen."""

    structure: Structure


@dataclass(frozen=True, slots=True)
class MissionChosen:
    """The menu switched to another mission's controls."""

    name: str


@dataclass(frozen=True, slots=True)
class MenuToggled:
    """A fold-out was opened or closed: ``levels`` or ``account``; ``""`` closes whatever is open."""

    menu: str


@dataclass(frozen=True, slots=True)
class FormsToggled:
    """A menu of other forms was opened or closed: ``tools`` or ``exports``; ``""`` closes whichever is open."""

    of: str


@dataclass(frozen=True, slots=True)
class MenuLeft:
    """The person has turned to something else on the page, which closes what lies over it."""


@dataclass(frozen=True, slots=True)
class PreviewToggled:
    """VIEW ALL SELECTED FILES was pressed."""


@dataclass(frozen=True, slots=True)
class PageTurned:
    """A page button was pressed: ``first``, ``previous``, ``next`` or ``last``."""

    to: str


@dataclass(frozen=True, slots=True)
class PageAsked:
    """A page was asked for by its number, from 1."""

    number: str


@dataclass(frozen=True, slots=True)
class ShowAllTicked:
    """The preview is to show files that are not selected too, or not."""

    on: bool


@dataclass(frozen=True, slots=True)
class SortAsked:
    """The head of a column was pressed: up, down, and off again."""

    column: str


@dataclass(frozen=True, slots=True)
class GroupFolded:
    """A dataset's rows were folded away or out."""

    mission: str
    dataset: str


@dataclass(frozen=True, slots=True)
class AllFolded:
    """The rows of all datasets are to be folded away (true) or out."""

    on: bool


@dataclass(frozen=True, slots=True)
class FindTyped:
    """What to find in the preview has changed."""

    text: str


@dataclass(frozen=True, slots=True)
class FindStepped:
    """The next match is wanted, or the one before."""

    back: bool


@dataclass(frozen=True, slots=True)
class RowsPerPageChosen:
    """Another page size was chosen."""

    rows: int


@dataclass(frozen=True, slots=True)
class ExportAsked:
    """EXPORT SELECTED FILE LIST was pressed; times are milliseconds since 1970, UTC."""

    epoch_ms: float


@dataclass(frozen=True, slots=True)
class ScriptAsked:
    """API QUERY was pressed."""

    epoch_ms: float


@dataclass(frozen=True, slots=True)
class FormAsked:
    """The selection is wanted in the form of this name."""

    name: str
    epoch_ms: float


@dataclass(frozen=True, slots=True)
class StopOpeningAsked:
    """The list of this name, which is on its way, is not wanted any more."""

    source: str


@dataclass(frozen=True, slots=True)
class StopSavingAsked:
    """The file that is being made under this number is not wanted any more."""

    number: int


@dataclass(frozen=True, slots=True)
class DownloadAsked:
    """START DOWNLOAD was pressed."""

    epoch_ms: float


@dataclass(frozen=True, slots=True)
class PlanningMoved:
    """So much of the files of a download to come has been looked at, of 1."""

    share: float


@dataclass(frozen=True, slots=True)
class DownloadPlanned:
    """The files of a download to come have been looked at; ``place`` is where those went that it tries again."""

    plan: Plan
    survey: Survey
    epoch_ms: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class PlanningStopped:
    """The download that is being planned is not wanted any more."""


@dataclass(frozen=True, slots=True)
class PlaceChosen:
    """Where the archive is to be written: a sink's kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class DownloadConfirmed:
    """Start was pressed in the confirmation."""


@dataclass(frozen=True, slots=True)
class DownloadDismissed:
    """The confirmation, or the report of a download that has ended, was put away."""


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """The download is to be cancelled: how, is asked (``on``), or it is to go on after all."""

    on: bool


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Stop the download: keep what is there as a valid archive, or keep nothing."""

    keep: bool


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """The download is to pause, or to go on."""

    on: bool


@dataclass(frozen=True, slots=True)
class WithoutTokenAsked:
    """There is no other token: the download is to go on without the files that need one."""


@dataclass(frozen=True, slots=True)
class RetryAsked:
    """The files that failed are to be tried again, in a download of their own."""

    epoch_ms: float


@dataclass(frozen=True, slots=True)
class AsItIsTicked:
    """Files whose size in the archive is no longer the list's are to be taken as they are, or not."""

    on: bool


@dataclass(frozen=True, slots=True)
class SignInAsked:
    """A token was given. It goes to the edge and is in no state."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignOutAsked:
    """The person signs out."""


@dataclass(frozen=True, slots=True)
class GoOnAsked:
    """The lists and the choice of the visit that is offered are wanted."""


@dataclass(frozen=True, slots=True)
class ForgetAsked:
    """Nothing of this visit or of any before is to be kept."""


@dataclass(frozen=True, slots=True)
class NewVersionAsked:
    """The new version of the page is to be used."""


@dataclass(frozen=True, slots=True)
class NewVersionPutOff:
    """The new version is not wanted now."""


@dataclass(frozen=True, slots=True)
class DatasetsTyped:
    """The dataset names for the link that gives a list have changed."""

    text: str


@dataclass(frozen=True, slots=True)
class NoticeDismissed:
    """A notice was put away."""

    number: int


class Finding(Enum):
    """What a probe of an archive has found."""

    OPEN = "open"
    #: It is there, and lets no other site read its files.
    BLOCKED = "blocked"
    #: It does not answer, or lets no other site read its files: browsers do not tell which.
    UNREACHABLE = "unreachable"
    #: Closed to this page, but not to the site's own proxy.
    PROXIED = "proxied"


# -- of the world ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteRead:
    """The site's own configuration has come, before any list; ``page`` is the page's own address."""

    site: Mapping[str, Any]
    page: str = ""


@dataclass(frozen=True, slots=True)
class ListOpening:
    """A list is being read; ``told`` says how far."""

    source: str
    told: str


@dataclass(frozen=True, slots=True)
class ListRead:
    """A list was read. ``base`` is its own URL or ``""``; ``demo`` marks the built-in archive's."""

    source: str
    base: str
    products: ProductList
    mission: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class ListCame:
    """Rows of a list have come; ``more``: others are to come, and these are shown until they do."""

    source: str
    base: str
    found: Found
    more: bool = False


@dataclass(frozen=True, slots=True)
class ListRefused:
    """A list could not be had or is none."""

    source: str
    code: str
    sentence: str
    hint: str


@dataclass(frozen=True, slots=True)
class Matched:
    """The pattern engine has answered: which of the texts match that it was given of the mission, as a set."""

    mission: str
    run: int
    found: int


@dataclass(frozen=True, slots=True)
class MatchRefused:
    """The pattern engine has refused the pattern or overrun."""

    mission: str
    run: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The rows of all missions are sorted; ``run`` tells which sorting it is."""

    run: int
    order: Order


@dataclass(frozen=True, slots=True)
class Sought:
    """The rows that were sought are found: of each mission in turn a set."""

    run: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The archive knows the token; ``origins`` are those that get it."""

    user: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The archive does not know the token, or could not be asked."""

    sentence: str


@dataclass(frozen=True, slots=True)
class SavingMoved:
    """A file that takes its time has so many bytes by now."""

    number: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class SavingEnded:
    """The file is saved, or cannot be made; what there is to tell of it."""

    number: int
    told: Told


@dataclass(frozen=True, slots=True)
class PlaceOffered:
    """A place to write to: its kind, and its limit in bytes or ``None``."""

    kind: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class PlacesKnown:
    """Where this browser can write an archive, best first; ``more``: another place may be found yet."""

    places: tuple[PlaceOffered, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class SourceProbed:
    """Whether this page may read files of this origin."""

    origin: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class FolderLooked:
    """A folder has files of this download already: so many of those noted have been read back, of so many."""

    folder: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class FolderOpened:
    """The folder is called so; ``there`` are the files, by their places in the plan, that it has already."""

    folder: str
    there: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransferMoved:
    """How far the download has come; seconds are of a clock that only goes forward."""

    progress: Progress
    now: float


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The archive is closed; one outcome for each file of the plan."""

    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class TransferDiscarded:
    """The archive was given up; ``sentence`` says why, ``""`` when it was asked for.

    ``remains`` says what could not be removed; ``""`` where nothing is left of it.
    """

    sentence: str
    remains: str = ""


@dataclass(frozen=True, slots=True)
class LastVisitKnown:
    """The browser has kept a visit, last written at that time (milliseconds since 1970, UTC)."""

    visit: str
    saved_ms: float
    remembered: Remembered


@dataclass(frozen=True, slots=True)
class NoteFound:
    """Word that this tab's last page has left, to go on with this visit, ``""`` where nothing of it is kept."""

    visit: str
    remembered: Remembered


@dataclass(frozen=True, slots=True)
class ListKept:
    """The browser keeps a list that is open."""

    kept: KeptList


@dataclass(frozen=True, slots=True)
class NotKept:
    """The browser does not keep a list, or the choice (``source`` is ``""``); ``full``: for want of room."""

    source: str
    why: str
    full: bool


@dataclass(frozen=True, slots=True)
class VisitGone:
    """What the browser kept of this visit has been removed, by another tab or in its settings; no more is kept."""


@dataclass(frozen=True, slots=True)
class ChoicesRecalled:
    """What was chosen in an earlier visit is to be chosen again, for the missions that are open."""

    choices: Choices


@dataclass(frozen=True, slots=True)
class OfflineKept:
    """The browser has all parts of the page, so that it works without a network."""


@dataclass(frozen=True, slots=True)
class OfflineRefused:
    """The browser does not keep the page's parts; ``why`` in its own words."""

    why: str


@dataclass(frozen=True, slots=True)
class NewVersionReady:
    """A new version of the page is whole and waits; ``others``: how many other tabs show the page."""

    others: int


@dataclass(frozen=True, slots=True)
class NewVersionRefused:
    """The new version could not be put to use."""

    why: str


@dataclass(frozen=True, slots=True)
class NewVersionTaken:
    """The new version is in use; the page reloads itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell the person, as a notice: ``good``, ``warning`` or ``bad``."""

    tone: str
    sentence: str
    hint: str = ""


Message: TypeAlias = (
    QuickSelected | LevelTicked | SuffixTicked | GuideStarsChosen | ReferencesTicked | PatternTyped
    | IgnoreCaseTicked | InvertTicked | TargetChosen | FileTicked | DatasetTicked | ByHandCleared | UndoAsked
    | PageAsked | ShowAllTicked | SortAsked | GroupFolded | AllFolded | FindTyped | FindStepped | Sorted | Sought
    | StructureChosen | MissionChosen | MenuToggled | FormsToggled | MenuLeft | PreviewToggled | PageTurned
    | RowsPerPageChosen | ExportAsked | ScriptAsked | FormAsked | StopOpeningAsked | StopSavingAsked | DownloadAsked
    | PlanningMoved | DownloadPlanned | PlanningStopped
    | PlaceChosen | DownloadConfirmed | DownloadDismissed | CancelAsked | StopAsked | PauseAsked | WithoutTokenAsked
    | RetryAsked | AsItIsTicked | SignInAsked | SignOutAsked
    | GoOnAsked | ForgetAsked | DatasetsTyped | NewVersionAsked | NewVersionPutOff | NoticeDismissed
    | SiteRead | ListOpening | ListRead | ListCame | ListRefused | Matched | MatchRefused | SignedIn | SignInRefused
    | SavingMoved | SavingEnded | PlacesKnown | SourceProbed | FolderLooked | FolderOpened | TransferMoved
    | TransferEnded | TransferDiscarded | LastVisitKnown | NoteFound | ListKept | NotKept | VisitGone | ChoicesRecalled
    | OfflineKept | OfflineRefused | NewVersionReady | NewVersionRefused | NewVersionTaken | Told
)  # fmt: skip


# -- from the page --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """What a control of the page reports: the name in its ``data-do``, its argument, value and state, the time."""

    do: str
    with_: str
    # It may be a token.
    value: str = field(repr=False)
    checked: bool
    epoch_ms: float


_DEEDS: Final[Mapping[str, Callable[[Deed], Message]]] = {
    "quick": lambda deed: QuickSelected(Quick(deed.with_)),
    "level": lambda deed: LevelTicked(*json.loads(deed.with_)),
    "suffix": lambda deed: SuffixTicked(*json.loads(deed.with_)),
    "guide-stars": lambda deed: GuideStarsChosen(deed.value == "HIGHEST CALIBRATED"),
    "references": lambda deed: ReferencesTicked(deed.checked),
    "pattern": lambda deed: PatternTyped(deed.value),
    "ignore-case": lambda deed: IgnoreCaseTicked(deed.checked),
    "invert": lambda deed: InvertTicked(deed.checked),
    "target": lambda deed: TargetChosen(Target(deed.value)),
    "file": lambda deed: FileTicked(*json.loads(deed.with_)),
    "dataset": lambda deed: DatasetTicked(*json.loads(deed.with_)),
    "clear-by-hand": lambda _: ByHandCleared(),
    "undo": lambda _: UndoAsked(),
    "page-number": lambda deed: PageAsked(deed.value),
    "show-all": lambda deed: ShowAllTicked(deed.checked),
    "sort": lambda deed: SortAsked(deed.with_),
    "fold": lambda deed: GroupFolded(*json.loads(deed.with_)),
    "fold-all": lambda deed: AllFolded(deed.with_ == "on"),
    "find": lambda deed: FindTyped(deed.value),
    "find-step": lambda deed: FindStepped(deed.with_ == "back"),
    "take-glob": lambda deed: PatternTyped(deed.with_),
    "structure": lambda deed: StructureChosen(Structure(deed.value)),
    "mission": lambda deed: MissionChosen(deed.value),
    "menu": lambda deed: MenuToggled(deed.with_),
    "forms": lambda deed: FormsToggled(deed.with_),
    "leave-menu": lambda _: MenuLeft(),
    "preview": lambda _: PreviewToggled(),
    "page": lambda deed: PageTurned(deed.with_),
    "rows": lambda deed: RowsPerPageChosen(int(deed.value)),
    "export": lambda deed: ExportAsked(deed.epoch_ms),
    "script": lambda deed: ScriptAsked(deed.epoch_ms),
    "form": lambda deed: FormAsked(deed.with_, deed.epoch_ms),
    "stop-opening": lambda deed: StopOpeningAsked(deed.with_),
    "stop-saving": lambda deed: StopSavingAsked(int(deed.with_)),
    "download": lambda deed: DownloadAsked(deed.epoch_ms),
    "place": lambda deed: PlaceChosen(deed.value),
    "start": lambda _: DownloadConfirmed(),
    "stop-planning": lambda _: PlanningStopped(),
    "dismiss-download": lambda _: DownloadDismissed(),
    "cancel": lambda _: CancelAsked(True),
    "keep-going": lambda _: CancelAsked(False),
    "stop": lambda deed: StopAsked(deed.with_ == "keep"),
    "pause": lambda deed: PauseAsked(deed.with_ == "on"),
    "without-token": lambda _: WithoutTokenAsked(),
    "retry": lambda deed: RetryAsked(deed.epoch_ms),
    "as-it-is": lambda deed: AsItIsTicked(deed.checked),
    "sign-in": lambda deed: SignInAsked(deed.value),
    "sign-out": lambda _: SignOutAsked(),
    "go-on": lambda _: GoOnAsked(),
    "forget": lambda _: ForgetAsked(),
    "new-version": lambda _: NewVersionAsked(),
    "put-off": lambda _: NewVersionPutOff(),
    "datasets": lambda deed: DatasetsTyped(deed.value),
    "dismiss": lambda deed: NoticeDismissed(int(deed.with_)),
}


def from_page(deed: Deed) -> Message:
    """The message that a control's report stands for; an unknown name is a bug and raises ``KeyError``."""
    return _DEEDS[deed.do](deed)


# -- from the browser's copy of the page ----------------------------------------------------------------------


_OFFLINE: Final[Mapping[str, Callable[[str], Message]]] = {
    "kept": lambda _: OfflineKept(),
    "refused": OfflineRefused,
    "new": lambda others: NewVersionReady(int(others)),
    "gone": lambda _: NewVersionTaken(),
}


def from_offline(kind: str, detail: str) -> Message:
    """What is told of the copy that works without a network; an unknown kind is a bug and raises ``KeyError``."""
    return _OFFLINE[kind](detail)
