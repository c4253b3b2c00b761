"""The panel's head: its name, the mission's menu and the way to the account."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.plan import ANONYMOUS
from pycore.state import State


def header(state: State) -> Markup:
    """Title, mission menu (where there is a choice) and the account's button."""
    return join(
        element("h1", "Download files"),
        element("p", "starting …", class_="starting", aria_hidden="true"),
        _missions(state),
        element(
            "button",
            element("span", state.account.user or ANONYMOUS, class_="user"),
            type="button",
            id="account-button",
            class_="fold",
            data_do="menu",
            data_with="account",
            aria_expanded=_truth(state.menu == "account"),
            aria_controls="account",
        ),
    )


def _missions(state: State) -> Markup | None:
    names = [mission.profile.name for mission in state.missions]
    if not names:
        return None
    if len(names) == 1:
        return element("p", names[0], class_="mission", title=state.missions[0].profile.title)
    options = [element("option", name, value=name, selected=name == state.current) for name in names]
    return element("select", options, id="mission", data_do="mission", aria_label="Mission")


def _truth(value: bool) -> str:
    return "true" if value else "false"
