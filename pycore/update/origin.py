"""Where a selection comes from, for the manifest: the lists that are open and what the controls say now."""

from __future__ import annotations

from pycore import __version__
from pycore.provenance import Controls, Provenance, Source
from pycore.remembered import discreet
from pycore.selection import Choice, Quick, Tick
from pycore.state import Mission, State


def provenance(state: State) -> Provenance:
    """The lists and the controls of each mission that has something selected."""
    sources = tuple(
        Source(discreet(name) if base else name, discreet(base)) for name, base in state.memory.opened
    )
    if state.demo:
        sources = (Source("the demo archive"),)
    selected = [mission for mission in state.missions if state.selected(mission)]
    return Provenance(__version__, sources, tuple(map(_controls, selected)))


def _controls(mission: Mission) -> Controls:
    profile, choice, selector = mission.profile, mission.choice, mission.selector
    pressed = [quick.value for quick in Quick if selector.pressed(quick, choice)]
    return Controls(
        mission=profile.name,
        title=profile.title,
        quick=pressed[0] if pressed else f"{choice.quick.value}, changed by hand",
        ticked=tuple((level, suffixes) for level in selector.boxes if (suffixes := _ticked(mission, level))),
        guide_stars=("HIGHEST CALIBRATED" if choice.guide_stars else "NONE") if profile.guide_stars else "",
        references=("included" if choice.references else "not included") if profile.references else "",
        pattern=mission.pattern.told(),
        by_hand_on=_by_hand(choice, on=True),
        by_hand_off=_by_hand(choice, on=False),
        citation=profile.citation,
    )


def _by_hand(choice: Choice, *, on: bool) -> tuple[str, ...]:
    datasets = [f"dataset {name}" for name, state in choice.by_hand.datasets.items() if state is on]
    files = [
        f"file {name.filename} of {name.size} bytes"
        for name, state in choice.by_hand.files.items()
        if state is on
    ]
    return (*datasets, *files)


def _ticked(mission: Mission, level: str) -> tuple[str, ...]:
    """The boxes of a level that are not empty, in the panel's order."""
    told = {Tick.ALL: "", Tick.PARTIAL: " (some)"}
    ticks = [
        (facet.suffix or "no suffix", mission.selector.suffix_tick(facet, mission.choice))
        for facet in mission.selector.boxes[level]
    ]
    return tuple(f"{suffix}{told[tick]}" for suffix, tick in ticks if tick is not Tick.NONE)
