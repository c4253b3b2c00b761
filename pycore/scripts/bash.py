"""The bash script of API QUERY: fetches a plan with curl, later and without the overlay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote as shell_word
from typing import Final

from pycore.manifest.order import Entry, entry_lines
from pycore.plan import Plan
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.scripts.lines import address, agent, one_line, pieces, summary, takes_token, with_token
from pycore.scripts.template import Template

_TEMPLATE: Final = Template.read("retrieve.sh")

_NONE: Final = "-"


def bash_script(
    plan: Plan, *, version: str, token_page: str, contact: str, made: str, whoami: str = ""
) -> Iterator[str]:
    """The script's text in pieces of some ten kB, some of them empty.

    ``made`` is the time for its heading, ``whoami`` the address that tells whose a token is (``""``: the
    manifest of a signed-in run then names the user ``unknown``). Names, addresses and reasons of the plan
    stand in a quoted here-document and nowhere else, a line each that begins with a digit: none can end it.

    Raises ``OverlayError`` (``script.root``, ``script.path``) before any text, where a plan would write outside its
    folder.
    """
    words = {
        "MADE": one_line(made),
        "VERSION": one_line(version),
        "TOKEN_PAGE": shell_word(one_line(token_page)),
        "WHOAMI": shell_word(address(whoami) if whoami else ""),
        "CONTACT": shell_word(one_line(contact)),
        "AGENT": shell_word(agent(version)),
    }
    return pieces(plan, _lines(plan, words))


def _lines(plan: Plan, words: Mapping[str, str]) -> Iterator[str]:
    places = {
        **words,
        "ROOT": plan.root,
        "SUMMARY": summary(plan),
        "ROOT_WORD": shell_word(plan.root),
        "FILES": str(len(plan.files)),
        "BYTES": str(plan.total_bytes),
        "WITH_TOKEN": str((yield from with_token(plan))),
    }
    yield _TEMPLATE.filled(places)
    yield from entry_lines(plan, _line)
    yield _TEMPLATE.foot


def _line(entry: Entry) -> str:
    """A row of the manifest; the fields are told in the script."""
    file, row = entry.file, entry.row
    fields = (
        str(entry.number),
        str(entry.first),
        str(file.size),
        EXCLUSIVE if file.exclusive else PUBLIC,
        "token" if takes_token(file) else _NONE,
        (file.sha256 or _NONE).lower(),
        (file.md5 or _NONE).lower(),
        file.path,
        one_line(row.dataset),
        one_line(file.rows[0].dataset),
        one_line(row.uri),
        one_line(entry.was or ""),
        _NONE if entry.number != entry.first else address(file.url) if file.url else one_line(file.problem),
    )
    return "\t".join(fields) + "\n"
