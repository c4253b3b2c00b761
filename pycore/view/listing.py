"""The preview of all selected files: groups, columns, boxes to tick by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Final, NamedTuple
from urllib.parse import quote

from pycore import bits, sorting
from pycore.html import Markup, element, escape, join
from pycore.plan import Part
from pycore.preview import Group, Page, Shown, is_sorting
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.selection import Tick
from pycore.state import State
from pycore.view.finding import finding
from pycore.view.pager import pager
from pycore.view.summary import lock
from pycore.volume import number, volume

#: Rows of one part of the table, and so many of one that needs little room, or some.
_ROWS_A_BODY: Final = 25
_FEW: Final = 4
_SOME: Final = 12

COLUMNS: Final = (
    sorting.FILENAME,
    sorting.LEVEL,
    sorting.SUFFIX,
    sorting.INSTRUMENT,
    sorting.FILTERS,
    sorting.SIZE,
    sorting.ACCESS,
)


def preview(state: State) -> Markup:
    """The section below the panel, empty while it is folded."""
    if not state.preview.open or not state.missions:
        return join()
    shown = Shown(state)
    page = shown.page()
    return join(
        element(
            "div",
            element("h2", "Selected files", id="preview-title"),
            _show_all(state),
            _folds(state, page) if page.rows else None,
            class_="preview-head",
        ),
        finding(state, shown) if page.rows else None,
        _table(state, shown, page)
        if page.rows
        else element("p", "Nothing is selected.", class_="empty-preview"),
        pager(state, page) if page.rows else None,
    )


def _show_all(state: State) -> Markup:
    box = element("input", type="checkbox", id="show-all", data_do="show-all", checked=state.preview.all)
    return element("label", box, element("span", "Show files that are not selected too"), class_="check")


def _folds(state: State, page: Page) -> Markup | None:
    """The buttons for all datasets at once; sorted rows stand in no groups."""
    if state.preview.sorting is not None:
        return None
    buttons = [
        element(
            "button",
            name,
            type="button",
            class_="quiet",
            id=f"fold-all-{to}",
            data_do="fold-all",
            data_with=to,
        )
        for name, to in (("FOLD ALL", "on"), ("UNFOLD ALL", "off"))
    ]
    return element("div", buttons, class_="folds", role="group", aria_label="Datasets")


# -- the table ------------------------------------------------------------------------------------------------


def _table(state: State, shown: Shown, page: Page) -> Markup:
    several = len(state.missions) > 1
    columns = (*COLUMNS, sorting.DATASET) if shown.sorted else COLUMNS
    rows = Rows(state, shown, len(columns))
    if shown.sorted:
        body = _bodies(
            [
                row
                for part, lines in groupby(page.lines, itemgetter(0))
                for row in rows.rows(part, [index for _, index in lines], datasets=True)
            ]
        )
    else:
        body = [body for group in page.groups for body in _group(group, rows, several)]
    return element(
        "div",
        element(
            "table",
            element("caption", "Selected files by dataset", class_="unseen"),
            element(
                "thead", element("tr", [_head(state, name) for name in columns], role="row"), role="rowgroup"
            ),
            body,
            # In the style rows are grids, and a table of those is none to every browser unless it is told.
            role="table",
            class_="sorted" if shown.sorted else None,
            aria_busy="true" if is_sorting(state.preview) else None,
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label="Table of selected files",
    )


def _head(state: State, name: str) -> Markup:
    known = state.preview.sorting
    mine = known if known is not None and known.column == name else None
    order = ("descending" if mine.descending else "ascending") if mine else None
    return element(
        "th",
        element(
            "button",
            name,
            type="button",
            class_="sort",
            id=f"sort-{quote(name)}",
            data_do="sort",
            data_with=name,
            title="Sort by this column: up, down, and back to the archive’s order",
        ),
        scope="col",
        role="columnheader",
        class_="number" if name == sorting.SIZE else None,
        aria_sort=order,
    )


def _bodies(rows: list[Markup]) -> list[Markup]:
    """The rows in parts of the table: those that are out of view cost the browser nothing."""
    return [
        element(
            "tbody",
            Markup("".join(rows[start : start + _ROWS_A_BODY])),
            role="rowgroup",
            class_=_room(len(rows) - start),
        )
        for start in range(0, len(rows), _ROWS_A_BODY)
    ]


def _room(rows: int) -> str | None:
    """How much room so many rows need, by which the browser goes until it has laid them out."""
    return "few" if rows <= _FEW else "some" if rows <= _SOME else None


def _group(group: Group, rows: Rows, several: bool) -> list[Markup]:
    return _bodies([rows.head(group, several), *rows.rows(group.part, group.indices)])


class _Words(NamedTuple):
    """What the head of a group says of its dataset: in its ids, to its controls, and to whoever reads it."""

    name: str
    about: str
    dataset: str
    selected: str


def _head_of(group: Group, words: _Words, mission: str, columns: int) -> Markup:
    """The row above those of a dataset."""
    held = (
        element("span", f" {_held(group.held)}", class_="hint")
        if group.held and group.tick is Tick.NONE
        else None
    )
    title = element(
        "th",
        element(
            "span",
            element(
                "button",
                type="button",
                class_="fold",
                id=f"fold:{words.name}",
                data_do="fold",
                data_with=words.about,
                aria_expanded="false" if group.folded else "true",
                aria_label=f"Files of {words.dataset}",
            ),
            element(
                "label",
                element(
                    "input",
                    type="checkbox",
                    data_do="dataset",
                    data_with=words.about,
                    checked=group.tick is Tick.ALL,
                    data_mixed="true" if group.tick is Tick.PARTIAL else None,
                ),
                element("span", mission, element("bdi", words.dataset), f" ({words.selected})"),
                class_="check",
            ),
            held,
            class_="group-name",
        ),
        colspan=columns,
        scope="rowgroup",
        role="rowheader",
        id=f"group:{words.name}",
    )
    return element("tr", title, role="row", class_="group")


def _held(count: int) -> str:
    return (
        "1 file stays: another dataset has it too"
        if count == 1
        else f"{number(count)} files stay: other datasets have them too"
    )


class _Row(NamedTuple):
    """What many rows have in common: all but the row's number, the file's name and its bytes.

    ``kind`` and ``of_row`` are the places of the product's kind and of the row's own among those of the mission.
    """

    mission: int
    kind: int
    of_row: int
    exclusive: int
    shared: int
    selected: int
    on: int
    off: int
    matches: int
    dataset: str | None


#: Stands for what is put in later, of which there are three in a row.
_GAP: Final = "\0"
_PARTS: Final = 4
#: What is put into the head of a group are seven words.
_PARTS_OF_HEAD: Final = 8


class Rows:
    """The rows of a page. What rows have in common is written once for all of them."""

    def __init__(self, state: State, shown: Shown, columns: int) -> None:
        self.columns = columns
        self._parts = shown.parts
        self._number = {part.profile.name: place for place, part in enumerate(shown.parts)}
        self._may_take = shown.may_take
        self._names = [json.dumps(part.profile.name) for part in shown.parts]
        self._selected = shown.selected
        self._on, self._off = list[bits.Laid](), list[bits.Laid]()
        for mission in state.missions:
            hand, rows = mission.by_hand(), mission.selector.catalog.rows
            self._on.append(bits.Laid(hand.on, rows))
            self._off.append(bits.Laid(hand.off, rows))
        self._written: dict[tuple[object, ...], Sequence[str]] = {}
        self._heads: dict[tuple[str, Tick, bool], Sequence[str]] = {}
        self._at = state.preview.find.at if shown.matches is not None else None
        self._matches = [
            bits.Laid(mask, part.catalog.rows)
            for mask, part in zip(shown.matches or (), shown.parts, strict=False)
        ]

    def head(self, group: Group, several: bool) -> Markup:
        """The row above those of a dataset."""
        name = quote(group.mission, safe="") + ":" + quote(group.dataset, safe="")
        words = _Words(
            name, json.dumps([group.mission, group.dataset]), group.dataset, number(group.selected)
        )
        mission = f"{group.mission} · " if several else ""
        known = mission, group.tick, group.folded
        parts = self._heads.get(known)
        if parts is None:
            gaps = _head_of(replace(group, held=0), _Words(_GAP, _GAP, _GAP, _GAP), mission, self.columns)
            parts = self._heads[known] = gaps.split(_GAP)
        if len(parts) != _PARTS_OF_HEAD or group.held:
            return _head_of(group, words, mission, self.columns)
        about, dataset = escape(words.about), escape(group.dataset)
        put_in = (name, name, about, dataset, about, dataset, words.selected, "")
        return Markup("".join(chain.from_iterable(zip(parts, put_in, strict=True))))

    def rows(self, part: Part, indices: Sequence[int], *, datasets: bool = False) -> list[Markup]:
        """Files of a mission, with the names of their datasets where these are asked for."""
        catalog, mission = part.catalog, self._number[part.profile.name]
        names, sizes, *columns = catalog.shown(indices)
        alike = zip(
            repeat(mission),
            *columns,
            self._selected[mission].having(indices),
            self._on[mission].having(indices),
            self._off[mission].having(indices),
            self._matches[mission].having(indices) if self._matches else repeat(0),
            map(catalog.dataset, indices) if datasets else repeat(None),
            strict=False,
        )
        written, rows = self._written, list[Markup]()
        for known, index, name, size in zip(
            alike, indices, _escaped(names), map(volume, sizes), strict=False
        ):
            parts = written.get(known)
            if parts is None:
                parts = written[known] = self._row(_Row(*known)).split(_GAP)
            if len(parts) != _PARTS or self._at == (mission, index):
                rows.append(self._row(_Row(*known), f"{index}", Markup(name), size))
            else:
                before, middle, behind, end = parts
                rows.append(Markup(f"{before}{index}{middle}{name}{behind}{size}{end}"))
        return rows

    def _row(self, row: _Row, index: str = _GAP, name: str = _GAP, size: str = _GAP) -> Markup:
        kinds = self._parts[row.mission].catalog.kinds()
        kind, of_row = kinds[row.kind], kinds[row.of_row]
        found = index != _GAP and self._at == (row.mission, int(index))
        badges = join(_SHARED if row.shared else None, _ON if row.on else _OFF if row.off else None)
        return element(
            "tr",
            element(
                "th",
                self._box(row, index, name),
                [" ", badges] if badges else None,
                scope="row",
                role="rowheader",
            ),
            [
                element("td", text, role="cell")
                for text in (kind.level, kind.suffix, of_row.instrument, of_row.filters)
            ],
            element("td", size, role="cell", class_="number"),
            _EXCLUSIVE if row.exclusive else _PUBLIC,
            None if row.dataset is None else element("td", element("bdi", row.dataset), role="cell"),
            role="row",
            id="found" if found else None,
            class_="match" if row.matches else None,
            aria_current="true" if found else None,
        )

    def _box(self, row: _Row, index: str, name: str) -> Markup:
        out = bool(row.exclusive) and not self._may_take[row.mission]
        return element(
            "label",
            element(
                "input",
                type="checkbox",
                data_do="file",
                data_with=f"[{self._names[row.mission]},{index}]",
                checked=bool(row.selected),
                disabled=out,
                title="Exclusive access: sign in to take it." if out else None,
            ),
            element("bdi", name),
            class_="check",
        )


def _escaped(names: Sequence[str]) -> Iterable[str]:
    """Names as they stand between elements; few lists have one that needs more than a look."""
    together = "".join(names)
    return (
        names if escape(together, quote=False) == together else [escape(name, quote=False) for name in names]
    )


_SHARED: Final = element(
    "span", "shared", class_="badge", title="It belongs to several datasets and is fetched once."
)
_ON: Final = element("span", "on by hand", class_="badge hand")
_OFF: Final = element("span", "off by hand", class_="badge hand")
_PUBLIC: Final = element("td", PUBLIC, role="cell")
_EXCLUSIVE: Final = element("td", lock(), " ", EXCLUSIVE, role="cell")
