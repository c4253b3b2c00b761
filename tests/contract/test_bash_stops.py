"""The bash script stopped, killed, run twice, or cut off itself."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    SIZE,
    Desk,
    complete,
    names,
    plan_for,
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


def test_a_script_that_was_cut_off_does_nothing(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(plan_for(archive, [row(name) for name in names(20)]))
    whole = script.read_bytes()
    for length in range(len(whole) - 30, 0, -997):
        script.write_bytes(whole[:length])
        process = desk.start(script)
        process.communicate(timeout=30)
    assert archive.requests == []
    assert not (desk.folder / ROOT).exists()


def test_a_list_that_lost_a_line_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(plan_for(archive, [row(name) for name in names(3)]))
    lines = script.read_text("utf-8").splitlines(keepends=True)
    script.write_text("".join(line for line in lines if names(3)[1] not in line), "utf-8")
    for options in ([], ["--list"]):
        process = desk.start(script, *options)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "made with 3 files, of which 2 could be read" in err


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


def test_a_manifest_that_cannot_be_written_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    (desk.folder / ROOT).mkdir()
    (desk.folder / ROOT / "manifest.html.part").symlink_to("/dev/full")
    ended = desk.run(plan)
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
