"""Archives of the ZIP writer before other people's unpackers: unzip, 7z, bsdtar and Python's own."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pycore.zipstream import Limits, Stamp, ZipStream

SECONDS = int(datetime(2026, 11, 22, 7, 17, 21, tzinfo=UTC).timestamp())
THEN = Stamp.at(SECONDS)
MANY = 70_000
LARGE = {"root/4.5 GiB_uncal.fits": 9 << 29, "root/beyond_cal.fits": 2880, "root/beyond_empty.txt": 0}

# Contents that could be taken for records of the format: readers of a pipe look for these signatures.
TREACHEROUS = b"PK\x07\x08PK\x03\x04PK\x01\x02PK\x05\x06" * 50

CONTENTS = {
    "root/first.txt": b"first",
    "root/empty whole.txt": b"",
    "root/JWST/streamed_cal.fits": b"SIMPLE  =" * 900,
    "root/JWST/empty streamed.fits": b"",
    "root/JWST/treacherous.fits": TREACHEROUS,
    "root/JWST/Größe_日本_🔭.fits": b"unicode",
    "root/manifest.html": b"<!doctype html>",
}
WHOLE = {"root/first.txt", "root/empty whole.txt", "root/manifest.html"}

# Zip64 wherever it can stand: everywhere, from the first large member on, for the number of entries only.
LIMITS = {
    "plain": Limits(),
    "Zip64 for all": Limits(size=0, entries=0),
    "Zip64 by size and offset": Limits(size=5000),
    "Zip64 by entries": Limits(entries=3),
}


def write_archive(path: Path, limits: Limits, *, with_abandoned: bool) -> Path:
    """Write `CONTENTS`, in which members that failed leave dead bytes if asked."""
    stream = ZipStream(limits)
    parts = [stream.directory("root", THEN)]
    for name, data in CONTENTS.items():
        if with_abandoned:
            parts += abandoned(stream, name, TREACHEROUS)
            parts += abandoned(stream, name, b"")
        if name in WHOLE:
            parts.append(stream.whole(name, data, THEN))
        else:
            parts += [stream.open(name, len(data), THEN), data]
            stream.feed(data)
            parts.append(stream.close())
    parts.append(stream.finish("written by a test"))
    path.write_bytes(b"".join(parts))
    return path


def abandoned(stream: ZipStream, name: str, data: bytes) -> Iterator[bytes]:
    """Give the dead bytes of a member that never came to its end."""
    yield stream.open(name, len(data) + 1, THEN)
    stream.feed(data)
    yield data
    stream.abandon()


@pytest.fixture(params=[False, True], ids=["complete", "with dead bytes"])
def with_abandoned(request: pytest.FixtureRequest) -> bool:
    """Tell whether members were abandoned on the way."""
    return bool(request.param)


@pytest.fixture(params=LIMITS)
def archive(request: pytest.FixtureRequest, tmp_path: Path, with_abandoned: bool) -> Path:
    """Give an archive of each shape."""
    return write_archive(tmp_path / "archive.zip", LIMITS[request.param], with_abandoned=with_abandoned)


def run(
    *command: str | Path, cwd: Path | None = None, stdin: Path | None = None, keep_output: bool = True
) -> str:
    """Run an unpacker far from UTC, insist on success without a word of complaint, and give its output."""
    with (stdin or Path(os.devnull)).open("rb") as source:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "Pacific/Auckland"},
            stdin=source,
            stdout=subprocess.PIPE if keep_output else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
    output, complaints = (done.stdout or b"").decode(), done.stderr.decode()
    assert (done.returncode, complaints) == (0, ""), output + complaints
    assert "warning" not in output.lower()
    return output


def unzip_accepts(path: Path) -> None:
    """Have Info-ZIP's unzip check each member."""
    assert "No errors detected in compressed data" in run("unzip", "-t", path)


def seven_zip_accepts(path: Path) -> None:
    """Have 7-Zip check each member."""
    assert "Everything is Ok" in run("7z", "t", "-bd", path)


def bsdtar_accepts(path: Path) -> None:
    """Have libarchive list the members, then read each one, which is when it compares the sums."""
    run("bsdtar", "-tf", path)
    run("bsdtar", "-xOf", path, keep_output=False)


def zipfile_accepts(path: Path) -> None:
    """Have Python check each member."""
    assert run(sys.executable, "-m", "zipfile", "-t", path).endswith("Done testing\n")


TESTERS = {
    "unzip": unzip_accepts,
    "7z": seven_zip_accepts,
    "bsdtar": bsdtar_accepts,
    "zipfile": zipfile_accepts,
}
EXTRACTORS = {
    "unzip": ["unzip", "-q"],
    "7z": ["7z", "x", "-bd"],
    "bsdtar": ["bsdtar", "-xf"],
}


