"""A program that is run by itself, with a terminal for nobody, and what it leaves to be read."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.unit.manifest_table import ManifestTable


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """The program at work; a session of its own has no terminal: nothing can be asked."""
    # A shell cannot heed a signal that was ignored when it began, as under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that reads half a program may quote half a character of it.
        errors="replace",
        start_new_session=True,
    )


def manifest_rows(page: Path) -> list[tuple[str, ...]]:
    """The rows of a manifest but for its head."""
    return ManifestTable(page.read_text("utf-8")).body
