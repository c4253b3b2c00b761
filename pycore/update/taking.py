"""The selection as a file list, as a script, and in the other forms: what is saved at one click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pycore import bits, layout
from pycore import messages as m
from pycore.bundle import bundle
from pycore.csvexport import csv_pieces
from pycore.effects import Effect, Making, Save, StopSaving
from pycore.plan import Part, Plan, plan_in_steps
from pycore.scripts.bash import bash_script
from pycore.scripts.menu import EXPORTS, TOOLS, Export, Tool
from pycore.state import Saving, State
from pycore.update import forms
from pycore.update.about import about_of
from pycore.update.step import Handlers, Step
from pycore.volume import files as count_files

NOTHING_SELECTED: Final = "Nothing is selected, so there is nothing to "
_ZIP: Final = "application/zip"
#: Files that are looked at before others have their turn.
_STEP: Final = 1000
_REASONS_TOLD: Final = 3


# -- at one click ---------------------------------------------------------------------------------------------


def export_asked(state: State, message: m.ExportAsked) -> Step:
    parts = state.selected_parts()
    if not parts:
        return state.noted("warning", f"{NOTHING_SELECTED}export."), ()
    name = f"{layout.stamp(message.epoch_ms)}_files.csv"
    pieces = csv_pieces((part.catalog, bits.indices(part.selected)) for part in parts)
    return _saved(state, name, "text/csv;charset=utf-8", _table(name, parts, pieces))


def script_asked(state: State, message: m.ScriptAsked) -> Step:
    if not state.selected_parts():
        return state.noted("warning", f"{NOTHING_SELECTED}fetch."), ()
    name = f"{layout.stamp(message.epoch_ms)}_api_retrieve.sh"
    return _saved(state, name, "text/x-shellscript;charset=utf-8", _script(state, name, message.epoch_ms))


def form_asked(state: State, message: m.FormAsked) -> Step:
    state, orders = forms.closed(state)
    tool = next((tool for tool in TOOLS if tool.name == message.name), None)
    if tool is not None:
        state, saves = _tool_asked(state, tool, message.epoch_ms)
    else:
        export = next(export for export in EXPORTS if export.name == message.name)
        state, saves = _export_asked(state, export, message.epoch_ms)
    return state, (*orders, *saves)


def _tool_asked(state: State, tool: Tool, epoch_ms: float) -> Step:
    if not state.selected_parts():
        return state.noted("warning", f"{NOTHING_SELECTED}fetch."), ()
    name = f"{layout.stamp(epoch_ms)}{tool.ending}"
    return _saved(state, name, tool.mime, _for_tool(state, tool, name, epoch_ms))


def _export_asked(state: State, export: Export, epoch_ms: float) -> Step:
    parts = state.selected_parts()
    if not parts:
        return state.noted("warning", f"{NOTHING_SELECTED}export."), ()
    stamp = layout.stamp(epoch_ms)
    if export.several or len(parts) == 1:
        name = f"{stamp}{export.ending}"
        return _saved(state, name, export.mime, _table(name, parts, export.write(parts)))
    folder = f"{stamp}_files"
    lists = {f"{folder}/{name}": export.write([part]) for name, part in _of_missions(parts, export).items()}
    made = _table(f"{folder}.zip", parts, bundle(lists, epoch_ms))
    return _saved(state, f"{folder}.zip", _ZIP, made)


def _of_missions(parts: Sequence[Part], export: Export) -> Mapping[str, Part]:
    """The parts by the name of a file each, also where missions differ in letter case alone."""
    ending = export.ending.rpartition(".")[2]
    places = (layout.Place("", part.profile.name, f"{part.profile.name}.{ending}") for part in parts)
    paths = layout.paths(places, layout.Structure.FLAT)
    return {path.rpartition("/")[2]: part for path, part in zip(paths, parts, strict=True)}


def _saved(state: State, filename: str, mime: str, pieces: Making) -> tuple[State, Sequence[Effect]]:
    number = state.saves + 1
    return replace(state, saves=number), (Save(number, filename, mime, pieces),)


def stop_saving_asked(state: State, message: m.StopSavingAsked) -> Step:
    given_up = [each.filename for each in state.saving if each.number == message.number]
    if not given_up:
        return state, ()
    state = _without(state, message.number).noted(
        "warning", f"{given_up[0]} was not saved: you have cancelled it."
    )
    return state, (StopSaving(message.number),)


def saving_moved(state: State, message: m.SavingMoved) -> Step:
    others = _without(state, message.number).saving
    return replace(state, saving=(*others, Saving(message.number, message.filename, message.size))), ()


def saving_ended(state: State, message: m.SavingEnded) -> Step:
    told = message.told
    return _without(state, message.number).noted(told.tone, told.sentence, told.hint), ()


def _without(state: State, number: int) -> State:
    return replace(state, saving=tuple(each for each in state.saving if each.number != number))


# -- what is in the files -------------------------------------------------------------------------------------


def _table(name: str, parts: Sequence[Part], pieces: Iterator[str] | Iterator[bytes]) -> Making:
    yield from pieces
    rows = sum(part.selected.bit_count() for part in parts)
    return m.Told("good", f"Saved {name}: {rows} row{'' if rows == 1 else 's'}.")


def _script(state: State, name: str, epoch_ms: float) -> Making:
    plan = yield from _planned(state, epoch_ms)
    about = about_of(state, plan)
    yield from bash_script(
        plan,
        version=about.version,
        token_page=about.token_page,
        contact=about.contact,
        made=about.made,
        whoami=about.whoami,
    )
    return m.Told("good", f"Saved {name}: {count_files(len(plan.files))}.", f"Run it with: bash {name}")


def _for_tool(state: State, tool: Tool, name: str, epoch_ms: float) -> Making:
    plan = yield from _planned(state, epoch_ms)
    about = about_of(state, plan)
    files = yield from tool.files(plan, about)
    if tool.mime == _ZIP:
        yield from bundle(files, epoch_ms)
    else:
        for pieces in files.values():
            yield from pieces
    lost: Counter[str] = Counter()
    why = yield from tool.left_out(plan, about)
    for count, file in enumerate(plan.files):
        if reason := why(file):
            lost[reason] += 1
        if count % _STEP == 0:
            yield ""
    return _told_of(tool, name, len(plan.files), lost)


def _told_of(tool: Tool, name: str, count: int, lost: Counter[str]) -> m.Told:
    hint = f"Run it with: {tool.how.format(name=name)}" if tool.how else ""
    if not hint and tool.mime != _ZIP:
        hint = "Its first lines tell how to run it."
    missing = lost.total()
    if not missing:
        return m.Told("good", f"Saved {name}: {count_files(count)}.", hint)
    reasons = "; ".join(f"{number} since {why}" for why, number in lost.most_common(_REASONS_TOLD))
    more = "; others for other reasons" if len(lost) > _REASONS_TOLD else ""
    sentence = f"Saved {name}: {count - missing} of {count_files(count)}. Left out are {reasons}{more}."
    return m.Told("warning", sentence, hint)


def _planned(state: State, epoch_ms: float) -> Generator[str, None, Plan]:
    steps = plan_in_steps(state.parts(), state.structure, epoch_ms, state.account.user)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            plan: Plan = end.value
            return plan
        yield ""


HANDLERS: Final[Handlers] = {
    m.ExportAsked: export_asked,
    m.ScriptAsked: script_asked,
    m.FormAsked: form_asked,
    m.StopSavingAsked: stop_saving_asked,
    m.SavingMoved: saving_moved,
    m.SavingEnded: saving_ended,
}
