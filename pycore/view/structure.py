"""How the folder of files will be organised, and which names could not be kept."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.state import State
from pycore.view.radios import radios


def structure(state: State) -> Markup:
    """FLAT or NESTED."""
    if not state.missions:
        return join()
    example = (
        "MAST_<time>/MISSION/file" if state.structure.value == "FLAT" else "MAST_<time>/MISSION/dataset/file"
    )
    return join(
        element("p", "Folder of files will be organized in this way", class_="lead"),
        radios("File Structure", "structure", {"FLAT": "FLAT", "NESTED": "NESTED"}, state.structure.value),
        element("p", example, class_="hint path"),
    )
