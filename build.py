#!/usr/bin/env python3
"""The one way in: serve, build, test, measure and check the download overlay.

Needs Python 3.11 or newer and nothing else. What a command wants beyond that is fetched
once, pinned by hash, into .tools/ in this folder; the user's own Python stays as it is.
"""

import argparse
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python comes this far and no further
    sys.exit("build.py needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info))

from web.buildsteps.shell import BuildError, say

ROOT = Path(__file__).resolve().parent


def serve(options: argparse.Namespace) -> int:
    """Build the site where something changed, serve it and open it in the browser."""
    from web.buildsteps.serving import serve_site

    return serve_site(port=options.port, opened=options.open, archive=options.archive)


def build(options: argparse.Namespace) -> int:
    """Write the whole site to a folder that any plain file server can offer."""
    from web.buildsteps.first_visit import first_visit, sentence, table
    from web.buildsteps.site import build_site

    build_site(options.out)
    say(f"The site is in {options.out}")
    weights = first_visit(options.out)
    if options.bytes:
        say(table(weights))
    say(sentence(weights))
    return 0


def test(options: argparse.Namespace) -> int:
    """Run every test: on CPython, in the browser and inside Pyodide."""
    from web.buildsteps.testing import run_tests

    return run_tests(options.others, slow=options.slow)


def bench(options: argparse.Namespace) -> int:
    """Run the benchmarks and print their tables."""
    from web.buildsteps.benchmarks import run_benchmarks

    return run_benchmarks(options.name, options.others)


def check(options: argparse.Namespace) -> int:
    """Check style, types and import arrows of the Python and the JavaScript."""
    from web.buildsteps.checks import run_checks

    return run_checks()


def command_line() -> argparse.ArgumentParser:
    """Say which commands there are and what each takes."""
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for action in (serve, build, test, bench, check):
        command = commands.add_parser(action.__name__, help=action.__doc__, allow_abbrev=False)
        command.set_defaults(action=action)

        if action is serve:
            command.add_argument(
                "--port", type=int, help="a port of your choice; else 8000 or one that is free"
            )
            command.add_argument(
                "--no-open", dest="open", action="store_false", help="leave the browser alone"
            )
            command.add_argument(
                "--archive", action="store_true", help="with a small archive of its own behind it"
            )
        if action is build:
            command.add_argument(
                "--out", type=Path, default=ROOT / "dist", metavar="DIR", help="default: dist/"
            )
            command.add_argument(
                "--bytes", action="store_true", help="list what a first visit transfers, file by file"
            )
        if action is test:
            command.usage = "build.py test [--slow] [arguments for pytest, which then runs alone]"
            command.add_argument("--slow", action="store_true", help="the tests that take minutes too")
        if action is bench:
            command.usage = "build.py bench [NAME [its own arguments]]"
            command.add_argument("name", nargs="?", help="the name of a file in tests/bench/; default: all")
    return parser


def main() -> int:
    """Do what the command line asks; give the exit status."""
    parser = command_line()
    options, others = parser.parse_known_args()
    if others and options.action is not test and not (options.action is bench and options.name):
        parser.error(f"unknown arguments: {' '.join(others)}")
    options.others = others
    try:
        return int(options.action(options))
    except BuildError as problem:
        say(f"build.py {options.command}: {problem}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
