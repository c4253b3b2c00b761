"""The Python script: fetches a plan with the standard library, later and without the overlay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Final

from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.scripts.lines import About, address, check, comments, heading, one_line, pieces, takes_token

#: Read on import: the text is then in memory wherever the module is, also in a memory snapshot without files.
_TEMPLATE: Final = resources.files("pycore.scripts").joinpath("retrieve_python.txt").read_text("utf-8")
_HEAD, _, _FOOT = _TEMPLATE.partition("@LIST@\n")
_PLACE: Final = re.compile(r'"@([A-Z_]+)@"|@(HEADING|ROOT)@')


def python_script(plan: Plan, about: About) -> Iterator[str]:
    """The script's text. Names, addresses and reasons stand in comments at its end, a line of JSON each.

    The promises are those of the bash script. It runs with Python 3.8 and newer, on any system.
    """
    check(plan)
    return pieces(_script(plan, about))


def _script(plan: Plan, about: About) -> Iterator[str]:
    words = {
        "ROOT_WORD": plan.root,
        "FILES": str(len(plan.files)),
        "ROWS": str(sum(len(file.rows) for file in plan.files)),
        "BYTES": str(plan.total_bytes),
        "WITH_TOKEN": str(sum(takes_token(file) for file in plan.files)),
        "TOKEN_PAGE": one_line(about.token_page),
        "WHOAMI": address(about.whoami) if about.whoami else "",
        "CONTACT": one_line(about.contact),
        "AGENT": about.agent,
    }
    texts = {"HEADING": "".join(comments(heading(plan, about))).rstrip("\n"), "ROOT": plan.root}
    # JSON in ASCII is a Python literal too.
    yield _PLACE.sub(lambda place: json.dumps(words[place[1]]) if place[1] else texts[place[2]], _HEAD)
    yield from _lines(plan)
    yield _FOOT


def _lines(plan: Plan) -> Iterator[str]:
    """One line for each row of the manifest, in its order."""
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
        fields = _fields(file, file.rows[place], number, first, plain_names.get(file.path))
        yield f"#: {json.dumps(fields, separators=(',', ':'))}\n"


def _fields(
    file: PlannedFile, row: PlannedRow, number: int, first: int, plain_name: str | None
) -> list[object]:
    return [
        number,
        first,
        file.size,
        EXCLUSIVE if file.exclusive else PUBLIC,
        takes_token(file),
        file.sha256.lower() if file.sha256 else None,
        file.md5.lower() if file.md5 else None,
        file.path,
        one_line(row.dataset),
        one_line(file.rows[0].dataset),
        one_line(row.uri),
        one_line(plain_name) if plain_name else None,
        address(file.url) if file.url is not None else None,
        one_line(file.problem),
    ]
