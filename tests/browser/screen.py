"""A screen that nobody sees, for browsers that need one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIZE: Final = "1400x1000x24"
_END_SECONDS: Final = 10


@contextmanager
def screen() -> Iterator[str]:
    """Have a screen by Xvfb; gives what ``DISPLAY`` names it by."""
    program = shutil.which("Xvfb")
    assert program, "browsers need Xvfb here: apt-get install xvfb"
    own, others = os.pipe()
    # It finds a number that is free, and says so when it answers.
    running = subprocess.Popen(
        [program, "-displayfd", str(others), "-screen", "0", _SIZE, "-nolisten", "tcp"],
        pass_fds=[others],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(others)
    try:
        with os.fdopen(own) as told:
            display = f":{told.readline().strip()}"
        assert display != ":", "Xvfb did not start"
        yield display
    finally:
        running.terminate()
        running.wait(_END_SECONDS)
