"""The regex field: what is typed, what is in force, and how much it lets through."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.pattern import PatternField, Target, glob_translation
from pycore.state import Mission, State
from pycore.view.links import outside
from pycore.volume import files, volume


def pattern(state: State) -> Markup:
    """The textbox Regex filter with its messages."""
    mission = state.mission
    if mission is None:
        return join()
    field = mission.pattern
    help_page = mission.profile.help.get("regex")
    return join(
        element(
            "p",
            "Enter a ",
            outside("JavaScript-style regular expression", help_page)
            if help_page
            else "JavaScript-style regular expression",
            " to select particular file types or names",
            class_="lead",
        ),
        element(
            "div",
            element("label", "Regex filter", for_="regex", class_="field-name"),
            element(
                "input",
                type="text",
                id="regex",
                data_do="pattern",
                value=field.typed,
                placeholder=r"for example _cal\.fits$",
                autocomplete="off",
                autocapitalize="off",
                spellcheck="false",
                aria_invalid="true" if field.error else None,
                aria_describedby="regex-state regex-error",
            ),
            class_="field",
        ),
        _precision(field),
        element("p", _told(mission), id="regex-state", class_="hint", role="status"),
        element(
            "div",
            element("p", _wrong(field), id="regex-error", class_="error", role="alert"),
            " ",
            _glob(field),
            class_="remarks",
        ),
    )


def _precision(field: PatternField) -> Markup:
    """How the pattern is meant; folded, and in force as the original's field where nothing is touched."""
    precision = field.precision
    targets = [
        element("option", target.value, value=target.value, selected=target is precision.target)
        for target in Target
    ]
    how = str(precision)
    return element(
        "details",
        element("summary", "More precise", f": {how}" if how else None),
        element(
            "div",
            _tick("Ignore case", "ignore-case", precision.ignore_case),
            _tick("Take what does not match", "invert", precision.invert),
            element("label", "Match on: ", element("select", targets, id="target", data_do="target")),
            class_="row",
        ),
        class_="precise",
    )


def _tick(name: str, do: str, on: bool) -> Markup:
    box = element("input", type="checkbox", id=do, data_do=do, checked=on)
    return element("label", box, element("span", name), class_="check")


def _told(mission: Mission) -> str:
    field = mission.pattern
    if field.running:
        return "filtering …"
    if field.matching is None:
        return "No filter is in force."
    catalog = mission.selector.catalog
    rows = mission.controlled()
    named = f"“{field.told()}” is in force: " if field.error else ""
    precision = field.precision_in_force
    verb = "do not match" if precision.invert else "match"
    by = "" if precision.target is Target.NAME else f" by {precision.target.value}"
    return f"{named}{files(catalog.count(rows))}, {volume(catalog.volume(rows))} {verb}{by}"


def _wrong(field: PatternField) -> str:
    if not field.error:
        return ""
    return field.error if field.error.endswith((".", "!", "?")) else f"{field.error}."


def _glob(field: PatternField) -> Markup | None:
    meant = glob_translation(field.typed)
    if not meant or meant == field.typed:
        return None
    return element(
        "p",
        "Wildcard? Take ",
        element(
            "button",
            meant,
            type="button",
            data_do="take-glob",
            data_with=meant,
            class_="take",
            id="take-glob",
        ),
        class_="hint glob",
    )
