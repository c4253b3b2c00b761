"""The bash script stopped, killed, run twice, or cut off itself."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
from hashlib import sha256
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    SIZE,
    Desk,
    Ended,
    changed,
    complete,
    names,
    plan_for,
    put_in_path,
    row,
)


@pytest.mark.parametrize(
    ("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_run_goes_on_in_the_middle_of_the_file(
    desk: Desk, archive: ArchiveServer, sign: signal.Signals, status: int
) -> None:
    plan = plan_for(archive, [row(name) for name in names(3)])
    stalled = names(3)[1]
    archive.fault(stalled, "stall", at=100_000, times=1)
    process = desk.start(desk.write(plan))
    part = desk.folder / ROOT / "JWST/jw1" / f"{stalled}.part"
    while not (part.exists() and part.stat().st_size):
        select.select([], [], [], 0.01)
    os.kill(process.pid, sign)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert "run this script again" in err
    assert "Terminated" not in err
    assert not (desk.folder / ROOT / "manifest.html").exists()
    archive.log.clear()
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    requests = [request for request in archive.requests if request.product == stalled]
    assert [request.status for request in requests] == [206]


def processes_of(leader: int) -> dict[int, str]:
    """The name of each process that runs in the session of a run."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if rest.split()[3] == str(leader) and rest.split()[0] != "Z":
            found[int(entry.name)] = name
    return found


def test_no_curl_outlives_an_interrupted_run(desk: Desk, archive: ArchiveServer) -> None:
    archive.fault("a.fits", "stall", at=100_000)
    process = desk.start(desk.write(plan_for(archive, [row("a.fits")])))
    assert archive.wait(lambda requests: any(request.sent for request in requests))
    session = processes_of(process.pid)
    assert len(session) >= 4
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert processes_of(process.pid) == {}


