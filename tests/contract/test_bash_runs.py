"""The bash script run by the real bash and curl against the real archive: files, manifest, token, faults, stops."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Final
from urllib.request import urlopen

import pytest

from pycore import layout, manifest
from pycore.layout import Place, Structure
from pycore.manifest import Outcome
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.bash import bash_script
from pycore.volume import files, volume
from tests.archive.server import ArchiveServer

ROOT: Final = "MAST_2026-11-22T07_17_20.000Z"
TOKEN: Final = "0123456789abcdef-the-token-of-a-test"
SIZE: Final = 200_000


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        server.add_token(TOKEN, "<Jane & co>", ["own"])
        server.add_token("other-program", "someone", ["other"])
        yield server


def row(filename: str, dataset: str = "jw1", size: int = SIZE, exclusive: bool = False) -> dict[str, object]:
    access = "EXCLUSIVE_ACCESS" if exclusive else "PUBLIC"
    return {"filename": filename, "dataset": dataset, "size": size, "access": access}


def plan_for(
    archive: ArchiveServer,
    rows: Iterable[dict[str, object]],
    structure: Structure = Structure.NESTED,
    user: str | None = None,
) -> Plan:
    """A plan for rows, which the archive has from now on; rows of one name and size are one product."""
    rows = list(rows)
    archive.add_products("JWST", rows)
    products: dict[tuple[str, int], list[tuple[int, dict[str, object]]]] = {}
    for number, item in enumerate(rows):
        products.setdefault((str(item["filename"]), int(str(item["size"]))), []).append((number, item))
    places = [Place("JWST", str(items[0][1]["dataset"]), name) for (name, _), items in products.items()]
    paths = layout.paths(places, structure)
    files = tuple(
        PlannedFile(
            mission="JWST",
            filename=name,
            path=path,
            url=archive.retrieve_url("JWST", f"{items[0][1]['dataset']}/{name}"),
            problem="",
            size=size,
            exclusive=items[0][1]["access"] == "EXCLUSIVE_ACCESS",
            with_token=items[0][1]["access"] == "EXCLUSIVE_ACCESS",
            sha256=None,
            md5=None,
            rows=tuple(
                PlannedRow(f"mast:JWST/product/{name}", str(item["dataset"]), number)
                for number, item in items
            ),
        )
        for ((name, size), items), path in zip(products.items(), paths, strict=True)
    )
    return Plan(ROOT, structure.value, files, user or "anonymous", user is not None)


def changed(plan: Plan, **changes: object) -> Plan:
    """The plan with something changed in its first file."""
    return replace(plan, files=(replace(plan.files[0], **changes), *plan.files[1:]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Desk:
    """A folder with a script in it, and the environment that the script is run in."""

    folder: Path
    archive: ArchiveServer
    environment: dict[str, str]

    def write(self, plan: Plan) -> Path:
        pieces = bash_script(
            plan,
            version="0.1.0",
            token_page="https://archive.example.org/token",
            contact="help@example.org",
            made="2026-11-22 07:17:20 UTC",
            whoami=f"{self.archive.origin}/whoami",
        )
        path = self.folder / f"{ROOT}_api_retrieve.sh"
        path.write_text("".join(pieces), "utf-8")
        return path

    def start(
        self, script: Path, *options: str, shell: Sequence[str] = ("bash",), **extra: str
    ) -> subprocess.Popen[str]:
        # A session of its own has no terminal: nothing can be asked.
        return subprocess.Popen(
            [*shell, script.name, *options],
            cwd=self.folder,
            env=self.environment | extra,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, plan: Plan, *options: str, shell: Sequence[str] = ("bash",), **extra: str) -> Ended:
        process = self.start(self.write(plan), *(options or ("--tries", "2")), shell=shell, **extra)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err, self.folder / ROOT)


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    status: int
    out: str
    err: str
    root: Path

    def files(self) -> set[str]:
        found = {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}
        return {name for name in found if not name.startswith(".state/")}

    def manifest(self) -> list[tuple[str, ...]]:
        return Cells.of(self.root / "manifest.html")

    def reason(self) -> str:
        """Why the first row's file failed."""
        status = self.manifest()[0][3]
        assert status.startswith("FAILED: ")
        return status.removeprefix("FAILED: ")


