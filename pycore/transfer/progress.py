"""How far a transfer has come, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Waiting(Enum):
    """What a transfer waits for, if for anything."""

    NOTHING = "nothing"
    #: The file whose turn it is broke, and is tried again in a while.
    RETRY = "retry"
    NETWORK = "network"
    #: The archive of the file whose turn it is has answered before, and does no more.
    ARCHIVE = "archive"
    TOKEN = "token"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; complete bytes are those of products that are there or under way, failed ones are missed.

    ``current`` is the path of the file that is written, ``attempt`` the how-manieth in a row of its attempts this is,
    ``seconds`` how long it is until the next (0 where that is not known).
    """

    files_complete: int
    files_failed: int
    files: int
    bytes_complete: int
    bytes_failed: int
    bytes: int
    current: str
    attempt: int
    waiting: Waiting = Waiting.NOTHING
    seconds: float = 0.0
