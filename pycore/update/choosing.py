"""What the controls of the selection make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pycore import messages as m
from pycore.catalog import Facet
from pycore.effects import Effect, Match
from pycore.matching import passing
from pycore.pattern import PatternField, Precision
from pycore.selection import Choice
from pycore.state import Mission, State
from pycore.update.previewing import undo_after
from pycore.update.step import Handlers, Step


def _choose(state: State, choose: Callable[[Mission], Choice]) -> Step:
    """The state with another choice for the mission that is shown."""
    mission = state.mission
    if mission is None:
        return state, ()
    choice = choose(mission)
    return state.changed(replace(mission, choice=choice, undo=undo_after(mission.choice, choice))), ()


def quick_selected(state: State, message: m.QuickSelected) -> Step:
    return _choose(state, lambda mission: mission.choice.quickly(message.quick))


def level_ticked(state: State, message: m.LevelTicked) -> Step:
    return _choose(state, lambda mission: mission.selector.tick_level(message.level, mission.choice))


def suffix_ticked(state: State, message: m.SuffixTicked) -> Step:
    facet = Facet(message.level, message.suffix)
    return _choose(state, lambda mission: mission.selector.tick_suffix(facet, mission.choice))


def guide_stars_chosen(state: State, message: m.GuideStarsChosen) -> Step:
    return _choose(state, lambda mission: replace(mission.choice, guide_stars=message.highest))


def references_ticked(state: State, message: m.ReferencesTicked) -> Step:
    return _choose(state, lambda mission: replace(mission.choice, references=message.on))


def pattern_typed(state: State, message: m.PatternTyped) -> Step:
    mission = state.mission
    if mission is None or message.text == mission.pattern.typed:
        return state, ()
    return _filter(state, mission, mission.pattern.retyped(message.text))


def ignore_case_ticked(state: State, message: m.IgnoreCaseTicked) -> Step:
    return _mean(state, lambda precision: replace(precision, ignore_case=message.on))


def invert_ticked(state: State, message: m.InvertTicked) -> Step:
    return _mean(state, lambda precision: replace(precision, invert=message.on))


def target_chosen(state: State, message: m.TargetChosen) -> Step:
    return _mean(state, lambda precision: replace(precision, target=message.target))


def _mean(state: State, mean: Callable[[Precision], Precision]) -> Step:
    mission = state.mission
    if mission is None:
        return state, ()
    return _filter(state, mission, mission.pattern.meant(mean(mission.pattern.precision)))


def _filter(state: State, mission: Mission, pattern: PatternField) -> Step:
    changed = replace(mission, pattern=pattern, undo=None)
    return state.changed(changed), matching(changed)


def matching(mission: Mission) -> Sequence[Effect]:
    """The order to run a pattern that is due, if one is."""
    pattern = mission.pattern
    if not pattern.running:
        return ()
    name = mission.profile.name
    catalog = mission.selector.catalog
    return (Match(name, mission.revision, pattern.run, pattern.typed, catalog, pattern.precision),)


def matched(state: State, message: m.Matched) -> Step:
    mission = state.named(message.mission)
    if mission is None:
        return state, ()
    pattern = mission.pattern
    if not pattern.awaits(message.run):
        return state, ()
    rows = passing(mission.selector.catalog, pattern.precision, message.found)
    pattern = pattern.matched(message.run, rows)
    return state.changed(replace(mission, pattern=pattern, stale=False)), ()


def match_refused(state: State, message: m.MatchRefused) -> Step:
    mission = state.named(message.mission)
    if mission is None:
        return state, ()
    pattern = mission.pattern.refused(message.run, message.sentence)
    if pattern is mission.pattern:
        return state, ()
    if mission.stale and pattern.in_force:
        # The last valid pattern has yet to run over the longer list; the field goes back to it, and that is told.
        state = state.noted("warning", f"“{pattern.typed}” is not used: {message.sentence}")
        pattern = replace(pattern, precision=pattern.precision_in_force).retyped(pattern.in_force)
    mission = replace(mission, pattern=pattern)
    return state.changed(mission), matching(mission)


def structure_chosen(state: State, message: m.StructureChosen) -> Step:
    return replace(state, structure=message.structure), ()


HANDLERS: Final[Handlers] = {
    m.QuickSelected: quick_selected,
    m.LevelTicked: level_ticked,
    m.SuffixTicked: suffix_ticked,
    m.GuideStarsChosen: guide_stars_chosen,
    m.ReferencesTicked: references_ticked,
    m.PatternTyped: pattern_typed,
    m.IgnoreCaseTicked: ignore_case_ticked,
    m.InvertTicked: invert_ticked,
    m.TargetChosen: target_chosen,
    m.Matched: matched,
    m.MatchRefused: match_refused,
    m.StructureChosen: structure_chosen,
}
