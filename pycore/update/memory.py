"""What is kept for the next visit, and going on where the last one ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore import remembered
from pycore.effects import Effect, Focus, Forget, GoOn, Remember
from pycore.offer import offer, worth_going_on
from pycore.pattern import PatternField
from pycore.remembered import KeptList, MissionChoice
from pycore.state import ROWS_PER_PAGE, Mission, State
from pycore.update.choosing import matching
from pycore.update.step import Handlers, Step

#: By these a person chooses.
_CHOOSING: Final = (
    m.QuickSelected, m.LevelTicked, m.SuffixTicked, m.GuideStarsChosen, m.ReferencesTicked, m.PatternTyped,
    m.IgnoreCaseTicked, m.InvertTicked, m.TargetChosen, m.FileTicked, m.DatasetTicked, m.ByHandCleared,
    m.UndoAsked, m.StructureChosen, m.MissionChosen, m.RowsPerPageChosen, m.ChoicesRecalled,
)  # fmt: skip


def kept_up(before: State, after: State, message: m.Message) -> Step:
    """The state after a step, and the order to remember it where something worth that has changed.

    A page that opens a list by its address again has its first choice in force, and what was chosen of the list
    before is on offer: until the person chooses, that stays what is remembered.
    """
    own = bool(after.missions) and not after.demo
    if own and isinstance(message, _CHOOSING) and not after.memory.chosen:
        # What was not worth an offer so far is none because of this choice.
        last = after.memory.last if worth_going_on(before) else None
        after = replace(after, memory=replace(after.memory, chosen=True, last=last))
    memory = after.memory
    if not memory.lists or memory.stopped:
        return after, ()
    if not memory.chosen and worth_going_on(after) is not None:
        return after, ()
    visit = after.remembered()
    if visit == before.remembered() and before.memory.chosen == memory.chosen:
        return after, ()
    return after, (Remember(remembered.text(visit)),)


def last_visit_known(state: State, message: m.LastVisitKnown) -> Step:
    return replace(state, memory=replace(state.memory, last=message)), ()


def note_found(state: State, message: m.NoteFound) -> Step:
    visit, memory = message.remembered, state.memory
    missing = tuple(kept for kept in visit.lists if kept.base not in memory.addresses)
    state = replace(state, memory=replace(memory, brought=_brought(state, missing)))
    return state, (GoOn(message.visit, missing, visit.choices),)


def _brought(state: State, missing: tuple[KeptList, ...]) -> frozenset[str]:
    return state.memory.brought | {kept.base for kept in missing if kept.base}


def go_on_asked(state: State, _: m.GoOnAsked) -> Step:
    last, found = state.memory.last, offer(state)
    if last is None or found is None:
        return state, ()
    state = replace(state, memory=replace(state.memory, last=None, brought=_brought(state, found.missing)))
    # The button goes; what comes in its place is told where notices are.
    return state, (GoOn(last.visit, found.missing, last.remembered.choices), Focus("open-button"))


def choices_recalled(state: State, message: m.ChoicesRecalled) -> Step:
    choices, orders = message.choices, list[Effect]()
    for chosen in choices.missions:
        mission = state.named(chosen.name)
        if mission is not None:
            mission = _chosen_again(mission, chosen)
            state = state.changed(mission)
            orders.extend(matching(mission))
    if state.named(choices.current) is not None:
        state = replace(state, current=choices.current)
    if choices.rows_per_page in ROWS_PER_PAGE:
        state = replace(state, preview=replace(state.preview, per_page=choices.rows_per_page, page=0))
    return replace(state, structure=choices.structure), orders


def _chosen_again(mission: Mission, chosen: MissionChoice) -> Mission:
    in_force = chosen.in_force
    # Its matches among these files are not known yet; until they are, nothing passes.
    before = PatternField(
        typed=in_force,
        in_force=in_force,
        matching=0 if in_force else None,
        run=mission.pattern.run,
        precision=chosen.precision,
        precision_in_force=chosen.precision_in_force,
    )
    pattern = before.retyped(chosen.typed)
    stale = pattern.matching is not None
    return replace(mission, choice=chosen.choice, pattern=pattern, stale=stale, undo=None)


def list_kept(state: State, message: m.ListKept) -> Step:
    memory = state.memory
    if memory.stopped:
        return state, ()
    kept = message.kept
    memory = replace(memory, refusal="", unkept=memory.unkept - {kept.source})
    known = next((each for each in memory.lists if each.key == kept.key), None)
    if known is None:
        return replace(state, memory=replace(memory, lists=(*memory.lists, kept))), ()
    # The same text from elsewhere; an address tells more than a file's name.
    better = kept if kept.base and not known.base else known
    lists = tuple(better if each is known else each for each in memory.lists)
    opened = tuple(
        (better.source, better.base) if each in _places(kept, known) else each for each in memory.opened
    )
    return replace(state, memory=replace(memory, lists=lists, opened=tuple(dict.fromkeys(opened)))), ()


def _places(*lists: KeptList) -> tuple[tuple[str, str], ...]:
    return tuple((kept.source, kept.base) for kept in lists)


def not_kept(state: State, message: m.NotKept) -> Step:
    if message.source:
        state = replace(state, memory=replace(state.memory, unkept=state.memory.unkept | {message.source}))
    if message.full and not message.source and state.memory.full:
        return state, ()
    if message.full:
        if not message.source:
            state = replace(state, memory=replace(state.memory, full=True))
        what = f"{message.source} is open, but" if message.source else "What you choose"
        sentence = f"{what} could not be kept for the next visit: the browser has no more room for this page."
        return state.noted("warning", sentence, "Everything else works. Keep the file, or its address."), ()
    return replace(state, memory=replace(state.memory, refusal=message.why)), ()


def visit_gone(state: State, _: m.VisitGone) -> Step:
    return replace(state, memory=replace(state.memory, lists=(), last=None, stopped=True)), ()


def forget_asked(state: State, _: m.ForgetAsked) -> Step:
    # Lists that are open may still be on their way to where they would be kept.
    stop = bool(state.missions) and not state.demo
    memory = replace(state.memory, lists=(), last=None, stopped=stop)
    return replace(state, memory=memory), (Forget(stop), Focus("open-button"))


HANDLERS: Final[Handlers] = {
    m.LastVisitKnown: last_visit_known,
    m.NoteFound: note_found,
    m.GoOnAsked: go_on_asked,
    m.ChoicesRecalled: choices_recalled,
    m.ListKept: list_kept,
    m.NotKept: not_kept,
    m.VisitGone: visit_gone,
    m.ForgetAsked: forget_asked,
}
