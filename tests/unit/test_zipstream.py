"""The ZIP writer: its records byte by byte, its order of calls, and what `zipfile` reads back."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.errors import OverlayError
from pycore.zipstream import Limits, Member, Stamp, ZipStream, total_size
from pycore.zipstream.records import (
    Entry,
    How,
    central_record,
    data_descriptor,
    end_records,
    local_header,
)
from pycore.zipstream.stream import Bytes, State

SECONDS = int(datetime(2026, 11, 22, 7, 17, 21, tzinfo=UTC).timestamp())
NOON = Stamp.at(SECONDS)
# 07:17:20 and 2026-11-22 as MS-DOS packs them: hours, minutes, seconds / 2; years since 1980, month, day.
DOS_TIME = (7 << 11 | 17 << 5 | 10).to_bytes(2, "little")
DOS_DATE = (46 << 9 | 11 << 5 | 22).to_bytes(2, "little")
TIME_EXTRA = b"UT" + b"\x05\x00" + b"\x01" + SECONDS.to_bytes(4, "little")
ONES = b"\xff\xff\xff\xff"
REAL = Limits()


def le(*pairs: tuple[int, int]) -> bytes:
    """Spell numbers as little-endian fields: (value, width) for each."""
    return b"".join(value.to_bytes(width, "little") for value, width in pairs)


def entry(**changes: object) -> Entry:
    """Give a streamed member of 5 bytes, with changes."""
    values: dict[str, object] = {
        "name": b"a/b.fits", "how": How.STREAMED, "size": 5, "crc": 0x01020304, "offset": 9, "stamp": NOON,
    }  # fmt: skip
    return Entry(**{**values, **changes})  # type: ignore[arg-type]


def code_of(error: pytest.ExceptionInfo[OverlayError]) -> str:
    """Give the stable code of a raised error."""
    return error.value.code


# Records, against the tables of APPNOTE 4.3


def test_local_header_of_a_streamed_member_leaves_crc_and_sizes_to_the_descriptor() -> None:
    assert local_header(entry(), REAL) == (
        b"PK\x03\x04" + le((20, 2), (0x0008, 2), (0, 2)) + DOS_TIME + DOS_DATE
        + le((0, 4), (0, 4), (0, 4), (8, 2), (9, 2)) + b"a/b.fits" + TIME_EXTRA
    )  # fmt: skip
    assert data_descriptor(entry(), REAL) == b"PK\x07\x08" + le((0x01020304, 4), (5, 4), (5, 4))


def test_local_header_of_a_whole_member_says_crc_and_sizes() -> None:
    assert local_header(entry(how=How.WHOLE), REAL) == (
        b"PK\x03\x04" + le((20, 2), (0, 2), (0, 2)) + DOS_TIME + DOS_DATE
        + le((0x01020304, 4), (5, 4), (5, 4), (8, 2), (9, 2)) + b"a/b.fits" + TIME_EXTRA
    )  # fmt: skip


def test_central_record_of_a_file_is_made_by_unix_with_mode_0644() -> None:
    assert central_record(entry(), REAL) == (
        b"PK\x01\x02" + le((63, 1), (3, 1), (20, 2), (0x0008, 2), (0, 2)) + DOS_TIME + DOS_DATE
        + le((0x01020304, 4), (5, 4), (5, 4), (8, 2), (9, 2), (0, 2), (0, 2), (0, 2))
        + le((0, 2), (0o100644, 2), (9, 4)) + b"a/b.fits" + TIME_EXTRA
    )  # fmt: skip


def test_central_record_of_a_folder_has_mode_0755_and_the_dos_attribute() -> None:
    record = central_record(entry(name=b"a/", how=How.DIRECTORY, size=0, crc=0), REAL)
    assert record[38:42] == le((0x10, 2), (0o040755, 2))


def test_streamed_member_of_4_gib_has_zip64_in_all_its_records() -> None:
    size = 0xFFFFFFFF
    large = entry(size=size)
    assert local_header(large, REAL) == (
        b"PK\x03\x04" + le((45, 2), (0x0008, 2), (0, 2)) + DOS_TIME + DOS_DATE + le((0, 4)) + ONES + ONES
        + le((8, 2), (29, 2)) + b"a/b.fits" + le((1, 2), (16, 2), (0, 8), (0, 8)) + TIME_EXTRA
    )  # fmt: skip
    assert data_descriptor(large, REAL) == b"PK\x07\x08" + le((0x01020304, 4), (size, 8), (size, 8))
    record = central_record(large, REAL)
    assert record[6:8] == le((45, 2))
    assert record[20:28] == ONES + ONES
    assert record[42:46] == le((9, 4))
    assert record[54:] == le((1, 2), (16, 2), (size, 8), (size, 8)) + TIME_EXTRA


def test_whole_member_of_4_gib_says_its_sizes_in_the_local_zip64_field() -> None:
    size = 0xFFFFFFFF
    header = local_header(entry(how=How.WHOLE, size=size), REAL)
    assert header[14:26] == le((0x01020304, 4)) + ONES + ONES
    assert header[38:] == le((1, 2), (16, 2), (size, 8), (size, 8)) + TIME_EXTRA


def test_one_byte_less_than_4_gib_minus_one_needs_no_zip64() -> None:
    below = entry(size=0xFFFFFFFE, offset=0xFFFFFFFE)
    assert local_header(below, REAL)[4:6] == le((20, 2))
    assert len(data_descriptor(below, REAL)) == 16
    assert central_record(below, REAL)[54:] == TIME_EXTRA


@pytest.mark.parametrize("how", list(How))
def test_member_beyond_4_gib_carries_only_its_offset_in_the_central_zip64_field(how: How) -> None:
    far = entry(how=how, offset=0x1_0000_0001)
    record = central_record(far, REAL)
    assert record[6:8] == le((45, 2))
    assert record[20:28] == le((5, 4), (5, 4))
    assert record[42:46] == ONES
    assert record[54:] == le((1, 2), (8, 2), (0x1_0000_0001, 8)) + TIME_EXTRA


def test_streamed_member_beyond_4_gib_has_an_eight_byte_descriptor_that_its_local_header_announces() -> None:
    far = entry(offset=0xFFFFFFFF)
    assert local_header(far, REAL)[38:58] == le((1, 2), (16, 2), (0, 8), (0, 8))
    assert data_descriptor(far, REAL) == b"PK\x07\x08" + le((0x01020304, 4), (5, 8), (5, 8))


def test_whole_member_beyond_4_gib_has_a_plain_local_header_of_version_45() -> None:
    header = local_header(entry(how=How.WHOLE, offset=0xFFFFFFFF), REAL)
    assert header[4:6] == le((45, 2))
    assert header[38:] == TIME_EXTRA


def test_size_and_offset_beyond_4_gib_stand_in_the_order_of_the_format() -> None:
    size, offset = 2**33, 2**34
    extra = central_record(entry(size=size, offset=offset), REAL)[54:]
    assert extra == le((1, 2), (24, 2), (size, 8), (size, 8), (offset, 8)) + TIME_EXTRA


def test_end_record_alone_where_all_its_fields_fit() -> None:
    assert end_records(0xFFFE, 0xFFFFFFFE, 0xFFFFFFFE, b"by us", REAL) == (
        b"PK\x05\x06" + le((0, 2), (0, 2), (0xFFFE, 2), (0xFFFE, 2), (0xFFFFFFFE, 4), (0xFFFFFFFE, 4), (5, 2))
        + b"by us"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "size", "offset", "plain"),
    [
        (0xFFFF, 7, 8, le((0xFFFF, 2), (0xFFFF, 2), (7, 4), (8, 4))),
        (70_000, 7, 8, le((0xFFFF, 2), (0xFFFF, 2), (7, 4), (8, 4))),
        (3, 0xFFFFFFFF, 8, le((3, 2), (3, 2)) + ONES + le((8, 4))),
        (3, 7, 2**32, le((3, 2), (3, 2), (7, 4)) + ONES),
    ],
    ids=["65,535 entries", "70,000 entries", "large directory", "far directory"],
)
def test_zip64_end_record_and_locator_where_one_field_is_too_small(
    entries: int, size: int, offset: int, plain: bytes
) -> None:
    assert end_records(entries, size, offset, b"", REAL) == (
        b"PK\x06\x06" + le((44, 8), (63, 1), (3, 1), (45, 2), (0, 4), (0, 4))
        + le((entries, 8), (entries, 8), (size, 8), (offset, 8))
        + b"PK\x06\x07" + le((0, 4), (offset + size, 8), (1, 4))
        + b"PK\x05\x06" + le((0, 2), (0, 2)) + plain + le((0, 2))
    )  # fmt: skip


def test_utf8_flag_is_set_for_names_beyond_ascii_only() -> None:
    name = "Größe.fits".encode()
    for record, at in (
        (local_header(entry(name=name), REAL), 6),
        (central_record(entry(name=name), REAL), 8),
    ):
        assert record[at : at + 2] == le((0x0808, 2))


# Times


def test_stamp_has_utc_in_both_forms() -> None:
    assert Stamp.at(SECONDS + 0.75) == NOON
    assert NOON.unix_seconds == SECONDS


@pytest.mark.parametrize(
    ("seconds", "unix", "dos"),
    [
        (-5, 0, (1980, 1, 1, 0, 0, 0)),
        (86_400, 86_400, (1980, 1, 1, 0, 0, 0)),
        (2**31, 2**31, (2038, 1, 19, 3, 14, 8)),
        (2**40, 2**32 - 1, (2106, 2, 7, 6, 28, 14)),
    ],
    ids=["before 1970", "before 1980", "after 2038", "after 2106"],
)
def test_time_out_of_range_becomes_the_nearest_one(seconds: int, unix: int, dos: tuple[int, ...]) -> None:
    stream = ZipStream()
    data = stream.whole("a", b"", Stamp.at(seconds)) + stream.finish()
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo("a")
    assert info.date_time == dos
    assert unix_seconds(info) == unix


# Names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../b",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "C:/a",
        "c:a",
        "a\\b",
        "a\0b",
        "a\nb",
        "\x7f",
    ],
)
def test_unsafe_name_is_refused(name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: ZipStream().open(name, 1, NOON),
        lambda: ZipStream().whole(name, b"", NOON),
        lambda: ZipStream().directory(name, NOON),
        lambda: total_size([Member(name, 1, "streamed")]),
    ]
    for call in calls:
        with pytest.raises(OverlayError) as error:
            call()
        assert code_of(error) == "zip.name-unsafe"


@pytest.mark.parametrize(
    "name", ["a..b", "..a", "...", ".hidden", "ab:c", "-rf", "CON", " ", "a/b c/ü", "no\u00a0break"]
)
def test_odd_but_safe_name_is_written_as_it_is(name: str) -> None:
    stream = ZipStream()
    data = stream.whole(name, b"x", NOON) + stream.finish()
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == [name]


def test_lone_surrogate_in_a_name_is_refused() -> None:
    with pytest.raises(OverlayError) as error:
        ZipStream().open("a\ud800", 1, NOON)
    assert code_of(error) == "zip.name-not-unicode"


def test_name_holds_65535_bytes_and_not_one_more() -> None:
    longest = "ü" * 32_767 + "a"
    stream = ZipStream()
    data = stream.whole(longest, b"x", NOON) + stream.finish()
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == [longest]
    with pytest.raises(OverlayError) as error:
        ZipStream().whole(longest + "b", b"x", NOON)
    assert code_of(error) == "zip.name-too-long"


def test_name_is_taken_once() -> None:
    stream = ZipStream()
    stream.whole("a", b"", NOON)
    stream.directory("d", NOON)
    calls: list[Callable[[], object]] = [
        lambda: stream.open("a", 1, NOON),
        lambda: stream.directory("d", NOON),
    ]
    for call in calls:
        before = stream.offset
        with pytest.raises(OverlayError) as error:
            call()
        assert code_of(error) == "zip.name-duplicate"
        assert (stream.offset, stream.state) == (before, State.BETWEEN)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("file", "a"), ("file", "a/b")),
        (("file", "a"), ("file", "a/b/c/d")),
        (("file", "a"), ("folder", "a")),
        (("file", "a"), ("folder", "a/b")),
        (("file", "a/b"), ("file", "a")),
        (("file", "a/b/c/d"), ("file", "a/b")),
        (("folder", "a"), ("file", "a")),
        (("folder", "a/b"), ("file", "a")),
    ],
)
def test_path_cannot_be_a_file_and_a_folder(first: tuple[str, str], second: tuple[str, str]) -> None:
    stream = ZipStream()

    def write(kind: str, name: str) -> None:
        if kind == "file":
            stream.whole(name, b"", NOON)
        else:
            stream.directory(name, NOON)

    write(*first)
    with pytest.raises(OverlayError) as error:
        write(*second)
    assert code_of(error) == "zip.name-clash"


def test_folder_may_get_its_own_entry_after_its_files() -> None:
    stream = ZipStream()
    data = stream.whole("a/b/c", b"", NOON) + stream.directory("a/b", NOON) + stream.directory("a", NOON)
    names = zipfile.ZipFile(io.BytesIO(data + stream.finish())).namelist()
    assert names == ["a/b/c", "a/b/", "a/"]


@pytest.mark.parametrize("size", [-1, 2**63])
def test_absurd_size_is_refused(size: int) -> None:
    with pytest.raises(OverlayError) as error:
        ZipStream().open("a", size, NOON)
    assert code_of(error) == "zip.size-out-of-range"


# The order of calls


def stream_in(state: State) -> ZipStream:
    """Give a writer in that state."""
    stream = ZipStream()
    if state is State.INSIDE:
        stream.open("open", 0, NOON)
    if state is State.FINISHED:
        stream.finish()
    return stream


CALLS: dict[str, Callable[[ZipStream], object]] = {
    "directory": lambda stream: stream.directory("d", NOON),
    "whole": lambda stream: stream.whole("w", b"data", NOON),
    "open": lambda stream: stream.open("o", 1, NOON),
    "feed": lambda stream: stream.feed(b""),
    "close": lambda stream: stream.close(),
    "abandon": lambda stream: stream.abandon(),
    "remaining": lambda stream: stream.remaining,
    "finish": lambda stream: stream.finish(),
}
ALLOWED: dict[State, set[str]] = {
    State.BETWEEN: {"directory", "whole", "open", "finish"},
    State.INSIDE: {"feed", "close", "abandon", "remaining"},
    State.FINISHED: set(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", State)
def test_calls_are_possible_in_their_states_only(state: State, call: str) -> None:
    stream = stream_in(state)
    if call in ALLOWED[state]:
        CALLS[call](stream)
        return
    before = stream.offset, stream.entries
    with pytest.raises(OverlayError) as error:
        CALLS[call](stream)
    assert code_of(error) == "zip.wrong-order"
    assert state.value in error.value.sentence
    assert (stream.offset, stream.entries, stream.state) == (*before, state)


@pytest.mark.parametrize("came", [b"1234", b"123456"], ids=["too few", "too many"])
def test_member_of_another_size_than_announced_is_not_admitted(came: bytes) -> None:
    stream = ZipStream()
    data = stream.open("a.fits", 5, NOON) + came
    stream.feed(came)
    assert stream.remaining == 5 - len(came)
    with pytest.raises(OverlayError) as error:
        stream.close()
    assert code_of(error) == "zip.size-differs"
    assert (stream.state, stream.entries, stream.offset) == (State.BETWEEN, 0, len(data))
    data += stream.open("a.fits", 5, NOON) + b"12345"
    stream.feed(b"12345")
    data += stream.close() + stream.finish()
    assert zipfile.ZipFile(io.BytesIO(data)).read("a.fits") == b"12345"


@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, lambda data: memoryview(data).cast("B", (2, 4))]
)
def test_payload_may_come_as_any_buffer(kind: Callable[[bytes], Bytes]) -> None:
    stream = ZipStream()
    data = stream.open("a", 8, NOON) + b"eight by"
    stream.feed(kind(b"eight by"))
    data += stream.close() + stream.whole("b", kind(b"eight by"), NOON) + stream.finish()
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert archive.read("a") == archive.read("b") == b"eight by"


# The comment


def test_comment_is_kept() -> None:
    data = ZipStream().finish("from the overlay: ü")
    assert zipfile.ZipFile(io.BytesIO(data)).comment == "from the overlay: ü".encode()
    assert total_size([], comment="from the overlay: ü") == len(data)


@pytest.mark.parametrize("comment", ["x" * 65_536, "PK\x05\x06"], ids=["too long", "like an end record"])
def test_comment_that_readers_would_stumble_over_is_refused(comment: str) -> None:
    stream = ZipStream()
    with pytest.raises(OverlayError) as error:
        stream.finish(comment)
    assert code_of(error) == "zip.comment-unusable"
    assert stream.state is State.BETWEEN


# Laws


@dataclass
class Step:
    """One member to be tried: what becomes of it is in `how`."""

    how: str
    name: str
    chunks: list[bytes]
    seconds: int

    @property
    def data(self) -> bytes:
        """The payload that is written."""
        return b"".join(self.chunks)


@dataclass
class Written:
    """An archive, and what ought to be in it."""

    stream: ZipStream
    parts: list[bytes] = field(default_factory=list)
    expected: list[tuple[str, bytes, int]] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Write one member, and note it where it is admitted."""
        stamp = Stamp.at(step.seconds)
        if step.how == "directory":
            self.parts.append(self.stream.directory(step.name, stamp))
            self.expected.append((step.name + "/", b"", step.seconds))
            return
        if step.how == "whole":
            self.parts.append(self.stream.whole(step.name, step.data, stamp))
        else:
            self._stream(step, stamp)
        if step.how in {"whole", "streamed"}:
            self.expected.append((step.name, step.data, step.seconds))

    def _stream(self, step: Step, stamp: Stamp) -> None:
        announced = len(step.data) + {"short": 1, "surplus": -1}.get(step.how, 0)
        self.parts.append(self.stream.open(step.name, max(announced, 0), stamp))
        for chunk in step.chunks:
            self.parts.append(chunk)
            self.stream.feed(chunk)
        if step.how == "streamed":
            self.parts.append(self.stream.close())
        elif self.stream.remaining == 0:
            self.stream.abandon()
        else:
            with pytest.raises(OverlayError):
                self.stream.close()

    def finish(self) -> bytes:
        """Give the whole archive."""
        self.parts.append(self.stream.finish())
        return b"".join(self.parts)


