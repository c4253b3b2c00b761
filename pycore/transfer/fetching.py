"""One file's fetch, over all of its attempts: what each answer means for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from pycore import answers
from pycore.manifest import Fetched, Outcome, other_size
from pycore.plan import PlannedFile, origin
from pycore.transfer.body import Body
from pycore.transfer.resuming import Version, mismatch
from pycore.transfer.retry import ATTEMPTS, WORTH_BYTES

#: Files up to this size are held back until all of them has come, so that a break leaves no dead bytes behind.
HELD_BYTES: Final = 4 * 2**20


class Standing(Enum):
    """Where a file stands."""

    READY = "ready"  # to be asked for as soon as that is in order
    ASKING = "asking"  # a request is out, no answer yet
    READING = "reading"  # the body comes in
    PAUSING = "pausing"  # before another attempt
    REFUSED = "refused"  # until it is known whether the token has ended
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Again:
    """The attempt is lost, another may do better; ``pause`` in seconds is what the server asks for.

    ``overloaded``: it speaks of all that it is asked, not of this file.
    """

    reason: str
    pause: float | None = None
    overloaded: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """The file is not to be had; ``other_size`` is what the archive has of it, where that is all that is wrong."""

    reason: str
    other_size: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The archive refuses it to this token."""

    reason: str


Trouble: TypeAlias = Again | Missed | Refused


