"""The lists for large transfers, judged by the real tools: s5cmd, aws, rclone, Globus, aria2's Metalink, BagIt."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from pycore.errors import OverlayError
from pycore.missions.profile import Profiles
from pycore.plan import Plan
from pycore.product import EXCLUSIVE
from pycore.scripts.aws import aws_script
from pycore.scripts.bagit import bag
from pycore.scripts.globus import globus_batch
from pycore.scripts.lines import About, one_line
from pycore.scripts.metalink import metalink
from pycore.scripts.publiccopy import Copy, public_copy
from pycore.scripts.rclone import rclone_list
from pycore.scripts.s5cmd import s5cmd_commands
from tests.archive.server import ArchiveServer
from tests.contract.bucket import Bucket
from tests.contract.selection import ABOUT, HOSTILE, assert_all_there, plan_at, run, there, write
from tests.unit import builders

#: A bucket that takes any name there is, so that the quoting is put to the test.
ANY_NAME: Final = {
    "missions": {
        "JWST": {
            "archive": {
                "public_copy": {
                    "bucket": "stpubdata",
                    "region": "us-east-1",
                    "keys": [{"names": "(?s)([^/]*)/.*", "key": "jwst/public/{1}/{file}"}],
                }
            }
        }
    }
}
#: S3 itself refuses these as a part of a key, or tools read them as a folder; and one beyond what a profile looks at.
NO_KEYS: Final = ("..", "../../escaped.fits", "x" * 300 + ".fits", "s3://bucket/key.fits")
NAMES: Final = tuple(name for name in HOSTILE if name not in NO_KEYS and name == one_line(name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        yield server


def public_plan(names: tuple[str, ...] = NAMES, dataset: str = "jw1", **fields: str) -> tuple[Plan, About]:
    """A plan for files of MAST, and where the profile says that they stand."""
    rows = [builders.row(name, dataset, len(content(name)), **fields) for name in names]
    return builders.plan(rows), replace(ABOUT, profiles=Profiles(ANY_NAME))


def content(name: str) -> bytes:
    return b"" if name.startswith("empty") else f"content of {name!r}\n".encode() * 50


def bucket_for(plan: Plan, about: About) -> Bucket:
    objects = {}
    for file in plan.files:
        copy = public_copy(file, about)
        if isinstance(copy, Copy):
            objects[copy.key] = content(file.filename)
    return Bucket("stpubdata", objects)


def assert_arrived(folder: Path, plan: Plan, beside: str) -> None:
    assert there(folder) == {f"{plan.root}/{file.path}" for file in plan.files} | {beside}
    for file in plan.files:
        assert (folder / plan.root / file.path).read_bytes() == content(file.filename), file.path


def test_s5cmd_brings_every_file_of_the_bucket_to_its_place(folder: Path) -> None:
    plan, about = public_plan()
    write(folder, "list", s5cmd_commands(plan, about))
    with bucket_for(plan, about) as bucket:
        command = ("s5cmd", "--no-sign-request", "--endpoint-url", bucket.origin, "run", "list")
        done = run(folder, *command)
        assert done.returncode == 0, done.stderr
        assert_arrived(folder, plan, "list")
        bucket.asked.clear()
        assert run(folder, *command).returncode == 0
    assert not [asked for asked in bucket.asked if asked[0] == "GET"]


def test_aws_brings_every_file_of_the_bucket_to_its_place_and_no_other_counts_as_there(folder: Path) -> None:
    # aws takes half a second to start: of the names those that a shell, a list or aws may take for something else.
    plan, about = public_plan((NAMES[1], NAMES[4], NAMES[7], NAMES[10], "empty.fits"))
    elsewhere, _ = public_plan(("there.fits",), url="https://other.example.org/there.fits")
    write(folder, "list", aws_script(plan, about))
    with bucket_for(plan, about) as bucket:
        done = run(folder, "sh", "list", AWS_ENDPOINT_URL=bucket.origin)
        assert done.returncode == 0, done.stderr
        assert_arrived(folder, plan, "list")
        assert {authorization for *_, authorization in bucket.asked} == {None}
        bucket.asked.clear()
        lost, cut = (folder / plan.root / file.path for file in plan.files[:2])
        lost.unlink()
        cut.write_bytes(b"cut")
        bucket.objects[next(iter(bucket.objects))] += b"more than the list says"
        write(folder, "list", aws_script(replace(plan, files=(*plan.files, *elsewhere.files)), about))
        done = run(folder, "sh", "list", AWS_ENDPOINT_URL=bucket.origin)
    assert done.returncode == 1
    size = plan.files[0].size
    assert f"FAILED: {plan.files[0].path}: it has {size + 23} bytes instead of {size}" in done.stderr
    assert "FAILED: JWST/jw1/there.fits: it stands elsewhere" in done.stderr
    assert f"{len(plan.files) - 1} of {len(plan.files) + 1} files" in done.stdout
    assert len({path for _, path, _ in bucket.asked}) == 2
    assert not lost.exists()
    assert cut.read_bytes() == content(plan.files[1].filename)


def test_rclone_brings_every_file_of_the_bucket_under_its_key(folder: Path) -> None:
    plan, about = public_plan(tuple(name for name in NAMES if name != "empty.fits"))
    text = write(folder, "list", rclone_list(plan, about)).read_text("utf-8")
    told = ":s3,provider=AWS,env_auth=false,region=us-east-1:stpubdata"
    assert f'--files-from {plan.root}_rclone.txt "{told}" {plan.root}\n' in text
    with bucket_for(plan, about) as bucket:
        remote = f":s3,provider=Other,env_auth=false,region=us-east-1,endpoint='{bucket.origin}':stpubdata"
        done = run(folder, "rclone", "copy", "--no-traverse", "--files-from", "list", remote, plan.root)
        assert done.returncode == 0, done.stderr
        assert there(folder) == {f"{plan.root}/{key}" for key in bucket.objects} | {"list"}
        for key, body in bucket.objects.items():
            assert (folder / plan.root / key).read_bytes() == body


def test_globus_reads_each_line_as_source_and_destination(folder: Path) -> None:
    from globus_cli.services.transfer import data

    plan, about = public_plan()
    seen: list[tuple[str, str]] = []

    class Task:
        def add_item(self, source: str, destination: str, **options: Any) -> None:
            seen.append((source, destination))

    stream = io.StringIO("".join(globus_batch(plan, about)))
    stream.name = "list"
    data.add_batch_to_transfer_data("/", "/folder/", "", Task(), stream)
    copies = [public_copy(file, about) for file in plan.files]
    keys = [copy.key for copy in copies if isinstance(copy, Copy)]
    assert seen == [
        (f"/{key}", f"/folder/{plan.root}/{file.path}") for key, file in zip(keys, plan.files, strict=True)
    ]


@pytest.mark.parametrize("writer", [s5cmd_commands, rclone_list, globus_batch])
def test_what_is_not_in_the_bucket_is_left_out_and_told(writer: Any) -> None:
    plan, about = public_plan(("a.fits",))
    exclusive, _ = public_plan(("mine.fits",), access=EXCLUSIVE)
    elsewhere, _ = public_plan(("there.fits",), url="https://other.example.org/there.fits")
    plan = replace(plan, files=(*plan.files, *exclusive.files, *elsewhere.files))
    lines = "".join(writer(plan, about)).splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    assert len(entries) == 1
    assert "a.fits" in entries[0]
    assert (
        "# Left out: JWST/jw1/mine.fits: files under exclusive access are not in the public bucket" in lines
    )
    assert "# Left out: JWST/jw1/there.fits: it stands elsewhere" in lines


def test_aria2_fetches_what_the_metalink_says(archive: ArchiveServer, folder: Path) -> None:
    # aria2 leaves an ampersand of a name encoded, where it was built with libxml2; the document tells so.
    plan = plan_at(archive, [name for name in HOSTILE if "&" not in name])
    write(folder, "list.meta4", metalink(plan, ABOUT))
    done = run(folder, "aria2c", "--no-conf", "--quiet", "--continue", "list.meta4")
    assert done.returncode == 0, done.stdout
    assert_all_there(folder, plan, archive, beside=["list.meta4"])


def test_aria2_refuses_a_file_with_another_checksum_than_the_metalink(
    archive: ArchiveServer, folder: Path
) -> None:
    plan = plan_at(archive, ["a.fits"])
    write(folder, "list.meta4", metalink(plan, ABOUT))
    archive.fault("a.fits", "corrupt", at=1000)
    assert run(folder, "aria2c", "--no-conf", "--quiet", "--max-tries=1", "list.meta4").returncode != 0


#: What RFC 5854 asks of the elements used here, in the words of RELAX NG.
SCHEMA: Final = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="urn:ietf:params:xml:ns:metalink"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="metalink"><interleave>
    <optional><element name="generator"><text/></element></optional>
    <oneOrMore><element name="file">
      <attribute name="name"><data type="string"><param name="pattern">[^/].*</param></data></attribute>
      <interleave>
        <optional><element name="size"><data type="nonNegativeInteger"/></element></optional>
        <zeroOrMore><element name="hash">
          <attribute name="type"><choice><value>sha-256</value><value>md5</value></choice></attribute>
          <data type="string"><param name="pattern">[0-9a-f]{32}|[0-9a-f]{64}</param></data>
        </element></zeroOrMore>
        <oneOrMore><element name="url"><data type="anyURI"/></element></oneOrMore>
      </interleave>
    </element></oneOrMore>
  </interleave></element></start>
</grammar>
"""


