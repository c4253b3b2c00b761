"""The panel in each of its states, by name: what is true of every one of them is tested of all."""

from __future__ import annotations

from collections.abc import Callable

from pycore import messages as m
from pycore.effects import Match
from pycore.formats.list_products import BadRow
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.pattern import Target
from pycore.product import EXCLUSIVE
from pycore.remembered import Choices, KeptList
from pycore.selection import Quick
from pycore.transfer import Waiting
from tests.unit.builders import row
from tests.unit.desk import (
    CAL,
    HST,
    JWST,
    OLD,
    PLACES,
    SECRET_CAL,
    B,
    Desk,
    desk,
    last_visit,
    moved,
    read_list,
)

LAB = [
    row("plain.fits", "night 1", 5, url="https://lab.example/plain.fits"),
    row("a:b.fits", "night 1", 5, url="https://lab.example/ab.fits"),
    row("nowhere.fits", "night 2", 5),
    row("kept.fits", "night 2", 5, url="https://lab.example/kept.fits", access=EXCLUSIVE),
]


def _heard(*messages: m.Message) -> Callable[[], Desk]:
    def make() -> Desk:
        at = desk()
        at.hear(*messages)
        return at

    return make


def _opened(*lists: m.ListRead) -> Callable[[], Desk]:
    return lambda: desk(*lists)


def _told(*messages: m.Message) -> Callable[[], Desk]:
    def make() -> Desk:
        at = Desk()
        at.hear(*messages)
        return at

    return make


def _filtered(pattern: str, error: str = "") -> Callable[[], Desk]:
    def make() -> Desk:
        at = desk()
        at.filter("fits$")
        (order,) = at.hear(m.PatternTyped(pattern))
        assert isinstance(order, Match)
        if error:
            at.hear(m.MatchRefused("JWST", order.run, error))
        return at

    return make


def _download(*messages: m.Message, of: m.ListRead | None = None) -> Callable[[], Desk]:
    def make() -> Desk:
        at = desk(of or read_list())
        at.hear(m.QuickSelected(Quick.ALL), m.PlacesKnown(PLACES))
        at.ask_download()
        at.hear(*messages)
        return at

    return make


def _unsure_download() -> Desk:
    """Everything that there can be to know before a download."""
    at = desk(read_list(LAB, mission="LAB"), read_list())
    at.hear(m.SignedIn("Ada", ("https://mast.stsci.edu",)), m.QuickSelected(Quick.ALL))
    at.hear(m.StructureChosen(Structure.FLAT), m.PlacesKnown(PLACES))
    at.ask_download()
    at.hear(m.SourceProbed("https://lab.example", m.Finding.BLOCKED))
    return at


def _preview_by_hand() -> Desk:
    at = desk()
    at.hear(m.PreviewToggled(), m.ShowAllTicked(True))
    at.hear(m.FileTicked("JWST", 0), m.FileTicked("JWST", 1), m.DatasetTicked("JWST", B))
    return at


def _cleared() -> Desk:
    at = _preview_by_hand()
    at.hear(m.QuickSelected(Quick.ALL))
    return at


def _sorted() -> Desk:
    at = desk(read_list(), read_list(HST, "hst"))
    at.work(m.PreviewToggled(), m.ShowAllTicked(True), m.SortAsked("Size"))
    at.work(m.SortAsked("Size"))
    return at


def _found(text: str) -> Callable[[], Desk]:
    def make() -> Desk:
        at = desk()
        at.work(m.PreviewToggled(), m.FindTyped(text))
        return at

    return make


def _precise() -> Desk:
    at = desk()
    at.hear(m.IgnoreCaseTicked(True), m.InvertTicked(True), m.TargetChosen(Target.URI))
    at.filter("CAL")
    return at


_BEGUN = (m.DownloadConfirmed(),)
_RUNNING = (
    *_BEGUN,
    moved((0, 0, 0), CAL, 1.0),
    moved((1, 1, 2_000), CAL, 3.0),
)
_BAD = [
    BadRow(number, "row.size.type", "No number.", f"f{number}" if number % 2 else "")
    for number in range(3, 140)
]

