"""Every test, in four runs: the core on CPython, contracts and browser, three engines, the core inside Pyodide."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from web.buildsteps import machine, toolbox
from web.buildsteps.shell import ROOT, TOOLS, Word, say, show
from web.buildsteps.site import build_site

REPORTS: Final = TOOLS / "reports"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of pytest came to; `status` is its exit status, the counts are from its own report."""

    name: str
    status: int
    passed: int
    failed: int
    skipped: int
    seconds: float


def run_tests(pytest_arguments: Sequence[str], *, slow: bool) -> int:
    """Run all tests and print one summary; 1 when anything failed. With arguments for pytest, run that alone."""
    python = toolbox.environment("dev")
    env = environment_of_tests()
    if pytest_arguments:
        return show([*_pytest(python, slow), *pytest_arguments], env=env)

    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    runs = [
        _run(
            "core on CPython",
            "core.xml",
            [*_pytest(python, slow), "--cov", "--cov-report=term", "tests/unit"],
            env,
        ),
        _run(
            "contracts, browser",
            "whole.xml",
            [*_pytest(python, slow), "tests/contract", "tests/browser"],
            env,
        ),
        _run("three engines", "engines.xml", [*_pytest(python, slow), "tests/engines"], env),
        _run("core on Pyodide", "pyodide.xml", _pytest_in_pyodide(slow), env),
    ]
    say("")
    for run in runs:
        counts = f"{run.passed} passed, {run.failed} failed, {run.skipped} skipped"
        verdict = "ok    " if run.status == 0 else f"FAILED (status {run.status})"
        say(f"{verdict} {run.name}: {counts} in {run.seconds:.0f} s")
    say(f"{sum(run.passed for run in runs)} passed, {sum(run.failed for run in runs)} failed")
    return 1 if any(run.status for run in runs) else 0


def environment_of_tests() -> dict[str, str]:
    """Build the site and make sure of browsers and programs; give what tests are told about them.

    OVERLAY_DIST is the built site, OVERLAY_CHROMIUM, OVERLAY_FIREFOX and OVERLAY_WEBKIT_DRIVER start the browsers,
    OVERLAY_AXE is the script of axe-core, OVERLAY_NODE a Node.js.
    """
    python = toolbox.environment("dev")
    modules = toolbox.node_modules(with_development=True)
    machine.programs()
    browser = machine.chromium(python)
    engines = machine.engines()
    dist = TOOLS / "tested"
    say("Building the site ...")
    build_site(dist)
    return {
        "OVERLAY_AXE": str(modules / "axe-core" / "axe.min.js"),
        "OVERLAY_CHROMIUM": browser,
        "OVERLAY_DIST": str(dist),
        "OVERLAY_NODE": str(toolbox.node().program),
        **engines,
        # A browser that was found must be the one that runs.
        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
    }


def _pytest(python: Path, slow: bool) -> list[Word]:
    """The words that run pytest; its settings leave the slow tests out unless told otherwise."""
    return [python, "-m", "pytest", *(["-m", ""] if slow else [])]


def _pytest_in_pyodide(slow: bool) -> list[Word]:
    """The words that run the unit tests, unchanged, in the site's Pyodide under Node.js."""
    runner = ROOT / "tests" / "pyodide_runner.mjs"
    places = [toolbox.node_modules() / "pyodide", toolbox.packages("pyodide"), ROOT, REPORTS]
    marks = ["-m", ""] if slow else []
    return [toolbox.node().program, runner, *places, *marks, "--hypothesis-profile=pyodide", "tests/unit"]


def _run(name: str, report: str, command: Sequence[Word], env: Mapping[str, str]) -> Run:
    """Run pytest by `command` and count by the report that it writes, not by what it prints."""
    say(f"\n== {name}")
    inside = command[0] == toolbox.node().program
    started = time.monotonic()
    status = show([*command, f"--junitxml={'/reports' if inside else REPORTS}/{report}"], env=env)
    seconds = time.monotonic() - started
    if not (REPORTS / report).is_file():
        return Run(name, status or 1, 0, 0, 0, seconds)
    suites = list(ElementTree.parse(REPORTS / report).getroot().iter("testsuite"))
    tests, failures, errors, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in _COUNTED)
    failed = failures + errors
    return Run(name, status, tests - failed - skipped, failed, skipped, seconds)


_COUNTED: Final = ("tests", "failures", "errors", "skipped")
