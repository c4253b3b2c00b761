"""Every test, in three rows of runs of pytest: the panel; downloads and the engines; the core and contracts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO
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
    pytest = [*_pytest(python, slow), "--durations=10", "--durations-min=5"]
    # Browsers mostly wait, so that three rows of runs keep two processors busy.
    panel = [_Order("panel", "panel.xml", [*pytest, "tests/browser", "--ignore=tests/browser/downloads"])]
    rows = {
        "downloads": [
            _Order("downloads", "downloads.xml", [*pytest, "tests/browser/downloads"]),
            _Order("three engines", "engines.xml", [*pytest, "tests/engines"]),
        ],
        "others": [
            _Order("core on CPython", "core.xml", [*pytest, *_counted(slow), "tests/unit"]),
            _Order("contracts", "contracts.xml", [*pytest, "tests/contract"]),
            _Order("core on Pyodide", "pyodide.xml", _pytest_in_pyodide(slow)),
        ],
    }
    with ThreadPoolExecutor() as pool:
        beside = [pool.submit(_run_row, row, env, REPORTS / f"{name}.txt") for name, row in rows.items()]
        runs = _run_row(panel, env)
        for name, row in zip(rows, beside, strict=True):
            runs += row.result()
            say((REPORTS / f"{name}.txt").read_text(errors="replace"))
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
    """The words that run pytest; its settings leave the slow tests out unless told otherwise.

    A test that hangs ends the run, with a trace of where it stood, and not the patience of whoever waits for it.
    """
    limit = f"faulthandler_timeout={_SLOW_TEST_S if slow else _TEST_S}"
    hangs = ["-o", limit, "-o", "faulthandler_exit_on_timeout=true"]
    return [python, "-m", "pytest", *hangs, *(["-m", ""] if slow else [])]


def _counted(slow: bool) -> list[Word]:
    """The words that count branches, which is slow: fewer examples of each law then, but for a slow run."""
    return ["--cov", "--cov-report=term", *([] if slow else ["--hypothesis-profile=counted"])]


def _pytest_in_pyodide(slow: bool) -> list[Word]:
    """The words that run the unit tests, unchanged, in the site's Pyodide under Node.js."""
    runner = ROOT / "tests" / "pyodide_runner.mjs"
    places = [toolbox.node_modules() / "pyodide", toolbox.packages("pyodide"), ROOT, REPORTS]
    marks = ["-m", ""] if slow else []
    return [toolbox.node().program, runner, *places, *marks, "--hypothesis-profile=pyodide", "tests/unit"]


@dataclass(frozen=True, slots=True)
class _Order:
    """A run to be made: ``command`` starts pytest, ``report`` is its own report's name."""

    name: str
    report: str
    command: Sequence[Word]


def _run_row(row: Sequence[_Order], env: Mapping[str, str], log: Path | None = None) -> list[Run]:
    """Run one after the other, on the terminal or into `log`."""
    if log is None:
        return [_run(order, env) for order in row]
    with log.open("w") as output:
        return [_run(order, env, output) for order in row]


def _run(order: _Order, env: Mapping[str, str], output: TextIO | None = None) -> Run:
    """Run pytest, on the terminal or into `output`, and count by the report that it writes, not by what it prints."""
    heading = f"\n== {order.name}"
    if output is None:
        say(heading)
    else:
        print(heading, file=output, flush=True)
    inside = order.command[0] == toolbox.node().program
    report = f"--junitxml={'/reports' if inside else REPORTS}/{order.report}"
    started = time.monotonic()
    status = show([*order.command, report], env=env, output=output)
    seconds = time.monotonic() - started
    if not (REPORTS / order.report).is_file():
        return Run(order.name, status or 1, 0, 0, 0, seconds)
    suites = list(ElementTree.parse(REPORTS / order.report).getroot().iter("testsuite"))
    tests, failures, errors, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in _COUNTED)
    failed = failures + errors
    return Run(order.name, status, tests - failed - skipped, failed, skipped, seconds)


#: No single test takes nearly so long.
_TEST_S: Final = 600
_SLOW_TEST_S: Final = 7200

_COUNTED: Final = ("tests", "failures", "errors", "skipped")
