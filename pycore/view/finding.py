"""The field to find rows of the preview, and how many there are."""

from __future__ import annotations

from pycore.html import Markup, element
from pycore.preview import Shown, is_sorting, match_number
from pycore.state import State
from pycore.volume import number


def finding(state: State, shown: Shown) -> Markup:
    """The textbox Find in preview with its buttons; Enter is the next match."""
    return element(
        "form",
        element("label", "Find in preview", for_="find", class_="field-name"),
        element(
            "input",
            type="text",
            id="find",
            name="find",
            data_do="find",
            value=state.preview.find.text,
            placeholder="part of a file or dataset name",
            autocomplete="off",
            autocapitalize="off",
            spellcheck="false",
            aria_describedby="find-state",
        ),
        element(
            "div",
            _step("back", "button", "Previous match", "‹"),
            _step("on", "submit", "Next match", "›"),
            class_="pages",
        ),
        element("p", _told(state, shown), id="find-state", class_="hint", role="status"),
        class_="finding",
        data_do="find-step",
        data_value_of="find",
        role="search",
    )


def _told(state: State, shown: Shown) -> str:
    if is_sorting(state.preview):
        return "sorting …"
    if not state.preview.find.text:
        return ""
    if shown.matches is None:
        return "finding …"
    count = sum(mask.bit_count() for mask in shown.matches)
    if not count:
        return "No row has that." if state.preview.all else "No selected row has that."
    at = match_number(state)
    rows = f"{number(count)} row{'' if count == 1 else 's'}"
    return f"{number(at)} of {rows}" if at else rows


def _step(to: str, kind: str, name: str, sign: str) -> Markup:
    return element(
        "button",
        element("span", sign, aria_hidden="true"),
        type=kind,
        id=f"find-{to}",
        data_do="find-step" if kind == "button" else None,
        data_with=to if kind == "button" else None,
        aria_label=name,
    )
