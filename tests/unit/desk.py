"""A panel without a page: messages in, orders out, what is drawn read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pycore import bits
from pycore import messages as m
from pycore.effects import Effect, Match, Save, Work
from pycore.formats.list_products import BadRow, ProductList
from pycore.matching import texts
from pycore.product import EXCLUSIVE, Row
from pycore.remembered import Choices, KeptList, Remembered
from pycore.state import Download, Mission, State
from pycore.transfer import Progress, Waiting
from pycore.update import update
from pycore.view import regions
from tests.unit.builders import CLICK, row
from tests.unit.reading import Node, read_html

A = "jw01001001001_02101_00001_nrca1"
B = "jw01001001001_02101_00002_nrca1"
C = "jw01001-o001_t001_nircam_clear-f200w"
CAL, UNCAL, SECRET_CAL, MOSAIC, POOL = (
    f"{A}_cal.fits",
    f"{A}_uncal.fits",
    f"{B}_cal.fits",
    f"{C}_i2d.fits",
    "jw01001_pool.csv",
)
GUIDE, REFERENCE = "jw01001001001_gs-fg_2026325_cal.fits", "jwst_nircam_flat_0001.fits"

#: Two exposures and a mosaic: six products to choose in boxes, one exclusive, one shared; a guide star, a reference.
JWST = (
    row(CAL, A, 1_000, level="2b", suffix="_cal", instrument="NIRCAM", filters="F200W"),
    row(UNCAL, A, 4_000, level="1b", suffix="_uncal", instrument="NIRCAM", filters="F200W"),
    row(GUIDE, A, 50, level="2b", suffix="_cal", instrument="FGS"),
    row(REFERENCE, A, 70, level="REFERENCE", suffix="_flat", type="reference"),
    row(POOL, A, 10, level="ASSOCIATION", suffix="_pool", type="association"),
    row(SECRET_CAL, B, 2_000, level="2b", suffix="_cal", instrument="NIRCAM", access=EXCLUSIVE),
    row(POOL, B, 10, level="ASSOCIATION", suffix="_pool", type="association"),
    row(MOSAIC, C, 9_000, level="3", suffix="_i2d", instrument="NIRCAM", filters="F200W"),
)
HST = (
    row("jbev01010_drz.fits", "jbev01010", 300, level="CALIBRATED", suffix="DRZ", instrument="ACS/WFC"),
    row("jbev01010_raw.fits", "jbev01010", 500, level="UNCALIBRATED", suffix="RAW", instrument="ACS/WFC"),
)
ORIGIN = ("https://mast.stsci.edu",)
PLACES = (m.PlaceOffered("file", None), m.PlaceOffered("blob", 10**9))


def product_list(rows: Iterable[Row], mission: str = "", bad: Iterable[BadRow] = ()) -> ProductList:
    """A list as the reader gives it: good rows, and refused ones in the places that their numbers say."""
    good, refused = tuple(rows), tuple(bad)
    taken = {each.number for each in refused}
    free = (number for number in range(1, len(good) + len(refused) + 1) if number not in taken)
    return ProductList(mission, good, refused, tuple(next(free) for _ in good))


def read_list(
    rows: Iterable[Row] = JWST,
    source: str = "list.json",
    *,
    mission: str = "",
    page: str = "",
    demo: bool = False,
    bad: Iterable[BadRow] = (),
    base: str = "",
) -> m.ListRead:
    """The message that a list was read; ``page`` is the mission that the page's address names."""
    return m.ListRead(source, base, product_list(rows, mission, bad), page, demo=demo)


#: The address of a list that was open in an earlier visit.
OLD = "https://lab.example/lists/old.json"


def last_visit(*names: str, base: str = "", choices: Choices | None = None) -> m.LastVisitKnown:
    """The message that the browser has kept a visit with lists of these names; with ``base``, by address."""
    lists = tuple(
        KeptList(f"k{place}", name, f"{base}{place or ''}" if base else "")
        for place, name in enumerate(names)
    )
    return m.LastVisitKnown("v", CLICK, Remembered(lists, 265, choices or Choices()))


