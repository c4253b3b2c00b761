"""A download into a folder goes on by what was noted of it, and nothing counts that is not proved."""

from __future__ import annotations

import json
from dataclasses import replace
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.continuing import Proof, Record, key, line, records
from pycore.transfer import (
    BeginFile,
    CallBack,
    CalledBack,
    CompleteFile,
    Finish,
    LeaveOutFile,
    Put,
    PutArrived,
    Responded,
    Transfer,
)
from pycore.transfer.events import Arrived, Ended, Fetch, Order, Stopped
from tests.unit.builders import CLICK
from tests.unit.transfer_desk import LARGE, a_file, a_plan, body_of

RECORDS = st.builds(Record, st.text(), st.integers(0, 2**60), st.integers(0, 2**32 - 1))


@given(st.lists(RECORDS, unique_by=lambda record: record.path))
def test_what_was_noted_is_read_back(noted: list[Record]) -> None:
    pages = ["".join(map(line, noted[::2])), "".join(map(line, noted[1::2]))]
    assert records(pages) == {record.path: record for record in noted}


@given(st.lists(RECORDS, min_size=1, unique_by=lambda record: record.path), st.data())
def test_a_line_that_a_crash_has_cut_counts_for_nothing(noted: list[Record], data: st.DataObject) -> None:
    *whole, last = map(line, noted)
    cut = data.draw(st.integers(0, len(last) - 2))
    assert records(["".join(whole) + last[:cut]]) == {record.path: record for record in noted[:-1]}


@pytest.mark.parametrize(
    "strange", ["", "{}", "[]", '["a", 1]', '["a", -1, 1]', '["a", 1, 4294967296]', "[1, 1, 1]", "\0"]
)
def test_what_is_no_record_is_passed_over(strange: str) -> None:
    assert records([strange + "\n" + line(Record("b", 1, 2))]) == {"b": Record("b", 1, 2)}


def test_the_last_word_about_a_path_counts() -> None:
    assert records([line(Record("a", 1, 2)), line(Record("a", 3, 4))]) == {"a": Record("a", 3, 4)}


def test_the_key_is_of_what_is_wanted_and_not_of_when() -> None:
    plan = a_plan(a_file("a.dat", 10), a_file("b.dat", 20))
    assert key(replace(plan, root="MAST_2031-01-01T00_00_00.000Z", as_it_is=True)) == key(plan)
    for other in (
        a_plan(*plan.files[:1]),
        a_plan(replace(plan.files[0], size=11), plan.files[1]),
        a_plan(replace(plan.files[0], url="https://other.example/a"), plan.files[1]),
        replace(plan, structure="FLAT"),
    ):
        assert key(other) != key(plan)


class TestProof:
    CONTENT = b"twelve bytes"

    def holds(self, *pieces: bytes, noted: bytes = CONTENT, **listed: str) -> bool:
        file = a_file("a.dat", len(self.CONTENT), **listed)
        proof = Proof(file, Record(file.path, len(noted), crc32(noted)))
        for piece in pieces:
            proof.feed(piece)
        return proof.holds

    def test_the_same_bytes_hold(self) -> None:
        assert self.holds(b"twelve", b" bytes")

    @pytest.mark.parametrize("there", [b"twelve byteS", b"twelve byte", b"twelve bytes "])
    def test_a_file_that_was_changed_does_not(self, there: bytes) -> None:
        assert not self.holds(there)

    def test_neither_does_what_is_true_to_its_note_and_not_to_the_list(self) -> None:
        assert not self.holds(self.CONTENT, sha256="0" * 64)
        assert not self.holds(b"shorter", noted=b"shorter")


