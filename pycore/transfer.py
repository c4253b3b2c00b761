"""A download without IO: events of the network come in, orders to the network and to the archive go out.

One product after the other is fetched into the ZIP. A product that breaks is tried again; one that can't be had
is told in the manifest, and the download goes on and finishes by itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from pycore import answers, manifest
from pycore.manifest import Outcome
from pycore.plan import Plan, PlannedFile, origin
from pycore.zipstream import Limits, Member, Stamp, ZipStream, total_size

#: Products up to this size are held back until all of them has come, so that a break leaves no dead bytes behind.
HELD_BYTES: Final = 4 * 2**20
ATTEMPTS: Final = 4
#: Seconds before the second, third and fourth attempt.
PAUSES: Final = (1.0, 3.0, 8.0)
#: Seconds without a byte after which a connection counts as broken.
STALL_SECONDS: Final = 45.0
#: A server that asks for a longer pause than this is taken for one that refuses.
LONGEST_PAUSE: Final = 300.0
#: So many files in a row without any answer, and the rest of that origin is asked once each.
SILENT_FILES: Final = 2

_FITS_START: Final = b"SIMPLE  ="


# -- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Responded:
    """The server has answered; header names are in lower case."""

    fetch: int
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A piece of the body."""

    fetch: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The body has ended as the server meant it to."""

    fetch: int


@dataclass(frozen=True, slots=True)
class Broke:
    """The request or the body has failed; ``sentence`` says how, as far as the browser tells."""

    fetch: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed; ``now`` is in seconds of a clock that only goes forward."""

    now: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person has had enough: ``keep`` finishes the archive with what is there, else nothing is kept."""

    keep: bool


Event: TypeAlias = Responded | Arrived | Ended | Broke | Ticked | Stopped


# -- orders ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for a product; every event about it carries this number."""

    fetch: int
    file: PlannedFile


@dataclass(frozen=True, slots=True)
class Drop:
    """Stop this request; what still comes of it is not wanted."""

    fetch: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write these bytes to the archive."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PutArrived:
    """Write the piece of body that has just arrived to the archive, as it is."""


@dataclass(frozen=True, slots=True)
class Finish:
    """All is written: close the archive."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Nothing is to be kept: leave no archive behind."""


Order: TypeAlias = Fetch | Drop | Put | PutArrived | Finish | Discard


