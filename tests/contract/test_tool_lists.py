"""Lists for other tools, fetched by the real tools from the real archive: curl, wget, aria2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pycore.scripts.aria2 import aria2_input
from pycore.scripts.curlconfig import curl_config
from pycore.scripts.urllist import url_list
from pycore.scripts.wgetlist import wget_script
from tests.archive.server import ArchiveServer
from tests.contract.selection import ABOUT, assert_all_there, plan_at, run, there, write


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


ARIA2 = ("aria2c", "--no-conf", "--quiet", "--input-file=list")
CURL = ("curl", "--disable", "--config", "list")
WGET = ("sh", "list")
COMMANDS = {"curl": (CURL, curl_config), "wget": (WGET, wget_script), "aria2": (ARIA2, aria2_input)}
tools = pytest.mark.parametrize("tool", COMMANDS)


@tools
def test_every_file_comes_to_its_place_whatever_its_name(
    tool: str, archive: ArchiveServer, folder: Path
) -> None:
    command, writer = COMMANDS[tool]
    plan = plan_at(archive)
    write(folder, "list", writer(plan, ABOUT))
    done = run(folder, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_all_there(folder, plan, archive, beside=["list"])
    agents = {request.headers["user-agent"] for request in archive.requests}
    if tool != "aria2":  # Its agent is an option of the whole run.
        assert agents == {"download-overlay/0.1.0"}


def test_curl_takes_away_what_was_cut_and_fetches_it_anew(archive: ArchiveServer, folder: Path) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    write(folder, "list", curl_config(plan, ABOUT))
    archive.fault("b.fits", "cut", at=20_000, times=1)
    options = ("--remove-on-error", "--parallel")
    assert run(folder, *CURL, *options).returncode == 18
    assert f"{plan.root}/JWST/jw1/b.fits" not in there(folder)
    assert run(folder, *CURL, *options).returncode == 0
    assert_all_there(folder, plan, archive, beside=["list"])


@pytest.mark.parametrize("tool", ["wget", "aria2"])
def test_what_was_cut_goes_on_where_it_stopped_and_the_rest_is_left_alone(
    tool: str, archive: ArchiveServer, folder: Path
) -> None:
    command, writer = COMMANDS[tool]
    plan = plan_at(archive, ["a.fits", "b.fits", "c.fits"], size=3_000_000)
    write(folder, "list", writer(plan, ABOUT))
    archive.fault("b.fits", "status", status=404)
    archive.fault("c.fits", "cut", at=2_000_000)
    assert run(folder, *command).returncode != 0
    archive.clear_faults()
    first = len(archive.requests_for("a.fits"))
    done = run(folder, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_all_there(folder, plan, archive, beside=["list"])
    # aria2 asks of a complete file how large it is, and hangs up.
    assert len(archive.requests_for("a.fits")) == first + (tool == "aria2")
    begins = [request.range for request in archive.requests_for("c.fits")]
    assert begins[0] is None
    assert int(str(begins[1]).removeprefix("bytes=").partition("-")[0]) > 1_900_000


@tools
def test_a_file_that_is_not_there_is_told_by_the_exit_status(
    tool: str, archive: ArchiveServer, folder: Path
) -> None:
    command, writer = COMMANDS[tool]
    plan = plan_at(archive, ["gone.fits", "there.fits"])
    archive.delete("gone.fits")
    write(folder, "list", writer(plan, ABOUT))
    assert run(folder, *command).returncode != 0
    assert not any("gone" in name for name in there(folder))


@tools
def test_files_that_need_a_token_are_left_out_and_told(
    tool: str, archive: ArchiveServer, folder: Path
) -> None:
    command, writer = COMMANDS[tool]
    plan = plan_at(archive, ["a.fits"], exclusive=["mine.fits"])
    path = write(folder, "list", writer(plan, ABOUT))
    assert "JWST/jw1/mine.fits" in path.read_text("utf-8")
    run(folder, *command)
    assert there(folder) == {"list", f"{plan.root}/JWST/jw1/a.fits"}
    assert archive.requests_for("mine.fits") == []


@pytest.mark.parametrize("tool", ["wget", "aria2"])
@pytest.mark.parametrize("checksums", ["sha256", "md5"])
def test_a_file_with_another_checksum_is_refused(
    tool: str, checksums: str, archive: ArchiveServer, folder: Path
) -> None:
    command, writer = COMMANDS[tool]
    plan = plan_at(archive, ["a.fits"], checksums=checksums)
    write(folder, "list", writer(plan, ABOUT))
    archive.fault("a.fits", "corrupt", at=1000, times=1)
    assert run(folder, *command).returncode != 0
    assert run(folder, *command).returncode == 0
    assert_all_there(folder, plan, archive, beside=["list"])


def test_wget_refuses_a_page_in_the_place_of_a_file(archive: ArchiveServer, folder: Path) -> None:
    plan = plan_at(archive, ["a.fits"], checksums="")
    write(folder, "list", wget_script(plan, ABOUT))
    archive.fault("a.fits", "html", times=1)
    done = run(folder, *WGET)
    assert done.returncode == 1
    assert "bytes instead of 70000" in done.stderr
    assert there(folder) == {"list"}


def test_wget_starts_anew_where_the_server_knows_no_ranges(archive: ArchiveServer, folder: Path) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(folder, "list", wget_script(plan, ABOUT))
    part = folder / plan.root / "JWST/jw1/a.fits.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"another beginning")
    archive.fault("a.fits", "ignore-range")
    run(folder, *WGET)
    assert run(folder, *WGET).returncode == 0
    assert_all_there(folder, plan, archive, beside=["list"])


def test_a_folder_in_the_place_of_a_file_is_no_file_for_wget(archive: ArchiveServer, folder: Path) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(folder, "list", wget_script(plan, ABOUT))
    (folder / plan.root / "JWST/jw1/a.fits").mkdir(parents=True)
    done = run(folder, *WGET)
    assert done.returncode == 1
    assert "a folder of that name is in the way" in done.stderr
    assert there(folder) == {"list"}


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_a_wget_script_that_was_cut_off_fetches_nothing(
    shell: str, archive: ArchiveServer, folder: Path
) -> None:
    whole = write(folder, "list", wget_script(plan_at(archive), ABOUT)).read_bytes()
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    last = len(whole) - 1
    for length in (*range(ends[1] + 2, ends[2]), *ends[2:-1], *range(last - 30, last)):
        (folder / "list").write_bytes(whole[:length])
        assert run(folder, shell, "list").returncode != 0, whole[:length][-200:]
    assert archive.requests == []
    assert there(folder) == {"list"}


def test_the_wget_script_is_right_for_shellcheck(archive: ArchiveServer, folder: Path) -> None:
    write(folder, "list", wget_script(plan_at(archive), ABOUT))
    done = run(folder, "shellcheck", "--shell=sh", "list")
    assert done.returncode == 0, done.stdout


def test_the_url_list_is_what_wget_curl_and_aria2_read(archive: ArchiveServer, folder: Path) -> None:
    plan = plan_at(archive, exclusive=["mine.fits"])
    path = write(folder, "list", url_list(plan, ABOUT))
    for command in (
        ("wget", "--quiet", "--input-file=list", "--output-document=/dev/null"),
        ("aria2c", "--no-conf", "--quiet", "--dry-run", "--input-file=list"),
        ("xargs", "--arg-file=list", "-n", "1", "curl", "-s", "-g", "-o", "/dev/null"),
    ):
        archive.log.clear()
        run(folder, *command)
        asked = {request.product for request in archive.requests}
        assert asked == {file.filename.rpartition("/")[2] for file in plan.files}, command[0]
    assert path.read_text("utf-8").isascii()
