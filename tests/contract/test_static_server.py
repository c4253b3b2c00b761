"""The plain file server of the browser tests: a sub-path, ranges, types, and damage on demand."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.archive.static import StaticServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "runtime").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>")
    (root / "runtime/index.html").write_text("inner")
    (root / "runtime/core.wasm").write_bytes(bytes(range(200)))
    (root / "boot.mjs").write_text("export {}")
    (tmp_path / "outside.txt").write_text("outside")
    return root


@pytest.fixture
def site(folder: Path) -> Iterator[StaticServer]:
    with StaticServer(folder) as site:
        yield site


def get(
    site: StaticServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=20)) as connection:
        # No header is added that was not asked for; http.client would accept "identity" alone.
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )


def test_files_are_served_below_the_prefix_alone(site: StaticServer) -> None:
    assert site.url == f"{site.origin}/some/sub/path/"
    assert get(site, "/some/sub/path/")[2] == b"<!doctype html>"
    assert get(site, "/some/sub/path/index.html?x=1")[2] == b"<!doctype html>"
    assert get(site, "/some/sub/path/runtime/")[2] == b"inner"
    for path in ("/", "/index.html", "/some/sub/path", "/some/sub/path/none", "/some/sub/path/runtime"):
        assert get(site, path)[0] == 404


@pytest.mark.parametrize(
    "path", ["../outside.txt", "%2e%2e/outside.txt", "runtime/../../outside.txt", "/etc/passwd"]
)
def test_nothing_outside_the_folder_is_served(site: StaticServer, path: str) -> None:
    assert get(site, f"/some/sub/path/{path}")[0] == 404


def test_the_prefix_may_be_the_root(folder: Path) -> None:
    with StaticServer(folder, "/") as site:
        assert get(site, "/boot.mjs")[2] == b"export {}"


def test_files_have_their_types_and_no_special_headers(site: StaticServer) -> None:
    _, headers, _ = get(site, "/some/sub/path/boot.mjs")
    assert headers["content-type"] == "text/javascript"
    assert set(headers) == {
        "content-type",
        "content-length",
        "accept-ranges",
        "last-modified",
        "date",
        "server",
    }
    assert get(site, "/some/sub/path/runtime/core.wasm")[1]["content-type"] == "application/wasm"


def test_wasm_may_have_the_wrong_type(folder: Path) -> None:
    with StaticServer(folder, wasm_type="text/plain") as site:
        assert get(site, "/some/sub/path/runtime/core.wasm")[1]["content-type"] == "text/plain"


def test_ranges_and_head_are_answered(site: StaticServer) -> None:
    path = "/some/sub/path/runtime/core.wasm"
    status, headers, body = get(site, path, Range="bytes=5-9")
    assert (status, headers["content-range"], body) == (206, "bytes 5-9/200", bytes(range(5, 10)))
    assert get(site, path, Range="bytes=200-")[0] == 416
    status, headers, body = get(site, path, "HEAD")
    assert (status, headers["content-length"], body) == (200, "200", b"")


def test_files_can_be_broken_corrupted_and_mended(site: StaticServer) -> None:
    path = "/some/sub/path/runtime/core.wasm"
    site.break_file("runtime/core.wasm", 503)
    assert get(site, path)[0] == 503
    site.mend()
    site.corrupt_file("runtime/core.wasm")
    damaged = bytes(range(100)) + bytes(byte ^ 0xFF for byte in range(100, 200))
    assert get(site, path)[2] == damaged
    assert get(site, path, Range="bytes=90-109")[2] == damaged[90:110]
    site.mend()
    assert get(site, path)[2] == bytes(range(200))


def test_requests_are_recorded_and_nothing_is_left_running(folder: Path) -> None:
    threads = set(threading.enumerate())
    with StaticServer(folder) as site:
        get(site, "/some/sub/path/boot.mjs")
        get(site, "/elsewhere")
    assert [(request.product, request.status) for request in site.requests] == [
        ("boot.mjs", 200),
        (None, 404),
    ]
    assert set(threading.enumerate()) <= threads


@pytest.fixture
def compressed(folder: Path) -> Iterator[StaticServer]:
    (folder / "boot.mjs.br").write_bytes(b"by brotli")
    (folder / "boot.mjs.gz").write_bytes(b"by gzip")
    with StaticServer(folder, encodings=("br", "gzip")) as site:
        yield site


@pytest.mark.parametrize(
    ("accepted", "encoding", "expected"),
    [
        ("gzip, deflate, br, zstd", "br", b"by brotli"),
        ("gzip;q=1.0, br;q=0", "gzip", b"by gzip"),
        ("gzip, deflate", "gzip", b"by gzip"),
        ("*", "br", b"by brotli"),
        ("*;q=0.5, br;q=0.000", "gzip", b"by gzip"),
        ("identity", None, b"export {}"),
        ("", None, b"export {}"),
    ],
)
def test_twins_are_sent_to_whoever_takes_their_encoding(
    compressed: StaticServer, accepted: str, encoding: str | None, expected: bytes
) -> None:
    status, headers, body = get(compressed, "/some/sub/path/boot.mjs", Accept_Encoding=accepted)
    assert (status, headers.get("content-encoding"), body) == (200, encoding, expected)
    assert headers["content-type"] == "text/javascript"
    assert headers["vary"] == "Accept-Encoding"


def test_each_encoding_has_its_own_tag_which_spares_the_body(compressed: StaticServer) -> None:
    path = "/some/sub/path/boot.mjs"
    tags = {each: get(compressed, path, Accept_Encoding=each)[1]["etag"] for each in ("br", "gzip", "")}
    assert len(set(tags.values())) == 3
    for each, tag in tags.items():
        assert get(compressed, path, Accept_Encoding=each, If_None_Match=tag)[::2] == (304, b"")
    assert get(compressed, path, Accept_Encoding="gzip", If_None_Match=tags["br"])[0] == 200


def test_a_range_is_one_of_the_file_itself(compressed: StaticServer) -> None:
    status, headers, body = get(
        compressed, "/some/sub/path/boot.mjs", Accept_Encoding="br", Range="bytes=0-5"
    )
    assert (status, headers.get("content-encoding"), body) == (206, None, b"export")


def test_a_server_offers_no_encoding_that_it_was_not_given(folder: Path) -> None:
    (folder / "boot.mjs.br").write_bytes(b"by brotli")
    with StaticServer(folder, encodings=("gzip",)) as site:
        assert get(site, "/some/sub/path/boot.mjs", Accept_Encoding="br, gzip")[2] == b"export {}"


def test_all_connections_share_a_slow_link(folder: Path) -> None:
    size, rate = 60_000, 400_000
    (folder / "large.bin").write_bytes(bytes(size))
    with StaticServer(folder, bytes_per_second=rate) as site:
        answers: list[int] = []
        readers = [
            threading.Thread(target=lambda: answers.append(len(get(site, "/some/sub/path/large.bin")[2])))
            for _ in range(4)
        ]
        began = time.monotonic()
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        took = time.monotonic() - began
    assert answers == [size] * 4
    assert took >= 4 * size / rate
