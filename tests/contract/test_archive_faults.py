"""Faults of the test archive: each kind goes wrong exactly as it says, as often as it says, and is recorded."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from typing import Any

import pytest

from tests.archive.faults import KINDS, Fault
from tests.archive.server import ArchiveServer, content

FILE = "jw00001001001_02101_00001_nrca1_cal.fits"
OTHER = "jw00001001001_02101_00001_nrca1_rate.fits"
SIZE = 2880 * 50
WHOLE = content(FILE, SIZE)


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as archive:
        archive.add_products(
            "JWST", [{"dataset": "set", "filename": name, "size": SIZE} for name in (FILE, OTHER)]
        )
        yield archive


@pytest.fixture
def connection(archive: ArchiveServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", archive.port, timeout=20)) as connection:
        yield connection


def target(archive: ArchiveServer, name: str = FILE) -> str:
    return archive.retrieve_url("JWST", f"set/{name}").removeprefix(archive.origin)


class Answer:
    """An answer as far as it came; ``ended`` says how: ``well``, ``early`` or ``reset``."""

    def __init__(self, connection: HTTPConnection, path: str, **headers: str) -> None:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body, self.ended = b"", "well"
        try:
            while piece := response.read1(65536):
                self.body += piece
            if response.length:
                self.ended = "early"
        except IncompleteRead as cut:
            self.body += cut.partial
            self.ended = "early"
        except ConnectionResetError:
            self.ended = "reset"
        response.close()
        if self.ended != "well":
            connection.close()


def test_a_cut_file_ends_after_its_bytes(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "cut", at=1000, times=1)
    cut = Answer(connection, target(archive))
    assert (cut.status, cut.headers["content-length"], cut.body) == (200, str(SIZE), WHOLE[:1000])
    assert cut.ended == "early"
    assert Answer(connection, target(archive)).body == WHOLE
    first, second = archive.finished()
    assert (first.fault, first.sent, first.cut, first.status) == ("cut", 1000, True, 200)
    assert (second.fault, second.sent, second.cut) == (None, SIZE, False)


def test_a_cut_counts_from_the_range_that_is_asked(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    archive.fault(FILE, "cut", at=10)
    assert Answer(connection, target(archive), Range="bytes=5000-").body == WHOLE[5000:5010]
    assert Answer(connection, target(archive)).body == WHOLE[:10]


def test_a_cut_before_the_first_byte_sends_headers_alone(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    archive.fault(FILE, "cut", at=0)
    cut = Answer(connection, target(archive))
    assert (cut.status, cut.body, cut.ended) == (200, b"", "early")


def test_a_reset_is_no_orderly_end(archive: ArchiveServer) -> None:
    archive.fault(FILE, "reset", at=4000)
    with socket.create_connection(("127.0.0.1", archive.port), timeout=20) as client:
        client.sendall(f"GET {target(archive)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        archive.finished()
        with pytest.raises(ConnectionResetError):
            while client.recv(65536):
                pass
    assert (archive.requests[0].sent, archive.requests[0].cut) == (4000, True)


def test_a_stall_goes_on_after_its_time(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "stall", at=3000, seconds=0.3, times=1)
    began = time.perf_counter()
    assert Answer(connection, target(archive)).body == WHOLE
    assert time.perf_counter() - began >= 0.3


def test_a_stall_goes_on_when_the_faults_are_cleared(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    archive.fault(FILE, "stall", at=3000)
    connection.request("GET", target(archive))
    response = connection.getresponse()
    assert response.read(3000) == WHOLE[:3000]
    assert archive.wait(lambda requests: requests[0].sent == 3000)
    archive.clear_faults()
    assert response.read() == WHOLE[3000:]


def test_a_stall_ends_when_the_client_leaves(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "stall", at=3000)
    connection.request("GET", target(archive))
    connection.getresponse().close()
    connection.close()
    (request,) = archive.finished()
    assert (request.sent, request.cut) == (3000, True)


def test_a_trickle_keeps_its_rate(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "trickle", rate=400_000)
    began = time.perf_counter()
    assert Answer(connection, target(archive)).body == WHOLE
    assert 0.3 <= time.perf_counter() - began < 20


@pytest.mark.parametrize("wait", [None, "2", "Wed, 04 Nov 2026 10:15:00 GMT"])
def test_too_many_requests_with_and_without_a_time(
    archive: ArchiveServer, connection: HTTPConnection, wait: str | None
) -> None:
    archive.fault(FILE, "status", status=429, retry_after=wait, times=2)
    answers = [Answer(connection, target(archive)) for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert [answer.headers.get("retry-after") for answer in answers] == [wait, wait, None]


def test_an_error_ends_after_its_times(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "status", status=503, times=3)
    assert [Answer(connection, target(archive)).status for _ in range(5)] == [503, 503, 503, 200, 200]


def test_a_token_can_end_half_way(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault("*", "status", status=401, after=2)
    assert [Answer(connection, target(archive, name)).status for name in (FILE, OTHER, FILE, OTHER)] == [
        *(200, 200, 401, 401),
    ]


@pytest.mark.parametrize(("kind", "length"), [("short", SIZE - 100), ("long", SIZE + 100)])
def test_a_file_of_another_length_than_listed(
    archive: ArchiveServer, connection: HTTPConnection, kind: str, length: int
) -> None:
    archive.fault(FILE, kind, by=100)
    answer = Answer(connection, target(archive))
    assert (answer.status, answer.headers["content-length"], answer.ended) == (200, str(length), "well")
    assert answer.body == (WHOLE + bytes(100))[:length]
    part = Answer(connection, target(archive), Range=f"bytes={SIZE - 150}-")
    assert part.headers["content-range"] == f"bytes {SIZE - 150}-{length - 1}/{length}"
    assert part.body == (WHOLE + bytes(100))[SIZE - 150 : length]


def test_another_etag_breaks_off_a_resumed_file(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "etag", after=1)
    etag = Answer(connection, target(archive)).headers["etag"]
    resumed = Answer(connection, target(archive), Range="bytes=100-", **{"If-Range": etag})
    assert (resumed.status, resumed.body) == (200, WHOLE)
    assert resumed.headers["etag"] != etag


def test_without_validators_no_range_can_be_conditional(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    date = Answer(connection, target(archive)).headers["last-modified"]
    archive.fault(FILE, "no-validators")
    answer = Answer(connection, target(archive), Range="bytes=1-2", **{"If-Range": date})
    assert not {"etag", "last-modified"} & set(answer.headers)
    assert answer.status == 200


def test_a_range_can_be_ignored(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "ignore-range")
    answer = Answer(connection, target(archive), Range="bytes=100-199")
    assert (answer.status, answer.body) == (200, WHOLE)
    assert not {"content-range", "accept-ranges"} & set(answer.headers)


@pytest.mark.parametrize(("asked", "by", "start"), [(5000, 7, 4993), (0, 7, 7), (SIZE - 3, SIZE, SIZE - 1)])
def test_a_wrong_range_says_what_it_is(
    archive: ArchiveServer, connection: HTTPConnection, asked: int, by: int, start: int
) -> None:
    archive.fault(FILE, "wrong-range", by=by)
    answer = Answer(connection, target(archive), Range=f"bytes={asked}-")
    assert (answer.status, answer.ended) == (206, "well")
    assert answer.headers["content-range"] == f"bytes {start}-{SIZE - 1}/{SIZE}"
    assert answer.body == WHOLE[start:]


def test_ranges_can_be_refused(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "range-refused")
    answer = Answer(connection, target(archive), Range="bytes=0-9")
    assert (answer.status, answer.headers["content-range"], answer.body) == (416, f"bytes */{SIZE}", b"")
    assert Answer(connection, target(archive)).status == 200


def test_a_redirect_loop_never_comes_to_an_end(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "redirect-loop")
    seen, path = set(), target(archive)
    for _ in range(30):
        answer = Answer(connection, path)
        assert answer.status == 302
        path = answer.headers["location"].removeprefix(archive.origin)
        seen.add(path)
    assert len(seen) == 30


@pytest.mark.parametrize(
    ("kind", "media_type", "start"),
    [("html", "text/html; charset=utf-8", b"<!DOCTYPE html>"), ("xml", "application/xml", b"<?xml")],
)
def test_a_page_can_stand_in_for_a_file(
    archive: ArchiveServer, connection: HTTPConnection, kind: str, media_type: str, start: bytes
) -> None:
    archive.fault(FILE, kind)
    for headers in ({}, {"Range": "bytes=100-"}):
        answer = Answer(connection, target(archive), **headers)
        assert (answer.status, answer.headers["content-type"]) == (200, media_type)
        assert answer.body.startswith(start)


@pytest.mark.parametrize("kind", ["chunked", "until-close"])
def test_a_file_can_come_without_its_length(
    archive: ArchiveServer, connection: HTTPConnection, kind: str
) -> None:
    archive.fault(FILE, kind)
    answer = Answer(connection, target(archive))
    assert "content-length" not in answer.headers
    assert answer.body == WHOLE
    part = Answer(connection, target(archive), Range="bytes=7-99")
    assert (part.status, part.body) == (206, WHOLE[7:100])


@pytest.mark.parametrize("first", [0, 100, 5001])
def test_one_byte_can_be_wrong(archive: ArchiveServer, connection: HTTPConnection, first: int) -> None:
    archive.fault(FILE, "corrupt", at=5000)
    body = Answer(connection, target(archive), Range=f"bytes={first}-").body
    wrong = [first + offset for offset, byte in enumerate(body) if byte != WHOLE[first + offset]]
    assert wrong == ([5000] if first <= 5000 else [])


def test_one_file_can_be_closed_to_other_origins(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "blocked")
    assert "access-control-allow-origin" not in Answer(connection, target(archive)).headers
    assert "access-control-allow-origin" in Answer(connection, target(archive, OTHER)).headers


def test_a_pattern_chooses_the_files(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault("*_cal.fits", "status")
    assert Answer(connection, target(archive)).status == 500
    assert Answer(connection, target(archive, OTHER)).status == 200


def test_faults_follow_one_another(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "status", status=500, times=1)
    archive.fault(FILE, "html", times=1)
    archive.fault(FILE, "cut", at=5, times=1)
    answers = [Answer(connection, target(archive)) for _ in range(4)]
    assert [(answer.status, answer.ended) for answer in answers] == [
        *((500, "well"), (200, "well"), (200, "early"), (200, "well")),
    ]
    assert answers[3].body == WHOLE


def test_endpoints_have_faults_too(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault("whoami", "status", status=502, times=1)
    archive.fault("list_products", "cut", at=20, times=1)
    assert [Answer(connection, "/whoami").status for _ in range(2)] == [502, 200]
    path = archive.list_url("JWST").removeprefix(archive.origin)
    assert len(Answer(connection, path).body) == 20
    assert len(json.loads(Answer(connection, path).body)["products"]) == 2


def test_a_question_without_body_uses_no_fault_up(archive: ArchiveServer, connection: HTTPConnection) -> None:
    archive.fault(FILE, "status", times=1)
    connection.request("HEAD", target(archive))
    response = connection.getresponse()
    response.read()
    assert response.status == 200
    assert Answer(connection, target(archive)).status == 500


@pytest.mark.parametrize(
    "parameters",
    [
        {"kind": "unknown"},
        {"kind": "cut", "at": -1},
        {"kind": "trickle", "rate": 0},
        {"kind": "status", "status": 99},
    ],
)
def test_a_fault_that_cannot_be_is_refused(archive: ArchiveServer, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no fault is called|out of its range"):
        archive.fault(FILE, **parameters)


def control(connection: HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection.request(method, path, None if body is None else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_faults_can_be_ordered_listed_and_ended_over_http(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    status, faults = control(
        connection, "POST", "/_faults", {"pattern": "*_cal.fits", "kind": "cut", "at": 9}
    )
    assert (status, len(faults)) == (200, 1)
    assert (faults[0]["pattern"], faults[0]["kind"], faults[0]["at"]) == ("*_cal.fits", "cut", 9)
    assert Answer(connection, target(archive)).body == WHOLE[:9]
    assert control(connection, "GET", "/_faults") == (200, faults)
    assert control(connection, "DELETE", "/_faults") == (200, [])
    assert Answer(connection, target(archive)).body == WHOLE


@pytest.mark.parametrize(
    "order",
    [
        {},
        [],
        {"pattern": "*"},
        {"pattern": "*", "kind": "no"},
        {"pattern": "*", "kind": "cut", "ended": True},
    ],
)
def test_orders_that_are_none_are_refused(connection: HTTPConnection, order: object) -> None:
    status, answer = control(connection, "POST", "/_faults", order)
    assert (status, list(answer)) == (400, ["error"])
    assert control(connection, "GET", "/_faults") == (200, [])


@pytest.mark.parametrize(
    "wrong", [{"at": "9"}, {"times": 1.5}, {"retry_after": 5}, {"pattern": 3}, {"after": None}]
)
def test_orders_of_the_wrong_type_are_refused(connection: HTTPConnection, wrong: dict[str, Any]) -> None:
    status, answer = control(connection, "POST", "/_faults", {"pattern": "*", "kind": "cut", **wrong})
    assert (status, list(answer)) == (400, ["error"])


def test_files_and_records_can_be_handled_over_http(
    archive: ArchiveServer, connection: HTTPConnection
) -> None:
    assert control(connection, "POST", "/_files", {"delete": FILE})[0] == 200
    assert Answer(connection, target(archive)).status == 404
    assert control(connection, "POST", "/_files", {"restore": FILE, "change": FILE})[0] == 200
    assert Answer(connection, target(archive)).body == content(FILE, SIZE, version=2)
    assert control(connection, "POST", "/_files", {"delete": "none"})[0] == 404
    assert control(connection, "POST", "/_files", {"burn": FILE})[0] == 404
    _, records = control(connection, "GET", "/_requests")
    assert [record["status"] for record in records if record["product"] == FILE] == [404, 200]


def test_every_kind_of_fault_is_tested_here() -> None:
    with open(__file__, encoding="utf-8") as source:
        text = source.read()
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []
    assert Fault("*", "cut").as_json().keys() >= {"pattern", "kind", "times", "after", "at"}
