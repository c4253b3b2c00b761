"""The bash script run by the real bash and curl against the real archive: which files arrive, and the manifest."""

from __future__ import annotations

import os

import pytest

from pycore import manifest
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.scripts.bash import bash_script
from pycore.volume import files, volume
from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import (
    ROOT,
    Desk,
    changed,
    complete,
    names,
    plan_for,
    row,
)


@pytest.mark.parametrize("structure", list(Structure))
def test_the_selection_arrives_in_the_layout_with_the_manifest_of_the_overlay(
    desk: Desk, archive: ArchiveServer, structure: Structure
) -> None:
    rows = [row(name, "jw1") for name in names(3)]
    rows += [row("pool.csv", dataset, 500) for dataset in ("jw1", "jw2", "jw3")]
    # Another product of the same name, and one without a byte.
    rows += [row("pool.csv", "jw4", 501), row("empty.txt", "jw4", 0)]
    plan = plan_for(archive, rows, structure)
    ended = desk.run(plan)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert ended.manifest() == list(manifest.rows(plan, [Outcome()] * len(plan.files)))
    assert sorted(os.listdir(ended.root)) == ["JWST", "manifest.csv", "manifest.html"]
    assert len(archive.requests) == len(plan.files)


def test_when_two_of_ten_fail_eight_arrive_and_both_are_named_with_reasons(
    desk: Desk, archive: ArchiveServer
) -> None:
    ten = names(10)
    rows = [row(name) for name in ten] + [row(ten[3], "jw2"), row(ten[4], "jw2")]
    plan = plan_for(archive, rows)
    archive.delete(ten[3])
    archive.fault(ten[7], "status", status=503)
    ended = desk.run(plan)
    assert ended.status == 1
    complete(ended, plan, archive, but=(ten[3], ten[7]))
    gone, refused = "the archive does not have it (404)", "the archive answered 503"
    outcomes = [Outcome({ten[3]: gone, ten[7]: refused}.get(file.filename, "")) for file in plan.files]
    assert ended.manifest() == list(manifest.rows(plan, outcomes))
    assert f"JWST/jw1/{ten[3]}: {gone}" in ended.err
    assert f"JWST/jw1/{ten[7]}: {refused}" in ended.err
    assert "8 of 10 files, 1.600 MB" in ended.out


def test_a_second_run_asks_for_what_is_missing_only(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row(name) for name in names(3)])
    archive.delete(names(3)[1])
    assert desk.run(plan).status == 1
    archive.restore(names(3)[1])
    archive.log.clear()
    ended = desk.run(plan)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert [request.product for request in archive.requests] == [names(3)[1]]
    archive.log.clear()
    assert desk.run(plan).status == 0
    assert archive.requests == []


def test_a_file_without_a_known_address_is_told_and_not_asked_for(desk: Desk, archive: ArchiveServer) -> None:
    plan = changed(plan_for(archive, [row(name) for name in names(2)]), url=None, problem="it has no address")
    ended = desk.run(plan)
    assert ended.status == 1
    assert ended.reason() == "it has no address"
    complete(ended, plan, archive, but=(names(1)[0],))


def test_hostile_names_are_names_and_nothing_else(desk: Desk, archive: ArchiveServer) -> None:
    strange = [
        "$(touch pwned).fits",
        "`touch pwned`.fits",
        "'; touch pwned; '.fits",
        '"; touch pwned; ".fits',
        "a b  c .fits",
        "--output.fits",
        "-K.fits",
        "..fits",
        "*?[a-z]{1,2}.fits",
        "ä\u202eß&<b>%41%.fits",
        "back\\slash\\.fits",
        "END_OF_LIST",
        "~root.fits",
        "x.part",
        "#hash;semi&amp.fits",
    ]
    plan = plan_for(archive, [row(name, "$(touch pwned)/../ <i>'\"", 700) for name in strange])
    ended = desk.run(plan)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    expected = [
        (uri.replace("\u202e", "%E2%80%AE"), *rest)
        for uri, *rest in manifest.rows(plan, [Outcome()] * len(plan.files))
    ]
    assert ended.manifest() == expected
    assert sorted(os.listdir(desk.folder)) == [ROOT, f"{ROOT}_api_retrieve.sh"]


def test_line_breaks_and_tabs_in_names_stay_in_one_line_of_the_list(
    desk: Desk, archive: ArchiveServer
) -> None:
    name = "a\nEND_OF_LIST\ntouch pwned\n\tb\x1b[31m.fits"
    plan = plan_for(archive, [row(name, "jw\n1")])
    ended = desk.run(plan)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert ended.manifest()[0][0] == "mast:JWST/product/a%0AEND_OF_LIST%0Atouch pwned%0A%09b%1B[31m.fits"
    assert "\x1b" not in ended.out
    assert sorted(os.listdir(desk.folder)) == [ROOT, f"{ROOT}_api_retrieve.sh"]


def test_a_renamed_file_is_told_in_the_manifest(desk: Desk, archive: ArchiveServer) -> None:
    ended = desk.run(plan_for(archive, [row("a:b<c>.fits")]))
    page = (ended.root / "manifest.html").read_text("utf-8")
    assert "<li>JWST/jw1/a:b&lt;c&gt;.fits is here as JWST/jw1/a_b_c_.fits</li>" in page


def test_volumes_and_counts_are_written_as_in_the_panel(desk: Desk, archive: ArchiveServer) -> None:
    sizes = [0, 999, 1000, 1050, 999_949, 999_950, 1_234_499, 999_999_499, 999_999_500, 20_437_000_001]
    plan = plan_for(archive, [row(f"{size}.bin", "jw1", size) for size in sizes])
    archive.fault("*", "status", status=404)
    out = desk.run(plan).out
    for size in sizes:
        assert f"/{size}.bin, {volume(size)}: FAILED" in out
    for count in (0, 1, 999, 1000, 9999, 10_000, 12_345, 1_000_000):
        script = "".join(bash_script(plan, version="1", token_page="", contact="", made=""))
        (desk.folder / "many.sh").write_text(script.replace("FILES=10 ", f"FILES={count} "), "utf-8")
        told, _ = desk.start(desk.folder / "many.sh", "--help").communicate(timeout=30)
        assert f"Fetches {files(count)} (" in told
