"""What a folder has already of a download: each file that was noted is read back before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pycore.continuing import Proof, Record, records
from pycore.plan import Plan, PlannedFile
from web import ports


async def there_already(
    folder: ports.Folder, plan: Plan, looked: Callable[[int, int], bool]
) -> tuple[int, ...]:
    """The files that are there, whole and verified, by their places in the plan.

    ``looked`` hears of how many noted files how many have been read, and says whether to go on.
    """
    noted = records(folder.notes)
    found: list[int] = []
    for number, file in enumerate(plan.files):
        record = noted.get(file.path)
        if record is None:
            continue
        if await _proved(folder, file, record):
            found.append(number)
        # Reading may never wait for anything, and others have to have their turn.
        await asyncio.sleep(0)
        if not looked(len(found), len(noted)):
            break
    return tuple(found)


async def _proved(folder: ports.Folder, file: PlannedFile, record: Record) -> bool:
    there = await folder.look(file.path)
    if there is None or there.size != file.size:
        return False
    proof, start = Proof(file, record), 0
    while piece := await there.piece(start):
        proof.feed(piece)
        start += len(piece)
    return proof.holds