def test_the_metalink_is_what_the_standard_asks_for(archive: ArchiveServer) -> None:
    plan = plan_at(archive, exclusive=["--mine--.fits"])
    document = etree.fromstring("".join(metalink(plan, ABOUT)).encode())
    etree.RelaxNG(etree.fromstring(SCHEMA)).assertValid(document)
    space = "{urn:ietf:params:xml:ns:metalink}"
    files = [
        (each.get("name"), each.findtext(f"{space}size"), each.findtext(f"{space}hash"))
        for each in document.iter(f"{space}file")
    ]
    assert files == [
        (f"{plan.root}/{file.path}", str(file.size), file.sha256) for file in plan.files if not file.exclusive
    ]
    comments = [node.text for node in document.iter(etree.Comment)]
    assert any("aria2 may write the ampersand of this name" in str(text) for text in comments)
    assert any("-%2Dmine-%2D.fits: it needs a token" in str(text) for text in comments)


def fetched_bag(folder: Path, plan: Plan, archive: ArchiveServer) -> Path:
    """The bag as it is once everybody did what ``fetch.txt`` says."""
    root = folder / "bag"
    root.mkdir()
    for name, pieces in builders.outcome(bag(plan, ABOUT)).items():
        write(root, name, pieces)
    named = {f"data/{file.path}": file for file in plan.files}
    for line in (root / "fetch.txt").read_text("utf-8").splitlines():
        url, size, path = line.split(" ", 2)
        file = named[path]
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(archive.content(file.filename, int(size)))
        assert url == file.url
    return root


