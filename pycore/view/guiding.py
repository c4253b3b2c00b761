"""Guide star files, for missions that have them."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.state import State
from pycore.view.radios import radios
from pycore.volume import files, volume


def guide_stars(state: State) -> Markup:
    """NONE or HIGHEST CALIBRATED."""
    mission = state.mission
    if mission is None or mission.profile.guide_stars is None:
        return join()
    catalog, rows = mission.selector.catalog, mission.selector.guide_stars
    return join(
        element("p", mission.profile.guide_stars.label, class_="lead"),
        radios(
            "Guidestar Files",
            "guide-stars",
            {"NONE": "NONE", "HIGHEST CALIBRATED": "HIGHEST CALIBRATED"},
            "HIGHEST CALIBRATED" if mission.choice.guide_stars else "NONE",
        ),
        element("p", f"{files(catalog.count(rows))}, {volume(catalog.volume(rows))}", class_="hint"),
    )