def moved(
    counts: tuple[int, int, int],
    current: str,
    now: float,
    *,
    attempt: int = 1,
    waiting: Waiting = Waiting.NOTHING,
    seconds: float = 0.0,
    missed: int = 0,
) -> m.TransferMoved:
    """The message that a download has come so far: files complete and failed, bytes; ``missed`` bytes failed."""
    complete, failed, done = counts
    progress = Progress(complete, failed, 0, done, missed, 0, current, attempt, waiting, seconds)
    return m.TransferMoved(progress, now)


def answer(order: Effect) -> m.Matched:
    """What the pattern engine answers. Python's own stands in: these patterns mean the same to both."""
    assert isinstance(order, Match)
    flags = re.IGNORECASE if order.precision.ignore_case else 0
    given = bits.finished(texts(order.catalog, order.mission, order.precision.target))
    found = [number for number, text in enumerate(given) if re.search(order.pattern, text, flags)]
    return m.Matched(order.mission, order.run, bits.from_indices(found, len(given)))


def reports(page: Node) -> Iterator[m.Message]:
    """What each control would report when used."""
    for node in page.walk():
        do = node.says("data-do")
        if not do or do == "open-file":  # The page opens files by itself.
            continue
        values = [option.says("value") for option in node.all("option")] or [node.says("value")]
        for value in values:
            yield m.from_page(m.Deed(do, node.says("data-with"), value, True, CLICK))
    for node in page.walk():
        if node.says("data-escape"):
            yield m.from_page(m.Deed(node.says("data-escape"), "", "", False, CLICK))


@dataclass
class Desk:
    """A panel's state and every order that it gave."""

    state: State = field(default_factory=State)
    orders: list[Effect] = field(default_factory=list)

    def hear(self, *messages: m.Message) -> list[Effect]:
        """Take messages in; give the orders that follow."""
        given: list[Effect] = []
        for message in messages:
            self.state, orders = update(self.state, message)
            given.extend(orders)
        self.orders.extend(given)
        return given

    def filter(self, pattern: str) -> None:
        """Type a pattern, which the engine then answers."""
        for order in self.hear(m.PatternTyped(pattern)):
            if isinstance(order, Match):
                self.hear(answer(order))

    def work(self, *messages: m.Message) -> list[Effect]:
        """Take messages in, and do the work that follows; give the orders."""
        given = self.hear(*messages)
        for order in given:
            if isinstance(order, Work):
                given = given + self.work(bits.finished(order.steps))
        return given

    def saved(self, message: m.Message) -> tuple[Save, bytes]:
        """What a message has saved: the order, which comes last, and the file's bytes; what is told of it is heard."""
        *_, order = self.hear(message)
        assert isinstance(order, Save)
        return order, self.made(order)

    def made(self, order: Effect) -> bytes:
        """The file of an order."""
        assert isinstance(order, Save)
        content: list[bytes] = []
        while True:
            try:
                piece = next(order.pieces)
            except StopIteration as end:
                self.hear(m.SavingEnded(order.number, end.value))
                return b"".join(content)
            content.append(piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace"))

    @property
    def saves(self) -> list[Save]:
        """Every order to save a file."""
        return [order for order in self.orders if isinstance(order, Save)]

    def sign_in(self) -> None:
        """Sign in at the archive of JWST and HST."""
        self.hear(m.SignedIn("Ada", ORIGIN))

    def ask_download(self) -> Download:
        """Press START DOWNLOAD and give what is asked before it starts."""
        self.hear(m.DownloadAsked(CLICK))
        assert self.state.download is not None
        return self.state.download

    @property
    def mission(self) -> Mission:
        """The mission whose controls are shown."""
        assert self.state.mission is not None
        return self.state.mission

    @property
    def selected(self) -> set[str]:
        """The names of all selected files, over all missions."""
        return {
            part.catalog.product_row(index).filename
            for part in self.state.parts()
            for index in bits.indices(part.selected)
        }

    def filtering(self) -> bool:
        """Whether a pattern is running."""
        return self.state.filtering

    @property
    def told(self) -> list[tuple[str, str]]:
        """Tone and sentence of the notices."""
        return [(notice.tone, notice.sentence) for notice in self.state.notices]

    @property
    def page(self) -> Node:
        """What is drawn, each region in an element of its id."""
        return read_html("".join(f'<div id="{id}">{html}</div>' for id, html in regions(self.state).items()))


def desk(*lists: m.ListRead) -> Desk:
    """A panel that has read these lists; without any, the JWST one."""
    made = Desk()
    made.hear(*(lists or (read_list(),)))
    return made
