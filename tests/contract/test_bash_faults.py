"""The bash script when the archive fails: what is tried again, from where, and what counts as there."""

from __future__ import annotations

import shutil
from hashlib import md5, sha256
from time import monotonic
from urllib.request import urlopen

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    SIZE,
    Desk,
    changed,
    complete,
    plan_for,
    row,
)
from tests.contract.heedless import CHANGES, heedless_server


def test_a_cut_body_goes_on_where_it_stopped(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=70_000, times=1)
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    first, second = archive.requests
    assert (first.range, second.status) == (None, 206)
    assert second.range is not None
    assert 0 < int(second.range.removeprefix("bytes=").removesuffix("-")) <= 70_000
    assert "if-range" in second.headers


def test_a_refusal_in_between_leaves_what_came_before(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=70_000, times=1)
    archive.fault("a.fits", "status", status=503, times=1)
    ended = desk.run(plan, "--tries", "3")
    assert ended.status == 0
    complete(ended, plan, archive)
    assert [request.status for request in archive.requests] == [200, 503, 206]
    assert archive.requests[1].range == archive.requests[2].range != archive.requests[0].range


def test_many_cuts_are_no_failure_as_long_as_each_brings_a_megabyte(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits", size=5_000_000)])
    for at in (1_200_000, 2_400_000, 3_600_000):
        archive.fault("a.fits", "cut", at=at, times=1)
    ended = desk.run(plan, "--tries", "2")
    assert ended.status == 0
    complete(ended, plan, archive)


def test_a_file_that_changed_between_two_runs_is_fetched_anew(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=70_000, times=1)
    first = desk.run(plan, "--tries", "1")
    assert first.status == 1
    assert first.files() == {"JWST/jw1/a.fits.part", "manifest.html", "manifest.csv"}
    archive.change("a.fits")
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)


def test_what_cannot_be_tied_to_the_file_is_not_gone_on_with(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    # A part of a file whose first answer had neither ETag nor date.
    (desk.folder / ROOT / "JWST/jw1").mkdir(parents=True)
    (desk.folder / ROOT / "JWST/jw1/a.fits.part").write_bytes(b"x" * 1000)
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert [request.range for request in archive.requests] == [None]


@pytest.mark.parametrize("kind", ["wrong-range", "ignore-range", "range-refused", "etag"])
def test_an_archive_that_cannot_go_on_in_the_middle_sends_the_whole_again(
    desk: Desk, archive: ArchiveServer, kind: str
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "cut", at=70_000, times=1)
    archive.fault("a.fits", kind, times=1)
    ended = desk.run(plan, "--tries", "3")
    assert ended.status == 0
    complete(ended, plan, archive)
    assert [request.range is None for request in archive.requests] == [True, False, True]


@pytest.mark.parametrize(("mark", "answers"), CHANGES)
def test_parts_of_two_versions_are_never_put_together(
    desk: Desk, archive: ArchiveServer, mark: str, answers: list[tuple[str, int]]
) -> None:
    with heedless_server(mark, answers) as url:
        ended = desk.run(changed(plan_for(archive, [row("a.fits")]), url=url), "--tries", "4")
    assert ended.status == 0
    assert len(set((ended.root / "JWST/jw1/a.fits").read_bytes())) == 1


def test_brackets_in_an_address_are_not_taken_for_a_range_of_addresses(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = plan_for(archive, [row("a.fits")])
    plan = changed(plan, url=f"{plan.files[0].url}&x=[1-3]{{a,b}}")
    assert desk.run(plan).status == 0
    assert [request.path.partition("&")[2] for request in archive.requests] == ["x=[1-3]%7Ba,b%7D"]


@pytest.mark.parametrize("kind", ["chunked", "until-close"])
def test_an_answer_without_a_length_is_taken(desk: Desk, archive: ArchiveServer, kind: str) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", kind)
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("short", "the list says 200000 bytes, 199999 came"),
        ("long", "the list says 200000 bytes, 200001 came"),
        ("html", "a web page or an error message came in its place"),
        ("xml", "a web page or an error message came in its place"),
        ("redirect-loop", "more than 10 redirects (curl 47)"),
    ],
)
def test_what_is_not_the_file_is_not_taken_for_it(
    desk: Desk, archive: ArchiveServer, kind: str, reason: str
) -> None:
    plan = plan_for(archive, [row("a.fits"), row("b.fits")])
    archive.fault("a.fits", kind)
    ended = desk.run(plan)
    assert ended.status == 1
    assert ended.reason() == reason
    complete(ended, plan, archive, but=("a.fits",))


