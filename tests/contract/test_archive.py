"""The test archive's protocol: lists, files, ranges, sign-in, CORS, records, and an end without leftovers."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.archive.ranges import Unsatisfiable, asked_range
from tests.archive.server import ArchiveServer, content
from web.buildsteps.demo import demo_rows

ROOT = Path(__file__).parents[2]
PAGE = "http://page.example"
FILE = "jw00001001001_02101_00001_nrca1_cal.fits"
URI = f"jw00001001001_02101_00001/{FILE}"
SIZE = 2880 * 50
SECRET_URI = "jw00002001001_02101_00001/secret_cal.fits"


def row(uri: str, size: int = SIZE, access: str = "PUBLIC") -> dict[str, Any]:
    dataset, _, filename = uri.partition("/")
    return {"dataset": dataset, "filename": filename, "uri": uri, "size": size, "access": access}


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as archive:
        archive.add_products("JWST", [row(URI), row(SECRET_URI, access="EXCLUSIVE_ACCESS")])
        archive.add_token("right", "pi", ["jw00002"])
        archive.add_token("other", "somebody", ["jw00001"])
        yield archive


class Answer:
    """An answer that has been read to its end."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: object = None, **headers: str) -> Answer:
    """Ask once, on a connection of its own; ``_`` in a header's name stands for ``-``."""
    split = urlsplit(url)
    assert split.hostname
    with closing(HTTPConnection(split.hostname, split.port, timeout=20)) as connection:
        target = split.path + (f"?{split.query}" if split.query else "")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, None if body is None else json.dumps(body), sent)
        return Answer(connection.getresponse())


def file_url(archive: ArchiveServer, uri: str = URI) -> str:
    return archive.retrieve_url("JWST", uri)


def test_a_list_has_the_rows_of_the_datasets_in_the_order_asked(archive: ArchiveServer) -> None:
    names = ["jw00002001001_02101_00001", "jw00001001001_02101_00001"]
    answer = ask(archive.list_url("JWST", [*names, "unknown"]))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"products": [row(SECRET_URI, access="EXCLUSIVE_ACCESS"), row(URI)]}


def test_a_list_may_be_asked_by_post_and_may_be_nested(archive: ArchiveServer) -> None:
    asked = {"dataset_ids": ["jw00001001001_02101_00001"]}
    url = f"{archive.api('JWST')}/post_list_products"
    assert ask(url, "POST", asked).json == {"products": [row(URI)]}
    archive.nested = True
    assert ask(url, "POST", asked).json == {"products": [[row(URI)]]}


def test_a_list_of_no_datasets_is_refused(archive: ArchiveServer) -> None:
    assert ask(f"{archive.api('JWST')}/list_products").status == 400
    assert ask(f"{archive.api('JWST')}/post_list_products", "POST", {"dataset_ids": "x"}).status == 400
    assert ask(f"{archive.api('JWST')}/post_list_products", "POST", [1]).status == 400


@pytest.mark.parametrize("path", ["/", "/search/jwst/api/v0.1/nothing", "/nothing", "/search/jwst/"])
def test_only_known_addresses_answer(archive: ArchiveServer, path: str) -> None:
    assert ask(archive.origin + path).status == (200 if path == "/" else 404)


def test_a_file_comes_whole_with_length_type_and_validators(archive: ArchiveServer) -> None:
    answer = ask(file_url(archive))
    assert answer.status == 200
    assert answer.body == content(FILE, SIZE) == archive.content(FILE)
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["content-type"] == "application/fits"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"].endswith("GMT")


def test_a_file_has_the_mast_uri_of_its_name_too(archive: ArchiveServer) -> None:
    assert ask(file_url(archive, f"mast:JWST/product/{FILE}")).body == content(FILE, SIZE)


def test_an_unknown_file_is_not_found(archive: ArchiveServer) -> None:
    assert ask(file_url(archive, "no/such.fits")).status == 404
    assert ask(archive.retrieve_url("HST", URI)).status == 404


def test_two_files_of_one_name_are_told_apart_by_their_datasets(archive: ArchiveServer) -> None:
    archive.add_products("JWST", [row("a/msa.fits", 5760), row("b/msa.fits", 8640), row("c/msa.fits", 8640)])
    assert len(ask(file_url(archive, "a/msa.fits")).body) == 5760
    assert ask(file_url(archive, "b/msa.fits")).body == ask(file_url(archive, "c/msa.fits")).body
    assert archive.content("msa.fits", 8640) == content("msa.fits", 8640)
    with pytest.raises(KeyError, match="2 files"):
        archive.content("msa.fits")