STATES: dict[str, Callable[[], Desk]] = {
    "nothing open": Desk,
    "dataset names typed": _told(m.DatasetsTyped("jw01, jw02 ,")),
    "a list on its way": _told(m.ListOpening("mine.json", "3 MB of 7 MB")),
    "a list refused": _told(m.ListRefused("mine.json", "list.json", "This is not JSON.", "Save it again.")),
    "the demo": _opened(read_list(demo=True), read_list(HST, "hst", demo=True)),
    "one mission": _heard(),
    "another mission": _opened(read_list(HST, "hst")),
    "two missions": _opened(read_list(), read_list(HST, "hst")),
    "a mission that nobody knows": _opened(read_list(LAB, mission="LAB")),
    "a list of references alone": _opened(read_list([JWST[3]])),
    "a list with bad rows": _opened(read_list(JWST[:2], bad=_BAD)),
    "a last visit to go on with": _told(last_visit("old.json")),
    "a last visit to go on with beside the demo": _told(read_list(demo=True), last_visit("old.json")),
    "a last visit of many lists with long names": _told(
        last_visit(*(f"{number} {'very ' * 40}long.json" for number in range(7)))
    ),
    "another choice of the same list to go on with": _told(
        last_visit("old.json", base=OLD, choices=Choices(structure=Structure.FLAT)),
        read_list(base=OLD),
        m.ListKept(KeptList("k", "old.json", OLD)),
    ),
    "a list that could not be had again": _told(
        last_visit("old.json", "new.json", base=OLD), read_list(base=OLD)
    ),
    "a list that is kept": _heard(m.ListKept(KeptList("k", "list.json", ""))),
    "a browser that keeps nothing": _heard(m.NotKept("list.json", "it is not allowed", False)),
    "no room for a list": _heard(m.NotKept("list.json", "it is full", True)),
    "nothing is kept any more": _heard(m.ListKept(KeptList("k", "list.json", "")), m.ForgetAsked()),
    "works without a network": _heard(m.OfflineKept()),
    "does not work without a network": _heard(m.OfflineRefused("no room")),
    "a new version": _heard(m.NewVersionReady(0)),
    "a new version and other tabs": _heard(m.NewVersionReady(2)),
    "a new version that is refused": _heard(
        m.NewVersionReady(0), m.NewVersionAsked(), m.NewVersionRefused("another tab shows this page")
    ),
    "a new version on its way": _heard(m.NewVersionReady(0), m.NewVersionAsked()),
    "all selected": _heard(m.QuickSelected(Quick.ALL)),
    "nothing selected": _heard(m.QuickSelected(Quick.NONE)),
    "levels open": _heard(m.MenuToggled("levels")),
    "levels open of an unknown mission": _told(read_list(LAB, mission="LAB"), m.MenuToggled("levels")),
    "levels open without any": _told(read_list([JWST[3]]), m.MenuToggled("levels")),
    "account open": _heard(m.MenuToggled("account")),
    "account open without sign-in": _told(read_list(LAB, mission="LAB"), m.MenuToggled("account")),
    "a token being checked": _heard(m.MenuToggled("account"), m.SignInAsked("secret")),
    "a token refused": _heard(
        m.MenuToggled("account"), m.SignInAsked("secret"), m.SignInRefused("It has ended.")
    ),
    "signed in": _heard(m.SignedIn("Ada", ("https://mast.stsci.edu",))),
    "account open, signed in": _heard(
        m.SignedIn("Ada", ("https://mast.stsci.edu",)), m.MenuToggled("account")
    ),
    "a pattern running": _filtered("cal"),
    "something waiting for a pattern": _heard(
        m.PatternTyped("cal"), m.ExportAsked(0.0), m.ScriptAsked(0.0), m.DownloadAsked(0.0)
    ),
    "a wrong pattern": _filtered("(", "Unterminated group"),
    "a wrong pattern and none in force": _heard(m.PatternTyped("("), m.MatchRefused("JWST", 1, "wrong")),
    "a glob": _filtered("*.fits", "Nothing to repeat"),
    "preview": _heard(m.PreviewToggled()),
    "preview of two missions": _told(read_list(), read_list(HST, "hst"), m.PreviewToggled()),
    "preview of exclusive files": _heard(m.SignedIn("Ada", ("https://mast.stsci.edu",)), m.PreviewToggled()),
    "preview with files by hand": _preview_by_hand,
    "preview after what was by hand is cleared": _cleared,
    "preview of all files, sorted": _sorted,
    "preview of folded datasets": _heard(m.PreviewToggled(), m.AllFolded(True), m.GroupFolded("JWST", B)),
    "preview with a search": _found("cal"),
    "preview with a search that finds nothing": _found("nowhere"),
    "a search on its way": _heard(m.PreviewToggled(), m.FindTyped("cal"), m.SortAsked("Size")),
    "a precise pattern": _precise,
    "preview of nothing": _heard(m.QuickSelected(Quick.NONE), m.PreviewToggled()),
    "flat": _heard(m.StructureChosen(Structure.FLAT)),
    "after an export": _heard(m.SavingEnded(1, m.Told("good", "Saved a.csv: 4 rows."))),
    "a file that takes its time": _heard(m.SavingMoved(1, "a.csv", 3_000_000)),
    "the tools open": _heard(m.FormsToggled("tools")),
    "the tools open for no selection": _heard(m.QuickSelected(Quick.NONE), m.FormsToggled("tools")),
    "the exports open beside the levels": _heard(m.MenuToggled("levels"), m.FormsToggled("exports")),
    "more than a terabyte": _told(
        read_list([row("big.fits", "jw01001-o001", 2 * 10**12, level="3")]), m.DownloadAsked(0.0)
    ),
    "a download to confirm": _download(),
    "a download with much to know": _unsure_download,
    "a download before places are known": _heard(m.DownloadAsked(0.0)),
    "a download that fits nowhere": _heard(
        m.PlacesKnown((m.PlaceOffered("blob", 10),)), m.DownloadAsked(0.0)
    ),
    "a download without any place": _heard(m.PlacesKnown(()), m.DownloadAsked(0.0)),
    "a download with many new names": _download(
        of=read_list([row(f"a:{n}", "d", url=f"https://lab.example/{n}") for n in range(230)], mission="LAB")
    ),
    "a download that waits for its place": _download(*_BEGUN),
    "a download under way": _download(*_RUNNING),
    "a download that tries again": _download(
        *_RUNNING, moved((1, 0, 2_000), CAL, 4.0, attempt=2, waiting=Waiting.RETRY, seconds=3.0)
    ),
    "a download of empty files": _download(*_RUNNING, of=read_list([row("a", "d", 0)], mission="LAB")),
    "a download that is finished": _download(*_RUNNING, m.TransferEnded((Outcome(),) * 4)),
    "a download of one file that is finished": _download(
        *_RUNNING, m.TransferEnded((Outcome(),)), of=read_list(JWST[:1])
    ),
    "a download with gaps": _download(
        *_RUNNING,
        m.TransferEnded((Outcome(), Outcome("the archive does not have it (404)"), Outcome(), Outcome())),
    ),
    "a download that failed in every file": _download(
        *_RUNNING,
        m.TransferEnded((Outcome("gone"),) * 230),
        of=read_list(
            [row(f"{n}.fits", "d", url=f"https://lab.example/{n}") for n in range(230)], mission="LAB"
        ),
    ),
    "a download with an exclusive gap": _told(
        m.SignedIn("Ada", ("https://mast.stsci.edu",)),
        m.PlacesKnown(PLACES),
        read_list([row(SECRET_CAL, "jw01001001001", level="3", access=EXCLUSIVE)]),
        m.DownloadAsked(0.0),
        *_BEGUN,
        moved((0, 0, 0), SECRET_CAL, 1.0),
        m.TransferEnded((Outcome("the archive refused it (403)"),)),
    ),
}
