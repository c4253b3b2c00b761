"""The menus of other forms: for other tools beside API QUERY, of the file list beside its export."""

from __future__ import annotations

from collections.abc import Sequence

from pycore.html import Markup, element, join
from pycore.scripts.menu import EXPORTS, TOOLS, Export, Tool
from pycore.state import State


def tools(state: State) -> Markup:
    """The button for what API QUERY does not give, and its menu."""
    return _button(state, "tools", "OTHER TOOLS", TOOLS)


def exports(state: State) -> Markup:
    """The button for what the CSV does not give, and its menu."""
    return _button(state, "exports", "OTHER FORMATS", EXPORTS)


def _button(state: State, of: str, name: str, forms: Sequence[Tool | Export]) -> Markup:
    opened = state.forms.of == of
    return join(
        element(
            "button",
            name,
            type="button",
            id=f"{of}-button",
            class_="fold",
            data_do="forms",
            data_with=of,
            aria_haspopup="menu",
            aria_expanded="true" if opened else "false",
            aria_controls=f"{of}-menu" if opened else None,
        ),
        element(
            "div",
            [_item(state, form) for form in forms],
            role="menu",
            id=f"{of}-menu",
            class_="menu forms",
            data_escape="forms",
            aria_label=name,
        )
        if opened
        else None,
    )


def _item(state: State, form: Tool | Export) -> Markup:
    refusal = state.forms.refusals.get(form.name, "")
    return element(
        "div",
        element(
            "button",
            form.label,
            type="button",
            role="menuitem",
            id=f"form-{form.name}",
            tabindex="-1",
            data_do="form",
            data_with=form.name,
            aria_describedby=f"form-{form.name}-about",
            aria_disabled="true" if refusal else None,
        ),
        element(
            "span",
            f"{form.sentence} {form.lacks}".strip(),
            element("span", refusal, class_="refusal") if refusal else None,
            class_="hint",
            id=f"form-{form.name}-about",
        ),
        role="none",
    )