@pytest.mark.parametrize("status", [202, 206])
def test_an_answer_that_does_not_say_that_it_is_the_file_is_none_whatever_its_size(
    desk: Desk, archive: ArchiveServer, status: int
) -> None:
    plan = plan_for(
        archive, [row(name, size=len('{"error": "as ordered"}')) for name in ("a.fits", "b.fits")]
    )
    archive.fault("a.fits", "status", status=status)
    ended = desk.run(plan, "--jobs", "1")
    assert ended.status == 1
    assert ended.reason() == f"the archive answered {status}"
    complete(ended, plan, archive, but=("a.fits",))


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("kind", [None, "chunked", "until-close"])
def test_an_answer_far_larger_than_the_list_says_is_stopped_early(
    desk: Desk, archive: ArchiveServer, kind: str | None, others: int
) -> None:
    rows = [row("a.fits", size=30_000_000), *(row(f"{n}.fits") for n in range(others))]
    plan = changed(plan_for(archive, rows), size=100)
    if kind:
        archive.fault("a.fits", kind)
    ended = desk.run(plan, "--jobs", "1")
    assert ended.status == 1
    # Some megabytes are let through, so that what is a little too large can be told to the byte.
    assert ended.reason() == "the list says 100 bytes, at least 2097152 came"
    complete(ended, plan, archive, but=("a.fits",))


def test_an_error_page_of_the_very_size_of_a_fits_file_is_not_taken_for_it(
    desk: Desk, archive: ArchiveServer
) -> None:
    archive.add_products("JWST", [row("a.fits")])
    archive.fault("a.fits", "html")
    with urlopen(archive.retrieve_url("JWST", "jw1/a.fits")) as answer:
        size = len(answer.read())
    ended = desk.run(plan_for(archive, [row("a.fits", "jw2", size)]))
    assert ended.status == 1
    assert ended.reason() == "a web page or an error message came in its place"


def test_a_list_with_a_wrong_size_costs_two_downloads_and_not_all_tries(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = changed(plan_for(archive, [row("a.fits")]), size=SIZE + 1)
    ended = desk.run(plan, "--tries", "9")
    assert ended.reason() == f"the list says {SIZE + 1} bytes, {SIZE} came"
    assert len(archive.requests) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_passing_failure_is_tried_again(desk: Desk, archive: ArchiveServer, status: int) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "status", status=status, times=1, retry_after="1")
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)


def test_the_archive_can_say_how_long_to_wait(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.fault("a.fits", "status", status=429, times=1, retry_after="3")
    begun = monotonic()
    assert desk.run(plan).status == 0
    assert monotonic() - begun >= 3


def test_a_lasting_failure_is_asked_once(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    archive.delete("a.fits")
    assert desk.run(plan, "--tries", "9").status == 1
    assert len(archive.requests) == 1


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_checksums_are_checked(desk: Desk, archive: ArchiveServer, algorithm: str) -> None:
    digest = {"sha256": sha256, "md5": md5}[algorithm]
    plan = plan_for(archive, [row("a.fits")])
    plan = changed(plan, **{algorithm: digest(archive.content("a.fits", SIZE)).hexdigest().upper()})
    archive.fault("a.fits", "corrupt", at=150_000, times=1)
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert len(archive.requests) == 2
    shutil.rmtree(ended.root)
    archive.fault("a.fits", "corrupt", at=150_000)
    ended = desk.run(plan, "--tries", "9")
    assert ended.status == 1
    assert "checksum" in ended.reason()


def test_a_file_that_is_there_with_other_bytes_is_no_success(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits")])
    plan = changed(plan, sha256=sha256(archive.content("a.fits", SIZE)).hexdigest())
    ended = desk.run(plan)
    there = ended.root / plan.files[0].path
    there.write_bytes(b"x" * SIZE)
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert len(archive.requests) == 2
