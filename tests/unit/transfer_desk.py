"""A desk that carries a transfer's orders out in memory, and what must be true of the archive that comes of it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pycore import manifest
from pycore.missions.profile import CONNECTIONS
from pycore.plan import Plan, PlannedFile, PlannedRow, origin
from pycore.transfer import (
    HELD_BYTES,
    Arrived,
    Broke,
    CallBack,
    CalledBack,
    Came,
    CheckToken,
    Discard,
    Drop,
    Ended,
    Event,
    Fetch,
    Finish,
    Order,
    Put,
    PutArrived,
    Responded,
    Ticked,
    Transfer,
    Waiting,
    engine,
    fetching,
)
from pycore.transfer.origins import BROWSERS_OWN
from pycore.transfer.retry import ATTEMPTS, pause_after
from tests.unit.builders import CLICK
from tests.unit.manifest_table import ManifestTable

ORIGIN = "https://archive.example.org"
#: The longest that each pause before another attempt can be.
PAUSES = tuple(pause_after(attempt, 1.0) for attempt in range(1, ATTEMPTS))
LARGE = HELD_BYTES + 5
#: When a transfer begins, some seconds after the click.
BEGUN = CLICK + 5000


def body_of(name: str, size: int) -> bytes:
    head = b"SIMPLE  =" if name.endswith(".fits") else b""
    noise = hashlib.sha256(name.encode()).digest()
    return (head + noise * (size // len(noise) + 1))[:size]


def a_file(name: str, size: int, origin: str = ORIGIN, **changed: object) -> PlannedFile:
    file = PlannedFile(
        mission="JWST",
        filename=name,
        path=f"JWST/set/{name}",
        url=f"{origin}/{name}",
        problem="",
        size=size,
        exclusive=False,
        with_token=False,
        sha256=None,
        md5=None,
        rows=(PlannedRow(f"mast:JWST/product/{name}", "set", 0),),
    )
    return replace(file, **changed)  # type: ignore[arg-type]


def a_plan(*files: PlannedFile) -> Plan:
    numbered = tuple(
        replace(file, rows=tuple(replace(row, number=number) for row in file.rows))
        for number, file in enumerate(files)
    )
    return Plan("MAST_2026-11-22T07_17_20.000Z", "NESTED", numbered, "anonymous", False)


@dataclass
class Desk:
    """Carries a transfer's orders out in memory, and checks that they make sense as they come.

    What is said without a number is said of the first file, in the order of the plan, that is being asked for.
    """

    plan: Plan
    now: float = 100.0
    seed: int = 1
    written: bytearray = field(default_factory=bytearray)
    ended: str = ""
    #: The requests that are out, by number.
    out: dict[int, Fetch] = field(default_factory=dict)
    #: Of each request the file's name, the time, and the byte that it asks from.
    asked: list[tuple[str, float]] = field(default_factory=list)
    starts: list[tuple[str, int]] = field(default_factory=list)
    checks: int = 0
    #: Whether what the transfer puts off is gone on with at once.
    calls_back: bool = True
    #: By file name, what has come of the file as it counts now.
    delivered: dict[str, bytearray] = field(default_factory=dict)
    most_held: int = 0
    most_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.transfer = Transfer(self.plan, CLICK, self.seed)
        self.obey(self.transfer.start(self.now, BEGUN))

    def obey(self, orders: Iterable[Order], piece: bytes = b"") -> None:
        while self.carry_out(orders, piece) and self.calls_back:
            orders = self.transfer.receive(CalledBack())

    def carry_out(self, orders: Iterable[Order], piece: bytes) -> bool:
        """Whether the transfer wants to be called back."""
        called = False
        for order in orders:
            assert not self.ended, "nothing may follow the end"
            match order:
                case Fetch(number, file, start):
                    assert number not in self.out, "a number is used once"
                    assert all(other.file is not file for other in self.out.values()), "one request a file"
                    self.out[number] = order
                    self.asked.append((file.filename, self.now))
                    self.starts.append((file.filename, start))
                case Drop(number):
                    del self.out[number]
                case Put(data):
                    self.written += data
                case PutArrived():
                    assert piece
                    self.written += piece
                case CallBack():
                    called = True
                case CheckToken():
                    self.checks += 1
                case Finish():
                    self.ended = "finished"
                case Discard():
                    self.ended = "discarded"
        self.watch()
        return called

    def watch(self) -> None:
        """Connections and memory, as they are now."""
        for where, count in Counter(origin(fetch.file.url or "") for fetch in self.out.values()).items():
            self.most_out[where] = max(self.most_out[where], count)
            most = self.plan.connections.get(where, CONNECTIONS)
            # As many as browsers open to a server by themselves: one more stands ready in the browser.
            assert count <= (most + 1 if most == BROWSERS_OWN else most)
        self.most_held = max(self.most_held, self.transfer.held)
        assert self.transfer.held <= engine.AHEAD_BYTES + fetching.HELD_BYTES

    def hear(self, event: Event) -> None:
        fetch = None
        if isinstance(event, Responded | Arrived | Ended | Came | Broke):
            fetch = self.out.get(event.fetch)
        if fetch is not None:
            name = fetch.file.filename
            if isinstance(event, Responded | Came) and event.status == 200:
                self.delivered[name] = bytearray()
            elif isinstance(event, Responded | Came) and event.status == 206:
                del self.delivered.setdefault(name, bytearray())[fetch.start :]
            if isinstance(event, Arrived | Came):
                self.delivered.setdefault(name, bytearray()).extend(event.data)
            if isinstance(event, Ended | Broke):
                # The request is over by itself, whatever follows from that.
                del self.out[event.fetch]
        orders = self.transfer.receive(event)
        if isinstance(event, Came) and fetch is not None and Drop(event.fetch) not in orders:
            del self.out[event.fetch]
        self.obey(orders, event.data if isinstance(event, Arrived | Came) else b"")

    def respond(self, status: int = 200, headers: Mapping[str, str] | None = None, **named: str) -> None:
        given = {name.replace("_", "-"): value for name, value in named.items()}
        self.hear(Responded(self.number, status, {**(headers or {}), **given}))

    def deliver(self, data: bytes, piece: int = 2**20) -> None:
        number = self.number
        for start in range(0, len(data), piece):
            self.hear(Arrived(number, data[start : start + piece]))

    def end(self) -> None:
        self.hear(Ended(self.number))

    def break_off(self, sentence: str = "The connection broke in the middle.") -> None:
        self.hear(Broke(self.number, sentence))

    def serve(self, **validators: str) -> None:
        """Serve the file that is asked for, or the rest of it, as it should be."""
        assert self.fetch is not None
        self.serve_file(self.fetch.file.filename, **validators)

    def serve_at_once(self, name: str) -> None:
        """Serve that file, or the rest of it, as one piece of news."""
        number = self.number_of(name)
        file, start = self.out[number].file, self.out[number].start
        body = body_of(name, file.size)[start:]
        headers = {"content-length": str(len(body))}
        self.hear(Came(number, 206 if start else 200, headers, body))

    def serve_file(self, name: str, **validators: str) -> None:
        """The same of that file."""
        number = self.number_of(name)
        file, start = self.out[number].file, self.out[number].start
        body = body_of(name, file.size)[start:]
        headers = {key.replace("_", "-"): value for key, value in validators.items()}
        headers["content-length"] = str(len(body))
        if start:
            headers["content-range"] = f"bytes {start}-{file.size - 1}/{file.size}"
        self.hear(Responded(number, 206 if start else 200, headers))
        for at in range(0, len(body), 2**20):
            self.hear(Arrived(number, body[at : at + 2**20]))
        self.hear(Ended(number))

    @property
    def fetch(self) -> Fetch | None:
        """The request for the first of the files that are asked for."""
        order = {file.filename: index for index, file in enumerate(self.plan.files)}
        return min(self.out.values(), key=lambda fetch: order[fetch.file.filename], default=None)

    @property
    def number(self) -> int:
        assert self.fetch is not None
        return self.fetch.fetch

    def number_of(self, name: str) -> int:
        """The request for a file."""
        return next(number for number, fetch in self.out.items() if fetch.file.filename == name)

    @property
    def retrying(self) -> bool:
        return self.transfer.progress().waiting is Waiting.RETRY

    def pass_time(self, seconds: float) -> None:
        """Ticks a second apart."""
        due = self.now + seconds
        while self.now < due and not self.ended:
            self.now += 1.0
            self.hear(Ticked(self.now))

    def reasons(self) -> list[str]:
        return [outcome.reason for outcome in self.transfer.outcomes]

    def archive(self) -> zipfile.ZipFile:
        assert self.ended == "finished"
        return zipfile.ZipFile(io.BytesIO(bytes(self.written)))


def statuses(page: bytes) -> dict[str, str]:
    """The status of each file in a manifest, by the row of the dataset that it was fetched for."""
    found: dict[str, str] = {}
    for _, path, _, status, *_ in ManifestTable(page.decode()).body:
        found.setdefault(path, status)
    return found


def check(desk: Desk) -> None:
    """What must be true of every finished archive: directory, bytes, manifest and outcomes tell one story."""
    files, outcomes = desk.plan.files, desk.transfer.outcomes
    assert len(outcomes) == len(files), "every file ends exactly once"
    root = desk.plan.root
    with desk.archive() as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        there = {
            f"{root}/{file.path}": file
            for file, outcome in zip(files, outcomes, strict=True)
            if not outcome.reason
        }
        assert names == [f"{root}/", *there, f"{root}/{manifest.DOCUMENT_NAME}", f"{root}/{manifest.NAME}"]
        for name, file in there.items():
            assert archive.read(name) == body_of(file.filename, file.size)
        told = statuses(archive.read(names[-1]))
    for file, outcome in zip(files, outcomes, strict=True):
        assert told[file.path] == (f"FAILED: {outcome.reason}" if outcome.reason else "OK")