def unpacked(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder by their path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("tester", TESTERS)
def test_unpacker_finds_no_fault(archive: Path, tester: str) -> None:
    TESTERS[tester](archive)


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_unpacked_files_have_their_bytes_times_and_modes(
    archive: Path, tmp_path: Path, extractor: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    run(*EXTRACTORS[extractor], archive, cwd=folder)
    assert unpacked(folder) == CONTENTS
    for name in CONTENTS:
        assert int((folder / name).stat().st_mtime) == SECONDS
        assert stat.S_IMODE((folder / name).stat().st_mode) & 0o700 == 0o600
    assert stat.S_IMODE((folder / "root").stat().st_mode) & 0o700 == 0o700


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_archive_can_be_unpacked_from_a_pipe(tmp_path: Path, limits: Limits) -> None:
    path = write_archive(tmp_path / "archive.zip", limits, with_abandoned=False)
    folder = tmp_path / "out"
    folder.mkdir()
    run("bsdtar", "-xf", "-", cwd=folder, stdin=path)
    assert unpacked(folder) == CONTENTS


def test_archive_without_members_is_one_to_those_that_know_such(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    path.write_bytes(ZipStream().finish())
    seven_zip_accepts(path)
    bsdtar_accepts(path)
    zipfile_accepts(path)


def test_archive_cut_before_its_end_is_recognised_as_such(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "archive.zip", Limits(), with_abandoned=False)
    path.write_bytes(path.read_bytes()[:-200])
    for command in (["unzip", "-t"], ["7z", "t"], [sys.executable, "-m", "zipfile", "-t"]):
        done = subprocess.run([*command, path], capture_output=True, check=False)
        assert done.returncode != 0, command


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an archive of 70,000 small members, streamed and whole by turns."""
    path = tmp_path_factory.mktemp("many") / "many.zip"
    stream = ZipStream()
    with path.open("wb") as sink:
        sink.write(stream.directory("root", THEN))
        for number in range(MANY):
            name, data = f"root/JWST/jw{number % 100:05}/jw{number:07}_cal.fits", b"%07d" % number
            if number % 2:
                sink.write(stream.whole(name, data, THEN))
                continue
            sink.write(stream.open(name, len(data), THEN) + data)
            stream.feed(data)
            sink.write(stream.close())
        sink.write(stream.finish())
    return path


@pytest.mark.parametrize("tester", TESTERS)
def test_unpacker_reads_70000_members(many: Path, tester: str) -> None:
    TESTERS[tester](many)


def test_all_of_70000_members_are_listed(many: Path) -> None:
    assert len(run("bsdtar", "-tf", many).splitlines()) == MANY + 1
    assert len(run("unzip", "-Z1", many).splitlines()) == MANY + 1
    assert f"Files: {MANY}" in run("7z", "t", "-bd", many)


def write_large_archive(path: Path, *, with_abandoned: bool) -> None:
    """Write a member of 4.5 GiB and small ones beyond it; the zeros in it take no room on the disk."""
    stream = ZipStream()
    zeros = memoryview(bytes(1 << 20))
    with path.open("wb") as sink:

        def payload(size: int) -> None:
            for start in range(0, size, len(zeros)):
                stream.feed(zeros[: size - start])
            sink.seek(size, os.SEEK_CUR)

        sink.write(stream.directory("root", THEN))
        if with_abandoned:
            sink.write(stream.open("root/dead.fits", 1 << 33, THEN))
            payload(5 << 20)
            stream.abandon()
        for name, size in LARGE.items():
            sink.write(stream.open(name, size, THEN))
            payload(size)
            sink.write(stream.close())
        sink.write(stream.whole("root/manifest.html", b"<!doctype html>", THEN))
        sink.write(stream.finish())


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a large archive with dead bytes."""
    path = tmp_path_factory.mktemp("large") / "large.zip"
    write_large_archive(path, with_abandoned=True)
    yield path
    path.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("tester", TESTERS)
def test_unpacker_reads_members_of_and_beyond_4_gib(large: Path, tester: str) -> None:
    TESTERS[tester](large)


@pytest.mark.slow
@pytest.mark.parametrize("lister", [["unzip", "-l"], ["7z", "l"], ["bsdtar", "-tvf"]], ids=lambda one: one[0])
def test_unpacker_lists_the_sizes_of_members_of_and_beyond_4_gib(large: Path, lister: list[str]) -> None:
    lines = run(*lister, large).splitlines()
    for name, size in LARGE.items():
        assert any(name in line and str(size) in line.split() for line in lines), name


@pytest.mark.slow
def test_large_archive_can_be_unpacked_from_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    write_large_archive(path, with_abandoned=False)
    run("bsdtar", "-xOf", "-", stdin=path, keep_output=False)
    path.unlink()
