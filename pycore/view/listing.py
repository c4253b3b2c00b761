"""The preview of all selected files: groups, columns, pages."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from pycore.html import Markup, element, join
from pycore.preview import Group, Page, page
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.state import ROWS_PER_PAGE, State
from pycore.view.summary import lock
from pycore.volume import files, number, volume

COLUMNS: Final = ("Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating", "Size", "Access")


def preview(state: State) -> Markup:
    """The section below the panel, empty while it is folded."""
    if not state.preview.open or not state.missions:
        return join()
    shown = page(state)
    if not shown.rows:
        return element("p", "Nothing is selected.", class_="empty-preview")
    several = len(state.missions) > 1
    return join(
        element("h2", "Selected files", id="preview-title"),
        element(
            "div",
            element(
                "table",
                element("caption", "Selected files by dataset", class_="unseen"),
                element("thead", element("tr", [_head(name) for name in COLUMNS])),
                [_group(group, several) for group in shown.groups],
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Table of selected files",
        ),
        _pager(state, shown),
    )


def _head(name: str) -> Markup:
    return element("th", name, scope="col", class_="number" if name == "Size" else None)


def _group(group: Group, several: bool) -> Markup:
    mission = f"{group.mission} · " if several else ""
    title = element(
        "th",
        element(
            "span",
            mission,
            element("bdi", group.dataset),
            f" ({number(group.selected)})",
            class_="group-name",
        ),
        colspan=len(COLUMNS),
        scope="rowgroup",
        id=f"group:{quote(group.mission, safe='')}:{quote(group.dataset, safe='')}",
    )
    return element(
        "tbody", element("tr", title, class_="group"), [_row(group, index) for index in group.indices]
    )


def _row(group: Group, index: int) -> Markup:
    catalog = group.part.catalog
    listed, file = catalog.listed(index).row, catalog.product_row(index)
    exclusive = catalog.is_exclusive(index)
    shared = element(
        "span", "shared", class_="badge", title="It belongs to several datasets and is fetched once."
    )
    return element(
        "tr",
        element(
            "th", element("bdi", file.filename), " ", shared if catalog.shared(index) else None, scope="row"
        ),
        element("td", file.level),
        element("td", file.suffix),
        element("td", listed.instrument),
        element("td", listed.filters),
        element("td", volume(file.size), class_="number"),
        element(
            "td",
            lock() if exclusive else None,
            " " if exclusive else None,
            EXCLUSIVE if exclusive else PUBLIC,
        ),
    )


def _pager(state: State, shown: Page) -> Markup:
    at_start, at_end = shown.number == 0, shown.number == shown.last
    sizes = [
        element("option", str(size), value=str(size), selected=size == state.preview.per_page)
        for size in ROWS_PER_PAGE
    ]
    of = f"{number(shown.start)}-{number(shown.stop)} of {number(shown.rows)} rows ({files(shown.files)})"
    return element(
        "nav",
        element("label", "Rows per page: ", element("select", sizes, id="rows", data_do="rows")),
        element("p", of, class_="range", role="status"),
        element(
            "div",
            _turn("first", "First page", "«", at_start),
            _turn("previous", "Previous page", "‹", at_start),
            _turn("next", "Next page", "›", at_end),
            _turn("last", "Last page", "»", at_end),
            class_="pages",
        ),
        aria_label="Pages of selected files",
        class_="pager",
    )


def _turn(to: str, name: str, sign: str, off: bool) -> Markup:
    # Not `disabled`: a button that turns off under the keyboard's focus would lose it.
    return element(
        "button",
        element("span", sign, aria_hidden="true"),
        type="button",
        id=f"page-{to}",
        data_do="page",
        data_with=to,
        aria_label=name,
        aria_disabled="true" if off else None,
    )
