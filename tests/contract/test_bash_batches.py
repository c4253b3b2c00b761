"""The bash script with many small files: they share a curl and its connection, and what fails fails alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import TOKEN, Desk, changed, complete, names, plan_for, put_in_path, row
from tests.contract.test_bash_shells import OLD_CURL


@pytest.fixture(params=["this curl", "a curl that stops at the first failure"])
def path(request: pytest.FixtureRequest, desk: Desk) -> Iterator[str]:
    if request.param == "this curl":
        yield desk.environment["PATH"]
    else:
        text = OLD_CURL.replace("@CURL@", str(shutil.which("curl"))).replace("@VERSION@", "7.58")
        yield put_in_path(desk, "curl", text)


def test_many_files_come_over_a_few_connections(desk: Desk, archive: ArchiveServer, path: str) -> None:
    files = names(200)
    plan = plan_for(archive, [row(name, size=3_000) for name in files])
    opened = []
    accept = archive._listener.process_request

    def noted(request: Any, client_address: Any) -> None:
        opened.append(client_address)
        accept(request, client_address)

    archive._listener.process_request = noted  # type: ignore[method-assign]
    ended = desk.run(plan, PATH=path)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert sorted(str(request.product) for request in archive.requests) == files
    assert len(opened) <= 20


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        ({"kind": "cut", "at": 1_000}, 2),
        ({"kind": "reset", "at": 0}, 2),
        ({"kind": "status", "status": 503}, 2),
        ({"kind": "short"}, 2),
        ({"kind": "html"}, 2),
        ({"kind": "until-close"}, 1),
        ({"kind": "chunked"}, 1),
        ({"kind": "status", "status": 404}, 1),
    ],
)
def test_what_fails_among_others_is_asked_for_alone(
    desk: Desk, archive: ArchiveServer, path: str, fault: dict[str, Any], requests: int
) -> None:
    files = names(30)
    plan = plan_for(archive, [row(name, size=3_000) for name in files])
    archive.fault(files[12], times=1, **fault)
    ended = desk.run(plan, "--jobs", "1", PATH=path)
    lost = [files[12]] if fault.get("status") == 404 else []
    assert ended.status == len(lost)
    complete(ended, plan, archive, but=lost)
    assert len(archive.requests_for(files[12])) == requests
    assert len(archive.requests) == len(files) - 1 + requests


def test_a_shared_curl_gives_the_token_to_the_files_that_take_it_alone(
    desk: Desk, archive: ArchiveServer, path: str
) -> None:
    rows = [row(name, f"own{number % 2}", 3_000, number % 2 == 1) for number, name in enumerate(names(30))]
    plan = plan_for(archive, rows)
    ended = desk.run(plan, "--jobs", "1", PATH=path, MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    with_token = {request.product for request in archive.requests if request.product and request.authorized}
    assert with_token == {file.filename for file in plan.files if file.with_token}


def test_as_many_files_come_at_once_as_jobs_says(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row(name) for name in names(12)])
    archive.fault("*", "stall", at=1_000)
    at_once = threading.Event()
    process = desk.start(desk.write(plan), "--jobs", "6")
    assert archive.wait(lambda requests: sum(bool(request.sent) for request in requests) == 6, 30)
    assert not at_once.wait(1)
    assert len(archive.requests) == 6
    archive.clear_faults()
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_when_all_is_refused_for_a_while_the_rest_is_not_asked_for_meanwhile(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row(name, size=3_000) for name in names(100)])
    archive.fault("*", "status", status=429, times=25, retry_after="2")
    ended = desk.run(plan, "--jobs", "1", "--tries", "2")
    assert ended.status == 0
    complete(ended, plan, archive)
    assert len(archive.requests) == 125


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"url": "http://127.0.0.1:9/nothing"}, "(curl 7)"), ({"sha256": "00" * 32}, "not the one in the list")],
)
def test_an_address_without_a_server_and_a_wrong_checksum_fail_alone(
    desk: Desk, archive: ArchiveServer, path: str, change: dict[str, str], reason: str
) -> None:
    plan = changed(plan_for(archive, [row(name, size=3_000) for name in names(12)]), **change)
    ended = desk.run(plan, "--jobs", "1", "--tries", "2", PATH=path)
    assert ended.status == 1
    assert "unbound" not in ended.err
    complete(ended, plan, archive, but=names(1))
    assert reason in ended.reason()


def test_a_shared_curl_that_is_killed_takes_no_other_with_it(desk: Desk, archive: ArchiveServer) -> None:
    # As where memory runs out: the first curl that is to fetch something tells nothing of it.
    text = "#!/bin/sh\ncase $* in *--config*) mkdir killed 2>/dev/null && kill -KILL $$ ;; esac\n"
    text += f'exec {shutil.which("curl")} "$@"\n'
    plan = plan_for(archive, [row(name, size=3_000) for name in names(12)])
    ended = desk.run(plan, "--jobs", "1", PATH=put_in_path(desk, "curl", text))
    assert ended.status == 0
    assert "unbound" not in ended.err
    complete(ended, plan, archive)
