"""What the page starts Python from: the memory of one that has the overlay imported, and a lean standard library.

Both are made inside Pyodide under Node.js, by the programs of the folder ``inside``. Pyodide's snapshots are no public
part of it and fit one build of it only, so each is tried out before it is used.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web.buildsteps import toolbox
from web.buildsteps.dense import dense
from web.buildsteps.shell import ROOT, TOOLS, BuildError, say

LIBRARY: Final = "python_stdlib.zip"
_INSIDE: Final = Path(__file__).parent / "inside"
#: Where what was made is kept until one of its inputs changes.
MADE: Final = TOOLS / "snapshot"
_MEMORY: Final = "snapshot.bin"
_MODULES: Final = "modules.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot in the site's folder ``runtime``.

    ``bytes`` is its size once unpacked, ``packages`` names the wheels of the same folder that are installed in it.
    """

    file: str
    bytes: int
    packages: tuple[str, ...]


#: Product lists: the URL of each and the file of its text.
Lists = Sequence[tuple[str, Path]]


def make_snapshot(runtime: Path, modules: Path, wheel: str, lists: Lists) -> Snapshot:
    """Put a snapshot with `wheel` into the site's folder `runtime`, and the lean library in place of Pyodide's.

    The demo archive's `lists` are read in it.

    Equal inputs give equal bytes. The file is named by its content, and not ``.gz``: some servers would unpack it on
    the way.
    """
    pyodide = modules / "pyodide"

    def make() -> None:
        say("Taking the snapshot that the page starts from (once for each change of the core) ...")
        MADE.mkdir()
        _node("tidy", pyodide, runtime, runtime / wheel, MADE)
        made = _node("snapshot", pyodide, runtime, MADE, MADE / _MEMORY, *_words(lists))
        (MADE / _MODULES).write_text(made)

    toolbox.once(MADE, _recipe(runtime, pyodide, wheel, lists), make)
    memory = MADE / _MEMORY
    packed = dense([memory], "gzip", MADE)[memory].read_bytes()
    file = f"snapshot-{hashlib.sha256(packed).hexdigest()[:16]}.bin"
    (runtime / file).write_bytes(packed)
    shutil.copyfile(MADE / LIBRARY, runtime / LIBRARY)
    return Snapshot(file, memory.stat().st_size, (wheel,))


def draw_from_snapshot(runtime: Path, modules: Path, skeleton: Path, version: str, lists: Lists) -> str:
    """Start Python from the snapshot that was made last, and give the page that it prerenders.

    BuildError when it does not start, or needs a module that is not in it.
    """
    memory = MADE / _MEMORY
    return _node("restore", modules / "pyodide", runtime, memory, skeleton, version, *_words(lists))


def modules_in_snapshot() -> list[str]:
    """Name all modules that are imported in the snapshot that was made last."""
    found: list[str] = json.loads((MADE / _MODULES).read_text())
    return found


def _words(lists: Lists) -> list[str]:
    return [f"{url}={path}" for url, path in lists]


def _recipe(runtime: Path, pyodide: Path, wheel: str, lists: Lists) -> str:
    sources = [ROOT / "web" / "snapshot.js", *sorted(_INSIDE.glob("*.*")), runtime / wheel]
    sources += [path for path in sorted(runtime.iterdir()) if path.suffix in (".wasm", ".json", ".zip")]
    sources += [*sorted(pyodide.glob("*.mjs")), *(path for _, path in lists)]
    return "".join(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in sources)


def _node(name: str, *words: str | Path) -> str:
    """Run a program of the folder ``inside`` and give what it printed; BuildError when it fails."""
    command = [toolbox.node().program, _INSIDE / f"{name}.mjs", *words]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BuildError(
            f"{done.stderr.strip()[-2000:]}\ninside/{name}.mjs ended with status {done.returncode}.",
            "Was Pyodide replaced by another version? Its snapshots are no public part of it.",
        )
    return done.stdout
