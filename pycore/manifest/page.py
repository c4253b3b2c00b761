"""``manifest.html``: opens offline and without script, however hostile the names."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Generator, Iterable, Iterator
from typing import Final

from pycore import bits
from pycore.html import escape
from pycore.manifest.facts import COLUMNS, FETCHED_COLUMNS, Happened, cells, each_row, in_pieces, moment
from pycore.manifest.order import A_TURN
from pycore.manifest.outcome import other_size
from pycore.plan import Plan
from pycore.product import without_surrogates
from pycore.provenance import Controls, Source
from pycore.volume import duration, number, volume
from pycore.volume import files as count_files

NAME: Final = "manifest.html"

_ADVICE: Final = (
    "These files are not in this download, and the reason stands beside each. What the network or the archive broke "
    "can be fetched by trying again; what the archive refused needs a sign-in that may have it; what has another size "
    "than the list says needs a new list."
)


def pieces(happened: Happened) -> Iterator[str]:
    """The page in pieces, the same each time; empty ones let others have their turn."""
    plan = happened.plan
    totals = yield from happened.totals()
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>Manifest of {_text(plan.root)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(plan.root)}</h1>\n"
        f"<p>{number(totals['complete'])} of {count_files(totals['files'])}, {volume(totals['bytes'])}.</p>\n"
    )
    if totals["not_included"]:
        told = f"Not included: {count_files(totals['not_included'])}, {volume(totals['bytes_not_included'])}"
        missing = (told and f"{_text(told[0].path)}: {_text(told[1].reason)}" for told in happened.missing())
        yield from _list(told, missing, kind=" class=missing", before=f"<p>{_ADVICE}</p>\n")
    others: list[str] = []
    for taken in happened.taken_as_they_are():
        if taken is None:
            yield ""
        else:
            others.append(f"{_text(taken[0].path)}: {_text(other_size(*taken))}")
    if others:
        told = f"Taken as they are: {count_files(len(others))} of another size"
        yield from _list(told, others, kind=" class=missing")
    renamed: list[str] = []
    for each in plan.renamed():
        if each is None:
            yield ""
        else:
            renamed.append(f"{_text(each[0])} is here as {_text(each[1])}")
    if renamed:
        yield from _list(f"Renamed: {count_files(len(renamed))}", renamed)
    yield from _list("About this download", (_text(line) for line in about(happened, totals["requests"])))
    head = "".join(f'<th scope="col">{name}</th>' for name in (*COLUMNS, *FETCHED_COLUMNS))
    yield f"<h2>Files</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    yield from in_pieces("" if row is None else _row(cells(row)) for row in each_row(happened))
    yield "</tbody>\n</table>\n</body>\n</html>\n"


def about(happened: Happened, requests: int) -> Iterator[str]:
    """How the download came to be, a sentence a line."""
    plan, told = happened.plan, happened.plan.provenance
    took = duration((happened.ended_ms - happened.begun_ms) / 1000)
    yield f"Begun {moment(happened.begun_ms)}, ended {moment(happened.ended_ms)} ({took})."
    yield f"Requests: {number(requests)}. File structure: {plan.structure}."
    if told.software:
        yield f"Made by the download overlay, version {told.software}."
    for source in told.sources:
        yield _source(source)
    for controls in told.controls:
        yield from _controls(controls)


def _source(source: Source) -> str:
    where = "" if source.address in ("", source.name) else f", {source.address}"
    return f"Product list: {source.name}{where}"


def _controls(controls: Controls) -> Iterator[str]:
    yield f"Mission {controls.mission} ({controls.title}), quick select {controls.quick}."
    for level, suffixes in controls.ticked:
        yield f"{controls.mission}, level {level}: {', '.join(suffixes)}"
    if controls.guide_stars:
        yield f"{controls.mission}, guide star files: {controls.guide_stars}"
    if controls.references:
        yield f"{controls.mission}, calibration reference files: {controls.references}"
    yield f"{controls.mission}, regex filter in force: {controls.pattern or 'none'}"
    for state, names in (("on", controls.by_hand_on), ("off", controls.by_hand_off)):
        if names:
            yield f"{controls.mission}, ticked {state} by hand: {', '.join(names)}"
    if controls.citation:
        yield f"To be acknowledged in a publication ({controls.mission}): {controls.citation}"


def _row(texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{_text(text)}</td>' for text in texts)}</tr>\n"


def _list(told: str, items: Iterable[str | None], *, kind: str = "", before: str = "") -> Iterator[str]:
    yield f"<h2{kind}>{told}</h2>\n{before}<ul{kind}>\n"
    yield from in_pieces("" if item is None else f"<li>{item}</li>\n" for item in items)
    yield "</ul>\n"


def room(plan: Plan) -> int:
    """Bytes that page and document will have at most, at one go."""
    return bits.finished(room_in_steps(plan))


def room_in_steps(plan: Plan) -> Generator[None, None, int]:
    """Bytes that page and document will have at most if every file comes, as far as can be told beforehand.

    What archives tell of a file's version is not known yet; of names, only what has to be escaped makes them longer.
    """
    per_row = 820 + 2 * len(plan.user)
    total = 12_000 + 40 * len(plan.provenance.controls) * 30
    for count, file in enumerate(plan.files, start=1):
        if count % A_TURN == 0:
            yield
        path, url = len(file.path.encode()), len(file.url or "")
        for row in file.rows:
            dataset = len(row.dataset.encode())
            status = path + 2 * dataset + 60
            total += per_row + 2 * (len(row.uri.encode()) + path + status + url) + dataset + path
    return total


def _text(text: str) -> str:
    """The text as HTML that reads back as the same text; readers of HTML take a bare CR for a line end."""
    return escape(without_surrogates(text)).replace("\r", "&#13;")


_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b2430;background:#fff}"
    "table{border-collapse:collapse}th,td{border:1px solid #b9c3cf;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:#eef2f6}"
    ".missing{color:#a11;font-weight:600}ul.missing{border:3px solid;padding:.6rem .6rem .6rem 2rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf1;background:#12171e}th{background:#1f2833}"
    "th,td{border-color:#3a4654}.missing{color:#ff9b8f}}"
)
#: Nothing but this style: no script, no address is asked (Content Security Policy 3, section 8.4).
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
