"""The project's own wheel, as micropip installs it in the browser."""

from __future__ import annotations

import tomllib
from pathlib import Path

from web.buildsteps import toolbox
from web.buildsteps.shell import ROOT, BuildError, run


def project_version() -> str:
    """Give the version that pyproject.toml states."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return str(version)


def build_wheel(folder: Path) -> str:
    """Build the wheel of this project into `folder` and give its file name.

    hatchling sorts the members and sets one fixed time and mode for all, so equal sources give equal bytes.
    """
    python = toolbox.environment("site")
    run([python, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder])
    found = sorted(path.name for path in folder.glob("download_overlay-*.whl"))
    if len(found) != 1:
        raise BuildError(f"One wheel was expected in {folder}, there are {len(found)}.")
    return found[0]
