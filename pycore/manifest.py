"""The manifest of a download, ``manifest.html``: written from what happened, a row a dataset and product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.product import EXCLUSIVE, PUBLIC, without_surrogates
from pycore.volume import files as count_files
from pycore.volume import number, volume

NAME: Final = "manifest.html"
COLUMNS: Final = ("URI", "File", "Access", "Status", "Logged In User")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a product ended: ``reason`` is ``""`` for a file that is there, else why it is not.

    ``other_size`` is what the archive has of it in bytes, where that is not the list's size: the one thing that is
    wrong with a file that is not there, and to be told of one that was taken as it is.
    """

    reason: str = ""
    other_size: int | None = None


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


def other_size(file: PlannedFile, size: int) -> str:
    """What is told of a file whose size in the archive is no longer the list's."""
    return f"the list says {file.size} bytes, the archive has {size}"


def rows(plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows of the manifest in list order, as text of the columns; one outcome for each planned file."""
    entries = [
        (file.mission, row.number, file, row, outcome)
        for file, outcome in zip(plan.files, outcomes, strict=True)
        for row in file.rows
    ]
    missions = list(dict.fromkeys(file.mission for file in plan.files))
    entries.sort(key=lambda entry: (missions.index(entry[0]), entry[1]))
    for _, _, file, row, outcome in entries:
        access = EXCLUSIVE if file.exclusive else PUBLIC
        yield row.uri, file.path, access, status(plan, file, row, outcome), plan.user


def render(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """The whole ``manifest.html``: opens offline and without script, however hostile the names."""
    failed = [(f, o.reason) for f, o in zip(plan.files, outcomes, strict=True) if o.reason]
    there = len(plan.files) - len(failed)
    bytes_there = sum(
        f.size if o.other_size is None else o.other_size
        for f, o in zip(plan.files, outcomes, strict=True)
        if not o.reason
    )
    others = [
        (f, other_size(f, o.other_size))
        for f, o in zip(plan.files, outcomes, strict=True)
        if not o.reason and o.other_size is not None
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>\n" for cells in rows(plan, outcomes)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Manifest of {_text(plan.root)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(plan.root)}</h1>\n"
        f"<p>{number(there)} of {count_files(len(plan.files))}, {volume(bytes_there)}.</p>\n"
        f"{_missing(failed)}{_others(others)}{_renamed(plan)}"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    """The text as HTML that reads back as the same text; readers of HTML take a bare CR for a line end."""
    return escape(without_surrogates(text)).replace("\r", "&#13;")


def _missing(failed: Sequence[tuple[PlannedFile, str]]) -> str:
    if not failed:
        return ""
    items = "".join(f"<li>{_text(file.path)}: {_text(reason)}</li>\n" for file, reason in failed)
    return f"<h2>Not included: {count_files(len(failed))}</h2>\n<ul class=missing>\n{items}</ul>\n"


def _others(others: Sequence[tuple[PlannedFile, str]]) -> str:
    if not others:
        return ""
    items = "".join(f"<li>{_text(file.path)}: {_text(told)}</li>\n" for file, told in others)
    return f"<h2>Taken as they are: {count_files(len(others))} of another size</h2>\n<ul class=missing>\n{items}</ul>\n"


def _renamed(plan: Plan) -> str:
    if not plan.renamed:
        return ""
    items = "".join(f"<li>{_text(plain)} is here as {_text(used)}</li>\n" for plain, used in plan.renamed)
    return f"<h2>Renamed: {count_files(len(plan.renamed))}</h2>\n<ul>\n{items}</ul>\n"


_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b2430;background:#fff}"
    "table{border-collapse:collapse}th,td{border:1px solid #b9c3cf;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:#eef2f6}"
    ".missing{color:#a11;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf1;background:#12171e}th{background:#1f2833}"
    "th,td{border-color:#3a4654}.missing{color:#ff9b8f}}"
)
