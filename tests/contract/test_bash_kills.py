"""The bash script killed outright, again and again: it goes on from the very byte where it was."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer, Request
from tests.contract.bash_desk import ROOT, Desk, complete, names, plan_for, row

KILLS = 10


def on_disk(root: Path) -> tuple[dict[str, int], set[str]]:
    """Bytes of each file that was begun, and the names of those that are there."""
    found = [path for path in (root / "JWST").rglob("*") if path.is_file()]
    begun = {path.name.removesuffix(".part"): path.stat().st_size for path in found if path.suffix == ".part"}
    return begun, {path.name for path in found if path.suffix != ".part"}


def sent(least: int) -> Callable[[list[Request]], bool]:
    """Whether the archive has sent so many bytes in all."""
    return lambda requests: sum(request.sent for request in requests) >= least


@pytest.mark.parametrize("whom", ["the script alone", "all that it started"])
def test_killed_ten_times_at_any_moment_it_fetches_no_byte_twice_that_was_on_disk(
    desk: Desk, archive: ArchiveServer, whom: str
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    moment = random.Random(seed)
    files = names(60)
    sizes = {name: moment.choice([1_000, 60_000, 300_000, 1_500_000]) for name in files}
    plan = plan_for(archive, [row(name, size=size) for name, size in sizes.items()])
    slow = archive.fault("*", "trickle", rate=400_000)
    script, root = desk.write(plan), desk.folder / ROOT
    for _ in range(KILLS):
        process = desk.start(script)
        assert archive.wait(sent(sum(r.sent for r in archive.requests) + moment.randrange(1_500_000)), 60)
        if whom == "the script alone":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        # Connections of what was killed end, and with them what the server was sending.
        assert archive.wait(lambda requests: all(request.done for request in requests), 60)
        begun, there = on_disk(root)
        archive.log.clear()
        resumed = desk.start(script)
        time.sleep(moment.random())
        os.killpg(resumed.pid, signal.SIGKILL)
        resumed.communicate(timeout=30)
        assert archive.wait(lambda requests: all(request.done for request in requests), 60)
        asked = {request.product: request for request in reversed(archive.requests)}
        assert not there & asked.keys(), "what was there was asked for again"
        for name, bytes_there in begun.items():
            if name in asked and bytes_there:
                assert asked[name].range == f"bytes={bytes_there}-"
    slow.ended.set()
    archive.clear_faults()
    ended = desk.run(plan)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