@dataclass(slots=True)
class FileFetch:
    """One file of the plan on its way; ``index`` is its place there.

    ``request`` is the number of the request that is out, 0 where there is none; ``attempts`` counts all of them,
    ``in_row`` those since the last that brought something. ``reserved`` bytes are kept free for it in memory.
    """

    index: int
    file: PlannedFile
    as_it_is: bool
    standing: Standing = Standing.READY
    request: int = 0
    start: int = 0
    attempts: int = 0
    in_row: int = 0
    answered: bool = False
    #: Requests that were made to find out whether the archive is back.
    probes: int = 0
    #: Requests in a row that nobody answered.
    unanswered: int = 0
    furthest: int = 0
    quiet: float = 0.0
    pause: float = 0.0
    due: float | None = None
    reserved: int = 0
    #: Which token the request that is out, or was last, went with.
    token: int = 0
    #: When it was asked for first, in seconds of the transfer's clock.
    begun: float | None = None
    #: What its last answer told of its version.
    version: str = ""
    #: Only when it is its turn: it turned out to be larger than what is held.
    alone: bool = False
    body: Body | None = None
    outcome: Outcome = field(default_factory=Outcome)
    #: The server that it is asked of; found once, since every event asks for it.
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        self.origin = origin(self.file.url or "")

    @property
    def large(self) -> bool:
        """Whether it goes straight into the archive, when its turn has come."""
        return self.alone or self.file.size > HELD_BYTES

    @property
    def busy(self) -> bool:
        """Whether a request is out."""
        return self.standing in (Standing.ASKING, Standing.READING)

    @property
    def needs(self) -> int:
        """Bytes of memory that it may take until it is written."""
        if self.body is None:
            return 0 if self.large else self.file.size
        if self.body.held is None:
            return 0
        told = self.body.announced or 0
        return max(self.body.size, min(told, HELD_BYTES) if self.body.any_size else 0)

    @property
    def received(self) -> int:
        """Bytes of it that are there."""
        return self.body.received if self.body else 0

    def fetched(self, now: float, epoch_ms: float, crc32: int | None) -> Fetched | None:
        """What happened until ``now``; ``epoch_ms`` is when the transfer's clock stood at 0."""
        if self.begun is None:
            return None
        checksum = self.body.checksum if self.body and crc32 is not None else ""
        begun_ms = epoch_ms + self.begun * 1000
        return Fetched(self.attempts, begun_ms, now - self.begun, self.version, crc32, checksum)

    def asks(self, request: int, token: int, now: float) -> None:
        """A request goes out, from :attr:`start` on."""
        self.begun = now if self.begun is None else self.begun
        self.attempts += 1
        self.in_row += 1
        self.request, self.token = request, token
        self.standing, self.quiet = Standing.ASKING, 0.0
        # Somebody on the way may take offence at Range, and then nothing comes: the last attempt asks for all of it.
        whole = self.body is None or not self.body.resumable or self.unanswered >= ATTEMPTS - 1
        self.start = 0 if whole else self.received
        self.unanswered += 1

    def let_go(self, *, counts: bool) -> None:
        """The request that is out is given up; where that is not the file's fault the attempt does not count."""
        self.standing, self.request = Standing.READY, 0
        if not counts:
            self.attempts -= 1
            self.in_row -= 1
            self.unanswered = 0

    def broke(self) -> None:
        """An attempt is lost: the row of lost ones begins anew where this one brought something that stays."""
        if self.body is not None and not self.body.resumable:
            self.body = None
        if self.received >= self.furthest + WORTH_BYTES:
            self.furthest = self.received
            self.in_row = 1

    # -- what the network says --------------------------------------------------------------------------------

    def responded(self, status: int, headers: Mapping[str, str]) -> Trouble | None:
        """The head of an answer: ``None`` if its body is worth reading."""
        self.answered = True
        self.unanswered = 0
        self.quiet = 0.0
        if status == 200:
            return self._begun(headers)
        if status == 206 and self.start:
            return self._continued(headers)
        if status == 416 and self.start:
            self.body = None
            return Again("the archive has no rest of it (416)")
        if status in answers.WORTH_RETRYING:
            pause = answers.retry_after(headers)
            return Again(f"the archive answered {status}", pause, overloaded=status == 429)
        reason = answers.status_reason(status, self.file)
        return Refused(reason) if status in (401, 403) and self.file.with_token else Missed(reason)

    def _begun(self, headers: Mapping[str, str]) -> Trouble | None:
        """All of it comes; what was there of it does not count any more."""
        why = answers.no_product(self.file, headers)
        if why:
            return Missed(why)
        listed, length = self.file.size, answers.announced(headers)
        any_size = self.as_it_is and not answers.may_be_an_error(self.file, headers)
        size = listed
        if length is not None and length != listed and not answers.may_be_packed(headers):
            if any_size:
                size = length
            elif listed > HELD_BYTES:
                # Files that are held back are judged by what comes: it costs little, and nothing has to be undone.
                return Missed(other_size(self.file, length), length)
        held = size <= HELD_BYTES
        self.body = Body(
            self.file,
            size,
            # Only what is held can still turn out to have another size than was told at its beginning.
            any_size=any_size and held,
            held=held,
            announced=length,
            packed=answers.may_be_packed(headers),
            modified=answers.modified(headers),
            version=Version.told(headers),
        )
        self.version = headers.get("etag", "").strip() or self.body.version.modified
        self.standing = Standing.READING
        return None

    def _continued(self, headers: Mapping[str, str]) -> Trouble | None:
        body = self.body
        assert body is not None, "only the rest of something is asked for"
        why = answers.no_product(self.file, headers) or mismatch(
            body.version, headers, start=self.start, size=body.size, has_checksum=body.has_checksum
        )
        if why:
            self.body = None
            return Again(why)
        self.standing = Standing.READING
        return None

    def arrived(self, data: bytes) -> Trouble | None:
        """A piece of the body."""
        body = self.body
        assert body is not None, "READING means that there is a body"
        self.quiet = 0.0
        body.take(data)
        if not body.begins_well():
            return Missed("what came is no FITS file")
        if body.received > body.size:
            return self._longer(body)
        return None

    def _longer(self, body: Body) -> Trouble | None:
        told = body.announced
        if told is not None and body.packed and body.held is not None and body.received <= HELD_BYTES:
            # How much it is shows at its end.
            return None
        if told is None or told < body.received:
            return Missed(f"the list says {self.file.size} bytes, the archive has more")
        if body.any_size and told <= HELD_BYTES:
            return None
        return Missed(other_size(self.file, told), told)

    def ended(self) -> Trouble | None:
        """The body has ended: ``None`` if it is whole and right."""
        body = self.body
        if self.standing is not Standing.READING or body is None:
            return Again("the answer had no body")
        if body.received != body.size:
            if not body.is_all:
                return Again(f"only {body.received} of {body.size} bytes came")
            # All that the server has, so that another attempt would bring the same.
            if not body.any_size:
                return Missed(other_size(self.file, body.received), body.received)
            body.size = body.received
        wrong = body.checksum_problem()
        if wrong:
            self.body = None
            return Again(wrong)
        self.standing, self.request = Standing.COMPLETE, 0
        other = None if body.size == self.file.size else body.size
        self.outcome = Outcome(other_size=other)
        return None
