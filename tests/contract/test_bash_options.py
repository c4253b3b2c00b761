"""What the options of the bash script do, and what it writes and asks while it only looks."""

from __future__ import annotations

import csv
import subprocess
from email.utils import formatdate
from hashlib import sha256
from time import monotonic, time

import pytest

from pycore.csvexport import unguarded
from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import ROOT, SIZE, Desk, changed, complete, names, plan_for, row

SCRIPT = f"{ROOT}_api_retrieve.sh"


def test_a_dry_run_tells_what_is_missing_and_neither_asks_nor_writes(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name) for name in names(3)])
    told = desk.run(plan, "--dry-run")
    assert (told.status, told.err) == (0, "")
    assert "To fetch: 3 files, 600.0 kB" in told.out
    assert [path.name for path in desk.folder.iterdir()] == [SCRIPT]
    archive.fault(names(3)[1], "cut", at=70_000)
    archive.delete(names(3)[2])
    assert desk.run(plan, "--tries", "1").status == 1
    archive.log.clear()
    before = sorted(path.name for path in desk.folder.rglob("*"))
    told = desk.run(plan, "--dry-run")
    assert told.status == 0
    assert "There: 1 file, 200.0 kB\nTo fetch: 2 files, 400.0 kB" in told.out
    assert f"JWST/jw1/{names(3)[1]}, 200.0 kB, of which " in told.out
    assert sorted(path.name for path in desk.folder.rglob("*")) == before
    assert archive.requests == []


def test_verify_finds_every_file_that_is_not_right_and_fetches_none(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name) for name in names(4)])
    plan = changed(plan, sha256=sha256(archive.content(names(4)[0], SIZE)).hexdigest())
    assert desk.run(plan).status == 0
    assert desk.run(plan, "--verify").status == 0
    archive.log.clear()
    folder = desk.folder / ROOT / "JWST/jw1"
    (folder / names(4)[0]).write_bytes(b"x" * SIZE)
    (folder / names(4)[1]).write_bytes(b"x" * 12)
    (folder / names(4)[2]).unlink()
    told = desk.run(plan, "--verify")
    assert told.status == 1
    assert f"{names(4)[0]}: its checksum is " in told.err
    assert f"{names(4)[1]}: the list says {SIZE} bytes, it has 12" in told.err
    assert f"{names(4)[2]}: it is not there" in told.err
    assert names(4)[3] not in told.err
    assert archive.requests == []
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert len(archive.requests) == 3


def test_only_narrows_what_is_fetched_and_the_manifest_tells_the_rest(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name) for name in names(4)])
    pattern = "_0000[12]_.*_cal[.]fits$"
    listed = desk.run(plan, "--list", "--only", pattern)
    assert [line.split("\t")[0] for line in listed.out.splitlines()] == [
        f"JWST/jw1/{name}" for name in names(3)[1:]
    ]
    ended = desk.run(plan, "--only", pattern)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive, but=(names(4)[0], names(4)[3]))
    assert "Left out by --only: 2 files" in ended.out
    left = "FAILED: not asked for (--only)"
    assert [cells[3] for cells in ended.manifest()] == [left, "OK", "OK", left]
    assert desk.run(plan, "--only", pattern, "--verify").status == 0
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert len(archive.requests) == 4
    # What is left out is looked at by its size alone, and that is said.
    ended = desk.run(changed(plan, sha256="00" * 32), "--only", pattern)
    assert ended.status == 0
    assert "4 of 4 files" in ended.out
    assert "Checksums not checked because of --only: 1\n" in ended.out
    assert "Checksums not checked: 1.</p>" in (ended.root / "manifest.html").read_text("utf-8")


def test_the_shares_of_two_machines_become_one_download(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row(name) for name in names(5)])
    shares = {"machine-1": "_0000[01]_", "machine-2": "_0000[23]_"}
    for share, pattern in shares.items():
        (desk.folder / share).mkdir()
        assert desk.run(plan, "--output", share, "--only", pattern).status == 0
        assert desk.run(plan, "--output", share, "--verify").status == 1
    for share in shares:
        subprocess.run(["cp", "-Rlf", f"{share}/{ROOT}", "."], cwd=desk.folder, check=True)
    archive.log.clear()
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert [request.product for request in archive.requests] == [names(5)[4]]
    assert [cells[3] for cells in ended.manifest()] == ["OK"] * 5
    assert desk.run(plan, "--verify").status == 0


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}"])
def test_what_is_no_expression_is_told_at_once(desk: Desk, archive: ArchiveServer, pattern: str) -> None:
    told = desk.run(plan_for(archive, [row("a.fits")]), "--only", pattern)
    assert told.status == 2
    assert "no extended regular expression" in told.err
    assert not told.root.exists()


def test_a_dash_is_a_folder_like_any_other(desk: Desk, archive: ArchiveServer) -> None:
    before = desk.folder.parent / "before"
    before.mkdir()
    told = desk.run(plan_for(archive, [row("a.fits")]), "--output", "-", OLDPWD=str(before))
    assert told.status == 2
    assert list(before.iterdir()) == []


@pytest.mark.parametrize(
    "options", [["--jobs", "0"], ["--jobs", "33"], ["--jobs"], ["--only"], ["--list", "--verify"]]
)
def test_options_that_make_no_sense_are_told(desk: Desk, archive: ArchiveServer, options: list[str]) -> None:
    told = desk.run(plan_for(archive, [row("a.fits")]), *options)
    assert told.status == 2
    assert len(told.err.splitlines()) == 1


def test_the_table_says_the_same_as_the_page_and_is_safe_in_a_spreadsheet(
    desk: Desk, archive: ArchiveServer
) -> None:
    strange = ["=cmd|x.fits", 'a"b,c.fits', "@x.fits", "-1.fits", "'quoted'.fits", "＝wide.fits", "gone.fits"]
    rows = [row(name, f"={name}", 700) for name in strange] + [row(strange[0], "jw2", 700)]
    plan = plan_for(archive, rows)
    archive.delete("gone.fits")
    ended = desk.run(plan)
    text = (ended.root / "manifest.csv").read_bytes().decode()
    assert text.endswith("\r\n")
    header, *cells = csv.reader(text.splitlines(keepends=True), strict=True)
    assert header == ["URI", "File", "Access", "Status", "Logged In User"]
    assert [tuple(unguarded(cell) for cell in line) for line in cells] == ended.manifest()
    assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for line in cells for cell in line)


def test_the_archive_is_told_who_asks(desk: Desk, archive: ArchiveServer) -> None:
    assert desk.run(plan_for(archive, [row("a.fits")])).status == 0
    assert archive.requests[0].headers["user-agent"] == "download-overlay/0.1.0"


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(3, 2, 20), (-3600, 0, 5)], ids=["in three seconds", "an hour ago"]
)
def test_the_archive_can_name_the_moment_to_ask_again(
    desk: Desk, archive: ArchiveServer, seconds: int, least: float, most: float
) -> None:
    archive.fault(
        "a.fits", "status", status=503, times=1, retry_after=formatdate(time() + seconds, usegmt=True)
    )
    begun = monotonic()
    assert desk.run(plan_for(archive, [row("a.fits")])).status == 0
    assert least <= monotonic() - begun <= most
