"""The Python script: fetches a plan with the standard library, later and without the overlay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from pycore.manifest.order import Entry, entry_lines
from pycore.plan import Plan
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.scripts.lines import About, address, one_line, pieces, takes_token, with_token
from pycore.scripts.template import Template, heading_comment

_TEMPLATE: Final = Template.read("retrieve_python.txt")
_PLACE: Final = re.compile(r'"@([A-Z_]+)@"|@(HEADING|ROOT)@')


def python_script(plan: Plan, about: About) -> Iterator[str]:
    """The script's text. Names, addresses and reasons stand in comments at its end, a line of JSON each.

    The promises are those of the bash script. It runs with Python 3.8 and newer, on any system.
    """
    return pieces(plan, _script(plan, about))


def _script(plan: Plan, about: About) -> Iterator[str]:
    words = {
        "ROOT_WORD": plan.root,
        "FILES": str(len(plan.files)),
        "ROWS": str(sum(len(file.rows) for file in plan.files)),
        "BYTES": str(plan.total_bytes),
        "WITH_TOKEN": str((yield from with_token(plan))),
        "TOKEN_PAGE": one_line(about.token_page),
        "WHOAMI": address(about.whoami) if about.whoami else "",
        "CONTACT": one_line(about.contact),
        "AGENT": about.agent,
    }
    texts = {"HEADING": heading_comment(plan, about), "ROOT": plan.root}
    # JSON in ASCII is a Python literal too.
    yield _PLACE.sub(
        lambda place: json.dumps(words[place[1]]) if place[1] else texts[place[2]], _TEMPLATE.head
    )
    yield from entry_lines(plan, _line)
    yield _TEMPLATE.foot


def _line(entry: Entry) -> str:
    return f"#: {json.dumps(_fields(entry), separators=(',', ':'))}\n"


def _fields(entry: Entry) -> list[object]:
    file, row = entry.file, entry.row
    return [
        entry.number,
        entry.first,
        file.size,
        EXCLUSIVE if file.exclusive else PUBLIC,
        takes_token(file),
        file.sha256.lower() if file.sha256 else None,
        file.md5.lower() if file.md5 else None,
        file.path,
        one_line(row.dataset),
        one_line(file.rows[0].dataset),
        one_line(row.uri),
        one_line(entry.was) if entry.was else None,
        address(file.url) if file.url is not None else None,
        one_line(file.problem),
    ]
