"""Programs of the machine that the tests use: browsers and unpackers; found, else installed, else asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web.buildsteps.shell import BuildError, answer, run, say


@dataclass(frozen=True, slots=True)
class Engine:
    """A browser that the tests drive. The first of ``programs`` starts it; all have to be there."""

    variable: str
    name: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]

    def program(self) -> str | None:
        """What the variable names, else the machine's; None where one of the programs is missing."""
        found = [shutil.which(program) for program in self.programs]
        first = os.environ.get(self.variable) or found[0]
        return first if all(found[1:]) else None


BROWSERS: Final = ("chromium", "google-chrome")
#: The programs of the two other engines: the variable that may name one, what it is called, and the Debian packages.
ENGINES: Final = (
    Engine("OVERLAY_FIREFOX", "Firefox ESR", ("firefox-esr",), ("firefox-esr",)),
    Engine(
        "OVERLAY_WEBKIT_DRIVER",
        "WebKitGTK with its WebDriver",
        ("WebKitWebDriver", "Xvfb"),
        ("webkit2gtk-driver", "xvfb"),
    ),
)
#: Each program that the tests run and the Debian package that has it.
PROGRAMS: Final = {
    "bash": "bash",
    "curl": "curl",
    "unzip": "unzip",
    "7z": "p7zip-full",
    "bsdtar": "libarchive-tools",
    "nginx": "nginx-light",
    "wget": "wget",
    "aria2c": "aria2",
    "rclone": "rclone",
}


def chromium(python: Path) -> str:
    """Give the path of a Chromium; `python` is that of the environment with Playwright.

    What the variable OVERLAY_CHROMIUM names comes first, then the machine's, then Playwright's own.
    """
    found = os.environ.get("OVERLAY_CHROMIUM") or _browser(python)
    if found:
        return found
    if _may_install():
        _install(["chromium"])
    else:
        say("No browser is there for the tests: playwright install chromium ...")
        run([python, "-m", "playwright", "install", "chromium"], hint=_ask("chromium"))
    found = _browser(python)
    if not found:
        raise BuildError("The tests need a Chromium that runs.", _ask("chromium"))
    return found


def engines() -> dict[str, str]:
    """Give the programs of the engines beside Chromium, by the variable that tells the tests of each.

    One that cannot be had here is told in a line and left out: its tests then fail, and all others run.
    """
    found: dict[str, str] = {}
    for engine in ENGINES:
        program = engine.program()
        if program is None and _may_install():
            try:
                _install(engine.packages)
            except BuildError as problem:
                # Not every system has all of them under these names.
                say(str(problem))
            program = engine.program()
        if program is None:
            say(f"{engine.name} is not here, and its tests will fail. {_ask(*engine.packages)}")
        else:
            found[engine.variable] = program
    return found


def programs() -> None:
    """Make sure of every program in PROGRAMS."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing and _may_install():
        _install(missing)
        missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        lacking = ", ".join(program for program, package in PROGRAMS.items() if package in missing)
        raise BuildError(f"The tests need {lacking}.", _ask(*missing))


def _browser(python: Path) -> str | None:
    """Give the first browser that tells its version; some systems have a stand-in that only says what to install."""
    question = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    candidates = [shutil.which(name) for name in BROWSERS]
    for candidate in candidates:
        if candidate and answer([candidate, "--version"]):
            return candidate
    own = answer([python, "-c", question])
    return own if own and answer([own, "--version"]) else None


def _may_install() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: Sequence[str]) -> None:
    say(f"Installing {', '.join(packages)} with apt-get (once) ...")
    run(["apt-get", "update"], hint=_ask(*packages))
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    run(command, env={"DEBIAN_FRONTEND": "noninteractive"}, hint=_ask(*packages))


def _ask(*packages: str) -> str:
    return f"Run: sudo apt-get install {' '.join(packages)} (or your system's like), then the command again."
