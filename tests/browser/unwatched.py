"""Chromium, started by nobody's driver: what it does with a page, it does as for anybody."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.browser.surroundings import LAUNCH_ARGUMENTS

_START_S: Final = 60.0
_END_S: Final = 10.0
_ARGUMENTS: Final = (
    *LAUNCH_ARGUMENTS,
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
)


@contextmanager
def chromium(profile: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run it on a profile, with an empty page; give the address at which drivers may connect to it."""
    told = profile / "DevToolsActivePort"
    told.unlink(missing_ok=True)
    with profile.with_name(f"{profile.name}-said.txt").open("wb") as said:
        running = subprocess.Popen(
            [
                os.environ["OVERLAY_CHROMIUM"],
                *(*_ARGUMENTS, *arguments),
                f"--user-data-dir={profile}",
                "--remote-debugging-port=0",
                "about:blank",
            ],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            yield f"http://127.0.0.1:{_first_line(told)}"
        finally:
            running.terminate()
            running.wait(_END_S)


def _first_line(told: Path) -> str:
    last = time.monotonic() + _START_S
    while not told.is_file() or "\n" not in told.read_text():
        assert time.monotonic() < last, "the browser has not started"
        time.sleep(0.05)
    return told.read_text().partition("\n")[0]