class Cells(HTMLParser):
    """The table of a manifest, as a browser would show it."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    @classmethod
    def of(cls, page: Path) -> list[tuple[str, ...]]:
        parser = cls()
        parser.feed(page.read_text("utf-8"))
        parser.close()
        return [tuple(cells) for cells in parser.rows if cells]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li"} | {
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


@pytest.fixture
def desk(tmp_path: Path, archive: ArchiveServer) -> Desk:
    home = tmp_path / "home"
    folder = tmp_path / "desk"
    home.mkdir()
    folder.mkdir()
    return Desk(folder, archive, {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"})


def names(count: int) -> list[str]:
    return [f"jw90001001001_{number:05d}_nrca1_cal.fits" for number in range(count)]


def complete(ended: Ended, plan: Plan, archive: ArchiveServer, but: Iterable[str] = ()) -> None:
    """Every file but those is there, byte for byte, and nothing else is."""
    expected = [file for file in plan.files if file.filename not in but]
    assert ended.files() == {file.path for file in expected} | {"manifest.html"}
    for file in expected:
        assert (ended.root / file.path).read_bytes() == archive.content(file.filename, file.size)


# --- Files and manifest ---


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
    assert sorted(os.listdir(ended.root)) == ["JWST", "manifest.html"]
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


# --- Faults of the archive ---


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
    assert first.files() == {"JWST/jw1/a.fits.part", "manifest.html"}
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


class HeedlessHandler(BaseHTTPRequestHandler):
    """A server that pays no heed to If-Range: of another file it sends the part that was asked for."""

    def do_GET(self) -> None:
        old, new = b"o" * SIZE, b"n" * SIZE
        asked = self.headers.get("Range")
        if asked is None and not self.server.asked_before:  # type: ignore[attr-defined]
            self.server.asked_before = True  # type: ignore[attr-defined]
            self.answer(200, '"old"', old[:70_000], SIZE)
        elif asked is None:
            self.answer(200, '"new"', new, SIZE)
        else:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.answer(206, '"new"', new[start:], SIZE - start, f"bytes {start}-{SIZE - 1}/{SIZE}")

    def answer(self, status: int, etag: str, body: bytes, length: int, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_parts_of_two_versions_are_never_put_together(desk: Desk, archive: ArchiveServer) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), HeedlessHandler) as server:
        server.asked_before = False  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, args=(0.01,)).start()
        url = f"http://127.0.0.1:{server.server_port}/a.fits"
        ended = desk.run(changed(plan_for(archive, [row("a.fits")]), url=url), "--tries", "3")
        server.shutdown()
    assert ended.status == 0
    assert (ended.root / "JWST/jw1/a.fits").read_bytes() == b"n" * SIZE


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


def test_a_token_may_hold_what_the_panel_takes(desk: Desk, archive: ArchiveServer) -> None:
    odd = 'a:b!c"d#e$f'
    archive.add_token(odd, "odd", ["own1"])
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN=odd)
    assert ended.status == 0


# --- The token ---


def own_and_public(archive: ArchiveServer, user: str | None = None) -> Plan:
    rows = [row("public.fits", "jw1"), row("secret.fits", "own1", exclusive=True), row("pool.csv", "jw1", 9)]
    return plan_for(archive, [*rows, row("pool.csv", "own1", 9)], user=user)


def test_a_good_token_brings_the_exclusive_files_and_goes_with_them_alone(
    desk: Desk, archive: ArchiveServer
) -> None:
    plan = own_and_public(archive, user="<Jane & co>")
    ended = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert ended.manifest() == list(manifest.rows(plan, [Outcome()] * 3))
    assert [(r.path.split("?")[0].rsplit("/", 1)[1], r.product, r.authorized) for r in archive.requests] == [
        ("whoami", None, True),
        ("retrieve_product", "public.fits", False),
        ("retrieve_product", "secret.fits", True),
        ("retrieve_product", "pool.csv", False),
    ]


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
        shown += terminal.rest()
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
def test_programs_that_the_script_starts_do_not_see_the_variable(
    desk: Desk, archive: ArchiveServer, exclusive: bool
) -> None:
    plan = plan_for(archive, [row("secret.fits", "own1", exclusive=exclusive)])
    archive.fault("secret.fits", "stall", at=70_000, times=1)
    process = desk.start(desk.write(plan), MAST_API_TOKEN=TOKEN, secret="exported", shell=("bash", "-a"))
    assert archive.wait(lambda requests: any(r.product == "secret.fits" and r.sent for r in requests))
    children = [
        int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]
    assert children
    for child in children:
        assert TOKEN.encode() not in Path(f"/proc/{child}/environ").read_bytes()
        assert TOKEN.encode() not in Path(f"/proc/{child}/cmdline").read_bytes()
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143


class Terminal:
    """The person's side of a terminal."""

    def __init__(self, ours: int, theirs: int) -> None:
        self.ours, self.theirs = ours, theirs

    def read(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self.ours], [], [], timeout)
        try:
            return os.read(self.ours, 65536) if ready else b""
        except OSError:  # Linux: the other side is closed
            return b""

    def until(self, words: str) -> str:
        shown = b""
        while words.encode() not in shown:
            more = self.read(30)
            assert more, shown.decode()
            shown += more
        return shown.decode()

    def rest(self) -> str:
        shown = b""
        while more := self.read(5):
            shown += more
        return shown.decode()

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def interrupt(self, process: subprocess.Popen[bytes]) -> None:
        # bash may miss the signal that comes between switching the echo off and beginning to read.
        for _ in range(30):
            os.write(self.ours, b"\x03")
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                return

    def type_unseen(self, line: str) -> None:
        while self.echoes():
            select.select([], [], [], 0.01)
        os.write(self.ours, line.encode() + b"\n")


