"""The bash script under other shells, settings, tools and options."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    SIZE,
    TOKEN,
    Desk,
    changed,
    complete,
    own_and_public,
    plan_for,
    put_in_path,
    row,
)


@pytest.mark.parametrize("shell", ["dash", *filter(shutil.which, ("zsh", "ksh", "busybox"))])
def test_another_shell_stops_with_one_line_that_names_bash(
    desk: Desk, archive: ArchiveServer, shell: str
) -> None:
    command = ("busybox", "sh") if shell == "busybox" else (shell,)
    ended = desk.run(plan_for(archive, [row("a.fits")]), shell=command)
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "bash" in ended.err
    assert archive.requests == []


@pytest.mark.parametrize(
    "options",
    [
        ["--posix"],
        ["-xv"],
        ["-efC"],
        ["-a", "-k", "-m"],
        ["-o", "pipefail"],
        ["-O", "compat32"],
        ["-O", "nocasematch"],
    ],
)
def test_settings_of_the_shell_change_nothing(desk: Desk, archive: ArchiveServer, options: list[str]) -> None:
    plan = own_and_public(archive)
    archive.fault("public.fits", "status", times=1)
    ended = desk.run(plan, shell=("bash", *options), MAST_API_TOKEN=TOKEN)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert TOKEN not in ended.out + ended.err


def test_variables_of_the_shell_change_nothing(desk: Desk, archive: ArchiveServer) -> None:
    # Where the administrator ends idle sessions, every read of bash has a limit in seconds.
    plan = own_and_public(archive)
    held = archive.fault("public.fits", "stall", at=70_000, times=1)
    given = {
        "TMOUT": "1",
        "GLOBIGNORE": "*",
        "IFS": ":",
        "CDPATH": "/",
        "BASH_ENV": "",
        "MAST_API_TOKEN": TOKEN,
    }
    # Functions that are exported, such as one that asks before it removes.
    functions = {f"BASH_FUNC_{name}%%": "() { echo asked; return 1; }" for name in ("curl", "rm", "mv", "wc")}
    process = desk.start(desk.write(plan), **given, **functions)
    begun = monotonic()
    while monotonic() - begun < 2.5 and process.poll() is None:
        select.select([], [], [], 0.05)
    held.ended.set()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_settings_of_curl_change_nothing(desk: Desk, archive: ArchiveServer) -> None:
    Path(desk.environment["HOME"], ".curlrc").write_text(
        "location-trusted\nverbose\ninclude\noutput = pwned\n"
    )
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)


OLD_CURL: Final = """#!/bin/bash
# A curl of 7.58 as far as its options go, and in that it stops at the first transfer that fails.
if [ "$1" = --version ]; then echo "curl @VERSION@.0 (test)"; exit 0; fi
if [ "$*" != "-q --config -" ]; then echo "curl: option $*: is unknown" >&2; exit 2; fi
settings=$(cat)
while IFS= read -r line; do
  case $line in
    next | globoff | silent | show-error | location) ;;
    'proto = '* | 'proto-redir = '* | 'max-redirs = '* | 'connect-timeout = '*) ;;
    'speed-limit = '* | 'speed-time = '*) ;;
    'user-agent = '* | 'url = '* | 'output = '* | 'dump-header = '* | 'continue-at = '* | 'header = '*) ;;
    'write-out = "'*' %{http_code} %{redirect_url}\\n"') ;;
    *) echo "curl: option $line: is unknown" >&2; exit 2 ;;
  esac
done <<<"$settings"
printf '%s\\n' "$settings" | exec @CURL@ -q --fail-early --config -
"""


def test_curl_7_58_has_all_the_options_that_are_used(desk: Desk, archive: ArchiveServer) -> None:
    text = OLD_CURL.replace("@CURL@", str(shutil.which("curl"))).replace("@VERSION@", "7.58")
    plan = own_and_public(archive)
    archive.fault("public.fits", "cut", at=70_000, times=1)
    ended = desk.run(plan, PATH=put_in_path(desk, "curl", text), MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)


def test_an_older_curl_is_told_before_anything_is_done(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    ended = desk.run(plan, PATH=put_in_path(desk, "curl", OLD_CURL.replace("@VERSION@", "7.57")))
    assert ended.status == 2
    assert "7.58 or newer; this is 7.57" in ended.err
    assert not ended.root.exists()


def test_the_tools_that_are_named_are_all_that_is_used(desk: Desk, archive: ArchiveServer) -> None:
    tools = desk.folder.parent / "tools"
    tools.mkdir()
    for name in ("bash", "curl", "mkdir", "mv", "rm", "wc", "sleep"):
        (tools / name).symlink_to(str(shutil.which(name)))
    plan = changed(own_and_public(archive), sha256="00" * 32)
    archive.fault("pool.csv", "status", times=1)
    ended = desk.run(plan, PATH=str(tools), MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert "Checksums not checked for want of a tool like sha256sum or md5sum: 1\n" in ended.out


def test_the_options_do_what_help_says(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits"), row("a.fits", "jw2")])
    told = desk.run(plan, "--help")
    assert told.status == 0
    options = ("--output", "--only", "--jobs", "--tries", "--list", "--dry-run", "--verify")
    for word in (*options, "1 file (200.0 kB)", "help@example.org", "None of them needs a token"):
        assert word in told.out
    assert "MAST_API_TOKEN" in desk.run(own_and_public(archive), "--help").out
    listed = desk.run(plan, "--list")
    assert listed.out == f"JWST/jw1/a.fits\t{SIZE}\t{plan.files[0].url}\n"
    assert desk.run(plan, "--nonsense").status == 2
    assert desk.run(plan, "--output").status == 2
    assert desk.run(plan, "--tries", "0").status == 2
    assert desk.run(plan, "--output", "nowhere").status == 2
    assert archive.requests == []
    elsewhere = desk.folder / "else where"
    elsewhere.mkdir()
    assert desk.run(plan, "--output", "else where").status == 0
    assert (elsewhere / ROOT / "JWST/jw1/a.fits").stat().st_size == SIZE
    assert sorted(os.listdir(desk.folder)) == [f"{ROOT}_api_retrieve.sh", "else where"]


def test_shellcheck_is_silent_and_bash_can_read_it(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(own_and_public(archive))
    beside = Path(sys.executable).with_name("shellcheck")
    shellcheck = str(beside) if beside.exists() else "shellcheck"
    for command in ([shellcheck, "--norc"], ["bash", "-n"]):
        judged = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False)
        assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")