class State(Enum):
    """Where the transfer stands."""

    NEW = "new"
    ASKING = "asking"  # a request is out, no answer yet
    READING = "reading"  # the body comes in
    PAUSING = "pausing"  # before another attempt
    FINISHED = "finished"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; complete bytes are those of products that are there or under way, failed ones are missed."""

    files_complete: int
    files_failed: int
    files: int
    bytes_complete: int
    bytes_failed: int
    bytes: int
    current: str
    attempt: int
    pausing: bool


class Transfer:
    """Fetches the files of a plan into one ZIP, in order, and ends with the manifest of what happened.

    Give it every event by :meth:`receive` and carry out the orders that come back, in their order. After ``Finish``
    or ``Discard`` there are no more. Each file ends exactly once, as complete or as failed with a reason; no byte
    of a file that was not verified is in the archive's directory.
    """

    def __init__(self, plan: Plan, epoch_ms: float, limits: Limits | None = None) -> None:
        self.plan = plan
        self.state = State.NEW
        self.outcomes: list[Outcome] = []
        self._zip = ZipStream(limits)
        self._made = Stamp.at(int(epoch_ms // 1000))
        self._now = 0.0
        self._quiet = 0.0
        self._pause = 0.0
        self._resume_at: float | None = None
        self._fetch = 0
        self._attempt = 0
        self._bytes_complete = 0
        self._files_failed = 0
        self._bytes_failed = 0
        self._body: _Body | None = None
        #: By origin, the files in a row that used up their attempts without any answer.
        self._silent: Counter[str] = Counter()
        self._answered = False

    # -- what the edge calls ----------------------------------------------------------------------------------

    def start(self, now: float) -> list[Order]:
        """Begin; ``now`` as in :class:`Ticked`. The first member is small: the download's folder."""
        self._now = now
        return [Put(self._zip.directory(self.plan.root, self._made)), *self._next_file()]

    def receive(self, event: Event) -> list[Order]:
        """The orders that an event leads to; news of a request that is no longer wanted leads to none."""
        if self.state in (State.FINISHED, State.DISCARDED):
            return []
        match event:
            case Ticked(now):
                return self._ticked(now)
            case Stopped(keep):
                return self._stopped(keep)
            case Responded() | Arrived() | Ended() | Broke() if event.fetch != self._fetch:
                return []
            case Responded():
                return self._responded(event)
            case Arrived(_, data):
                return self._arrived(data)
            case Ended():
                return self._ended()
            case Broke(_, sentence):
                return self._again(sentence)

    def progress(self) -> Progress:
        """How far it has come."""
        under_way = self._body.received if self._body else 0
        done = len(self.outcomes)
        return Progress(
            files_complete=done - self._files_failed,
            files_failed=self._files_failed,
            files=len(self.plan.files),
            bytes_complete=self._bytes_complete + under_way,
            bytes_failed=self._bytes_failed,
            bytes=self.plan.total_bytes,
            current=self.plan.files[done].path if done < len(self.plan.files) else "",
            attempt=self._attempt,
            pausing=self.state is State.PAUSING,
        )

    # -- one file after the other -----------------------------------------------------------------------------

    @property
    def _file(self) -> PlannedFile:
        return self.plan.files[len(self.outcomes)]

    def _next_file(self) -> list[Order]:
        self._attempt = 0
        self._answered = False
        while len(self.outcomes) < len(self.plan.files):
            if self._file.url is not None:
                return self._ask()
            self._miss(self._file.problem)
        return self._finish()

    def _ask(self) -> list[Order]:
        self._attempt += 1
        self._fetch += 1
        self._body = None
        self.state = State.ASKING
        self._quiet = 0.0
        return [Fetch(self._fetch, self._file)]

    def _responded(self, event: Responded) -> list[Order]:
        file = self._file
        self._answered = True
        self._silent.pop(origin(file.url or ""), None)
        if event.status == 200:
            # Files that are held back are judged by what comes: it costs little, and nothing has to be undone.
            refusal = answers.refusal(file, event.headers, by_length=file.size > HELD_BYTES)
            if refusal:
                return self._failed(refusal)
            modified = answers.modified(event.headers) or self._made
            self._body = _Body(
                file, f"{self.plan.root}/{file.path}", modified, answers.announced(event.headers)
            )
            self.state = State.READING
            self._quiet = 0.0
            return []
        if event.status in answers.WORTH_RETRYING:
            return self._again(f"the archive answered {event.status}", answers.retry_after(event.headers))
        return self._failed(answers.status_reason(event.status, file))

    def _arrived(self, data: bytes) -> list[Order]:
        body = self._body
        if body is None or not data:
            return []
        self._quiet = 0.0
        body.take(data)
        if body.received > body.file.size:
            told = f"the list says {body.file.size} bytes, the archive has more"
            return self._failed(told)
        if not body.begins_well():
            return self._failed("what came is no FITS file")
        if body.held is not None:
            return []
        if not body.opened:
            body.opened = True
            header = self._zip.open(body.member, body.file.size, body.modified)
            self._zip.feed(data)
            return [Put(header), PutArrived()]
        self._zip.feed(data)
        return [PutArrived()]

    def _ended(self) -> list[Order]:
        body = self._body
        if body is None:
            return self._again("the answer had no body")
        if body.received < body.file.size:
            if body.received == body.announced:
                # All that the server has, so that another attempt would bring the same.
                return self._failed(answers.other_length(body.file, body.received))
            return self._again(f"only {body.received} of {body.file.size} bytes came")
        wrong = body.checksum_problem()
        if wrong:
            return self._again(wrong)
        if body.held is None:
            ended = Put(self._zip.close())
        else:
            ended = Put(self._zip.whole(body.member, body.held, body.modified))
        self._bytes_complete += body.received
        self._body = None
        self.outcomes.append(Outcome())
        return [ended, *self._next_file()]

    # -- when it goes wrong -----------------------------------------------------------------------------------

    def _abandon(self) -> list[Order]:
        """Give up the attempt under way; bytes in the archive already stay outside its directory."""
        if self._body is not None and self._body.opened:
            self._zip.abandon()
        self._body = None
        dropped = self._fetch
        self._fetch += 1
        return [Drop(dropped)] if self.state in (State.ASKING, State.READING) else []

    def _miss(self, reason: str) -> None:
        self._files_failed += 1
        self._bytes_failed += self._file.size
        self.outcomes.append(Outcome(reason))

    def _failed(self, reason: str) -> list[Order]:
        orders = self._abandon()
        self._miss(reason)
        return [*orders, *self._next_file()]

    def _again(self, reason: str, asked_pause: float | None = None) -> list[Order]:
        pause = max(asked_pause or 0.0, PAUSES[min(self._attempt, len(PAUSES)) - 1])
        source = origin(self._file.url or "")
        hopeless = not self._answered and self._silent[source] >= SILENT_FILES
        if self._attempt >= ATTEMPTS or pause > LONGEST_PAUSE or hopeless:
            if not self._answered:
                self._silent[source] += 1
            tries = f" ({self._attempt} attempts)" if self._attempt > 1 else ""
            return self._failed(f"{reason}{tries}")
        orders = self._abandon()
        self.state = State.PAUSING
        # The clock is read at the next tick: while a write waited there were none, and the last one is long ago.
        self._pause, self._resume_at = pause, None
        return orders

    def _ticked(self, now: float) -> list[Order]:
        # A tick that was late says that this machine slept or was busy, not that the network was silent.
        self._quiet += min(max(0.0, now - self._now), 2.0)
        self._now = max(now, self._now)
        if self.state is State.PAUSING:
            if self._resume_at is None:
                self._resume_at = self._now + self._pause
            elif self._now >= self._resume_at:
                return self._ask()
        if self.state in (State.ASKING, State.READING) and self._quiet >= STALL_SECONDS:
            return self._again(f"nothing came for {STALL_SECONDS:.0f} seconds")
        return []

    def _stopped(self, keep: bool) -> list[Order]:
        orders = self._abandon()
        if not keep:
            self.state = State.DISCARDED
            return [*orders, Discard()]
        missing = len(self.plan.files) - len(self.outcomes)
        self.outcomes.extend([Outcome("stopped before it was fetched")] * missing)
        return [*orders, *self._finish()]

    def _finish(self) -> list[Order]:
        text = manifest.render(self.plan, self.outcomes).encode()
        self.state = State.FINISHED
        written = self._zip.whole(f"{self.plan.root}/{manifest.NAME}", text, self._made)
        return [Put(written), Put(self._zip.finish()), Finish()]


