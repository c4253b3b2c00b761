"""A config file for ``curl --config``: every public file to its place, in one run of curl."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycore.plan import Plan
from pycore.scripts.lines import About, address, comments, heading, left_out, missing, pieces

#: What a double-quoted word of a config file may not hold as it is (curl's manual, "--config").
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r", "\v": "\\v"}
)

_OPTIONS: Final = """\
# Error pages are no files; the first failure ends the run, so that curl's exit status speaks of all of them.
fail
fail-early
location
proto = "=http,https"
proto-redir = "=http,https"
globoff
create-dirs
retry = 5
connect-timeout = 30
speed-limit = 1
speed-time = 60
silent
show-error
write-out = "%{http_code} %{size_download} bytes to %{filename_effective}\\n"
"""


def curl_config(plan: Plan, about: About) -> Iterator[str]:
    """The config file; needs curl 7.52 or newer.

    ``continue-at`` is not in it: with ``fail``, a file that is complete is then an error (416), and without ``fail``
    error pages are saved as files.
    """
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = (
        f"Run it with: curl --config {plan.root}_curl.txt",
        "Add --parallel with curl 7.66 or newer, --remove-on-error with 7.83, and --skip-existing with 8.12: run",
        "again, it then fetches only what is missing. Without these it begins anew, and what was cut off keeps its",
        "name.",
        "Sizes and checksums are not compared.",
    )
    yield from comments(heading(plan, about, *told))
    yield _OPTIONS
    yield f"user-agent = {quoted(about.agent)}\n"
    for file in plan.files:
        why = missing(file)
        if why or file.url is None:
            yield from comments(["", left_out(file, why)])
        else:
            yield f"\nurl = {quoted(address(file.url))}\noutput = {quoted(f'{plan.root}/{file.path}')}\n"


def quoted(text: str) -> str:
    """A word of a config file."""
    return f'"{text.translate(_ESCAPES)}"'