@pytest.mark.parametrize("checksums", ["sha256", "md5"])
def test_the_bag_is_right_once_it_is_fetched(archive: ArchiveServer, folder: Path, checksums: str) -> None:
    plan = plan_at(archive, exclusive=["mine.fits"], checksums=checksums)
    root = fetched_bag(folder, plan, archive)
    lines = (root / f"manifest-{checksums}.txt").read_text("utf-8").splitlines()
    inside = [file for file in plan.files if not file.exclusive and "%" not in file.path]
    assert len(lines) == len(inside) == len(plan.files) - 2
    for line in lines:
        digest, path = line.split("  ", 1)
        found = (root / path).read_bytes()
        assert hashlib.new(checksums, found).hexdigest() == digest
    info = (root / "bag-info.txt").read_text("utf-8")
    assert f"Payload-Oxum: {sum(file.size for file in inside)}.{len(lines)}\n" in info
    assert "Left-Out: JWST/jw1/mine.fits: it needs a token" in info
    judge = [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", str(root)]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr
    (root / "data" / inside[0].path).write_bytes(b"something else")
    assert subprocess.run(judge, capture_output=True, check=False).returncode == 1


def test_a_bag_without_checksums_is_refused(archive: ArchiveServer) -> None:
    with pytest.raises(OverlayError) as refused:
        builders.outcome(bag(plan_at(archive, checksums=""), ABOUT))
    assert refused.value.code == "script.checksums"
