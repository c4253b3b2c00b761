"""What a manifest tells, for the page and its twin alike: facts about the download, and a row a dataset and product."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from pycore.manifest.order import A_TURN, Entry, entries
from pycore.manifest.outcome import Outcome, other_size
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.product import EXCLUSIVE, PUBLIC, without_surrogates
from pycore.remembered import discreet

COLUMNS: Final = ("URI", "File", "Access", "Status", "Logged In User")
FETCHED_COLUMNS: Final = (
    "Bytes", "Attempts", "Begun", "Seconds", "Version", "CRC-32", "Checksum verified", "From",
)  # fmt: skip
#: Keys of the document's rows, in the order of both kinds of columns.
KEYS: Final = (
    "uri", "file", "access", "status", "user",
    "bytes", "attempts", "begun", "seconds", "version", "crc32", "checksum", "from",
)  # fmt: skip
#: In the place of the address, for a file that a folder had of an earlier download, and that was read back.
HAD_ALREADY: Final = "the folder, which had it already; it was read back and is right"
#: Rows of one piece: some hundredths of a second in a browser.
_PIECE: Final = 200

Fact: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True)
class Happened:
    """A download that has ended: one outcome for each planned file; times are UTC in milliseconds since 1970."""

    plan: Plan
    outcomes: Sequence[Outcome]
    begun_ms: float
    ended_ms: float

    def missing(self) -> Iterator[tuple[PlannedFile, Outcome] | None]:
        """The files that are not there; ``None`` while others may have their turn."""
        for index, (file, outcome) in enumerate(zip(self.plan.files, self.outcomes, strict=True)):
            if outcome.reason:
                yield file, outcome
            if index % A_TURN == 0:
                yield None

    def taken_as_they_are(self) -> Iterator[tuple[PlannedFile, int] | None]:
        """The files that are there with another size than the list's; ``None`` while others may have their turn."""
        for index, (file, outcome) in enumerate(zip(self.plan.files, self.outcomes, strict=True)):
            if not outcome.reason and outcome.other_size is not None:
                yield file, outcome.other_size
            if index % A_TURN == 0:
                yield None

    def totals(self) -> Generator[str, None, dict[str, int]]:
        """Files and bytes, asked for and there; empty pieces let others have their turn."""
        there = missing = held = lacking = attempts = 0
        for index, (file, outcome) in enumerate(zip(self.plan.files, self.outcomes, strict=True)):
            if outcome.reason:
                missing, lacking = missing + 1, lacking + file.size
            else:
                there, held = there + 1, held + there_bytes(file, outcome)
            attempts += outcome.fetched.attempts if outcome.fetched else 0
            if index % A_TURN == 0:
                yield ""
        return {
            "files": there + missing, "complete": there, "bytes": held, "not_included": missing,
            "bytes_not_included": lacking, "requests": attempts,
        }  # fmt: skip


def there_bytes(file: PlannedFile, outcome: Outcome) -> int:
    """The bytes of a file that is there."""
    return file.size if outcome.other_size is None else outcome.other_size


def moment(epoch_ms: float) -> str:
    """A moment as both twins write it: ``2026-11-22T07:17:20Z`` (RFC 3339)."""
    return f"{datetime.fromtimestamp(int(epoch_ms // 1000), UTC):%Y-%m-%dT%H:%M:%SZ}"


def status(plan: Plan, file: PlannedFile, row: PlannedRow, outcome: Outcome) -> str:
    """The Status column: what became of this row's file.

    Of a download made while signed in every row has the long form. A duplicate refers only to a file that is
    there.
    """
    primary = file.rows[0]
    name = file.path.rsplit("/", 1)[-1]
    told = f"{file.path} associated with {row.dataset} ... " if plan.signed_in else ""
    if outcome.reason:
        return f"{told}FAILED: {outcome.reason}"
    if outcome.other_size is not None:
        return f"{told}OTHER SIZE: {other_size(file, outcome.other_size)}; taken as it is"
    if row is primary:
        return f"{told}SUCCESS" if plan.signed_in else "OK"
    whose = f"associated with {primary.dataset}" if plan.signed_in else f"in folder {primary.dataset}"
    return f"{told}Duplicate of file {name} {whose}"


def rows(plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, str, str, str]]:
    """The first five columns of each row, in the order of the manifest; one outcome for each planned file."""
    return (_row(plan, entry, outcomes[entry.index]) for entry in entries(plan) if entry is not None)


def _row(plan: Plan, entry: Entry, outcome: Outcome) -> tuple[str, str, str, str, str]:
    file, row = entry.file, entry.row
    access = EXCLUSIVE if file.exclusive else PUBLIC
    return row.uri, file.path, access, status(plan, file, row, outcome), plan.user


def facts(plan: Plan, entry: Entry, outcome: Outcome) -> dict[str, Fact]:
    """A row as the document has it: the columns by ``KEYS``, and what a program needs to ask for the file again."""
    file, way = entry.file, outcome.fetched
    told: tuple[Fact, ...] = (
        *map(without_surrogates, _row(plan, entry, outcome)),
        None if outcome.reason else there_bytes(file, outcome),
        way.attempts if way else 0,
        moment(way.begun_ms) if way and way.begun_ms is not None else None,
        round(way.seconds, 1) if way else None,
        without_surrogates(way.version) or None if way else None,
        f"{way.crc32:08x}" if way and way.crc32 is not None else None,
        way.checksum or None if way else None,
        without_surrogates(HAD_ALREADY if outcome.had_already else came_from(file)) or None,
    )
    return {
        **dict(zip(KEYS, told, strict=True)),
        "mission": without_surrogates(file.mission),
        "dataset": without_surrogates(entry.row.dataset),
        "filename": without_surrogates(file.filename),
        "listed_bytes": file.size,
    }


def cells(row: Mapping[str, Fact]) -> tuple[str, ...]:
    """A row of the document as the text of the page's columns."""
    return tuple("" if row[key] is None else str(row[key]) for key in KEYS)


def came_from(file: PlannedFile) -> str:
    """The address without secrets: what a list gives may hold a key, what a profile's template gives does not."""
    url = file.url or ""
    return discreet(url) if file.address_given else url


def each_row(happened: Happened) -> Iterator[dict[str, Fact] | None]:
    """All rows in order; ``None`` while others may have their turn."""
    plan, outcomes = happened.plan, happened.outcomes
    for entry in entries(plan):
        yield None if entry is None else facts(plan, entry, outcomes[entry.index])


def in_pieces(lines: Iterable[str]) -> Iterator[str]:
    """The lines joined to pieces of a size that is worth a write; an empty one has what came before it go at once."""
    joined: list[str] = []
    for line in lines:
        joined.append(line)
        if not line or len(joined) == _PIECE:
            yield "".join(joined)
            joined.clear()
    if joined:
        yield "".join(joined)


def provenance(plan: Plan) -> dict[str, object]:
    """Where the selection came from, as JSON takes it."""
    return asdict(plan.provenance)
