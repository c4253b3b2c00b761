"""Hosts that send headers: the ready file, and the settings for nginx that the documents have, in a real nginx."""

from __future__ import annotations

import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from tests.archive.server import ArchiveServer
from tests.contract.nginx_host import running_nginx
from web.buildsteps.hosts import FOREVER, headers_of, lasting

#: Names as the build gives them to files by their content, and some that only look like it.
HASHED = ("pyscript/py-editor-DzXNF1_j.js", "pyscript/a-k2345678.js", "runtime/snapshot-0123456789abcdef.bin")
UNHASHED = ("pyscript/py-terminal.js", "pyscript/deprecations-manager.js", "runtime/snapshot-terminal.bin")


@pytest.fixture(scope="module")
def dist() -> Path:
    return Path(os.environ["OVERLAY_DIST"])


def rules(dist: Path) -> dict[str, dict[str, str]]:
    """The rules of the ready file, by path."""
    found: dict[str, dict[str, str]] = {}
    path = ""
    for line in (dist / "_headers").read_text("ascii").splitlines():
        if line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            assert name not in found[path]
            found[path][name] = value
        else:
            path = line
            found[path] = {}
    return found


def test_the_ready_file_has_the_policy_of_the_page_and_who_may_frame_it(dist: Path) -> None:
    everywhere = rules(dist)["/*"]
    page = (dist / "index.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert everywhere["Content-Security-Policy"] == f"{policy[1]}; frame-ancestors 'self'"
    assert everywhere == headers_of(dist)
    assert everywhere["X-Content-Type-Options"] == "nosniff"
    # Longer lines are refused by a host that reads the file.
    assert max(len(line) for line in (dist / "_headers").read_text("ascii").splitlines()) < 2000


def test_only_files_named_by_their_content_are_kept_for_ever(dist: Path) -> None:
    kept = {path: headers for path, headers in rules(dist).items() if path != "/*"}
    assert set(kept) == {f"/{name}" for name in lasting(dist)}
    assert all(headers == {"Cache-Control": FOREVER} for headers in kept.values())
    names = {re.sub(r"-[\w-]{8,}\.", "-HASH.", path) for path in kept}
    assert {"/pyscript/core-HASH.js", "/runtime/snapshot-HASH.bin"} <= names
    assert not names & {"/index.html", "/sw.js", "/site.json", "/runtime/pyodide.js"}


def test_words_of_eight_letters_and_other_folders_are_no_hashes(tmp_path: Path) -> None:
    for name in (*HASHED, *UNHASHED):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert set(lasting(tmp_path)) == set(HASHED)


def test_the_policy_names_no_kind_of_file_that_the_site_does_not_have(dist: Path) -> None:
    policy = headers_of(dist)["Content-Security-Policy"]
    assert not list(dist.rglob("*.webmanifest"))
    assert "manifest-src" not in policy


@pytest.fixture(scope="module")
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as running:
        yield running


@pytest.fixture(scope="module")
def nginx(dist: Path, archive: ArchiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An nginx with the settings of the documents, serving the site and standing for the archive."""
    site = tmp_path_factory.mktemp("served") / "site"
    shutil.copytree(dist, site)
    for name in (*HASHED, *UNHASHED):
        (site / name).touch()
    with running_nginx(site, archive.origin, tmp_path_factory.mktemp("nginx")) as origin:
        yield origin


def head(url: str, **headers: str) -> tuple[int, Message]:
    request = urllib.request.Request(url, headers=headers, method="HEAD")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("", "text/html"),
        ("boot.js", "javascript"),
        ("style.css", "text/css"),
        ("runtime/pyodide.asm.wasm", "application/wasm"),
    ],
)
def test_nginx_with_the_settings_of_the_documents_serves_the_site(nginx: str, name: str, type_: str) -> None:
    status, headers = head(f"{nginx}/{name}")
    assert status == 200
    assert type_ in headers["Content-Type"]
    assert headers["Cache-Control"] == "no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_nginx_keeps_for_ever_what_the_ready_file_keeps_and_no_more(nginx: str, dist: Path) -> None:
    names = [
        path.relative_to(dist).as_posix()
        for folder in ("runtime", "pyscript")
        for path in (dist / folder).iterdir()
        if path.suffix not in {".br", ".gz"}
    ]
    names += [*HASHED, *UNHASHED]
    kept = [name for name in names if head(f"{nginx}/{name}")[1]["Cache-Control"] == FOREVER]
    assert sorted(kept) == sorted([*lasting(dist), *HASHED])


def test_nginx_sends_the_compressed_twin_to_who_takes_it(nginx: str, dist: Path) -> None:
    name = "runtime/pyodide.asm.wasm"
    _, headers = head(f"{nginx}/{name}", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert int(headers["Content-Length"]) == (dist / f"{name}.gz").stat().st_size
    assert head(f"{nginx}/absent.js")[0] == 404


def test_nginx_as_a_proxy_passes_on_what_is_asked_and_neither_token_nor_cookie(
    nginx: str, archive: ArchiveServer
) -> None:
    archive.add_products("JWST", [{"filename": "a.fits", "dataset": "set", "size": 5760}])
    path = archive.retrieve_url("JWST", "set/a.fits").removeprefix(archive.origin)
    sent = {"Range": "bytes=100-", "Authorization": "token x", "Cookie": "a=b"}
    with urllib.request.urlopen(urllib.request.Request(f"{nginx}/by/data{path}", headers=sent)) as answer:
        content, status, headers = answer.read(), answer.status, answer.headers
    whole = archive.content("a.fits")
    assert (status, content) == (206, whole[100:])
    assert headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert headers["ETag"]
    (asked,) = [request for request in archive.finished() if request.product]
    assert asked.range == "bytes=100-"
    assert not asked.authorized
    assert "cookie" not in asked.headers
    posted = urllib.request.Request(f"{nginx}/by/data{path}", data=b"x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(posted)
    assert refused.value.code == 403
    refused.value.close()
