"""The size of an archive that is to come."""

from __future__ import annotations

from collections.abc import Generator

from pycore import bits, manifest
from pycore.plan import FILES_A_STEP, Plan
from pycore.transfer import fetching
from pycore.zipstream import Forecast, Member


def forecast(plan: Plan) -> int:
    """The size in bytes that the archive will have if every file comes: exact but for the manifests at its end.

    What they will tell is not known yet; they get as much room as they need at most, if names and what the archive
    says of versions are of common lengths.
    """
    return bits.finished(forecast_in_steps(plan))


def forecast_in_steps(plan: Plan) -> Generator[None, None, int]:
    """The same in steps, so that others can have their turn."""
    found = Forecast()
    found.add(Member(plan.root, 0, "directory"))
    for count, file in enumerate(plan.files, start=1):
        held = file.size <= fetching.HELD_BYTES
        found.add(Member(f"{plan.root}/{file.path}", file.size, "whole" if held else "streamed"))
        if count % FILES_A_STEP == 0:
            yield
    found.add(Member(f"{plan.root}/{manifest.DOCUMENT_NAME}", 0, "streamed"))
    found.add(Member(f"{plan.root}/{manifest.NAME}", (yield from manifest.room_in_steps(plan)), "streamed"))
    return found.total()