def test_strange_names_survive_the_address(archive: ArchiveServer) -> None:
    names = ["a b&c=d#e?f%2Fg+h.fits", "Größe_日本.fits", "it's;$(x).fits"]
    archive.add_products("JWST", [row(f"set/{name}", 3000) for name in names])
    for name in names:
        assert ask(file_url(archive, f"set/{name}")).body == content(name, 3000)


def test_head_answers_as_get_without_a_body(archive: ArchiveServer) -> None:
    head, get = ask(file_url(archive), "HEAD"), ask(file_url(archive))
    del head.headers["date"], get.headers["date"]
    assert (head.status, head.headers, head.body) == (200, get.headers, b"")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 99}", SIZE - 1, SIZE),
        (f"bytes=-{SIZE + 5}", 0, SIZE),
    ],
)
def test_a_range_is_sent_alone(archive: ArchiveServer, asked: str, start: int, stop: int) -> None:
    answer = ask(file_url(archive), Range=asked)
    assert answer.status == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(stop - start)
    assert answer.body == content(FILE, SIZE)[start:stop]


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=0-1", "bytes=0-1,5-6", "bytes=x-"])
def test_what_is_no_single_range_brings_the_whole_file(archive: ArchiveServer, asked: str) -> None:
    assert (ask(file_url(archive), Range=asked).status, asked_range(asked, 10)) == (200, None)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(archive: ArchiveServer, asked: str) -> None:
    answer = ask(file_url(archive), Range=asked)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")
    with pytest.raises(Unsatisfiable):
        asked_range(asked, SIZE)


def test_a_range_goes_on_only_with_the_file_that_it_began_with(archive: ArchiveServer) -> None:
    first = ask(file_url(archive), "HEAD").headers
    for validator in (first["etag"], first["last-modified"]):
        assert ask(file_url(archive), Range="bytes=10-19", If_Range=validator).status == 206
    answer = ask(file_url(archive), Range="bytes=10-19", If_Range='"other"')
    assert (answer.status, answer.body) == (200, content(FILE, SIZE))


def test_a_changed_file_has_other_bytes_and_another_etag(archive: ArchiveServer) -> None:
    before = ask(file_url(archive))
    archive.change(FILE)
    after = ask(file_url(archive), Range="bytes=10-19", If_Range=before.headers["etag"])
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.body == archive.content(FILE) == content(FILE, SIZE, version=2)
    assert after.body != before.body


def test_a_deleted_file_is_gone_but_listed_until_it_is_restored(archive: ArchiveServer) -> None:
    archive.delete(FILE)
    assert ask(file_url(archive)).status == 404
    assert [request.status for request in archive.requests_for(FILE)] == [404]
    assert len(ask(archive.list_url("JWST")).json["products"]) == 2
    archive.restore(FILE)
    assert ask(file_url(archive)).status == 200
    with pytest.raises(KeyError):
        archive.delete("no such file")


def test_whoami_knows_the_bearer_of_a_token(archive: ArchiveServer) -> None:
    def who(**headers: str) -> tuple[str, bool]:
        answer = ask(f"{archive.origin}/whoami", **headers).json
        return answer["ezid"], answer["anon"]

    assert who() == ("anonymous", True)
    assert who(Authorization="token wrong") == ("anonymous", True)
    assert who(Authorization="Bearer right") == ("anonymous", True)
    assert who(Authorization="token right") == ("pi", False)
    assert who(Authorization="Token  right ") == ("pi", False)


def test_an_exclusive_file_needs_a_token_for_its_program(archive: ArchiveServer) -> None:
    url = file_url(archive, SECRET_URI)
    for headers in ({}, {"Authorization": "token wrong"}, {"Authorization": "token other"}):
        answer = ask(url, **headers)
        assert answer.status == 401
        assert b"SIMPLE" not in answer.body
    assert ask(url, Authorization="token right").body == content("secret_cal.fits", SIZE)
    assert ask(url, "HEAD").status == 401


def test_a_token_ends_after_as_many_uses_as_are_left(archive: ArchiveServer) -> None:
    archive.end_token("right", after=2)
    url = file_url(archive, SECRET_URI)
    assert [ask(url, Authorization="token right").status for _ in range(4)] == [200, 200, 401, 401]
    archive.add_token("right", "pi", ["jw00002"])
    assert ask(url, Authorization="token right").status == 200


