"""What the lists for other tools have in common: a heading, checked paths, whole addresses, and what is left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote as percent_encoded

from pycore.address import origin
from pycore.errors import OverlayError
from pycore.missions.profile import Profiles
from pycore.plan import Plan, PlannedFile
from pycore.volume import files as count_files
from pycore.volume import volume

#: A pipe or a Blob is better served with large pieces than with a million lines; a page must answer between them.
_LINES_A_PIECE: Final = 250
#: Files that are looked at without a line before others have their turn.
A_TURN: Final = 2500

_ROOT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
#: RFC 3986: what may stand in an address as it is; ``%`` because the address is encoded already.
_ADDRESS_CHARACTERS: Final = "%:/?#[]@!$&'()*+,;=-._~"
#: Control, format (direction overrides), surrogate, line and paragraph separators.
_UNSEEN: Final = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp"])

#: The files of a form by name, each in pieces; empty texts meanwhile, for others to have their turn.
Files = Generator[str, None, dict[str, Iterator[str]]]
#: Looks through a plan, and comes to what tells of each file why a form leaves it out, or ``""``.
Judging = Generator[str, None, Callable[[PlannedFile], str]]

NEEDS_TOKEN: Final = "it needs a token, which does not go with this list"


@dataclass(frozen=True, slots=True)
class About:
    """What a list says of itself: the overlay's version and the time of the click.

    ``profiles`` are asked for what a mission has beside the plan; ``token_page``, ``whoami`` and ``contact`` stand in
    programs that sign in (``""``: there is none).
    """

    version: str
    made: str
    profiles: Profiles
    token_page: str = ""
    whoami: str = ""
    contact: str = ""

    @property
    def agent(self) -> str:
        """How the programs name themselves to the archive."""
        return agent(self.version)


def agent(version: str) -> str:
    """The User-Agent of the overlay's programs."""
    return f"download-overlay/{one_line(version)}"


def _checked(plan: Plan) -> Iterator[str]:
    """Turns for others, and ``OverlayError`` for a plan that would write outside its folder."""
    if not _ROOT.fullmatch(plan.root):
        raise OverlayError(
            "script.root", f"“{one_line(plan.root)}” cannot be the name of the download's folder."
        )
    for number, file in enumerate(plan.files, start=1):
        if number % A_TURN == 0:
            yield ""
        if not _is_path(file.path):
            raise OverlayError(
                "script.path", f"“{one_line(file.path)}” cannot be a path in the download's folder."
            )


def _is_path(path: str) -> bool:
    parts = path.split("/")
    return path == one_line(path) and not any(
        not part or part.startswith((".", " ")) or part.endswith(" ") for part in parts
    )


def pieces(plan: Plan, lines: Iterable[str]) -> Iterator[str]:
    """The plan's lines, each with its end, in pieces of some ten kB, once the plan is checked.

    An empty line among them ends a piece, and a piece may be empty: others have their turn then. Raises
    ``OverlayError`` (``script.root``, ``script.path``) before any text, where a plan would write outside its folder.
    """
    yield from _checked(plan)
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if not line or len(piece) == _LINES_A_PIECE:
            yield "".join(piece)
            piece.clear()
    if piece:
        yield "".join(piece)


def summary(plan: Plan) -> str:
    """How many files of which volume, as a sentence."""
    exclusive = plan.exclusive_count
    rest = f", {count_files(exclusive)} under exclusive access" if exclusive else ""
    return f"{count_files(len(plan.files))}, {volume(plan.total_bytes)}{rest}."


def heading(plan: Plan, about: About, *more: str) -> Iterator[str]:
    """What the list is, as text without marks: a line each."""
    yield f"{plan.root}: {summary(plan)}"
    yield f"Made {one_line(about.made)} by {about.agent}."
    yield from more


def comments(texts: Iterable[str], mark: str = "#") -> Iterator[str]:
    """Texts of one line each as comment lines."""
    for text in texts:
        yield f"{mark} {text}\n" if text else f"{mark}\n"


def missing(file: PlannedFile, *, tokens: bool = False) -> str:
    """Why a list without (or with) tokens cannot fetch the file, or ``""``."""
    if file.url is None:
        return one_line(file.problem)
    return NEEDS_TOKEN if takes_token(file) and not tokens else ""


def left_out(file: PlannedFile, why: str) -> str:
    """The sentence in the place of a file that a format cannot carry."""
    return f"Left out: {file.path}: {why}"


def takes_token(file: PlannedFile) -> bool:
    """Whether the token goes with the file: never where readers of addresses may differ over the host."""
    return file.with_token and file.url is not None and bool(origin(file.url))


def with_token(plan: Plan) -> Generator[str, None, int]:
    """How many files take the token; empty lines meanwhile, for others to have their turn."""
    count = 0
    for number, file in enumerate(plan.files, start=1):
        count += takes_token(file)
        if number % A_TURN == 0:
            yield ""
    return count


def address(url: str) -> str:
    """The address with nothing in it but the characters that RFC 3986 allows."""
    scheme, colon, rest = url.partition(":")
    authority = re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0]
    if authority and not authority.isascii():
        # What is no name that can be looked up stays as it is: the tool says so when it is tried.
        with suppress(UnicodeError):
            rest = rest.replace(authority, authority.encode("idna").decode(), 1)
    return scheme.lower() + colon + percent_encoded(rest, safe=_ADDRESS_CHARACTERS, errors="surrogatepass")


def one_line(text: str) -> str:
    """One line that a terminal shows as it is, never empty: what cannot be seen is percent-encoded."""
    if text.isprintable():
        return text or "-"
    return "".join(
        percent_encoded(char, errors="surrogatepass") if unicodedata.category(char) in _UNSEEN else char
        for char in text
    )
