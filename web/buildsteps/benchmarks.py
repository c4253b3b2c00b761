"""Benchmarks: each file of tests/bench/ prints tables of its own."""

from __future__ import annotations

from collections.abc import Sequence

from web.buildsteps import testing, toolbox
from web.buildsteps.shell import ROOT, BuildError, say, show


def run_benchmarks(name: str | None, arguments: Sequence[str]) -> int:
    """Run the benchmark `name` with its arguments, or all in the order of their names; 1 when one fails."""
    there = sorted(
        path.stem for path in (ROOT / "tests" / "bench").glob("*.py") if not path.stem.startswith("_")
    )
    if name is not None and name not in there:
        raise BuildError(f"There is no benchmark {name}.", f"There are: {', '.join(there)}")
    python = toolbox.environment("dev")
    env = testing.environment_of_tests()
    failed = []
    for benchmark in [name] if name else there:
        say(f"\n== {benchmark}")
        call = f"from tests.bench.{benchmark} import main; main()"
        if show([python, "-c", call, *arguments], env=env):
            failed.append(benchmark)
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0
