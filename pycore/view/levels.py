"""Processing levels and the suffixes in them, three-state boxes with counts and volumes; reference files."""

from __future__ import annotations

import json
from urllib.parse import quote

from pycore.catalog import Facet, Weight
from pycore.html import Markup, element, join
from pycore.selection import Tick
from pycore.state import Mission, State
from pycore.view.links import outside
from pycore.volume import files, volume


def levels(state: State) -> Markup:
    """The button File level with its fold-out, and INCLUDE CALIBRATION REFERENCE FILES where the mission has it."""
    mission = state.mission
    if mission is None:
        return join()
    names = [level.name for level in mission.profile.levels if level.name in mission.selector.boxes]
    example = f", e.g. {', '.join(names[:3])}" if names else ""
    count = mission.selector.categories(mission.choice)
    return join(
        element(
            "div",
            element("p", f"Select processing level{example}", class_="lead"),
            element(
                "div",
                element(
                    "button",
                    "File level",
                    type="button",
                    id="levels-button",
                    class_="fold",
                    data_do="menu",
                    data_with="levels",
                    aria_describedby="levels-count",
                    aria_expanded="true" if state.menu == "levels" else "false",
                    aria_controls="levels-fold",
                ),
                element(
                    "span", f"Selecting {count} file categor{'y' if count == 1 else 'ies'}", id="levels-count"
                ),
                class_="row",
            ),
            class_="level",
        ),
        _references(mission),
        element(
            "div",
            _fold(mission) if state.menu == "levels" else None,
            id="levels-fold",
            data_escape="menu",
        ),
    )


def _references(mission: Mission) -> Markup | None:
    rule = mission.profile.references
    if rule is None:
        return None
    of_references = mission.selector.references & mission.possible
    weight = _weight([mission.selector.catalog.weight(of_references)])
    return element(
        "div",
        element(
            "label",
            element(
                "input",
                type="checkbox",
                id="references-box",
                data_do="references",
                checked=mission.choice.references,
                aria_describedby="references-weight",
            ),
            element("span", rule.label),
            class_="check",
        ),
        element("p", weight, id="references-weight", class_="hint"),
        class_="references",
    )


def _fold(mission: Mission) -> Markup:
    if not mission.selector.boxes:
        return element("p", "This list has no processing levels to choose from.", class_="hint")
    hints = {level.name: level.hint for level in mission.profile.levels}
    # What each would take if it were ticked, whatever is ticked now; access aside, as everywhere below the summary.
    weights = mission.selector.weights(mission.possible)
    return join(
        element("div", [_level(mission, level, weights[level], hints) for level in weights], class_="boxes"),
        _help(mission),
    )


def _level(mission: Mission, level: str, weights: dict[Facet, Weight], hints: dict[str, str]) -> Markup:
    name = level or "no level"
    tick = mission.selector.level_tick(level, mission.choice)
    return element(
        "div",
        _box(tick, list(weights.values()), name, do="level", of=[level], hint=hints.get(level, "")),
        element(
            "div", [_suffix(mission, facet, weight) for facet, weight in weights.items()], class_="suffixes"
        ),
        role="group",
        aria_label=name,
        class_="box-group",
    )


def _suffix(mission: Mission, facet: Facet, weight: Weight) -> Markup:
    tick = mission.selector.suffix_tick(facet, mission.choice)
    return _box(tick, [weight], facet.suffix or "no suffix", do="suffix", of=[facet.level, facet.suffix])


def _box(tick: Tick, weights: list[Weight], name: str, *, do: str, of: list[str], hint: str = "") -> Markup:
    # JSON, because an attribute would not bring every character of a list's own words back.
    argument = json.dumps(of)
    return element(
        "label",
        element(
            "input",
            type="checkbox",
            id=f"{do}:{quote(argument)}",
            data_do=do,
            data_with=argument,
            checked=tick is Tick.ALL,
            data_mixed="true" if tick is Tick.PARTIAL else None,
        ),
        element("span", name, class_="name"),
        " ",
        element("span", _weight(weights), class_="weight"),
        element("span", f" {hint}", class_="hint") if hint else None,
        class_="check",
    )


def _weight(weights: list[Weight]) -> str:
    """What boxes come to that share no product."""
    return f"{files(sum(each.files for each in weights))}, {volume(sum(each.bytes for each in weights))}"


def _help(mission: Mission) -> Markup | None:
    pages = [
        (mission.profile.help.get("products"), "What the levels are"),
        (mission.profile.help.get("suffixes"), "What the suffixes mean"),
    ]
    links = [element("li", outside(words, page)) for page, words in pages if page]
    return element("ul", links, class_="links") if links else None