def steps(*hows: str) -> st.SearchStrategy[list[Step]]:
    """Give sequences of members with different names, none of which is another's folder."""
    leaf = st.text(
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"), min_size=1, max_size=8
    ).map(lambda text: "file " + text)
    folder = st.sampled_from(["", "root/", "root/JWST/", "Größe/日本/"])
    step = st.builds(
        Step,
        how=st.sampled_from(hows),
        name=st.builds(str.__add__, folder, leaf),
        chunks=st.lists(st.one_of(st.binary(max_size=40), st.just(b"PK\x07\x08PK\x01\x02")), max_size=4),
        seconds=st.integers(315_532_800, 2**32 - 1),
    )
    return st.lists(step, max_size=12, unique_by=lambda one: one.name)


LIMITS = st.one_of(st.just(REAL), st.builds(Limits, size=st.integers(0, 1500), entries=st.integers(0, 12)))


def unix_seconds(info: zipfile.ZipInfo) -> int:
    """Give the time in the extended timestamp field, found by walking over the extra fields."""
    rest = info.extra
    while rest:
        tag, length = struct.unpack_from("<HH", rest)
        if tag == 0x5455:
            flags, seconds = struct.unpack_from("<BI", rest, 4)
            assert flags == 1
            return int(seconds)
        rest = rest[4 + length :]
    raise AssertionError("no extended timestamp")


