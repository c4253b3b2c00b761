"""How fast archives are made in a browser, beside client-zip, zip.js and a bare fetch: ``python build.py bench zip``.

All ways fetch the same files from one server in one page of one browser, by turns, so that ratios hold on a busy
machine too. Ours is the whole transfer of the panel, with its checks, its checksums and its manifest. ``drained`` goes
to a place that keeps nothing, ``into a file`` to a file of the browser's own file system. Nobody looks on: a driver
that watches a page is told of every request and where in the program it comes from, which takes longer than a small
file does. The page asks the server what it is to make, and tells it how long that took.

OVERLAY_BENCH_ENGINES (``chromium,firefox``), OVERLAY_BENCH_CASES (``1,2,3,4``), OVERLAY_BENCH_ROUNDS (3) and
OVERLAY_BENCH_PART (1; 4 is a quarter of the bytes and files) say which engines run, what they make, how often, and how
much of it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from tests.bench import _marionette as marionette
from tests.browser import unwatched
from web.buildsteps import toolbox

PAGES: Final = Path(__file__).parent / "pages"
SOURCES: Final = Path(__file__).parents[2] / "web"
LIBRARIES: Final = {
    "client-zip.js": ("client-zip", "index.js"),
    "zip-js.js": ("@zip.js", "zip.js", "index.min.js"),
}
LARGEST: Final = 2 << 30
OURS, BARE, CLIENT, AHEAD, ZIPJS = "ours", "bare", "client-zip", "client-zip, six ahead", "zip.js"
LONGEST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Case:
    """So many files of so many bytes, each answered after so many milliseconds, and what ratios are due.

    ``due`` has of another way the least of its time in ours, and the goal.
    """

    title: str
    files: int
    size: int
    delay_ms: int
    sink: str
    due: dict[str, tuple[float, float]]


CASES: Final = (
    Case(
        "one file of 2 GiB, drained", 1, LARGEST, 0, "none",
        {BARE: (0.5, 0.75), CLIENT: (1.8, 2.5), ZIPJS: (1.0, 1.0)},
    ),
    Case("one file of 2 GiB, into a file", 1, LARGEST, 0, "file", {CLIENT: (1.0, 1.0)}),
    Case(
        "2,000 files of 256 KiB, 20 ms each", 2000, 256 << 10, 20, "none",
        {CLIENT: (3.0, 3.0), AHEAD: (1.0, 1.0), ZIPJS: (1.0, 1.0)},
    ),
    Case(
        "4,000 files of 10 KiB, 20 ms each", 4000, 10 << 10, 20, "none",
        {CLIENT: (3.0, 3.0), AHEAD: (1.0, 1.0), ZIPJS: (1.0, 1.0)},
    ),
)  # fmt: skip


@dataclass(slots=True)
class Page:
    """What a page that nobody watches is to make, and what it tells of that; the first that it tells is "ready"."""

    asked: SimpleQueue[dict[str, Any]]
    told: SimpleQueue[Any]
    origin: str = ""

    def make(self, given: dict[str, Any]) -> dict[str, Any]:
        """One archive, and what the page tells of it."""
        self.asked.put(given)
        told: dict[str, Any] = self.told.get(timeout=LONGEST_S)
        assert "failure" not in told, told["failure"]
        return told


class _Handler(BaseHTTPRequestHandler):
    """Files of the site, data of any size after any delay, and what the page asks and tells."""

    protocol_version = "HTTP/1.1"
    # An answer's head and body are two writes: the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    root: Path
    content: Path
    page: Page

    def do_POST(self) -> None:
        """What the page tells; the answer is what it is to make next."""
        self.page.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        asked = json.dumps(self.page.asked.get()).encode()
        self._head("application/json", len(asked))
        self.wfile.write(asked)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/data/"):
            asked = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            time.sleep(asked["delay"] / 1000)
            self._head("application/octet-stream", asked["size"])
            self.wfile.flush()
            # The kernel copies by itself: a server that is busy would leave the browser half of a small machine.
            with self.content.open("rb") as data:
                self.connection.sendfile(data, 0, asked["size"])
            return
        file = self.root / url.path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        types = {".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm"}
        content = file.read_bytes()
        self._head(types.get(file.suffix, "application/octet-stream"), len(content))
        self.wfile.write(content)

    def _head(self, kind: str, size: int) -> None:
        self.send_response(200)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(size),
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The table is all that is printed."""