class Orders:
    """A transfer into a folder: the files that it has in place, after what it was told."""

    def __init__(self, *sizes: int, there: frozenset[int] = frozenset()) -> None:
        self.plan = a_plan(*(a_file(f"f{number}.dat", size) for number, size in enumerate(sizes)))
        self.transfer = Transfer(self.plan, CLICK, folder=True, there=there)
        self.placed: dict[str, bytes] = {}
        self.out: dict[str, int] = {}
        self.left_out = 0
        self.finished = False
        self._path, self._written = "", b""
        self.obey(self.transfer.start(0.0, CLICK))

    def obey(self, orders: list[Order], piece: bytes = b"") -> None:
        for order in orders:
            match order:
                case CallBack():
                    self.obey(self.transfer.receive(CalledBack()))
                case Fetch(number, file):
                    self.out[file.filename] = number
                case BeginFile(path):
                    assert not self._path
                    self._path, self._written = path, b""
                case Put(data):
                    assert self._path
                    self._written += data
                case PutArrived():
                    assert self._path
                    self._written += piece
                case CompleteFile(path, size, crc):
                    assert (path, size, crc) == (self._path, len(self._written), crc32(self._written))
                    self.placed[path], self._path = self._written, ""
                case LeaveOutFile():
                    self._path = ""
                    self.left_out += 1
                case Finish():
                    assert not self._path
                    self.finished = True

    def serve(self, name: str, content: bytes) -> None:
        number = self.out.pop(name)
        self.obey(self.transfer.receive(Responded(number, 200, {"content-length": str(len(content))})))
        self.obey(self.transfer.receive(Arrived(number, content)), content)
        self.obey(self.transfer.receive(Ended(number)))


def test_files_come_into_their_places_complete_and_the_manifest_last() -> None:
    at = Orders(10, LARGE, 0)
    for name, size in (("f0.dat", 10), ("f1.dat", LARGE), ("f2.dat", 0)):
        at.serve(name, body_of(name, size))
    assert at.finished
    assert list(at.placed) == [*(file.path for file in at.plan.files), "manifest.json", "manifest.html"]
    assert at.placed["JWST/set/f1.dat"] == body_of("f1.dat", LARGE)


def test_what_is_there_is_neither_asked_for_nor_written() -> None:
    at = Orders(10, LARGE, 5, LARGE, there=frozenset({1, 2, 3}))
    assert at.transfer.progress().files_complete == 0
    at.serve("f0.dat", body_of("f0.dat", 10))
    assert at.finished
    assert list(at.placed) == ["JWST/set/f0.dat", "manifest.json", "manifest.html"]
    assert at.out == {}
    progress = at.transfer.progress()
    assert (progress.files_complete, progress.bytes_complete) == (4, 15 + 2 * LARGE)
    told = json.loads(at.placed["manifest.json"])["rows"]
    assert [each["from"].startswith("the folder, which had it already") for each in told] == [
        False,
        True,
        True,
        True,
    ]
    assert [each["attempts"] for each in told] == [1, 0, 0, 0]


def test_a_folder_with_everything_is_finished_at_once() -> None:
    at = Orders(10, LARGE, there=frozenset({0, 1}))
    assert at.finished
    assert list(at.placed) == ["manifest.json", "manifest.html"]
    assert [outcome.reason for outcome in at.transfer.outcomes] == ["", ""]


def test_a_large_file_that_ends_for_good_leaves_nothing() -> None:
    at = Orders(LARGE, 5)
    number = at.out.pop("f0.dat")
    at.obey(at.transfer.receive(Responded(number, 200, {"content-length": str(LARGE)})))
    at.obey(at.transfer.receive(Arrived(number, b"x" * 100)), b"x" * 100)
    at.obey(at.transfer.receive(Arrived(number, b"x" * LARGE)), b"x" * LARGE)
    at.serve("f1.dat", body_of("f1.dat", 5))
    assert at.finished
    assert at.left_out == 1
    assert list(at.placed) == ["JWST/set/f1.dat", "manifest.json", "manifest.html"]


def test_finishing_early_counts_what_was_there_before() -> None:
    at = Orders(10, 20, LARGE, there=frozenset({2}))
    at.obey(at.transfer.receive(Stopped(keep=True)))
    assert at.finished
    assert [outcome.reason == "" for outcome in at.transfer.outcomes] == [False, False, True]
