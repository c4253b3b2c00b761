"""The bash script of API QUERY: fetches a plan with curl, later and without the overlay."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from shlex import quote as shell_word
from typing import Final
from urllib.parse import quote as percent_encoded

from pycore.address import origin
from pycore.errors import OverlayError
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.volume import files as count_files
from pycore.volume import volume

#: Read on import: the text is then in memory wherever the module is, also in a memory snapshot without files.
_TEMPLATE: Final = resources.files("pycore.scripts").joinpath("retrieve.sh").read_text("utf-8")
_HEAD, _, _FOOT = _TEMPLATE.partition("@LIST@\n")
_PLACE: Final = re.compile(r"@([A-Z_]+)@")

#: A pipe or a Blob is better served with a few large pieces than with a million lines.
_LINES_A_PIECE: Final = 1000

_ROOT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
#: RFC 3986: what may stand in an address as it is; ``%`` because the address is encoded already.
_ADDRESS_CHARACTERS: Final = "%:/?#[]@!$&'()*+,;=-._~"
_NONE: Final = "-"


def bash_script(
    plan: Plan, *, version: str, token_page: str, contact: str, made: str, whoami: str = ""
) -> Iterator[str]:
    """The script's text in pieces of some hundred kB at most.

    ``made`` is the time for its heading, ``whoami`` the address that tells whose a token is (``""``: the
    manifest of a signed-in run then names the user ``unknown``). Names, addresses and reasons of the plan
    stand in a quoted here-document and nowhere else, a line each that begins with a digit: none can end it.

    Raises ``OverlayError`` (``script.root``, ``script.path``) where a plan would write outside its folder.
    """
    if not _ROOT.fullmatch(plan.root):
        raise OverlayError(
            "script.root", f"“{_text(plan.root)}” cannot be the name of the download's folder."
        )
    for file in plan.files:
        _check_path(file.path)
    places = {
        "ROOT": plan.root,
        "SUMMARY": _summary(plan),
        "MADE": _text(made),
        "VERSION": _text(version),
        "ROOT_WORD": shell_word(plan.root),
        "FILES": str(len(plan.files)),
        "BYTES": str(plan.total_bytes),
        "WITH_TOKEN": str(sum(_takes_token(file) for file in plan.files)),
        "TOKEN_PAGE": shell_word(_text(token_page)),
        "WHOAMI": shell_word(_address(whoami) if whoami else ""),
        "CONTACT": shell_word(_text(contact)),
        "AGENT": shell_word(f"download-overlay/{_text(version)}"),
    }
    yield _PLACE.sub(lambda place: places[place[1]], _HEAD)
    piece: list[str] = []
    for line in _lines(plan):
        piece.append(line)
        if len(piece) == _LINES_A_PIECE:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece) + _FOOT


def _lines(plan: Plan) -> Iterator[str]:
    """One line for each row of the manifest, in its order; the fields are told in the script."""
    plain_names = {used: plain for plain, used in plan.renamed}
    mission_order: dict[str, int] = {}
    entries: list[tuple[int, int, int, int]] = []
    for index, file in enumerate(plan.files):
        mission = mission_order.setdefault(file.mission, len(mission_order))
        entries.extend((mission, row.number, index, place) for place, row in enumerate(file.rows))
    entries.sort()
    first_numbers: dict[int, int] = {}
    for number, (_, _, index, place) in enumerate(entries, start=1):
        file = plan.files[index]
        first = first_numbers.setdefault(index, number)
        yield _line(file, file.rows[place], number, first, plain_names.get(file.path, ""))


def _line(file: PlannedFile, row: PlannedRow, number: int, first: int, plain_name: str) -> str:
    fields = (
        str(number),
        str(first),
        str(file.size),
        EXCLUSIVE if file.exclusive else PUBLIC,
        "token" if _takes_token(file) else _NONE,
        (file.sha256 or _NONE).lower(),
        (file.md5 or _NONE).lower(),
        file.path,
        _text(row.dataset),
        _text(file.rows[0].dataset),
        _text(row.uri),
        _text(plain_name),
        _NONE if number != first else _address(file.url) if file.url else _text(file.problem),
    )
    return "\t".join(fields) + "\n"


def _summary(plan: Plan) -> str:
    exclusive = plan.exclusive_count
    rest = f", {count_files(exclusive)} under exclusive access" if exclusive else ""
    return f"{count_files(len(plan.files))}, {volume(plan.total_bytes)}{rest}."


def _check_path(path: str) -> None:
    parts = path.split("/")
    if path != _text(path) or any(not part or part.startswith(".") for part in parts):
        raise OverlayError("script.path", f"“{_text(path)}” cannot be a path in the download's folder.")


def _takes_token(file: PlannedFile) -> bool:
    """Whether the token goes with the file: never where readers of addresses may differ over the host."""
    return file.with_token and file.url is not None and bool(origin(file.url))


def _authority(url: str) -> str:
    return re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0]


def _address(url: str) -> str:
    """The address with nothing in it but the characters that RFC 3986 allows."""
    scheme, colon, rest = url.partition(":")
    authority = _authority(url)
    if authority and not authority.isascii():
        # What is no name that can be looked up stays as it is: curl says so when it is tried.
        with suppress(UnicodeError):
            rest = rest.replace(authority, authority.encode("idna").decode(), 1)
    return scheme.lower() + colon + percent_encoded(rest, safe=_ADDRESS_CHARACTERS, errors="surrogatepass")


def _text(text: str) -> str:
    """One line that a terminal shows as it is, never empty: what cannot be seen is percent-encoded."""
    if text.isprintable():
        return text or _NONE
    return "".join(
        percent_encoded(char, errors="surrogatepass") if unicodedata.category(char) in _UNSEEN else char
        for char in text
    )


#: Control, format (direction overrides), surrogate, line and paragraph separators.
_UNSEEN: Final = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp"])
