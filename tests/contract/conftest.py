"""What several contract tests are given."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import TOKEN, Desk

# Tests that run in the background of a shell have Ctrl-C ignored, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        server.add_token(TOKEN, "<Jane & co>", ["own"])
        server.add_token("other-program", "someone", ["other"])
        yield server


@pytest.fixture
def desk(tmp_path: Path, archive: ArchiveServer) -> Desk:
    home = tmp_path / "home"
    folder = tmp_path / "desk"
    home.mkdir()
    folder.mkdir()
    return Desk(folder, archive, {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"})
