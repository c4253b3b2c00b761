"""The page's own modules as one file: each file of a start costs the browser some milliseconds, however small it is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from web.buildsteps import toolbox
from web.buildsteps.shell import BuildError

#: Takes in what it imports. What prepares Python stays apart, as that is begun before this has come.
ENTRY: Final = "boot.js"

#: Only what the modules import is put in; how they are written stays.
_WAYS: Final = (
    "--bundle",
    "--format=esm",
    "--charset=utf8",
    "--legal-comments=inline",
    "--log-level=warning",
)
#: Others ask for them, too, and a module must be there once.
_APART: Final = ("--external:./pyscript/*", "--external:./runtime/*")
_BUNDLER: Final = Path("esbuild", "bin", "esbuild")


def bundle_modules(site: Path, modules: Path) -> None:
    """Put into the entry all that it imports, and take the files of those modules from the `site`.

    BuildError when one of them cannot be read. What else of the site imports them does not find them any more, which
    whoever reads its imports tells.
    """
    with TemporaryDirectory() as folder:
        written, told = Path(folder, ENTRY), Path(folder, "told.json")
        done = subprocess.run(
            [
                *(toolbox.node().program, modules / _BUNDLER, f"./{ENTRY}"),
                *(*_WAYS, *_APART, f"--outfile={written}", f"--metafile={told}"),
            ],
            cwd=site,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise BuildError(
                f"{done.stderr.rstrip()}\nThe modules of the page could not be put into one file."
            )
        for name in json.loads(told.read_text(encoding="utf-8"))["inputs"]:
            (site / name).unlink()
        (site / ENTRY).write_bytes(written.read_bytes())
