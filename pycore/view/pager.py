"""The pages of the preview: which one is shown, how many there are, and the way to each."""

from __future__ import annotations

from pycore.html import Markup, element
from pycore.preview import Page
from pycore.state import ROWS_PER_PAGE, State
from pycore.volume import files, number


def pager(state: State, shown: Page) -> Markup:
    """Rows per page, the range that is shown, and the buttons."""
    at_start, at_end = shown.number == 0, shown.number == shown.last
    sizes = [
        element("option", str(size), value=str(size), selected=size == state.preview.per_page)
        for size in ROWS_PER_PAGE
    ]
    return element(
        "nav",
        element("label", "Rows per page: ", element("select", sizes, id="rows", data_do="rows")),
        element("p", _range(shown), class_="range", role="status"),
        element(
            "label",
            "Page ",
            element(
                "input",
                type="number",
                id="page-number",
                data_do="page-number",
                value=shown.number + 1,
                min=1,
                max=shown.last + 1,
            ),
            f" of {number(shown.last + 1)}",
        ),
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


def _range(shown: Page) -> str:
    of = f"{number(shown.start)}-{number(shown.stop)} of {number(shown.rows)} rows ({files(shown.files)})"
    if shown.selected == shown.rows:
        return of
    return f"{of}, {number(shown.selected)} selected ({files(shown.selected_files)})"


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
