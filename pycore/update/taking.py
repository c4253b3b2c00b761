"""The selection as a file list and as a script."""

from __future__ import annotations

from typing import Final

from pycore import __version__, bits, layout
from pycore import messages as m
from pycore.csvexport import csv_pieces
from pycore.effects import Save
from pycore.missions.profile import Archive
from pycore.plan import Plan, make_plan, origin
from pycore.scripts.bash import bash_script
from pycore.state import State
from pycore.update.step import Handlers, Step
from pycore.volume import files as count_files

NOTHING_SELECTED: Final = "Nothing is selected, so there is nothing to "


def plan_of(state: State, epoch_ms: float) -> Plan:
    """The plan for what is selected now."""
    return make_plan(state.parts(), state.structure, epoch_ms, state.account.user)


def export_asked(state: State, message: m.ExportAsked) -> Step:
    parts = [part for part in state.parts() if part.selected]
    if not parts:
        return state.noted("warning", f"{NOTHING_SELECTED}export."), ()
    name = f"{layout.stamp(message.epoch_ms)}_files.csv"
    pieces = csv_pieces((part.catalog, bits.indices(part.selected)) for part in parts)
    rows = sum(part.selected.bit_count() for part in parts)
    state = state.noted("good", f"Saved {name}: {rows} row{'' if rows == 1 else 's'}.")
    return state, (Save(name, "text/csv;charset=utf-8", pieces),)


def script_asked(state: State, message: m.ScriptAsked) -> Step:
    plan = plan_of(state, message.epoch_ms)
    if not plan.files:
        return state.noted("warning", f"{NOTHING_SELECTED}fetch."), ()
    name = f"{plan.root}_api_retrieve.sh"
    archive = _signed_in_at(state, plan)
    pieces = bash_script(
        plan,
        version=__version__,
        token_page=archive.token_page,
        contact=state.profiles.named(plan.files[0].mission).contact[1],
        made=plan.root.removeprefix("MAST_").replace("_", ":"),
        whoami=archive.whoami if origin(archive.whoami) in archive.token_origins else "",
    )
    state = state.noted("good", f"Saved {name}: {count_files(len(plan.files))}.", f"Run it with: bash {name}")
    return state, (Save(name, "text/x-shellscript;charset=utf-8", pieces),)


def _signed_in_at(state: State, plan: Plan) -> Archive:
    """The archive whose token the script will ask for: that of the files that take it. No other may see it."""
    mission = next((file.mission for file in plan.files if file.with_token), "")
    return state.profiles.named(mission).archive if mission else Archive()


HANDLERS: Final[Handlers] = {
    m.ExportAsked: export_asked,
    m.ScriptAsked: script_asked,
}
