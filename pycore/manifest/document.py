"""``manifest.json``: what ``manifest.html`` says, for programs. ``docs/manifest.md`` describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from pycore.manifest.facts import Happened, each_row, in_pieces, moment, provenance
from pycore.product import without_surrogates

NAME: Final = "manifest.json"
#: Another number when a reader of the one before would go wrong.
VERSION: Final = 1


def pieces(happened: Happened) -> Iterator[str]:
    """The document in pieces, the same each time; empty ones let others have their turn."""
    plan = happened.plan
    head = {
        "format": "download manifest",
        "version": VERSION,
        "download": without_surrogates(plan.root),
        "structure": plan.structure,
        "signed_in": plan.signed_in,
        "user": without_surrogates(plan.user),
        "begun": moment(happened.begun_ms),
        "ended": moment(happened.ended_ms),
        "totals": (yield from happened.totals()),
        "provenance": provenance(plan),
    }
    # Without its closing brace: the lists follow, one item a line.
    yield json.dumps(head, indent=1)[:-2]
    missing = (told and {"file": told[0].path, "reason": told[1].reason} for told in happened.missing())
    others = (
        told and {"file": told[0].path, "listed_bytes": told[0].size, "bytes": told[1]}
        for told in happened.taken_as_they_are()
    )
    renamed = (told and {"name": told[0], "file": told[1]} for told in plan.renamed())
    yield from _list("not_included", missing)
    yield from _list("taken_as_they_are", others)
    yield from _list("renamed", renamed)
    yield from _list("rows", each_row(happened))
    yield "\n}\n"


def _list(key: str, items: Iterable[object | None]) -> Iterator[str]:
    yield f",\n {json.dumps(key)}: ["
    yield from in_pieces(chain(_items(items), ["\n ]"]))


def _items(items: Iterable[object | None]) -> Iterator[str]:
    between = "\n  "
    for item in items:
        if item is None:
            yield ""
        else:
            yield f"{between}{json.dumps(item)}"
            between = ",\n  "
