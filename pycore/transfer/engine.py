"""The machine of a transfer: files are fetched side by side, and written into one ZIP one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from itertools import chain, islice
from typing import Final

from pycore import manifest
from pycore.manifest import Outcome
from pycore.missions.profile import CONNECTIONS
from pycore.plan import Plan, PlannedFile, origin
from pycore.transfer import retry
from pycore.transfer.body import Body
from pycore.transfer.container import Archive, Container, Folder
from pycore.transfer.events import (
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
    LineChanged,
    Order,
    Paused,
    Put,
    PutArrived,
    Responded,
    Resumed,
    Stopped,
    Ticked,
    TokenChecked,
    TokenGivenUp,
    TokenRenewed,
)
from pycore.transfer.fetching import Again, FileFetch, Missed, Refused, Standing, Trouble
from pycore.transfer.origins import BROWSERS_OWN, Origins
from pycore.transfer.progress import Progress, Waiting
from pycore.zipstream import Limits, Stamp

#: So many bytes of files whose turn has not come are held at most. While they are written they are there twice.
AHEAD_BYTES: Final = 32 * 2**20
#: So many files are begun before their turn at most.
AHEAD_FILES: Final = 500
#: A manifest is held while it is written up to so many bytes, some 10,000 files.
MANIFEST_BYTES: Final = 8 * 2**20
#: Browsers may miss that the network is back: after so many seconds it is tried.
OFFLINE_SECONDS: Final = 30.0

_STOPPED: Final = "stopped before it was fetched"


class State(Enum):
    """Where the transfer stands."""

    NEW = "new"
    RUNNING = "running"
    WRITING_MANIFEST = "writing the manifest"
    FINISHED = "finished"
    DISCARDED = "discarded"


class Token(Enum):
    """What is known of the token."""

    GOOD = "good"
    ASKED = "asked"  # the archive is being asked whether it still knows it
    ENDED = "ended"  # another is needed
    GIVEN_UP = "given up"  # there will be no other


class Transfer:
    """Fetches the files of a plan into one ZIP or a folder, in order, and ends with the manifest of what happened.

    Give it every event by :meth:`receive` and carry out the orders that come back, in their order. After ``Finish``
    or ``Discard`` there are no more. Each file ends exactly once, as complete or as failed with a reason; no byte
    of a file that was not verified is in the archive's directory. ``seed`` spreads the pauses before new attempts.
    ``there`` are the files, by their places in the plan, that a folder has already, whole and verified.
    """

    def __init__(
        self,
        plan: Plan,
        epoch_ms: float,
        seed: int = 0,
        limits: Limits | None = None,
        *,
        folder: bool = False,
        there: frozenset[int] = frozenset(),
    ) -> None:
        self.plan = plan
        self.state = State.NEW
        #: How the files ended that have had their turn, in the order of the plan.
        self.outcomes: list[Outcome] = []
        self._seed = seed
        self._made = Stamp.at(int(epoch_ms // 1000))
        self._into: Container = Folder() if folder else Archive(plan.root, self._made, limits)
        self._there = there
        self._now = 0.0
        self._begun_at = self._epoch_ms = 0.0
        #: The last members of the archive, in pieces, once all files have ended.
        self._last: Iterator[list[Order]] = iter(())
        self._requests = 0
        self._origins = Origins(plan.connections, CONNECTIONS)
        #: Files that are begun and not yet written, by their place in the plan; the first that was not looked at.
        self._begun: dict[int, FileFetch] = {}
        self._next = 0
        #: The file at that place, while it can't be begun yet: every event looks at it.
        self._upcoming: FileFetch | None = None
        #: Those of them that are to be asked for, and those that are, by the number of the request.
        self._ready: set[int] = set()
        self._asked: dict[int, FileFetch] = {}
        self._reserved = 0
        #: What the open member of the archive is made of.
        self._writing: Body | None = None
        self._bytes_complete = 0
        self._files_failed = 0
        self._bytes_failed = 0
        self._paused = False
        self._online = True
        self._offline_for = 0.0
        self._token = Token.GOOD
        self._tokens = 0

    # -- what the edge calls ----------------------------------------------------------------------------------

    def start(self, now: float, epoch_ms: float) -> list[Order]:
        """Begin; ``now`` as in :class:`Ticked`, and by the calendar."""
        self._now = self._begun_at = now
        self._epoch_ms = epoch_ms - now * 1000
        self._origins.ticked(now)
        self.state = State.RUNNING
        return [*self._into.begin(), *self._go_on()]

    def receive(self, event: Event) -> list[Order]:
        """The orders that an event leads to; news of a request that is no longer wanted leads to none."""
        if self.state in (State.FINISHED, State.DISCARDED):
            return []
        if self.state is State.WRITING_MANIFEST:
            return self._go_on_writing(event)
        match event:
            case Stopped(keep):
                return self._stopped(keep)
            case CalledBack():
                return []
            case Ticked(now):
                orders = self._ticked(now)
            case LineChanged(online):
                self._line(online)
                orders = []
            case Paused():
                self._paused = True
                orders = self._let_go_all()
            case Resumed():
                self._paused = False
                orders = []
            case TokenChecked(alive):
                orders = self._token_checked(alive)
            case TokenRenewed():
                orders = self._token_renewed()
            case TokenGivenUp():
                orders = self._token_given_up()
            case Responded() | Arrived() | Ended() | Came() | Broke():
                file = self._asked.get(event.fetch)
                orders = [] if file is None else self._heard(file, event)
        return [*orders, *self._go_on()]

    @property
    def held(self) -> int:
        """Bytes in memory of files that are not written yet."""
        bodies = (file.body.held for file in self._begun.values() if file.body)
        return sum(len(held) for held in bodies if held is not None)

    def progress(self) -> Progress:
        """How far it has come."""
        done = len(self.outcomes)
        current = self._begun.get(done)
        waiting, seconds = self._waiting(current)
        return Progress(
            files_complete=done - self._files_failed,
            files_failed=self._files_failed,
            files=len(self.plan.files),
            bytes_complete=self._bytes_complete + sum(file.received for file in self._begun.values()),
            bytes_failed=self._bytes_failed,
            bytes=self.plan.total_bytes,
            current=self.plan.files[done].path if done < len(self.plan.files) else "",
            attempt=current.in_row if current else 0,
            waiting=waiting,
            seconds=seconds,
        )

    def _waiting(self, current: FileFetch | None) -> tuple[Waiting, float]:
        if self._paused:
            return Waiting.PERSON, 0.0
        if not self._online:
            return Waiting.NETWORK, 0.0
        if self._token is Token.ENDED:
            return Waiting.TOKEN, 0.0
        away = self._origins.out_for(current.origin) if current is not None else None
        if away is not None:
            return Waiting.ARCHIVE, away
        if current is not None and current.standing is Standing.PAUSING:
            left = current.pause if current.due is None else current.due - self._now
            return Waiting.RETRY, max(0.0, left)
        return Waiting.NOTHING, 0.0

    # -- what is asked for ------------------------------------------------------------------------------------

    def _go_on(self) -> list[Order]:
        """Write what has its turn and is complete, and ask for what may be asked for now."""
        orders: list[Order] = []
        while True:
            orders += self._write_complete()
            if self.state is not State.RUNNING or self._paused or not self._online:
                return orders
            for index in sorted(self._ready, key=lambda index: (self._begun[index].probes, index)):
                self._ask(self._begun[index], orders)
            while self._next < len(self.plan.files) and self._begin_next(orders):
                pass
            current = self._begun[len(self.outcomes)]
            if current.standing not in (Standing.FAILED, Standing.COMPLETE):
                return orders

    def _begin_next(self, orders: list[Order]) -> bool:
        """Look at the next file; whether the one after it may be looked at, too."""
        index = self._next
        file = self._upcoming
        if file is None or file.index != index:
            file = self._upcoming = FileFetch(index, self.plan.files[index], self.plan.as_it_is)
        if index != len(self.outcomes) and file.file.url is not None and index not in self._there:
            if file.large:
                # It goes straight into the archive, when it is its turn.
                self._next += 1
                return True
            if len(self._begun) >= AHEAD_FILES or not self._may_ask(file):
                return False
        elif len(self._begun) >= AHEAD_FILES:
            return False
        self._next += 1
        self._begin(file)
        if file.standing is Standing.READY:
            self._ask(file, orders)
        return True

    def _begin(self, file: FileFetch) -> None:
        self._begun[file.index] = file
        if file.index in self._there:
            file.standing = Standing.COMPLETE
        elif file.file.url is None:
            self._miss(file, Missed(file.file.problem))
        elif file.file.with_token and self._token is Token.GIVEN_UP:
            self._miss(file, Missed(_NO_TOKEN))
        else:
            self._ready.add(file.index)

    def _may_ask(self, file: FileFetch) -> bool:
        """Whether a request for a file is in order now: by connections, memory, turn and token."""
        if file.file.with_token and self._token in (Token.ASKED, Token.ENDED):
            return False
        if file.index != len(self.outcomes):
            fits = self._reserved - file.reserved + file.needs <= AHEAD_BYTES
            if file.large or not fits:
                return False
        return self._origins.may_open(file.origin)

    def _ask(self, file: FileFetch, orders: list[Order]) -> None:
        if not self._may_ask(file):
            return
        self._ready.discard(file.index)
        self._requests += 1
        self._asked[self._requests] = file
        file.asks(self._requests, self._tokens, self._now)
        self._reserve(file, file.needs)
        self._origins.opened(file.origin)
        version = file.body.version.etag if file.body and file.start else ""
        orders.append(Fetch(file.request, file.file, file.start, version))

    def _reserve(self, file: FileFetch, size: int) -> None:
        self._reserved += size - file.reserved
        file.reserved = size

    # -- what the network says --------------------------------------------------------------------------------

    def _heard(self, file: FileFetch, event: Responded | Arrived | Ended | Came | Broke) -> list[Order]:
        match event:
            case Came(fetch, status, headers, data):
                # What follows for other files is looked at once, and not after each of the three.
                steps = (Responded(fetch, status, headers), Arrived(fetch, data), Ended(fetch))
                return [order for step in steps if fetch in self._asked for order in self._heard(file, step)]
            case Responded(_, status, headers):
                if file.standing is not Standing.ASKING:
                    return []
                self._origins.answered(file.origin)
                trouble = file.responded(status, headers)
                if trouble is None:
                    return self._answered(file)
            case Arrived(_, data):
                if file.standing is not Standing.READING or not data:
                    return []
                trouble = file.arrived(data)
                if trouble is None:
                    return self._stream(file, data)
            case Ended():
                self._over(file)
                trouble = file.ended()
            case Broke(_, sentence, offline):
                self._over(file)
                if offline or not self._online:
                    self._online = False
                    return self._ready_again(file)
                trouble = Again(sentence)
        return [] if trouble is None else self._troubled(file, trouble)

    def _answered(self, file: FileFetch) -> list[Order]:
        """The body is worth reading; how much memory it takes is known now."""
        needs = file.needs
        ahead = file.index != len(self.outcomes)
        too_large = file.body is not None and file.body.held is None
        if ahead and (too_large or self._reserved - file.reserved + needs > AHEAD_BYTES):
            file.alone = True
            file.body = None
            return self._ready_again(file)
        self._reserve(file, needs)
        return []

    def _stream(self, file: FileFetch, data: bytes) -> list[Order]:
        """Let a piece of a file that is not held through to the archive."""
        body = file.body
        if body is None or body.held is not None:
            return []
        orders: list[Order] = []
        if self._writing is not body:
            orders += self._leave_out()
            self._writing = body
            orders += self._into.open(file.file.path, body.size, body.modified or self._made)
        self._into.feed(data)
        return [*orders, PutArrived()]

    def _leave_out(self) -> list[Order]:
        """The open member, if there is one, is not finished."""
        if self._writing is None:
            return []
        self._writing = None
        return self._into.abandon()

    def _over(self, file: FileFetch) -> None:
        """The request is over by itself."""
        del self._asked[file.request]
        self._origins.closed(file.origin)

    def _drop(self, file: FileFetch) -> list[Order]:
        """End the request that is out, if there is one."""
        if file.request not in self._asked:
            return []
        self._over(file)
        return [Drop(file.request)]

    # -- when it goes wrong -----------------------------------------------------------------------------------

    def _troubled(self, file: FileFetch, trouble: Trouble) -> list[Order]:
        orders = self._drop(file)
        match trouble:
            case Missed():
                self._miss(file, trouble)
            case Refused():
                orders += self._refused(file, trouble)
            case Again():
                self._again(file, trouble)
        return orders

    def _again(self, file: FileFetch, trouble: Again) -> None:
        file.broke()
        if file.unanswered:
            self._origins.lost(file.origin, file.index)
            if file.in_row >= retry.ATTEMPTS and file.answered and self._is_last_of_its_origin(file):
                # Some of it has come, and no other file is left to show whose fault it is.
                self._origins.is_out(file.origin)
            if self._origins.out_for(file.origin) is not None:
                # It is not the file's fault; who has been asked steps back behind those who have not.
                file.let_go(counts=False)
                file.attempts += 1
                file.probes += 1
                self._ready.add(file.index)
                return
        asked = trouble.pause or 0.0
        refuses = asked > retry.LONGEST_PAUSE
        if trouble.overloaded and not refuses:
            self._origins.overloaded(file.origin, asked)
        hopeless = not file.answered and self._origins.is_silent(file.origin)
        if file.in_row >= retry.ATTEMPTS or refuses or hopeless:
            if not file.answered:
                self._origins.kept_silent(file.origin)
            tries = f" ({file.attempts} attempts)" if file.attempts > 1 else ""
            self._miss(file, Missed(f"{trouble.reason}{tries}"))
            return
        file.standing = Standing.PAUSING
        # The clock is read at the next tick: while a write waited there were none, and the last one is long ago.
        file.pause, file.due = max(asked, retry.pause_after(file.in_row, self._chance(file))), None

    def _is_last_of_its_origin(self, file: FileFetch) -> bool:
        """Whether nothing else is left to be had there."""
        over = (Standing.COMPLETE, Standing.FAILED)
        begun = (each for each in self._begun.values() if each is not file and each.standing not in over)
        to_come = islice(self.plan.files, self._next, None)
        origins = chain((each.origin for each in begun), (origin(each.url or "") for each in to_come))
        return file.origin not in origins

    def _chance(self, file: FileFetch) -> float:
        return retry.chance(self._seed, file.request)

    def _miss(self, file: FileFetch, missed: Missed) -> None:
        """A file has failed for good; it is told when its turn comes."""
        file.standing = Standing.FAILED
        file.outcome = Outcome(missed.reason, other_size=missed.other_size)
        file.body = None
        self._reserve(file, 0)
        self._ready.discard(file.index)

    def _ready_again(self, file: FileFetch) -> list[Order]:
        """A request was given up through no fault of the file's: it is to be made again, as if it had not been."""
        orders = self._drop(file)
        file.let_go(counts=False)
        self._ready.add(file.index)
        return orders

    def _let_go_all(self) -> list[Order]:
        return [order for file in list(self._asked.values()) for order in self._ready_again(file)]

    # -- the token --------------------------------------------------------------------------------------------

    def _refused(self, file: FileFetch, refused: Refused) -> list[Order]:
        if file.token != self._tokens:
            # It went with a token that has been replaced since.
            file.let_go(counts=False)
            self._ready.add(file.index)
            return []
        if self._token is Token.GIVEN_UP:
            self._miss(file, Missed(refused.reason))
            return []
        file.standing = Standing.REFUSED
        file.outcome = Outcome(refused.reason)
        if self._token is not Token.GOOD:
            return []
        self._token = Token.ASKED
        return [CheckToken()]

    def _refusals(self) -> list[FileFetch]:
        return [file for file in self._begun.values() if file.standing is Standing.REFUSED]

    def _token_checked(self, alive: bool) -> list[Order]:
        if self._token is not Token.ASKED:
            return []
        self._token = Token.GOOD if alive else Token.ENDED
        if alive:
            # It is the file that this person may not have.
            for file in self._refusals():
                self._miss(file, Missed(file.outcome.reason))
        return []

    def _token_renewed(self) -> list[Order]:
        self._tokens += 1
        self._token = Token.GOOD
        for file in self._refusals():
            file.let_go(counts=False)
            self._ready.add(file.index)
        return []

    def _token_given_up(self) -> list[Order]:
        if self._token is not Token.ENDED:
            return []
        self._token = Token.GIVEN_UP
        for file in list(self._begun.values()):
            waits = file.standing in (Standing.REFUSED, Standing.READY, Standing.PAUSING)
            if file.file.with_token and waits:
                self._miss(file, Missed(_NO_TOKEN))
        return []

    # -- the clock and the line -------------------------------------------------------------------------------

    def _ticked(self, now: float) -> list[Order]:
        # A tick that was late says that this machine slept or was busy, not that the network was silent.
        passed = min(max(0.0, now - self._now), 2.0)
        self._now = max(now, self._now)
        self._origins.ticked(self._now)
        if not self._online:
            self._offline_for += passed
            self._line(self._offline_for >= OFFLINE_SECONDS)
        orders: list[Order] = []
        held_back = {file.index for file in self._asked.values() if self._is_held_back(file)}
        for file in list(self._begun.values()):
            if file.standing is Standing.PAUSING:
                self._pause_ticked(file)
            elif file.busy and file.index not in held_back:
                file.quiet += passed
                if file.quiet >= retry.STALL_SECONDS:
                    silence = f"nothing came for {retry.STALL_SECONDS:.0f} seconds"
                    orders += self._troubled(file, Again(silence))
        for file in map(self._begun.__getitem__, held_back):
            if self._origins.out_for(file.origin) is not None:
                # Whether the archive is back is found out by a new request, and not while this one is out.
                orders += self._ready_again(file)
        return orders

    def _is_held_back(self, file: FileFetch) -> bool:
        """Whether the request may have got no connection yet: six others have theirs, or were made before it."""
        if file.standing is not Standing.ASKING or not self._origins.holds_back(file.origin):
            return False
        before = (
            other.standing is Standing.READING or other.request < file.request
            for other in self._asked.values()
            if other is not file and other.origin == file.origin
        )
        return sum(before) >= BROWSERS_OWN

    def _pause_ticked(self, file: FileFetch) -> None:
        if file.due is None:
            file.due = self._now + file.pause
        elif self._now >= file.due:
            file.standing = Standing.READY
            self._ready.add(file.index)

    def _line(self, online: bool) -> None:
        """The network has gone or is back; what was only waiting for another attempt waits no longer then."""
        if online and not self._online:
            self._origins.hurry()
            for file in self._begun.values():
                if file.standing is Standing.PAUSING:
                    file.standing = Standing.READY
                    self._ready.add(file.index)
        self._online = online
        if online:
            self._offline_for = 0.0

    # -- the archive ------------------------------------------------------------------------------------------

    def _write_complete(self) -> list[Order]:
        """Write the files whose turn it is as long as they have ended, and finish after the last."""
        orders: list[Order] = []
        while len(self.outcomes) < len(self.plan.files):
            file = self._begun.get(len(self.outcomes))
            if file is None:
                if len(self.outcomes) >= self._next:
                    return orders
                # A large one that was passed over before its turn.
                index = len(self.outcomes)
                self._begin(FileFetch(index, self.plan.files[index], self.plan.as_it_is))
            elif file.standing is Standing.COMPLETE:
                self._write(file, orders)
            elif file.standing is Standing.FAILED:
                self._tell(file, file.outcome)
            else:
                return orders
        return [*orders, *self._finish()]

    def _write(self, file: FileFetch, orders: list[Order]) -> None:
        if file.index in self._there:
            self._bytes_complete += file.file.size
            self._tell(file, Outcome(had_already=True))
            return
        body = file.body
        assert body is not None, "COMPLETE means that there is a body"
        if body.held is None:
            orders += self._into.close()
            self._writing = None
        else:
            orders += self._leave_out()
            orders += self._into.whole(file.file.path, body.held, body.modified or self._made)
        self._bytes_complete += body.received
        self._tell(file, file.outcome, self._into.crc)

    def _tell(self, file: FileFetch, outcome: Outcome, crc32: int | None = None) -> None:
        """How a file ended, once and for all; ``crc32`` is that of one that is there."""
        outcome = replace(outcome, fetched=file.fetched(self._now, self._epoch_ms, crc32))
        file.body = None
        self._reserve(file, 0)
        self._begun.pop(file.index, None)
        self._ready.discard(file.index)
        self._missed_or_not(file.file, outcome)

    def _missed_or_not(self, file: PlannedFile, outcome: Outcome) -> None:
        if outcome.reason:
            self._files_failed += 1
            self._bytes_failed += file.size
        self.outcomes.append(outcome)

    def _stopped(self, keep: bool) -> list[Order]:
        orders = self._let_go_all()
        if not keep:
            self.state = State.DISCARDED
            return [*orders, Discard()]
        # What has come whole before its turn is kept.
        for index in range(len(self.outcomes), len(self.plan.files)):
            if index in self._there and index not in self._begun:
                self._begin(FileFetch(index, self.plan.files[index], self.plan.as_it_is))
            file = self._begun.get(index)
            if file is not None and file.standing is Standing.COMPLETE:
                self._write(file, orders)
            elif file is not None and file.standing is Standing.FAILED:
                self._tell(file, file.outcome)
            else:
                self._begun.pop(index, None)
                self._missed_or_not(
                    self.plan.files[index], Outcome(self.plan.files[index].problem or _STOPPED)
                )
        return [*orders, *self._finish()]

    def _finish(self) -> list[Order]:
        left_out = self._leave_out()
        self.state = State.WRITING_MANIFEST
        self._last = self._manifests()
        return [*left_out, CallBack()]

    def _go_on_writing(self, event: Event) -> list[Order]:
        """All files have ended: only the last wish is heard still, to keep nothing."""
        match event:
            case Stopped(keep=False):
                self.state = State.DISCARDED
                return [Discard()]
            case CalledBack():
                orders = next(self._last, None)
                if orders is not None:
                    return [*orders, CallBack()]
                self.state = State.FINISHED
                return self._into.finish()
            case _:
                return []

    def _manifests(self) -> Iterator[list[Order]]:
        """The last two members in steps. A member's size comes before it: a long one is made twice, and not held."""
        happened = manifest.Happened(
            self.plan,
            self.outcomes,
            self._epoch_ms + self._begun_at * 1000,
            self._epoch_ms + self._now * 1000,
        )
        for name, pieces in (
            (manifest.DOCUMENT_NAME, manifest.document_pieces),
            (manifest.NAME, manifest.page_pieces),
        ):
            size = 0
            kept: list[bytes] = []
            for piece in pieces(happened):
                data = piece.encode()
                size += len(data)
                if size <= MANIFEST_BYTES:
                    kept.append(data)
                else:
                    kept.clear()
                yield []
            yield self._into.open(name, size, self._made)
            for data in kept or (piece.encode() for piece in pieces(happened)):
                self._into.feed(data)
                yield [Put(data)] if data else []
            yield self._into.close()


_NO_TOKEN: Final = "the sign-in had ended, and the download went on without it"