@given(steps("directory", "whole", "streamed", "abandoned", "short", "surplus"), LIMITS)
def test_zipfile_reads_back_exactly_what_was_admitted(sequence: list[Step], limits: Limits) -> None:
    written = Written(ZipStream(limits))
    for step in sequence:
        written.take(step)
        assert written.stream.offset == sum(map(len, written.parts))
        assert written.stream.entries == len(written.expected)
    data = written.finish()
    assert written.stream.offset == len(data)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    infos = archive.infolist()
    assert [(info.filename, archive.read(info), unix_seconds(info)) for info in infos] == written.expected
    for info, (name, content, seconds) in zip(infos, written.expected, strict=True):
        moment = datetime.fromtimestamp(seconds // 2 * 2, UTC)
        assert info.date_time == tuple(moment.timetuple()[:6])
        assert (info.file_size, info.compress_size, info.CRC) == (
            len(content),
            len(content),
            zlib.crc32(content),
        )
        assert info.external_attr >> 16 == (0o040755 if name.endswith("/") else 0o100644)
        assert info.is_dir() == name.endswith("/")


@given(steps("directory", "whole", "streamed"), LIMITS, st.text(st.characters(codec="ascii"), max_size=9))
def test_total_size_is_true_when_nothing_is_abandoned(
    sequence: list[Step], limits: Limits, comment: str
) -> None:
    comment = comment.replace("\x05", "")
    written = Written(ZipStream(limits))
    members = []
    for step in sequence:
        written.take(step)
        size = 0 if step.how == "directory" else len(step.data)
        members.append(Member(step.name, size, step.how))  # type: ignore[arg-type]
    written.parts.append(written.stream.finish(comment))
    assert total_size(iter(members), limits, comment) == sum(map(len, written.parts))


@given(steps("directory", "whole", "streamed", "abandoned"), LIMITS)
def test_zip64_stands_where_a_limit_is_reached_and_nowhere_else(sequence: list[Step], limits: Limits) -> None:
    written = Written(ZipStream(limits))
    for step in sequence:
        written.take(step)
    directory_at = written.stream.offset
    data = written.finish()
    tail = 22 + (56 + 20) * (b"PK\x06\x07" in data[-42:])
    for info in zipfile.ZipFile(io.BytesIO(data)).infolist():
        over_size, over_offset = info.file_size >= limits.size, info.header_offset >= limits.size
        local = over_size or (over_offset and bool(info.flag_bits & 8))
        assert info.extract_version == (45 if over_size or over_offset else 20)
        assert has_zip64_field(info.extra) == (over_size or over_offset)
        assert has_zip64_field(local_extra(data, info.header_offset)) == local
    assert (tail > 22) == (
        len(written.expected) >= limits.entries
        or directory_at >= limits.size
        or len(data) - tail - directory_at >= limits.size
    )


def local_extra(data: bytes, offset: int) -> bytes:
    """Cut the extra fields out of the local header at an offset."""
    name, extra = struct.unpack_from("<HH", data, offset + 26)
    return data[offset + 30 + name : offset + 30 + name + extra]


def has_zip64_field(extra: bytes) -> bool:
    """Tell whether extra fields begin with a Zip64 field, which is the only place where we put it."""
    return extra[:2] == b"\x01\x00"


# Numbers


def test_65535_members_read_back_through_zip64() -> None:
    stream = ZipStream()
    count = 0xFFFF
    parts = [stream.whole(f"root/{number:05}", b"", NOON) for number in range(count)]
    parts.append(stream.finish())
    data = b"".join(parts)
    assert data[-42:-38] == b"PK\x06\x07"
    assert len(zipfile.ZipFile(io.BytesIO(data)).infolist()) == count
    assert total_size(Member(f"root/{number:05}", 0, "whole") for number in range(count)) == len(data)


def test_total_size_of_a_terabyte_counts_zip64_beyond_4_gib() -> None:
    tebibyte = 2**40
    # Local header, payload, 8-byte descriptor; central record with two sizes; Zip64 end, locator, end.
    first = 30 + 1 + 20 + 9 + tebibyte + 24 + 46 + 1 + 20 + 9
    second = 30 + 1 + 20 + 9 + 10 + 24 + 46 + 1 + 12 + 9
    members = [Member("a", tebibyte, "streamed"), Member("b", 10, "streamed")]
    assert total_size(members) == first + second + 56 + 20 + 22
