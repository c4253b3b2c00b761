"""A row of radio buttons with its name before it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pycore.html import Markup, element, join


def radios(name: str, do: str, labels: Mapping[str, str], chosen: str) -> Markup:
    """A radio group called ``name``; each value with its label. The browser moves between them by arrow keys."""
    buttons = [
        element(
            "label",
            element(
                "input",
                type="radio",
                name=do,
                id=quote(f"{do}:{value}"),
                value=value,
                data_do=do,
                checked=value == chosen,
            ),
            element("span", label),
            class_="radio",
        )
        for value, label in labels.items()
    ]
    return join(
        element(
            "div",
            element("span", name, id=f"{do}-name", class_="field-name"),
            element("div", buttons, class_="choices"),
            role="radiogroup",
            aria_labelledby=f"{do}-name",
            class_="field",
        )
    )
