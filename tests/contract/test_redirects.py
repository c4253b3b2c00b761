"""Where a request goes that the archive sends elsewhere, when it was made with a token: only where all may go.

The server stands for all of the net: it is the proxy that the scripts are told to use.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.bash import bash_script
from pycore.scripts.lines import About
from pycore.scripts.python import python_script
from tests.contract.selection import ABOUT, TOKEN, run
from tests.contract.session import manifest_rows

ROOT: Final = "MAST_2026-11-22T07_17_20.000Z"
CONTENT: Final = b"x" * 500
OPEN: Final = (
    "data.example.org",
    "DATA.example.org.:8080",
    "8.8.8.8",
    "100.63.255.255",
    "172.32.0.1",
    "[2600:1f18::1]",
)
CLOSED: Final = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7F.0.0.1",
    "0177.0.0.1",
    "localhost",
    "LocalHost.",
    "www.localhost",
    "10.1.2.3",
    "100.64.0.1",
    "172.31.255.255",
    "192.168.1.1:8080",
    "169.254.169.254",
    "198.18.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[fd00::1]",
    "[fe80::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[64:ff9b::a00:1]",
    "intranet",
    "nas.local",
    "metadata.google.internal",
    "data.example.org@10.0.0.1",
    "data.example.org:80@10.0.0.1",
    "data.example.org%2e10.0.0.1",
)


class Net(ThreadingHTTPServer):
    """All hosts there are; keeps for each request the host, the path, and whether a token came along."""

    def __init__(self, home: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.home = home
        self.targets: list[str] = []
        self.seen: list[tuple[str, str, bool]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Net

    def do_GET(self) -> None:
        whole = self.path if self.path.startswith("http://") else f"http://{self.headers['Host']}{self.path}"
        host, _, path = whole.removeprefix("http://").partition("/")
        self.server.seen.append((host, path, self.headers["Authorization"] == f"token {TOKEN}"))
        away = host == self.server.home and path.isdecimal()
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", self.server.targets[int(path)])
        self.send_header("Content-Length", "0" if away else str(len(CONTENT)))
        self.end_headers()
        if not away:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def net() -> Iterator[Net]:
    with Net("archive.example.org") as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def plan_for(net: Net) -> Plan:
    """One file for each target, all of which the archive gives for a token alone."""
    files = tuple(
        PlannedFile(
            mission="JWST",
            filename=f"{number}.bin",
            path=f"{number}.bin",
            url=f"http://{net.home}/{number}",
            problem="",
            size=len(CONTENT),
            exclusive=True,
            with_token=True,
            sha256=None,
            md5=None,
            rows=(PlannedRow(f"mast:JWST/product/{number}.bin", "jw1", number),),
        )
        for number in range(len(net.targets))
    )
    return Plan(ROOT, "FLAT", files, "jane", True)


def fetch(folder: Path, kind: str, net: Net, **environment: str) -> subprocess.CompletedProcess[str]:
    plan = plan_for(net)
    desk = folder / "desk"
    desk.mkdir()
    pieces = (
        bash_script(plan, version="0", token_page="", contact="", made="")
        if kind == "bash"
        else python_script(plan, About(ABOUT.version, ABOUT.made, ABOUT.profiles))
    )
    (desk / "script").write_text("".join(pieces), "utf-8")
    program = "bash" if kind == "bash" else sys.executable
    return run(desk, program, "script", "--jobs", "8", "--tries", "2", MAST_API_TOKEN=TOKEN, **environment)


def outcomes(folder: Path) -> dict[str, str]:
    """By path what the manifest says of a file."""
    cells = manifest_rows(folder / "desk" / ROOT / "manifest.html")
    return {path: status.partition(" ... ")[2] for _, path, _, status, _ in cells}


@pytest.mark.parametrize("kind", ["bash", "python"])
def test_a_redirect_is_followed_to_public_addresses_without_the_token_and_to_no_other(
    tmp_path: Path, net: Net, kind: str
) -> None:
    net.targets = [f"http://{host}/away" for host in (*OPEN, *CLOSED)]
    # By two steps: what left the archive is looked at all the same.
    net.targets += [f"http://{net.home}/{len(OPEN)}", f"http://{net.home}/0"]
    ended = fetch(tmp_path, kind, net, http_proxy=net.address)
    assert ended.returncode == 1
    assert {host for host, path, _ in net.seen if path == "away"} <= {*OPEN, *map(str.lower, OPEN)}
    assert all(with_token == (host == net.home) for host, _, with_token in net.seen)
    found = outcomes(tmp_path)
    closed = range(len(OPEN), len(OPEN) + len(CLOSED))
    arrived = {f"{number}.bin" for number in (*range(len(OPEN)), len(net.targets) - 1)}
    assert {path for path, status in found.items() if status == "SUCCESS"} == arrived
    assert found[f"{closed[0]}.bin"].startswith("FAILED: redirected to http://127.0.0.1")
    told = [found[f"{number}.bin"] for number in closed]
    assert [why for why in told if not re.search("no public address|address cannot be asked", why)] == []


@pytest.mark.parametrize("kind", ["bash", "python"])
def test_an_archive_in_a_closed_net_may_lead_to_others_in_it(tmp_path: Path, net: Net, kind: str) -> None:
    net.home = "10.0.0.1"
    net.targets = [
        "http://192.168.1.1/a",
        "http://bucket.local/a",
        "http://169.254.169.254/a",
        "http://[::1]/a",
    ]
    fetch(tmp_path, kind, net, http_proxy=net.address)
    assert {host for host, path, _ in net.seen if path == "a"} == {"192.168.1.1", "bucket.local"}
    assert [outcomes(tmp_path)[f"{number}.bin"][:7] for number in range(4)] == [
        *["SUCCESS"] * 2,
        *["FAILED:"] * 2,
    ]


RESOLVER: Final = """
import socket
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolve("127.0.0.1", *more, **named)
"""


def test_a_public_name_that_stands_for_a_closed_address_gets_no_request_of_the_python_script(
    tmp_path: Path, net: Net
) -> None:
    net.home = f"archive.example.org:{net.server_port}"
    net.targets = [f"http://inside.example.org:{net.server_port}/away"]
    (tmp_path / "sitecustomize.py").write_text(RESOLVER)
    ended = fetch(tmp_path, "python", net, PYTHONPATH=str(tmp_path))
    assert ended.returncode == 1
    assert [path for _, path, _ in net.seen] == ["0"]
    assert "which is no public address" in outcomes(tmp_path)["0.bin"]