@contextmanager
def at_a_terminal(
    desk: Desk, script: Path, trace: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    takes_terminal = (
        "import fcntl, os, sys, termios\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "os.execvp(sys.argv[1], sys.argv[1:])"
    )
    command = ["bash", *(["-x"] if trace else []), script.name]
    process = subprocess.Popen(
        [sys.executable, "-c", takes_terminal, *command],
        cwd=desk.folder,
        env=desk.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        yield process, Terminal(ours, theirs)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


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


# --- Interruptions and runs side by side ---


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
    assert [request.product for request in archive.requests] == names(3)[1:]
    assert archive.requests[0].status == 206


def test_no_curl_outlives_an_interrupted_run(desk: Desk, archive: ArchiveServer) -> None:
    archive.fault("a.fits", "stall", at=100_000)
    process = desk.start(desk.write(plan_for(archive, [row("a.fits")])))
    assert archive.wait(lambda requests: any(request.sent for request in requests))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert children
    assert not any(Path(f"/proc/{child}").exists() for child in children)


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
    process = desk.start(script)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "made with 3 files and has 2" in err


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


def test_a_folder_in_the_way_is_told(desk: Desk, archive: ArchiveServer) -> None:
    plan = plan_for(archive, [row("a.fits"), row("b.fits")])
    (desk.folder / ROOT / "JWST/jw1/a.fits").mkdir(parents=True)
    ended = desk.run(plan)
    assert ended.status == 1
    assert ended.reason() == "a folder of that name is in the way"
    assert "JWST/jw1/b.fits" in ended.files()


# --- Shells, tools and options ---


@pytest.mark.parametrize("shell", ["dash", "sh", "zsh", "ksh", "busybox"])
def test_another_shell_stops_with_one_line_that_names_bash(
    desk: Desk, archive: ArchiveServer, shell: str
) -> None:
    path = shutil.which(shell)
    command = [path, "sh"] if shell == "busybox" else [path]
    is_bash = (
        path
        and subprocess.run([*map(str, command), "-c", 'test -n "${BASH_VERSION-}"'], check=False).returncode
        == 0
    )
    if path is None or is_bash:
        command = ["env", "-u", "BASH_VERSION", "bash", "-c", "unset BASH_VERSION; . ./$0"]
    ended = desk.run(plan_for(archive, [row("a.fits")]), shell=tuple(map(str, command)))
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "bash" in ended.err
    assert archive.requests == []


@pytest.mark.parametrize("options", [["--posix"], ["-x"], ["-e"], ["-f"], ["-C"], ["-a"], ["-v"]])
def test_settings_of_the_shell_change_nothing(desk: Desk, archive: ArchiveServer, options: list[str]) -> None:
    plan = own_and_public(archive)
    archive.fault("public.fits", "status", times=1)
    ended = desk.run(plan, shell=("bash", *options), MAST_API_TOKEN=TOKEN)
    assert ended.status == 0
    complete(ended, plan, archive)
    assert TOKEN not in ended.out + ended.err


def test_settings_of_curl_change_nothing(desk: Desk, archive: ArchiveServer) -> None:
    Path(desk.environment["HOME"], ".curlrc").write_text(
        "location-trusted\nverbose\ninclude\noutput = pwned\n"
    )
    plan = own_and_public(archive)
    ended = desk.run(plan, MAST_API_TOKEN=TOKEN)
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)


OLD_CURL: Final = """#!/bin/bash
# A curl of 7.58 as far as its options go.
if [ "$1" = --version ]; then echo "curl @VERSION@.0 (test)"; exit 0; fi
expects_value=
for word; do
  if [ -n "$expects_value" ]; then
    case $word in *%[{]*) case ${word//'%{http_code}'/} in *%[{]*redirect_url*) ;; *) exit 99 ;; esac ;; esac
    expects_value=
    continue
  fi
  case $word in
    -q | --globoff | --silent | --show-error | --location) ;;
    --proto | --connect-timeout | --speed-limit | --speed-time | --user-agent | --max-redirs | --output | \\
      --dump-header | --write-out | --continue-at | --header | --url) expects_value=yes ;;
    *) echo "curl: option $word: is unknown" >&2; exit 2 ;;
  esac
done
exec @CURL@ "$@"
"""


def put_in_path(desk: Desk, name: str, text: str) -> str:
    folder = desk.folder.parent / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return f"{folder}:{desk.environment['PATH']}"


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
    for word in ("--output", "--tries", "--list", "1 file (200.0 kB)", "help@example.org", "MAST_API_TOKEN"):
        assert word in told.out
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
