"""The token of the bash script: with whom it goes, and where it is never seen."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from pycore import manifest
from pycore.manifest import Outcome
from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    TOKEN,
    Desk,
    changed,
    complete,
    names,
    own_and_public,
    plan_for,
    row,
)
from tests.contract.bash_terminal import at_a_terminal
from tests.contract.session import manifest_rows


def test_a_good_token_brings_the_exclusive_files_and_goes_with_them_alone(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = own_and_public(archive, user="<Jane & co>")
    ended = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert ended.manifest() == list(manifest.rows(plan, [Outcome()] * 3))
    first, *others = archive.requests
    assert (first.path, first.authorized) == ("/whoami", True)
    assert {(request.product, request.authorized) for request in others} == {
        ("public.fits", False),
        ("secret.fits", True),
        ("pool.csv", False),
    }
    assert len(others) == 3


def test_a_token_for_another_program_is_refused_file_by_file(desk: Desk, archive: ArchiveServer) -> None:
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN="other-program")
    assert ended.status == 1
    complete(ended, plan, archive, but=("secret.fits",))
    status, user = ended.manifest()[1][3:]
    assert status.startswith(
        "JWST/own1/secret.fits associated with own1 ... FAILED: the archive refused it (401): this token"
    )
    assert user == "someone"


@pytest.mark.parametrize("token", ["wrong", "two\nlines", 'quote"', "blank blank", ""])
def test_without_a_good_token_what_is_public_arrives_and_the_rest_is_named(
    desk: Desk, archive: ArchiveServer, token: str
) -> None:
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN=token)
    assert ended.status == 1
    complete(ended, plan, archive, but=("secret.fits",))
    assert ended.manifest()[1][3].startswith("FAILED: the archive refused it (401): it needs a token")
    assert {cells[4] for cells in ended.manifest()} == {"anonymous"}
    assert "Going on without a token" in ended.err
    assert not any(request.authorized for request in archive.requests if request.product)


def test_when_the_archive_cannot_tell_whose_token_it_is_the_name_is_unknown(
    desk: Desk, archive: ArchiveServer
) -> None:
    archive.fault("whoami", "status", status=500)
    ended = desk.run(own_and_public(archive), MAST_API_TOKEN=TOKEN)
    assert ended.status == 0
    assert {cells[4] for cells in ended.manifest()} == {"unknown"}


def test_a_public_selection_is_fetched_without_a_token_even_where_there_is_one(
    desk: Desk, archive: ArchiveServer
) -> None:
    ended = desk.run(plan_for(archive, [row("a.fits")]), MAST_API_TOKEN=TOKEN)
    assert ended.status == 0
    assert [request.authorized for request in archive.requests] == [False]
    assert ended.manifest()[0][3:] == ("OK", "anonymous")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_token_does_not_follow_a_redirect_to_another_host_or_port(
    desk: Desk, archive: ArchiveServer, host: str
) -> None:
    plan = plan_for(archive, [row("a.fits", "own1")])
    url = f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/a.fits"
    with ArchiveServer(demo=False) as bucket:
        bucket.add_products("JWST", [row("a.fits", "own1")])
        archive.bucket_origin = f"http://{host}:{bucket.port}"
        ended = desk.run(changed(plan, url=url, exclusive=True, with_token=True), MAST_API_TOKEN=TOKEN)
        assert ended.status == 0
        assert [request.authorized for request in archive.requests] == [True, True]
        assert [request.authorized for request in bucket.requests] == [False]


def test_the_token_follows_a_redirect_within_its_origin(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits", "own1")])
    url = f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/a.fits"
    assert desk.run(changed(plan, url=url, exclusive=True, with_token=True), MAST_API_TOKEN=TOKEN).status == 0
    assert [request.authorized for request in archive.requests] == [True, True, True]


def test_a_token_asked_for_at_the_terminal_is_nowhere_to_be_seen(desk: Desk, archive: ArchiveServer) -> None:
    plan = own_and_public(archive)
    archive.fault("secret.fits", "stall", at=70_000, times=1)
    script = desk.write(plan)
    with at_a_terminal(desk, script, trace=True) as (process, terminal):
        shown = terminal.until("goes on without): ")
        terminal.type_unseen(f"wrong-token-{TOKEN[::-1]}")
        shown += terminal.until("goes on without): ")
        terminal.type_unseen(TOKEN)
        assert archive.wait(lambda requests: any(r.product == "secret.fits" and r.sent for r in requests))
        assert seen_by_others(process.pid) >= 2
        for path in desk.folder.parent.rglob("*"):
            assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
        os.kill(process.pid, signal.SIGINT)
        shown += terminal.rest(process)
        assert process.wait(30) == 130
    assert TOKEN not in shown
    assert "Interrupted" in shown


def seen_by_others(leader: int) -> int:
    """How many processes of the run were looked at: none has the token in its arguments or its environment."""
    looked_at = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + b"\0" + (entry / "environ").read_bytes()
            session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue
        assert TOKEN.encode() not in told
        looked_at += session == leader
    return looked_at


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_token_in_the_environment_is_soon_nowhere_to_be_seen(
    desk: Desk, archive: ArchiveServer, exclusive: bool
) -> None:
    plan = plan_for(archive, [row("secret.fits", "own1", exclusive=exclusive)])
    archive.fault("secret.fits", "stall", at=70_000, times=1)
    process = desk.start(desk.write(plan), MAST_API_TOKEN=TOKEN, secret="exported", shell=("bash", "-a"))
    assert archive.wait(lambda requests: any(r.product == "secret.fits" and r.sent for r in requests))
    # The script itself, what watches over it, a worker and its curl.
    assert seen_by_others(process.pid) >= 4
    for path in desk.folder.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143


def test_interrupting_at_the_prompt_gives_the_terminal_its_echo_back(
    desk: Desk, archive: ArchiveServer
) -> None:
    with at_a_terminal(desk, desk.write(own_and_public(archive))) as (process, terminal):
        terminal.until("goes on without): ")
        while terminal.echoes():
            select.select([], [], [], 0.01)
        terminal.interrupt(process)
        assert process.wait() == 130
        assert terminal.echoes()
    assert archive.requests == []


def test_a_token_may_hold_what_the_panel_takes(desk: Desk, archive: ArchiveServer) -> None:
    odd = 'a:b!c"d#e$f'
    archive.add_token(odd, "odd", ["own1"])
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN=odd)
    assert ended.status == 0


def test_an_ended_token_is_told_and_the_next_run_goes_on_with_a_new_one(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name, "own1", exclusive=True) for name in names(6)])
    archive.end_token(TOKEN, after=4)
    ended = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert ended.status == 1
    assert "The token has ended: 3 files could not be had with it." in ended.err
    assert [cells[3].rpartition(" ")[2] for cells in ended.manifest()].count("SUCCESS") == 3
    assert {cells[4] for cells in ended.manifest()} == {"<Jane & co>"}
    archive.add_token("a-new-one", "<Jane & co>", ["own"])
    archive.log.clear()
    ended = desk.run(plan, MAST_API_TOKEN="a-new-one")
    assert ended.status == 0
    complete(ended, plan, archive)
    assert sum(request.product is not None for request in archive.requests) == 3


def test_a_run_goes_on_with_a_new_token_that_is_typed_when_the_first_has_ended(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name, "own1", exclusive=True) for name in names(6)])
    archive.end_token(TOKEN, after=4)
    archive.add_token("a-new-one", "<Jane & co>", ["own"])
    with at_a_terminal(desk, desk.write(plan)) as (process, terminal):
        shown = terminal.until("goes on without): ")
        terminal.type_unseen(TOKEN)
        shown += terminal.until("goes on without): ")
        terminal.type_unseen("a-new-one")
        shown += terminal.rest(process)
        assert process.wait(30) == 0
    assert "The token has ended: 3 files could not be had with it." in shown
    assert "a-new-one" not in shown
    assert "6 of 6 files" in shown
    cells = manifest_rows(desk.folder / ROOT / "manifest.html")
    assert all(status.endswith("... SUCCESS") for *_, status, _ in cells)


def test_a_token_is_not_taken_by_a_script_that_cannot_hide_it(desk: Desk, archive: ArchiveServer) -> None:
    script = desk.write(own_and_public(archive))
    shell = ("bash", "-c", 'exec bash -s <"$1"', "-")
    process = desk.start(script, shell=shell, MAST_API_TOKEN=TOKEN)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "must be run from a file of its own" in err
    assert archive.requests == []
