"""Files as small as an encoding makes them, at the cost of time: made by other programs, once for each content."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from web.buildsteps import toolbox
from web.buildsteps.shell import BuildError, Word, answer, say

Encoding = Literal["br", "gzip"]

#: What takes long enough to be told.
_LONG_BYTES: Final = 2_000_000
_HERE: Final = Path(__file__).parent


def dense(sources: Sequence[Path], encoding: Encoding, kept: Path) -> dict[Path, Path]:
    """Name the files in the folder `kept` that hold each source in this encoding, made now where they are not there.

    They are named by the content and the encoder; equal content gives equal bytes. BuildError when one cannot be made.
    """
    command, encoder = _gzip() if encoding == "gzip" else _brotli()
    kept.mkdir(parents=True, exist_ok=True)
    found = {source: kept / f"{_digest(source)}-{encoder}.{encoding}" for source in sources}
    missing = {target: source for source, target in found.items() if not target.is_file()}
    if sum(source.stat().st_size for source in missing.values()) >= _LONG_BYTES:
        say(f"Compressing what is new by {encoding} (once, up to a minute) ...")
    pairs = json.dumps([[str(source), str(target)] for target, source in missing.items()])
    done = subprocess.run(command, input=pairs, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise BuildError(
            f"{done.stderr.rstrip()}\nThe files of the site could not be compressed by {encoding}."
        )
    return found


def _brotli() -> tuple[list[Word], str]:
    """The command and the encoder's version."""
    program = toolbox.node().program
    return [program, _HERE / "brotli.mjs"], answer([program, "-p", "process.versions.brotli"]) or "unknown"


def _gzip() -> tuple[list[Word], str]:
    # Its own folder is none to import from: some modules here have names of the standard library.
    lock = (toolbox.REQUIREMENTS / "site.txt").read_bytes()
    command: list[Word] = [toolbox.environment("site"), "-P", _HERE / "gzipper.py"]
    return command, hashlib.sha256(lock).hexdigest()[:8]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
