"""The Python script run by a real Python against the real archive: files, manifest, token, faults, stops."""

from __future__ import annotations

import ast
import csv
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest

from pycore import manifest
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.plan import Plan
from pycore.scripts.bash import bash_script
from pycore.scripts.python import python_script
from tests.archive.log import Request
from tests.archive.server import ArchiveServer
from tests.contract import heedless, session
from tests.contract.heedless import CHANGES, heedless_server
from tests.contract.selection import (
    HOSTILE,
    SIZE,
    TOKEN,
    about_for,
    assert_all_there,
    plan_at,
    run,
    there,
    write,
)
from tests.contract.session import manifest_rows
from tests.unit import builders

SCRIPT: Final = "retrieve.py"


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        server.add_token(TOKEN, "<Jane & co>", ["jw1"])
        server.add_token("other-program", "someone", ["other"])
        yield server


@dataclass(frozen=True)
class Desk:
    """A folder with the script in it."""

    folder: Path
    archive: ArchiveServer

    def write(self, plan: Plan) -> Path:
        return write(self.folder, SCRIPT, python_script(plan, about_for(self.archive)))

    def run(self, plan: Plan, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.write(plan)
        command = (sys.executable, "-I", "-X", "dev", "-W", "error", SCRIPT)
        return run(self.folder, *command, *(options or ("--tries", "2")), **environment)

    def start(self, plan: Plan, *options: str, **environment: str) -> subprocess.Popen[str]:
        self.write(plan)
        return session.start((sys.executable, "-I", SCRIPT, *options), self.folder, os.environ | environment)

    def statuses(self, plan: Plan) -> list[str]:
        return [cells[3] for cells in manifest_rows(self.folder / plan.root / "manifest.html")]

    def reason(self, plan: Plan) -> str:
        return self.statuses(plan)[0].removeprefix("FAILED: ")


@pytest.fixture
def desk(tmp_path: Path, archive: ArchiveServer) -> Desk:
    folder = tmp_path / "work"
    folder.mkdir()
    return Desk(folder, archive)


BESIDE: Final = (SCRIPT, "{root}/manifest.html", "{root}/manifest.csv")


def beside(plan: Plan) -> list[str]:
    return [name.format(root=plan.root) for name in BESIDE]


@pytest.mark.parametrize("structure", list(Structure))
def test_every_file_comes_to_its_place_whatever_its_name(
    desk: Desk, archive: ArchiveServer, structure: Structure
) -> None:
    plan = plan_at(archive, structure=structure)
    done = desk.run(plan)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))
    assert {request.headers["user-agent"] for request in archive.requests} == {"download-overlay/0.1.0"}
    expected = manifest.rows(plan, [Outcome()] * len(plan.files))
    seen = manifest_rows(desk.folder / plan.root / "manifest.html")
    assert [cells[1:] for cells in seen] == [cells[1:] for cells in expected]
    with (desk.folder / plan.root / "manifest.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == manifest.COLUMNS
    assert [tuple(cell.removeprefix("'") for cell in row) for row in rows] == seen


def test_a_shared_file_comes_once_and_has_a_row_for_each_dataset(desk: Desk, archive: ArchiveServer) -> None:
    rows = [{"filename": "pool.csv", "dataset": name, "size": SIZE} for name in ("jw1", "jw2")]
    archive.add_products("JWST", rows)
    url = archive.retrieve_url("JWST", "jw1/pool.csv")
    plan = builders.plan([builders.row("pool.csv", name, SIZE, url=url) for name in ("jw1", "jw2")])
    assert desk.run(plan).returncode == 0
    assert len(archive.requests_for("pool.csv")) == 1
    assert desk.statuses(plan) == ["OK", "Duplicate of file pool.csv in folder jw1"]


def test_what_fails_is_named_with_its_reason_and_the_rest_is_there(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_at(archive, ["a.fits", "gone.fits", "b.fits"])
    nowhere = replace(plan.files[2], url=None, problem="the list gives no address for it")
    plan = replace(plan, files=(*plan.files[:2], nowhere))
    archive.delete("gone.fits")
    done = desk.run(plan)
    assert done.returncode == 1
    assert desk.statuses(plan) == [
        "OK",
        "FAILED: the archive does not have it (404)",
        "FAILED: the list gives no address for it",
    ]
    assert "JWST/jw1/gone.fits: the archive does not have it (404)" in done.stderr
    assert len(archive.requests_for("gone.fits")) == 1


def test_a_second_run_asks_for_what_is_missing_only(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    archive.fault("b.fits", "status", status=404, times=1)
    assert desk.run(plan).returncode == 1
    assert desk.run(plan).returncode == 0
    assert (len(archive.requests_for("a.fits")), len(archive.requests_for("b.fits"))) == (1, 2)
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_connections_are_reused(desk: Desk, archive: ArchiveServer) -> None:
    names = [f"{number}.fits" for number in range(20)]
    plan = plan_at(archive, names, size=1000)
    seen: list[object] = []
    listener = archive._listener
    before = listener.process_request

    def counted(request: Any, address: Any) -> None:
        seen.append(address)
        before(request, address)

    listener.process_request = counted  # type: ignore[assignment]
    assert desk.run(plan, "--jobs", "3").returncode == 0
    assert 1 <= len(seen) <= 3


def ranges(requests: Sequence[Request]) -> list[str | None]:
    return [request.range for request in requests]


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_cut_body_goes_on_where_it_stopped(desk: Desk, archive: ArchiveServer, kind: str) -> None:
    plan = plan_at(archive, ["a.fits"], size=3_000_000, checksums="")
    archive.fault("a.fits", kind, at=2_000_000, times=1)
    done = desk.run(plan)
    assert done.returncode == 0, done.stderr
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))
    first, second = ranges(archive.requests_for("a.fits"))
    assert first is None
    if kind == "cut":
        assert second == "bytes=2000000-"


def test_many_cuts_are_no_failure_as_long_as_each_brings_a_megabyte(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_at(archive, ["a.fits"], size=6_000_000)
    archive.fault("a.fits", "cut", at=1_100_000)
    assert desk.run(plan, "--tries", "2").returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


@pytest.mark.parametrize("kind", ["wrong-range", "ignore-range", "range-refused", "etag"])
def test_an_archive_that_cannot_go_on_in_the_middle_sends_the_whole_again(
    desk: Desk, archive: ArchiveServer, kind: str
) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    archive.fault("a.fits", "cut", at=50_000, times=1)
    archive.fault("a.fits", kind, after=0, times=1)
    done = desk.run(plan, "--tries", "4")
    assert done.returncode == 0, done.stderr
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_what_cannot_be_tied_to_the_file_is_not_gone_on_with(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    archive.fault("a.fits", "no-validators", times=1)
    part = desk.folder / plan.root / "JWST/jw1/a.fits.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    assert desk.run(plan).returncode == 0
    assert ranges(archive.requests_for("a.fits")) == [None]
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_a_file_that_changed_between_two_runs_is_fetched_anew(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    archive.fault("a.fits", "cut", at=50_000, times=1)
    assert desk.run(plan, "--tries", "1").returncode == 1
    archive.change("a.fits")
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


@pytest.mark.parametrize(("mark", "answers"), CHANGES)
def test_parts_of_two_versions_are_never_put_together(
    desk: Desk, archive: ArchiveServer, mark: str, answers: list[tuple[str, int]]
) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    with heedless_server(mark, answers) as url:
        plan = replace(plan, files=(replace(plan.files[0], url=url, size=heedless.SIZE),))
        assert desk.run(plan, "--tries", "4").returncode == 0
    assert len(set((desk.folder / plan.root / plan.files[0].path).read_bytes())) == 1


@pytest.mark.parametrize("kind", ["chunked", "until-close"])
def test_an_answer_without_a_length_is_taken(desk: Desk, archive: ArchiveServer, kind: str) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    archive.fault("*", kind)
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("html", "a web page or an error message came in its place"),
        ("xml", "a web page or an error message came in its place"),
        ("short", "the list says 70000 bytes, 69999 came"),
        ("long", "the list says 70000 bytes, more than 70000 came"),
        ("redirect-loop", "more than 10 redirects"),
    ],
)
def test_what_is_not_the_file_is_not_taken_for_it(
    desk: Desk, archive: ArchiveServer, kind: str, reason: str
) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    archive.fault("a.fits", kind)
    assert desk.run(plan, "--tries", "5").returncode == 1
    assert desk.reason(plan) == reason
    assert not any(name.endswith((".fits", ".part")) for name in there(desk.folder))
    assert kind == "redirect-loop" or len(archive.requests_for("a.fits")) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_passing_failure_is_tried_again(desk: Desk, archive: ArchiveServer, status: int) -> None:
    plan = plan_at(archive, ["a.fits"])
    archive.fault("a.fits", "status", status=status, times=1)
    assert desk.run(plan).returncode == 0


@pytest.mark.parametrize("wait", ["2", "date"])
def test_the_archive_can_say_how_long_to_wait(desk: Desk, archive: ArchiveServer, wait: str) -> None:
    from email.utils import formatdate
    from time import time

    plan = plan_at(archive, ["a.fits"])
    asked = wait if wait != "date" else formatdate(time() + 4, usegmt=True)
    archive.fault("a.fits", "status", status=503, times=1, retry_after=asked)
    begin = monotonic()
    assert desk.run(plan).returncode == 0
    assert monotonic() - begin > 1.9


@pytest.mark.parametrize("checksums", ["sha256", "md5"])
def test_a_file_with_another_checksum_is_fetched_again_and_else_refused(
    desk: Desk, archive: ArchiveServer, checksums: str
) -> None:
    plan = plan_at(archive, ["a.fits"], checksums=checksums)
    fault = archive.fault("a.fits", "corrupt", at=1000)
    assert desk.run(plan, "--tries", "4").returncode == 1
    assert "not the one in the list" in desk.reason(plan)
    assert len(archive.requests_for("a.fits")) == 2
    archive.clear_faults()
    del fault
    archive.fault("a.fits", "corrupt", at=1000, times=1)
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_a_file_that_is_there_with_other_bytes_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"])
    target = desk.folder / plan.root / "JWST/jw1/a.fits"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"x" * SIZE)
    assert desk.run(plan, "--verify").returncode == 1
    assert desk.run(plan).returncode == 0
    assert desk.run(plan, "--verify").returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


@pytest.mark.parametrize("options", [("--tries", "1"), ("--list",), ("--dry-run",), ("--verify",)])
@pytest.mark.parametrize("out", ["/dev/full", "&-"])
def test_what_cannot_be_printed_is_no_success(
    desk: Desk, archive: ArchiveServer, options: tuple[str, ...], out: str
) -> None:
    plan = plan_at(archive, ["a.fits"])
    if options == ("--verify",):
        assert desk.run(plan).returncode == 0
    desk.write(plan)
    command = f'exec "{sys.executable}" -I {SCRIPT} "$@" >{out}'
    done = run(desk.folder, "sh", "-c", command, "-", *options)
    assert (done.returncode, done.stderr) == (1, "What this script had to tell could not be printed.\n")


def test_a_good_token_brings_the_exclusive_files_and_goes_with_them_alone(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_at(archive, ["a.fits"], exclusive=["mine.fits"], user="jane")
    done = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr
    assert [request.authorized for request in archive.requests_for("a.fits")] == [False]
    assert [request.authorized for request in archive.requests_for("mine.fits")] == [True]
    rows = manifest_rows(desk.folder / plan.root / "manifest.html")
    assert {cells[4] for cells in rows} == {"<Jane & co>"}
    assert {cells[3].rsplit(" ", 1)[-1] for cells in rows} == {"SUCCESS"}
    for path in desk.folder.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("token", ["wrong", "two\nlines", 'quote"', "blank blank", "", "other-program"])
def test_without_a_good_token_what_is_public_arrives_and_the_rest_is_named(
    desk: Desk, archive: ArchiveServer, token: str
) -> None:
    plan = plan_at(archive, ["a.fits"], exclusive=["mine.fits"], user="jane")
    assert desk.run(plan, MAST_API_TOKEN=token).returncode == 1
    assert (desk.folder / plan.root / "JWST/jw1/a.fits").exists()
    assert "the archive refused it (401)" in desk.statuses(plan)[1]


def test_a_public_selection_is_fetched_without_a_token_even_where_there_is_one(
    desk: Desk, archive: ArchiveServer
) -> None:
    assert desk.run(plan_at(archive, ["a.fits"]), MAST_API_TOKEN=TOKEN).returncode == 0
    assert not any(request.authorized for request in archive.requests)


def test_the_token_does_not_follow_a_redirect_to_another_host(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"], user="jane")
    archive.bucket_origin = f"http://localhost:{archive.port}"
    url = f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/a.fits"
    plan = replace(plan, files=(replace(plan.files[0], url=url, exclusive=True, with_token=True),))
    done = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr
    first, second = archive.requests_for("a.fits")
    assert (first.authorized, second.authorized) == (True, False)


def test_a_token_that_ends_is_said_so_and_not_tried_with_every_file(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_at(archive, [], exclusive=[f"{number}.fits" for number in range(6)], user="jane")
    archive.end_token(TOKEN, after=3)
    done = desk.run(plan, "--jobs", "1", MAST_API_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "has ended" in done.stderr
    statuses = desk.statuses(plan)
    assert [status.endswith("SUCCESS") for status in statuses] == [True, True, False, False, False, False]
    assert all("ended" in status for status in statuses[2:])


class Terminal:
    """A terminal that the script is run in, and all that stood on it."""

    def __init__(self, desk: Desk, *options: str, **environment: str) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(desk.folder)
            environ = {name: value for name, value in os.environ.items() if name != "MAST_API_TOKEN"}
            os.execve(sys.executable, [sys.executable, "-I", SCRIPT, *options], environ | environment)
        self.shown = b""

    def until(self, text: str, seconds: float = 30) -> None:
        end = monotonic() + seconds
        while text.encode() not in self.shown:
            assert monotonic() < end, self.shown.decode()
            if select.select([self.handle], [], [], 0.2)[0]:
                self.shown += os.read(self.handle, 4096)

    def type(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def ended(self) -> int:
        while True:
            try:
                data = os.read(self.handle, 4096)
            except OSError:
                break
            if not data:
                break
            self.shown += data
        os.close(self.handle)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_token_asked_for_at_the_terminal_is_nowhere_to_be_seen(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, [], exclusive=["mine.fits"], user="jane")
    desk.write(plan)
    archive.fault("mine.fits", "stall", at=1000, seconds=2)
    terminal = Terminal(desk)
    terminal.until("Token (it is not shown")
    terminal.type(TOKEN + "\n")
    assert archive.wait(lambda requests: any(request.product == "mine.fits" for request in requests), 30)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert TOKEN.encode() not in (process / "cmdline").read_bytes()
            if process.name == str(terminal.pid):
                assert TOKEN.encode() not in (process / "environ").read_bytes()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    assert terminal.ended() == 0
    assert TOKEN.encode() not in terminal.shown
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_a_run_goes_on_with_a_new_token_when_the_old_one_ends(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, [], exclusive=[f"{number}.fits" for number in range(6)], user="jane")
    desk.write(plan)
    archive.add_token("short-lived", "jane", ["jw1"])
    archive.end_token("short-lived", after=4)
    terminal = Terminal(desk, "--jobs", "2", MAST_API_TOKEN="short-lived")
    terminal.until("Token (it is not shown")
    terminal.type(TOKEN + "\n")
    assert terminal.ended() == 0, terminal.shown.decode()
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_goes_on_in_the_middle_of_the_file(
    desk: Desk, archive: ArchiveServer, how: signal.Signals
) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"], size=3_000_000, checksums="")
    archive.fault("b.fits", "stall", at=2_000_000, times=1)
    process = desk.start(plan)
    part = desk.folder / plan.root / "JWST/jw1/b.fits.part"
    done = desk.folder / plan.root / "JWST/jw1/a.fits"
    end = monotonic() + 30
    while not (done.exists() and part.exists() and part.stat().st_size == 2_000_000):
        assert monotonic() < end
        select.select([], [], [], 0.02)
    process.send_signal(how)
    _, err = process.communicate(timeout=20)
    assert process.returncode == (-9 if how is signal.SIGKILL else 128 + how)
    assert how is signal.SIGKILL or "Interrupted" in err
    archive.clear_faults()
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))
    assert ranges(archive.requests_for("b.fits")) == [None, "bytes=2000000-"]
    assert len(archive.requests_for("a.fits")) == 1


def test_killed_ten_times_no_byte_is_fetched_twice_but_what_was_in_flight(
    desk: Desk, archive: ArchiveServer
) -> None:
    names = [f"{number}.fits" for number in range(6)]
    plan = plan_at(archive, names, size=2_000_000)
    archive.fault("*", "trickle", rate=1_500_000)
    kept = 0
    for kill in range(10):
        process = desk.start(plan, "--jobs", "2")
        before = sum(request.sent for request in archive.requests)
        goal = before + 150_000 + 97_000 * kill
        archive.wait(lambda requests, goal=goal: sum(r.sent for r in requests) >= goal, 20)  # type: ignore[misc]
        process.kill()
        process.communicate(timeout=20)
        found = [path for path in (desk.folder / plan.root).rglob("*.fits*") if path.is_file()]
        here = sum(path.stat().st_size for path in found)
        assert here >= kept
        kept = here
    archive.clear_faults()
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))
    for name in names:
        asked = archive.finished() and archive.requests_for(name)
        begins = [int((request.range or "bytes=0-")[6:-1]) for request in asked]
        assert begins == sorted(begins)
        for request, begin, following in zip(asked, begins, [*begins[1:], 2_000_000], strict=True):
            # What the server sent and the next request asks for again was on its way when the run died.
            assert begin + request.sent - following <= 300_000
            assert following >= begin


def test_a_second_run_beside_the_first_stops(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"])
    archive.fault("a.fits", "stall", at=100, times=1)
    first = desk.start(plan)
    assert archive.wait(bool, 30)
    second = desk.run(plan)
    assert second.returncode == 2
    assert "Another run is at work" in second.stderr
    archive.clear_faults()
    first.communicate(timeout=30)
    assert first.returncode == 0


def bash_text(plan: Plan) -> str:
    return "".join(bash_script(plan, version="0.1.0", token_page="", contact="", made="2026-11-22"))


def test_it_and_the_bash_script_of_the_same_click_stop_each_other_and_go_on_after_each_other(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(desk.folder, "retrieve.sh", iter([bash_text(plan)]))
    fault = archive.fault("a.fits", "stall", at=100, times=1)
    # As in a job on a cluster, which keeps the HOSTNAME of the machine that sent it.
    first = session.start(("bash", "retrieve.sh"), desk.folder, os.environ | {"HOSTNAME": "elsewhere"})
    assert archive.wait(bool, 30)
    assert "Another run is at work" in desk.run(plan).stderr
    first.kill()
    first.communicate(timeout=30)
    archive.clear_faults()
    fault.ended.set()
    archive.log.clear()
    fault = archive.fault("a.fits", "stall", at=100, times=1)
    second = desk.start(plan)
    assert archive.wait(bool, 30)
    stopped = run(desk.folder, "bash", "retrieve.sh")
    assert stopped.returncode == 2
    assert "Another run is at work" in stopped.stderr
    second.kill()
    second.communicate(timeout=30)
    archive.clear_faults()
    fault.ended.set()
    done = run(desk.folder, "bash", "retrieve.sh")
    assert done.returncode == 0, done.stderr
    (desk.folder / plan.root / ".state/run").mkdir(parents=True)
    assert desk.run(plan).returncode == 0
    assert_all_there(desk.folder, plan, archive, beside=[*beside(plan), "retrieve.sh"])
    assert not (desk.folder / plan.root / ".state").exists()


@pytest.mark.parametrize("name", ["manifest.html", "manifest.csv.part", ".state"])
def test_what_is_in_the_way_of_notes_and_manifest_is_told(
    desk: Desk, archive: ArchiveServer, name: str
) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(desk.folder, "retrieve.sh", iter([bash_text(plan)]))
    place = desk.folder / plan.root / name
    place.parent.mkdir()
    if name == "manifest.html":
        place.mkdir()
    else:
        place.symlink_to(desk.folder.parent)
    for done in (desk.run(plan), run(desk.folder, "bash", "retrieve.sh")):
        assert done.returncode == 2
        assert "is in the way" in done.stderr
        assert "Traceback" not in done.stderr
    assert archive.requests == []


@pytest.mark.parametrize("name", ["JWST", "JWST/jw1", "JWST/jw1/a.fits.part", "folder"])
def test_neither_script_writes_through_a_link_or_into_a_folder(
    desk: Desk, archive: ArchiveServer, name: str
) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(desk.folder, "retrieve.sh", iter([bash_text(plan)]))
    elsewhere = desk.folder.parent / "elsewhere"
    elsewhere.mkdir()
    place = desk.folder / plan.root / ("JWST/jw1/a.fits.part" if name == "folder" else name)
    place.parent.mkdir(parents=True)
    if name == "folder":
        place.mkdir()
    else:
        place.symlink_to(elsewhere / "file" if name.endswith("part") else elsewhere)
    what = "folder" if name == "folder" else "link"
    for done in (desk.run(plan), run(desk.folder, "bash", "retrieve.sh")):
        assert done.returncode == 1
        assert f"a {what} is in the way" in done.stdout + done.stderr
    assert list(elsewhere.iterdir()) == []
    assert archive.requests == []


@pytest.mark.parametrize("deed", [(), ("--list",), ("--dry-run",), ("--verify",)])
def test_a_pattern_that_no_path_matches_is_no_success(
    desk: Desk, archive: ArchiveServer, deed: tuple[str, ...]
) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(desk.folder, "retrieve.sh", iter([bash_text(plan)]))
    options = ("--only", "nothing_like_it", *deed)
    for done in (desk.run(plan, *options), run(desk.folder, "bash", "retrieve.sh", *options)):
        assert done.returncode == 1
        assert "no path of the list matches nothing_like_it" in done.stderr


def test_a_script_that_lost_its_end_does_nothing_and_says_so(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"], size=1000)
    script = desk.write(plan)
    text = script.read_text("utf-8")
    list_begin = text.index("\n#: [")
    for length in (
        *range(list_begin, len(text) - 1, 23),
        list_begin // 2,
        list_begin // 3,
        2000,
        len(text) - 2,
    ):
        script.write_text(text[:length], "utf-8")
        done = run(desk.folder, sys.executable, "-I", SCRIPT)
        assert done.returncode != 0, text[:length][-60:]
    assert archive.requests == []
    script.write_text(text.replace("\n#: [2,", "\n#: 2,"), "utf-8")
    assert "1 of them are missing" in run(desk.folder, sys.executable, "-I", SCRIPT).stderr


def test_names_are_kept_whatever_the_language_of_the_terminal(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive)
    desk.write(plan)
    language = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(desk.folder, sys.executable, SCRIPT, **language)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_all_there(desk.folder, plan, archive, beside=beside(plan))


def test_a_place_that_takes_no_more_is_told(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits"])
    desk.write(plan)
    limited = ("bash", "-c", 'ulimit -f 20; exec "$@"', "-")
    assert run(desk.folder, *limited, sys.executable, "-I", SCRIPT).returncode == 1
    assert desk.statuses(plan) == ["FAILED: it cannot be written: File too large"]
    assert len(archive.requests) == 1


def test_a_folder_in_the_way_is_told(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    (desk.folder / plan.root / "JWST/jw1/a.fits").mkdir(parents=True)
    assert desk.run(plan).returncode == 1
    assert desk.statuses(plan) == ["FAILED: a folder of that name is in the way", "OK"]


def test_the_options_do_what_help_says(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    text = desk.run(plan, "--help")
    assert text.returncode == 0
    for option in ("--output", "--jobs", "--tries", "--only", "--list", "--dry-run", "--verify"):
        assert option in text.stdout
    listed = desk.run(plan, "--list")
    assert [line.split("\t")[:2] for line in listed.stdout.splitlines()] == [
        ["JWST/jw1/a.fits", str(SIZE)],
        ["JWST/jw1/b.fits", str(SIZE)],
    ]
    assert "2 files, 140.0 kB to be fetched." in desk.run(plan, "--dry-run").stdout
    assert desk.run(plan, "--verify").returncode == 1
    assert archive.requests == []
    assert desk.run(plan, "--only", "b[.]fits$").returncode == 0
    assert desk.statuses(plan) == ["FAILED: left out by --only; it is not there", "OK"]
    told = desk.run(plan, "--verify", "--only", "b[.]fits$").stdout
    assert told == "Left out by --only: 1 file\nAll that was looked for is there: 1 file.\n"
    place = desk.folder / plan.root / "JWST/jw1/a.fits"
    place.write_bytes(bytes(SIZE))
    assert "Checksums not checked because of --only: 1\n" in desk.run(plan, "--only", "b[.]fits$").stdout
    page = (desk.folder / plan.root / "manifest.html").read_text("utf-8")
    assert "2 of 2 files, 140.0 kB. Checksums not checked: 1.</p>" in page
    place.unlink()
    (desk.folder / "elsewhere").mkdir()
    # Before Python 3.9 a program's name was told from the folder that it began in.
    named = f"import runpy; runpy.run_path({SCRIPT!r}, run_name='__main__')"
    done = run(desk.folder, sys.executable, "-I", "-c", named, "--output", "elsewhere")
    assert done.returncode == 0, done.stderr
    assert (desk.folder / "elsewhere" / plan.root / "manifest.html").exists()
    for wrong in (("--jobs", "0"), ("--tries", "x"), ("--only", "("), ("--output", "nowhere"), ("--no",)):
        assert desk.run(plan, *wrong).returncode == 2, wrong


def test_nothing_of_a_hostile_list_is_anything_but_a_comment(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_at(archive, HOSTILE)
    plain = desk.write(plan_at(archive, ["plain.fits"])).read_text("utf-8")
    text = desk.write(plan).read_text("utf-8")
    assert text.isascii()
    assert len(ast.parse(text, feature_version=(3, 8)).body) == len(ast.parse(plain).body)


def test_mypy_and_ruff_have_nothing_to_say(desk: Desk, archive: ArchiveServer) -> None:
    desk.write(plan_at(archive, []))
    mypy = run(desk.folder, sys.executable, "-m", "mypy", "--strict", "--config-file=", SCRIPT)
    assert mypy.returncode == 0, mypy.stdout
    options = ("--isolated", "--line-length=120", "--select=E,F,W,B,SIM,PLE,PLW", "--ignore=SIM115")
    ruff = run(desk.folder, sys.executable, "-m", "ruff", "check", *options, SCRIPT)
    assert ruff.returncode == 0, ruff.stdout