@contextmanager
def served(root: Path) -> Iterator[Page]:
    """Serve the bench's site and its data to one page."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    content = root.with_name("content")
    with content.open("wb") as file:
        file.truncate(LARGEST)
    page = Page(SimpleQueue(), SimpleQueue())
    known = {"root": root, "content": content, "page": page}
    server = Server(("127.0.0.1", 0), type("Handler", (_Handler,), known))
    page.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()


def lay_out(root: Path) -> None:
    """Put the built site, the bench's page, the modules that it uses and the other writers together."""
    modules = toolbox.node_modules(with_development=True)
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    # The site has most of them joined into one script, which starts the panel.
    for module in SOURCES.glob("*.js"):
        if not (root / module.name).exists():
            shutil.copy(module, root)
    for page in PAGES.iterdir():
        shutil.copy(page, root)
    for name, path in LIBRARIES.items():
        shutil.copy(modules.joinpath(*path), root / name)


@contextmanager
def opened_in(engine: str, profile: Path, url: str) -> Iterator[None]:
    """A page in a browser with a profile on disk, so that its files are files."""
    if engine == "chromium":
        with (
            unwatched.chromium(profile, "--headless") as address,
            urlopen(Request(f"{address}/json/new?{url}", method="PUT")),
        ):
            yield
        return
    with marionette.firefox(profile, int(LONGEST_S * 1000)) as browser:
        browser.do("WebDriver:Navigate", url=url)
        yield


_numbers: Final = count()


def seconds(page: Page, case: Case, way: str, part: int) -> float:
    """Make the case's archive one way; the seconds that it took. Each run has addresses of its own."""
    files = max(6, case.files // part) if case.files > 1 else 1
    size = case.size // part if case.files == 1 else case.size
    run = next(_numbers)
    urls = [f"{page.origin}/data/{run}/p{n:05d}.dat?size={size}&delay={case.delay_ms}" for n in range(files)]
    given = {"way": way, "urls": urls, "sizes": [size] * files, "sink": case.sink}
    told = page.make(given)
    assert told["bytes"] >= files * size, f"{way} made {told['bytes']} bytes of {files * size}"
    return float(told["seconds"])


def compare(page: Page, case: Case, rounds: int, part: int) -> bool:
    """Print the case's rows; whether each ratio is at least what is due."""
    ways = [OURS, *case.due]
    for way in ways:
        # Browsers compile what is hot, and Python's memory grows once.
        seconds(page, case, way, part * 16)
    times = [{way: seconds(page, case, way, part) for way in ways} for _ in range(rounds)]
    volume = case.files * case.size / part
    good = True
    print(f"\n{case.title}{f', a part of {part}' if part > 1 else ''}")
    print(f"  {'':<24}{'seconds':>9}{'MB/s':>8}{'ours':>9}{'due':>7}{'goal':>7}")
    for way in ways:
        took = median(round_[way] for round_ in times)
        row = f"  {way:<24}{took:>9.2f}{volume / took / 1e6:>8.0f}"
        if way == OURS:
            print(row)
            continue
        ratio = median(round_[way] / round_[OURS] for round_ in times)
        least, goal = case.due[way]
        verdict = "" if ratio >= goal else "  below its goal" if ratio >= least else "  TOO SLOW"
        good = good and ratio >= least
        print(f"{row}{ratio:>8.2f}x{least:>7.2f}{goal:>7.2f}{verdict}", flush=True)
    if {BARE, CLIENT} <= case.due.keys():
        bound = median(round_[CLIENT] / round_[BARE] for round_ in times)
        print(
            f"  client-zip takes {bound:.2f}x as long as the bare fetch: our reads by themselves reach no more"
        )
    return good


def engines() -> Sequence[str]:
    """Those that are asked for."""
    return os.environ.get("OVERLAY_BENCH_ENGINES", "chromium,firefox").split(",")


def cases() -> Sequence[Case]:
    """Those that are asked for."""
    return [CASES[int(place) - 1] for place in os.environ.get("OVERLAY_BENCH_CASES", "1,2,3,4").split(",")]


def main() -> None:
    """Print the tables; an archive that is made too slowly ends with status 1."""
    rounds, part = (
        int(os.environ.get("OVERLAY_BENCH_ROUNDS", "3")),
        int(os.environ.get("OVERLAY_BENCH_PART", "1")),
    )
    print(f"Medians of {rounds} rounds; the ratio is the other's time in ours: above 1, ours is faster")
    good = True
    with TemporaryDirectory() as folder:
        root = Path(folder) / "site"
        lay_out(root)
        for engine in engines():
            print(f"\n== {engine}")
            with (
                served(root) as page,
                opened_in(engine, Path(folder, engine), f"{page.origin}/zip.html"),
            ):
                ready = page.told.get(timeout=LONGEST_S)
                assert ready == "ready", ready
                for case in cases():
                    good = compare(page, case, rounds, part) and good
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