class _Body:
    """The body of one attempt, checked as it comes."""

    def __init__(self, file: PlannedFile, member: str, modified: Stamp, announced: int | None) -> None:
        self.file = file
        self.member = member
        self.modified = modified
        self.announced = announced
        self.received = 0
        self.opened = False
        self.held: bytearray | None = bytearray() if file.size <= HELD_BYTES else None
        self._start = b""
        self._sums = [
            (hashlib.new(name), due) for name, due in (("sha256", file.sha256), ("md5", file.md5)) if due
        ]

    def take(self, data: bytes) -> None:
        self.received += len(data)
        if len(self._start) < len(_FITS_START):
            self._start = (self._start + data)[: len(_FITS_START)]
        if self.held is not None:
            self.held += data
        for running, _ in self._sums:
            running.update(data)

    def begins_well(self) -> bool:
        """FITS files begin as FITS (FITS standard 4.0, 4.4.1.1); of the rest nothing is asked."""
        return not _is_fits(self.file.filename) or self._start == _FITS_START[: len(self._start)]

    def checksum_problem(self) -> str:
        wrong = [running.name for running, due in self._sums if running.hexdigest() != due]
        return f"its {wrong[0]} checksum is not the list's" if wrong else ""


def forecast(plan: Plan) -> int:
    """The exact size in bytes that the archive will have if every file comes."""
    members = [Member(plan.root, 0, "directory")]
    for file in plan.files:
        how = "whole" if file.size <= HELD_BYTES else "streamed"
        members.append(Member(f"{plan.root}/{file.path}", file.size, how))  # type: ignore[arg-type]
    told = manifest.render(plan, [Outcome()] * len(plan.files))
    members.append(Member(f"{plan.root}/{manifest.NAME}", len(told.encode()), "whole"))
    return total_size(members)


def _is_fits(filename: str) -> bool:
    return filename.lower().endswith((".fits", ".fit"))
