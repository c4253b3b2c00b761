"""Style, types and arrows, as continuous integration checks them before any test."""

from __future__ import annotations

import time
from collections.abc import Sequence

from web.buildsteps import toolbox
from web.buildsteps.shell import ROOT, Word, say, show


def run_checks() -> int:
    """Run every check to its end, print what each found, and give 1 when one did not pass."""
    python = toolbox.environment("dev")
    modules = toolbox.node_modules(with_development=True)
    compiler: list[Word] = [toolbox.node().program, modules / "typescript" / "bin" / "tsc", "--project"]
    checks: dict[str, Sequence[Word]] = {
        "ruff, rules": [python, "-m", "ruff", "check", "--quiet", "."],
        "ruff, format": [python, "-m", "ruff", "format", "--quiet", "--check", "."],
        "mypy": [python, "-m", "mypy", "--no-error-summary"],
        "import arrows": [
            python,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c()",
            "--no-logo",
        ],
        "tsc, page": [*compiler, "web/tsconfig.json"],
        "tsc, workers": [*compiler, "web/tsconfig.worker.json"],
    }
    failed = []
    for name, command in checks.items():
        started = time.monotonic()
        passed = show(command, env={"PYTHONPATH": str(ROOT)}) == 0
        say(f"{'ok    ' if passed else 'FAILED'} {name} ({time.monotonic() - started:.0f} s)")
        if not passed:
            failed.append(name)
    say(
        f"Checks: {len(checks) - len(failed)} of {len(checks)} passed"
        + (f"; not: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0
