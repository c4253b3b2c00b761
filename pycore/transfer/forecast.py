"""The size of an archive that is to come."""

from __future__ import annotations

from pycore import manifest
from pycore.manifest import Outcome
from pycore.plan import Plan
from pycore.transfer import fetching
from pycore.zipstream import Member, total_size


def forecast(plan: Plan) -> int:
    """The exact size in bytes that the archive will have if every file comes."""
    members = [Member(plan.root, 0, "directory")]
    for file in plan.files:
        held = file.size <= fetching.HELD_BYTES
        members.append(Member(f"{plan.root}/{file.path}", file.size, "whole" if held else "streamed"))
    told = manifest.render(plan, [Outcome()] * len(plan.files))
    members.append(Member(f"{plan.root}/{manifest.NAME}", len(told.encode()), "whole"))
    return total_size(members)