def test_public_files_by_whole_uri_are_redirected_to_the_bucket(archive: ArchiveServer) -> None:
    uri = "mast:HLSP/demo/spectrum one.fits"
    archive.add_products(
        "ULLYSES", [{"dataset": "star", "filename": "spectrum one.fits", "uri": uri, "size": 5760}]
    )
    answer = ask(f"{archive.origin}/api/v0.1/Download/file?uri=mast:HLSP/demo/spectrum%20one.fits")
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["location"] == f"{archive.origin}/public/ULLYSES/star/spectrum%20one.fits"
    assert ask(answer.headers["location"]).body == content("spectrum one.fits", 5760)


def test_exclusive_files_by_whole_uri_are_sent_by_the_archive_itself(archive: ArchiveServer) -> None:
    url = f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/secret_cal.fits"
    assert ask(url).status == 401
    assert ask(url, Authorization="token right").body == content("secret_cal.fits", SIZE)
    assert ask(f"{archive.origin}/public/JWST/{SECRET_URI}", Authorization="token right").status == 403
    assert ask(f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/none").status == 404


def test_a_bucket_on_another_origin_refuses_tokens() -> None:
    with ArchiveServer(demo=False, bucket_host="localhost") as archive:
        archive.add_products("JWST", [row(URI)])
        location = ask(f"{archive.origin}/api/v0.1/Download/file?uri=mast:JWST/product/{FILE}").headers[
            "location"
        ]
        assert location == f"http://localhost:{archive.port}/public/JWST/{URI}"
        assert ask(location).status == 200
        assert ask(location, Authorization="token any").status == 400


def test_other_origins_may_read_every_answer(archive: ArchiveServer) -> None:
    for url in (
        file_url(archive),
        archive.list_url("JWST"),
        f"{archive.origin}/whoami",
        f"{archive.origin}/none",
    ):
        headers = ask(url, Origin=PAGE).headers
        assert headers["access-control-allow-origin"] == "*"
        exposed = {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")}
        assert exposed == {
            *("content-length", "content-range", "etag", "last-modified", "accept-ranges", "retry-after"),
        }


def test_a_preflight_allows_tokens_and_ranges(archive: ArchiveServer) -> None:
    answer = ask(
        file_url(archive), "OPTIONS", Origin=PAGE, Access_Control_Request_Headers="authorization,range"
    )
    assert (answer.status, answer.body) == (204, b"")
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed >= {"authorization", "range", "if-range", "content-type"}
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_closed_archive_lets_no_other_origin_read(archive: ArchiveServer) -> None:
    archive.cors = False
    for method in ("GET", "OPTIONS"):
        assert not [
            name for name in ask(file_url(archive), method).headers if name.startswith("access-control")
        ]


def test_no_cache_hides_a_request_unless_it_may(archive: ArchiveServer) -> None:
    assert ask(file_url(archive)).headers["cache-control"] == "no-store"
    archive.cacheable = True
    assert "cache-control" not in ask(file_url(archive)).headers


def test_the_record_says_what_was_asked_and_answered(archive: ArchiveServer) -> None:
    ask(file_url(archive), Range="bytes=0-99", Authorization="token right", Origin=PAGE, Cookie="none")
    (request,) = archive.finished()
    assert (request.method, request.product, request.status, request.sent) == ("GET", FILE, 206, 100)
    assert (request.authorized, request.range, request.fault, request.cut) == (
        True,
        "bytes=0-99",
        None,
        False,
    )
    assert request.path == f"/search/jwst/api/v0.1/retrieve_product?product_name={URI.replace('/', '%2F')}"
    assert "right" not in str(request)
    assert request.headers["origin"] == PAGE
    assert request.headers["cookie"] == "none"
    assert archive.requests_for(FILE) == [request]
    assert archive.requests_for(FILE, "HEAD") == []


def test_the_record_can_be_waited_for(archive: ArchiveServer) -> None:
    assert not archive.wait(lambda requests: len(requests) == 1, timeout=0.01)
    asking = threading.Thread(target=ask, args=(file_url(archive),))
    asking.start()
    assert archive.wait(lambda requests: any(request.sent == SIZE for request in requests))
    asking.join()
    archive.log.clear()
    assert archive.requests == []


def test_a_connection_serves_many_requests(archive: ArchiveServer) -> None:
    with closing(HTTPConnection("127.0.0.1", archive.port, timeout=20)) as connection:
        for _ in range(20):
            connection.request("GET", urlsplit(file_url(archive)).path + "?product_name=none")
            assert Answer(connection.getresponse()).status == 404
            connection.request("POST", "/nothing", "x" * 5000)
            assert Answer(connection.getresponse()).status == 404
    assert len(archive.finished()) == 40


def test_a_request_that_announces_too_much_is_refused(archive: ArchiveServer) -> None:
    assert ask(f"{archive.origin}/_faults", "POST", Content_Length=str(1 << 40)).status == 413
    assert ask(f"{archive.origin}/_faults", "POST", Content_Length="many").status == 413


def test_many_clients_are_served_at_once(archive: ArchiveServer) -> None:
    bodies: list[bytes] = []
    clients = [threading.Thread(target=lambda: bodies.append(ask(file_url(archive)).body)) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert bodies == [content(FILE, SIZE)] * 40
    assert sum(request.sent for request in archive.finished()) == 40 * SIZE


def test_large_files_are_made_as_they_are_sent_and_fast() -> None:
    size = 2880 * 100_000
    with ArchiveServer(demo=False) as archive:
        archive.add_products(
            "JWST", [row("set/large_uncal.fits", size), row("set/huge_uncal.fits", size * 50_000)]
        )
        url = urlsplit(file_url(archive, "set/large_uncal.fits"))
        with closing(HTTPConnection("127.0.0.1", archive.port, timeout=60)) as connection:
            began = time.perf_counter()
            connection.request("GET", f"{url.path}?{url.query}")
            response, buffer, received = connection.getresponse(), bytearray(1 << 20), 0
            while count := response.readinto(buffer):
                received += count
            took = time.perf_counter() - began
        assert received == size
        assert received / took > 200e6
        tail = ask(file_url(archive, "set/huge_uncal.fits"), Range="bytes=-10")
        assert len(tail.body) == 10


def test_the_demo_archive_is_served_as_it_is_listed() -> None:
    with ArchiveServer() as archive:
        for mission in ("JWST", "HST"):
            rows = ask(archive.list_url(mission)).json["products"]
            assert rows == list(demo_rows(mission))
        assert ask(archive.origin).json == {mission: archive.list_url(mission) for mission in ("JWST", "HST")}
        exclusive = {str(row["uri"]): row for row in demo_rows("JWST") if row["access"] == "EXCLUSIVE_ACCESS"}
        for uri, wanted in list(exclusive.items())[::40]:
            token = f"token demo-token-{str(wanted['dataset'])[2:7]}"
            assert ask(file_url(archive, uri), Authorization=token).body == archive.content(
                str(wanted["filename"])
            )
            assert ask(file_url(archive, uri)).status == 401


def test_the_end_leaves_no_thread_and_no_connection() -> None:
    threads = set(threading.enumerate())
    with ArchiveServer() as archive:
        archive.fault("*", "stall", at=10)
        idle = socket.create_connection(("127.0.0.1", archive.port))
        held = socket.create_connection(("127.0.0.1", archive.port))
        uri = next(iter(demo_rows("HST")))["uri"]
        target = archive.retrieve_url("HST", str(uri)).removeprefix(archive.origin)
        held.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert archive.wait(lambda requests: any(request.sent == 10 for request in requests))
        began = time.perf_counter()
    assert time.perf_counter() - began < 5
    assert set(threading.enumerate()) <= threads
    with idle, held:
        assert idle.recv(1) == b""
        while held.recv(4096):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", archive.port)).close()


def test_an_archive_that_never_started_can_be_stopped() -> None:
    archive = ArchiveServer(demo=False)
    archive.stop()


def test_an_error_inside_the_archive_is_not_hidden() -> None:
    archive = ArchiveServer(demo=False).start()
    del archive.store
    with pytest.raises(RemoteDisconnected):
        ask(file_url(archive))
    with pytest.raises(RuntimeError, match="AttributeError"):
        archive.stop()


def test_the_archive_can_be_started_from_a_shell() -> None:
    command = [sys.executable, "-m", "tests.archive.server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            origin = process.stdout.readline().removeprefix("archive: ").strip()
            assert ask(f"{origin}/whoami").json["ezid"] == "anonymous"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_port_that_is_taken_is_told_in_one_line(archive: ArchiveServer) -> None:
    command = [sys.executable, "-m", "tests.archive.server", "--port", str(archive.port)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"port {archive.port} cannot be had" in ended.stderr
    assert "Traceback" not in ended.stderr
