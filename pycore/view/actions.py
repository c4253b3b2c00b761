"""The buttons that do something with the selection, and whom to ask when it goes wrong."""

from __future__ import annotations

from pycore import messages as m
from pycore.advice import script_advice
from pycore.html import Markup, element, join
from pycore.state import Mission, State
from pycore.view.forms import exports, tools
from pycore.view.summary import idle


def views(state: State) -> Markup:
    """The two ways to look at the selection."""
    if not state.missions:
        return join()
    return element(
        "div",
        element(
            "button",
            "VIEW ALL SELECTED FILES",
            type="button",
            id="preview-button",
            data_do="preview",
            aria_expanded="true" if state.preview.open else "false",
            aria_controls="preview",
        ),
        _action("EXPORT SELECTED FILE LIST", "export", _waits(state, m.ExportAsked)),
        exports(state),
        class_="row",
    )


def actions(state: State) -> Markup:
    """The two ways to take the files, and whom to ask; each waits for a running filter by itself."""
    if not state.missions:
        return join()
    return join(
        element(
            "div",
            _action("API QUERY", "script", _waits(state, m.ScriptAsked)),
            tools(state),
            _action("START DOWNLOAD", "download", _waits(state, m.DownloadAsked), class_="primary"),
            class_="row end",
        ),
        _too_large(state),
        _contact(state.mission),
    )


def _waits(state: State, kind: type) -> bool:
    return any(isinstance(message, kind) for message in state.waiting)


def _action(name: str, do: str, waits: bool, class_: str | None = None) -> Markup:
    return element(
        "button",
        name,
        type="button",
        id=f"{do}-button",
        data_do=do,
        class_=class_,
        aria_busy="true" if waits else None,
    )


def _too_large(state: State) -> Markup | None:
    parts = state.parts()
    told = script_advice(sum(part.catalog.volume(part.selected) for part in parts))
    if told is not None:
        return element("p", told, class_="warning")
    # Room is kept for what a click may bring.
    possible = script_advice(sum(part.catalog.volume(part.catalog.everything) for part in parts))
    return None if possible is None else idle("p", possible, class_="warning")


def _contact(mission: Mission | None) -> Markup | None:
    if mission is None:
        return None
    sentence, label, url = mission.profile.contact
    who = element("a", label, href=url) if url else label
    return element("p", f"{sentence} ", who, class_="contact")
