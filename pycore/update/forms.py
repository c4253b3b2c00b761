"""The menus of other forms beside API QUERY and EXPORT SELECTED FILE LIST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from pycore import bits
from pycore import messages as m
from pycore.effects import Focus
from pycore.plan import Part, make_plan
from pycore.scripts.menu import EXPORTS, TOOLS, Export, Tool
from pycore.state import Forms, State
from pycore.update.about import about_of
from pycore.update.step import Handlers, Step

#: So many rows of each mission are looked at, to say beforehand which forms cannot be had.
_LOOKED_AT: Final = 500


def forms_toggled(state: State, message: m.FormsToggled) -> Step:
    if message.of in ("", state.forms.of):
        return closed(state)
    menu = "" if state.menu == "account" else state.menu
    first = _forms(message.of)[0].name
    return _offered(replace(state, menu=menu), message.of), (Focus(f"form-{first}"),)


def closed(state: State) -> Step:
    """The menu closed, and the focus back at the button that opened it."""
    return replace(state, forms=Forms()), (Focus(f"{state.forms.of}-button"),) if state.forms.of else ()


def kept_up(before: State, state: State) -> State:
    """The open menu as it is for what is selected by now."""
    same = before.missions is state.missions and before.account is state.account
    return state if same or not state.forms.of else _offered(state, state.forms.of)


def _offered(state: State, of: str) -> State:
    return replace(state, forms=Forms(of, _refusals(state, of)))


def _forms(of: str) -> Sequence[Tool | Export]:
    return TOOLS if of == "tools" else EXPORTS


def _refusals(state: State, of: str) -> Mapping[str, str]:
    selected = state.selected_parts()
    if not selected:
        return {form.name: "Nothing is selected." for form in _forms(of)}
    few = [_first_of(part) for part in selected]
    if of != "tools" or few != selected:
        # Whether a form can take none of very many files is known when all were looked at, and told then.
        return {}
    plan = make_plan(few, state.structure, 0, state.account.user)
    about = about_of(state, plan)
    found = {tool.name: tool.losses(plan, about) for tool in TOOLS}
    return {name: _none(reasons) for name, reasons in found.items() if all(reasons)}


def _first_of(part: Part) -> Part:
    few = islice(bits.indices(part.selected), _LOOKED_AT)
    return replace(part, selected=bits.from_indices(few, part.catalog.rows))


def _none(reasons: Sequence[str]) -> str:
    """Why none of the files can be taken: the reasons, each once, in the order of the files."""
    return f"Not for these files: {'; '.join(dict.fromkeys(reasons))}."


HANDLERS: Final[Handlers] = {
    m.FormsToggled: forms_toggled,
}
