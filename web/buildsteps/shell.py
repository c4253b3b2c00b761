"""Talking to the person at the terminal and to other programs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

#: The folder of the clone.
ROOT: Final = Path(__file__).resolve().parents[2]
#: Environments, caches and stamps: ignored by git, safe to delete.
TOOLS: Final = ROOT / ".tools"

Word = str | Path


class BuildError(Exception):
    """A step cannot go on: one sentence what is wrong, one hint what to do."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence}\n  {hint}" if hint else sentence)


def say(text: str) -> None:
    """Print a line at once, in order with what other programs print."""
    print(text, flush=True)


def run(
    command: Sequence[Word],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run `command` silently; BuildError with all that it printed when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        words = shlex.join(str(word) for word in command)
        raise BuildError(f"{done.stdout.rstrip()}\n{words} ended with status {done.returncode}.", hint)


def show(
    command: Sequence[Word],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    output: TextIO | None = None,
) -> int:
    """Run `command` with what it prints on the terminal, or in the file `output`; give its exit status."""
    sys.stdout.flush()
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        check=False,
    ).returncode


def answer(command: Sequence[Word]) -> str | None:
    """What `command` prints on standard output, or None when it is not there or fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on the file `path`, so that two builds at once do not make the same thing twice.

    On Windows there is no such lock here, and one build at a time is the rule.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
