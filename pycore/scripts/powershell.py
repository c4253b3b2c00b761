"""The PowerShell script: fetches a plan on Windows, where neither curl nor Python may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote as percent_encoded

from pycore.manifest.order import Entry, entry_lines
from pycore.plan import Plan
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.scripts.lines import About, address, one_line, pieces, takes_token, with_token
from pycore.scripts.template import Template, heading_comment

_TEMPLATE: Final = Template.read("retrieve.ps1")
_NONE: Final = "-"


def powershell_script(plan: Plan, about: About) -> Iterator[str]:
    """The script's text, in ASCII: Windows PowerShell reads other scripts in the language of the system.

    The list stands in a literal here-string, which ends only with a line that begins with ``'@``: every line of the
    list begins with a digit.
    """
    return pieces(plan, _script(plan, about))


def _script(plan: Plan, about: About) -> Iterator[str]:
    places = {
        "HEADING": heading_comment(plan, about),
        "ROOT": plan.root,
        "ROOT_WORD": _word(plan.root),
        "FILES": str(len(plan.files)),
        "ROWS": str(sum(len(file.rows) for file in plan.files)),
        "WITH_TOKEN": str((yield from with_token(plan))),
        "TOKEN_PAGE": _word(about.token_page),
        "CONTACT": _word(about.contact),
        "AGENT": _word(about.agent),
    }
    yield _ascii(_TEMPLATE.filled(places))
    yield from entry_lines(plan, _line)
    yield _TEMPLATE.foot


def _line(entry: Entry) -> str:
    file, row = entry.file, entry.row
    fields = (
        str(entry.number),
        str(entry.first),
        str(file.size),
        EXCLUSIVE if file.exclusive else PUBLIC,
        "token" if takes_token(file) else _NONE,
        (file.sha256 or _NONE).lower(),
        (file.md5 or _NONE).lower(),
        _encoded(file.path),
        _encoded(one_line(row.dataset)),
        _encoded(one_line(file.rows[0].dataset)),
        _encoded(one_line(row.uri)),
        address(file.url) if file.url is not None else _NONE,
        _encoded(one_line(file.problem)),
    )
    return "\t".join(fields) + "\n"


def _encoded(text: str) -> str:
    return percent_encoded(text, safe="/", errors="surrogatepass")


def _word(text: str) -> str:
    """A literal of single quotes. PowerShell takes typographic quotes for quotes too, so these are encoded."""
    plain = _ascii(one_line(text) if text else "")
    return "'" + plain.replace("'", "''") + "'"


def _ascii(text: str) -> str:
    """The text with what is beyond ASCII percent-encoded."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else percent_encoded(char, errors="surrogatepass") for char in text)
