"""What a transfer hears, and what it orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pycore.plan import PlannedFile

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
class Came:
    """A whole answer at once: head, all of the body, and its end; a turn costs more than a small file's bytes do."""

    fetch: int
    status: int
    headers: Mapping[str, str]
    data: bytes


@dataclass(frozen=True, slots=True)
class Broke:
    """The request or the body has failed; ``sentence`` says how, as far as the browser tells.

    ``offline``: the browser says that there is no network at all.
    """

    fetch: int
    sentence: str
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed; ``now`` is in seconds of a clock that only goes forward."""

    now: float


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The browser says that the network has gone, or that it is back."""

    online: bool


@dataclass(frozen=True, slots=True)
class Paused:
    """The person wants a pause."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause is over."""


@dataclass(frozen=True, slots=True)
class TokenChecked:
    """The archive was asked whether it still knows the token."""

    alive: bool


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """The same person has signed in again."""


@dataclass(frozen=True, slots=True)
class TokenGivenUp:
    """There is no other token: the rest is to go on without the files that need one."""


@dataclass(frozen=True, slots=True)
class CalledBack:
    """Others have had their turn since ``CallBack``."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person has had enough: ``keep`` finishes the archive with what is there, else nothing is kept."""

    keep: bool


Event: TypeAlias = (
    Responded | Arrived | Ended | Came | Broke | Ticked | LineChanged | Paused | Resumed | TokenChecked | TokenRenewed
    | TokenGivenUp | CalledBack | Stopped
)  # fmt: skip


# -- orders ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for a product, from byte ``start`` on; every event about it carries this number.

    ``version`` is the strong ETag of what came before (RFC 9110, 13.1.5), for ``If-Range`` where that may be sent.
    """

    fetch: int
    file: PlannedFile
    start: int = 0
    version: str = ""


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
class BeginFile:
    """Into a folder: what is written from now on is this file's, which is not in its place yet."""

    path: str


@dataclass(frozen=True, slots=True)
class CompleteFile:
    """The file that was begun is whole and verified: put it in its place, and note its size and CRC-32."""

    path: str
    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class LeaveOutFile:
    """Of the file that was begun nothing is to stay."""


@dataclass(frozen=True, slots=True)
class CheckToken:
    """Ask the archive whether it still knows the token; the answer is ``TokenChecked``."""


@dataclass(frozen=True, slots=True)
class CallBack:
    """There is more to do that takes time: say ``CalledBack`` when others have had their turn."""


@dataclass(frozen=True, slots=True)
class Finish:
    """All is written: close the archive."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Nothing is to be kept: leave no archive behind."""


Order: TypeAlias = (
    Fetch | Drop | Put | PutArrived | BeginFile | CompleteFile | LeaveOutFile | CheckToken | CallBack | Finish | Discard
)  # fmt: skip