def test_a_second_run_beside_the_first_stops_and_one_after_a_crash_takes_over(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    fault = archive.fault("a.fits", "stall", at=100_000, times=1)
    script = desk.write(plan)
    first = desk.start(script)
    assert archive.wait(lambda requests: any(request.sent for request in requests))
    second = desk.run(plan)
    assert second.status == 2
    assert "Another run is at work" in second.err
    first.kill()
    first.communicate(timeout=30)
    fault.ended.set()
    third = desk.run(plan)
    assert third.status == 0
    complete(third, plan, archive)


def cuts(whole: bytes) -> list[int]:
    """Where a script may have been cut: behind its first comment, at ends of lines, and within its last line."""
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    begin, last = ends[1] + 1, len(whole.rstrip(b"\n"))
    return sorted(
        {*(end for end in ends if begin < end < last), *range(begin + 1, ends[2]), *range(last - 40, last)}
    )


def test_a_script_that_was_cut_off_does_nothing_and_says_so(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(plan_for(archive, [row(name) for name in names(20)]))
    whole = script.read_bytes()
    script.unlink()
    for length in cuts(whole):
        (desk.folder / "cut.sh").write_bytes(whole[:length])
        process = desk.start(desk.folder / "cut.sh")
        _, err = process.communicate(timeout=30)
        assert process.returncode != 0, whole[:length][-200:]
        assert err
    assert archive.requests == []
    assert os.listdir(desk.folder) == ["cut.sh"]


@pytest.mark.parametrize("lock", ["", f"{socket.gethostname()} {{gone}}\n"])
@pytest.mark.parametrize("taken", [False, True])
def test_what_a_run_left_that_ended_at_its_worst_moment_stops_no_other(
    desk: Desk, archive: ArchiveServer, lock: str, taken: bool
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    gone = desk.start(desk.write(plan), "--help")
    gone.communicate(timeout=30)
    state = desk.folder / ROOT / ".state"
    state.mkdir(parents=True)
    (state / "lock").write_text(lock.format(gone=gone.pid))
    if taken:
        (state / "lock.taken").write_text("")
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)


def test_a_run_on_another_machine_is_named_with_what_to_do(desk: Desk, archive: ArchiveServer) -> None:
    state = desk.folder / ROOT / ".state"
    state.mkdir(parents=True)
    (state / "lock").write_text("node-7 4242\n")
    # A job on a cluster keeps the HOSTNAME of the machine that sent it.
    ended = desk.run(plan_for(archive, [row("a.fits")]), HOSTNAME="node-7")
    assert ended.status == 2
    assert "A run on node-7 (process 4242)" in ended.err
    assert f"remove {ROOT}/.state/lock" in ended.err
    assert (state / "lock").read_text() == "node-7 4242\n"


def test_a_run_of_another_user_is_no_run_that_is_gone(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    state = desk.folder / ROOT / ".state"
    state.mkdir(parents=True)
    # A shell in which no process may be asked, as those of other users may not.
    refusal = (
        'kill() { echo "kill: ($2) - Operation not permitted" >&2; return 1; }; file=$1; shift; . "./$file"'
    )
    (state / "lock").write_text(f"{socket.gethostname()} {os.getpid()}\n")
    ended = desk.run(plan, shell=("bash", "-c", refusal, "-"))
    assert ended.status == 2
    assert "Another run is at work" in ended.err
    assert archive.requests == []


def test_a_list_that_lost_a_line_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(plan_for(archive, [row(name) for name in names(3)]))
    lines = script.read_text("utf-8").splitlines(keepends=True)
    script.write_text("".join(line for line in lines if names(3)[1] not in line), "utf-8")
    for options in ([], ["--list"]):
        process = desk.start(script, *options)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "made with 3 files, of which 2 could be read" in err
        assert archive.requests == []
        assert not (desk.folder / ROOT / "manifest.html").exists()


def test_a_file_that_was_all_there_when_the_run_ended_is_not_asked_for_again(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=SIZE - 1, times=1)
    assert desk.run(plan, "--tries", "1").status == 1
    part = desk.folder / ROOT / "JWST/jw1/a.fits.part"
    part.write_bytes(archive.content("a.fits"))
    archive.log.clear()
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert archive.requests == []


def test_a_part_of_the_right_size_and_a_wrong_checksum_is_fetched_anew(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    plan = changed(plan, sha256=sha256(archive.content("a.fits")).hexdigest())
    archive.fault("a.fits", "cut", at=70_000, times=1)
    assert desk.run(plan, "--tries", "1").status == 1
    (desk.folder / ROOT / "JWST/jw1/a.fits.part").write_bytes(b"x" * SIZE)
    ended = desk.run(plan)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)


def test_what_a_killed_run_went_on_with_is_thrown_away_if_it_was_of_another_version(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=70_000, times=1)
    assert desk.run(plan, "--tries", "1").status == 1
    (desk.folder / ROOT / "JWST/jw1/a.fits.part").write_bytes(b"x" * SIZE)
    (desk.folder / ROOT / ".state/1.next").write_text('HTTP/1.1 206 Partial Content\r\nETag: "x"\r\n\r\n')
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)


def test_a_manifest_that_cannot_be_written_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row(name, size=9) for name in "abcd"])
    # A file of more than a kB is more than this place takes.
    little = ("bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec bash "$@"', "-")
    ended = desk.run(plan, shell=little)
    assert ended.status == 1
    assert "manifest.html could not be written" in ended.err
    assert not (ended.root / "manifest.html").exists()


def test_a_list_that_cannot_be_written_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    shell = ("bash", "-c", 'exec bash "$@" >/dev/full', "-")
    assert desk.run(plan_for(archive, [row("a.fits")]), "--list", shell=shell).status == 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_place_that_takes_no_more_is_told(desk: Desk, archive: ArchiveServer, count: int) -> None:
    plan = plan_for(archive, [row(name) for name in names(count)])
    ended = desk.run(plan, shell=("bash", "-c", 'ulimit -f 100; exec bash "$@"', "-"))
    assert ended.status == 1
    assert ended.reason() == "it could not be written; the disk may be full (curl 23)"


def test_a_folder_in_the_way_is_told(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits"), row("b.fits")])
    (desk.folder / ROOT / "JWST/jw1/a.fits").mkdir(parents=True)
    ended = desk.run(plan)
    assert ended.status == 1
    assert ended.reason() == "a folder of that name is in the way"
    assert "JWST/jw1/b.fits" in ended.files()


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--verify",), ("--help",)])
def test_what_cannot_be_printed_is_no_success(
    desk: Desk, archive: ArchiveServer, options: tuple[str, ...]
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    if options == ("--verify",):
        assert desk.run(plan).status == 0
    ended = desk.run(plan, *options, shell=("bash", "-c", 'exec bash "$@" >/dev/full', "-"))
    assert ended.status == 1
    assert "could not be printed" in ended.err


def test_a_listener_that_leaves_ends_no_run_and_leaves_no_curl(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row(name) for name in names(9)])
    process = desk.start(desk.write(plan), "--jobs", "2")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr:
        told = process.stderr.read()
    assert process.wait(30) == 1
    assert told == "What this script had to tell could not be printed.\n"
    complete(Ended(1, "", told, desk.folder / ROOT), plan, archive)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("where", ["todo", "batches/1.batch", "1.later", "1.results"])
def test_a_disk_that_is_full_for_notes_is_no_success(
    desk: Desk, archive: ArchiveServer, where: str, count: int
) -> None:
    plan = plan_for(archive, [row(name) for name in names(count)])
    archive.fault(names(1)[0], "status", status=503, times=1)
    # Where the script keeps its notes, one of them takes nothing.
    run = f"{ROOT}/.state/run"
    text = f'#!/bin/sh\n{shutil.which("rm")} "$@"\n[ ! -d {run} ] || mkdir -p {run}/batches\n'
    text += f"ln -s /dev/full {run}/{where} 2>/dev/null\n:\n"
    ended = desk.run(plan, "--tries", "3", "--jobs", "1", PATH=put_in_path(desk, "rm", text))
    # What is there is seen even where no note of it could be kept.
    assert ended.status == {"1.later": 1, "1.results": 0}.get(where, 2)
    if ended.status == 2:
        assert "the disk may be full" in ended.err
        assert archive.requests == []
    elif where == "1.results":
        complete(ended, plan, archive)
    else:
        failed = [cells[1] for cells in ended.manifest() if cells[3].startswith("FAILED: ")]
        assert failed == [f"JWST/jw1/{names(1)[0]}"]


def test_of_many_that_start_at_once_after_a_crash_one_alone_fetches(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    script = desk.write(plan)
    state = desk.folder / ROOT / ".state"
    state.mkdir(parents=True)
    gone = desk.start(script, "--help")
    gone.communicate(timeout=30)
    (state / "lock").write_text(f"{socket.gethostname()} {gone.pid}\n")
    fault = archive.fault("a.fits", "stall", at=100_000)
    runs = [desk.start(script) for _ in range(8)]
    while [run.poll() for run in runs].count(2) < 7:
        select.select([], [], [], 0.01)
    assert archive.wait(lambda requests: any(request.sent for request in requests))
    archive.clear_faults()
    fault.ended.set()
    assert sorted((run.communicate(timeout=30), run.returncode)[1] for run in runs) == [0, *[2] * 7]
    assert {request.range for request in archive.requests[1:]} <= {"bytes=100000-"}
    assert sorted(os.listdir(desk.folder / ROOT)) == ["JWST", "manifest.csv", "manifest.html"]
