"""A terminal to run the script at, and the person's side of it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.contract.bash_desk import Desk


class Terminal:
    """The person's side of a terminal."""

    def __init__(self, ours: int, theirs: int) -> None:
        self.ours, self.theirs = ours, theirs

    def read(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self.ours], [], [], timeout)
        try:
            return os.read(self.ours, 65536) if ready else b""
        except OSError:  # Linux: the other side is closed
            return b""

    def until(self, words: str) -> str:
        shown = b""
        while words.encode() not in shown:
            more = self.read(30)
            assert more, shown.decode()
            shown += more
        return shown.decode()

    def rest(self, process: subprocess.Popen[bytes]) -> str:
        """All that is shown until the end of the process."""
        shown = b""
        while process.poll() is None:
            shown += self.read(0.05)
        while more := self.read(0):
            shown += more
        return shown.decode()

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def interrupt(self, process: subprocess.Popen[bytes]) -> None:
        # bash may miss the signal that comes between switching the echo off and beginning to read.
        for _ in range(30):
            os.write(self.ours, b"\x03")
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                return

    def type_unseen(self, line: str) -> None:
        while self.echoes():
            select.select([], [], [], 0.01)
        os.write(self.ours, line.encode() + b"\n")


@contextmanager
def at_a_terminal(
    desk: Desk, script: Path, trace: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    takes_terminal = (
        "import fcntl, os, sys, termios\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "os.execvp(sys.argv[1], sys.argv[1:])"
    )
    command = ["bash", *(["-x"] if trace else []), script.name]
    process = subprocess.Popen(
        [sys.executable, "-c", takes_terminal, *command],
        cwd=desk.folder,
        env=desk.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        yield process, Terminal(ours, theirs)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
