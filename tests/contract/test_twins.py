"""Compressed twins beside the files of a site: what they hold, which files have none, and how they are served."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from web.buildsteps.serving import site_server
from web.buildsteps.twins import write_twins

PAGE = b"<!doctype html>" + b"<p>one and the same</p>" * 500
#: Files that are as compressible as the page, and yet have no twin.
WITHOUT = (
    ".download-overlay",
    "LICENSE",
    "demo/files/image.fits",
    "from-file.html",
    "from-file/page.js",
    "licences/Python.txt",
    "runtime/stdlib.zip",
    "site.json",
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site without twins."""
    root = tmp_path / "site"
    for name in ("index.html", "runtime/core.wasm", *WITHOUT):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PAGE)
    (root / "noise.js").write_bytes(os.urandom(5000))
    (root / "short.js").write_bytes(b"x" * 200)
    return root


def names(site: Path) -> set[str]:
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def unbrotli(path: Path) -> bytes:
    """What another reader makes of it."""
    script = "process.stdout.write(zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])))"
    done = subprocess.run(
        [os.environ["OVERLAY_NODE"], "-e", script, str(path)], capture_output=True, check=True
    )
    return done.stdout


def test_twins_hold_what_their_originals_hold_in_fewer_bytes(site: Path, tmp_path: Path) -> None:
    write_twins(site, tmp_path / "kept")
    for name in ("index.html", "runtime/core.wasm"):
        assert gzip.decompress((site / f"{name}.gz").read_bytes()) == PAGE
        assert unbrotli(site / f"{name}.br") == PAGE
        assert (site / name).read_bytes() == PAGE
        assert (site / f"{name}.br").stat().st_size < (site / f"{name}.gz").stat().st_size < len(PAGE)


def test_files_that_gain_nothing_or_must_be_sent_as_they_are_have_no_twins(
    site: Path, tmp_path: Path
) -> None:
    before = names(site)
    write_twins(site, tmp_path / "kept")
    added = names(site) - before
    assert added == {f"{name}{end}" for name in ("index.html", "runtime/core.wasm") for end in (".br", ".gz")}


def test_equal_files_have_equal_twins_whether_compressed_anew_or_kept(site: Path, tmp_path: Path) -> None:
    twins = []
    for kept in ("kept", "kept", "kept elsewhere"):
        write_twins(site, tmp_path / kept)
        made = sorted((*site.rglob("*.br"), *site.rglob("*.gz")))
        twins.append([path.read_bytes() for path in made])
        # The time inside a gzip file (RFC 1952, section 2.3.1).
        assert {path.read_bytes()[4:8] for path in made if path.suffix == ".gz"} == {bytes(4)}
        for path in made:
            path.unlink()
    assert twins[0] == twins[1] == twins[2]


def test_what_no_site_needs_any_more_is_not_kept(site: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    write_twins(site, kept)
    once = set(kept.iterdir())
    (site / "index.html").write_bytes(PAGE * 2)
    write_twins(site, kept)
    assert once < set(kept.iterdir())
    (site / "runtime/core.wasm").write_bytes(PAGE * 2)
    write_twins(site, kept)
    assert sorted(path.suffix for path in once - set(kept.iterdir())) == [".br", ".gzip"]


# --- served


@pytest.fixture
def port(site: Path, tmp_path: Path) -> Iterator[int]:
    write_twins(site, tmp_path / "kept")
    server = site_server(site, 0, {"title": "x" * 2000})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def get(port: int, path: str, accepted: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        asked = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Accept-Encoding": accepted, **asked})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_the_server_answers_with_the_best_twin_that_a_browser_takes(
    port: int, site: Path, accepted: str, encoding: str | None
) -> None:
    ending = {"br": ".br", "gzip": ".gz", None: ""}[encoding]
    status, headers, body = get(port, "/", accepted)
    assert (status, headers.get("content-encoding")) == (200, encoding)
    assert body == (site / f"index.html{ending}").read_bytes()
    assert headers["content-type"].startswith("text/html")
    assert headers["vary"] == "Accept-Encoding"
    assert get(port, "/", accepted, If_None_Match=headers["etag"])[0] == 304
    others = {"gzip, br", "gzip", "identity"} - {accepted}
    assert all(get(port, "/", other, If_None_Match=headers["etag"])[0] == 200 for other in others)


def test_the_server_answers_a_range_from_the_original(port: int) -> None:
    status, headers, body = get(port, "/runtime/core.wasm", "gzip, br", Range="bytes=3-9")
    assert (status, headers.get("content-encoding"), body) == (206, None, PAGE[3:10])
    assert headers["content-range"] == f"bytes 3-9/{len(PAGE)}"


def test_settings_that_stand_in_are_sent_as_they_are(port: int) -> None:
    status, headers, body = get(port, "/site.json", "gzip, br")
    assert (status, headers.get("content-encoding"), json.loads(body)) == (200, None, {"title": "x" * 2000})
