"""Where a download's selection came from: the lists, and what the controls of each mission said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A list of products: what it is called, and its address without secrets (``""``: a file)."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Controls:
    """A mission's controls as they stood.

    ``ticked`` are the boxes by level, and behind each whether it was ticked wholly. ``guide_stars`` and ``references``
    are ``""`` where the mission has no such control, ``pattern`` where none was in force. ``by_hand_on`` and
    ``by_hand_off`` name the datasets and files that were ticked in the preview, over what boxes and pattern say.
    """

    mission: str
    title: str
    quick: str
    ticked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    guide_stars: str = ""
    references: str = ""
    pattern: str = ""
    citation: str = ""
    by_hand_on: tuple[str, ...] = ()
    by_hand_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """All of it; ``software`` is the page's own version."""

    software: str = ""
    sources: tuple[Source, ...] = ()
    controls: tuple[Controls, ...] = ()
