"""How fast archives are made in a browser, beside client-zip, zip.js and a bare fetch: ``python build.py bench zip``.

All ways fetch the same files from one server in one page of one browser, by turns, so that ratios hold on a busy
machine too. Ours is the whole transfer of the panel, with its checks, its checksums and its manifest. ``drained`` goes
to a place that keeps nothing, ``into a file`` to a file of the browser's own file system. OVERLAY_BENCH_ENGINES
(``chromium,firefox``), OVERLAY_BENCH_ROUNDS (3) and OVERLAY_BENCH_PART (1; 4 is a quarter of the bytes and files) say
which engines run, how often, and how much.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.browser.surroundings import LAUNCH_ARGUMENTS
from web.buildsteps import toolbox

PAGES: Final = Path(__file__).parent / "pages"
LIBRARIES: Final = {
    "client-zip.js": ("client-zip", "index.js"),
    "zip-js.js": ("@zip.js", "zip.js", "index.min.js"),
}
LARGEST: Final = 2 << 30
OURS, BARE, CLIENT, AHEAD, ZIPJS = "ours", "bare", "client-zip", "client-zip, six ahead", "zip.js"
LONGEST_MS: Final = 600_000


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


class _Handler(BaseHTTPRequestHandler):
    """Files of the site, and data of any size after any delay."""

    protocol_version = "HTTP/1.1"
    # An answer's head and body are two writes: the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    root: Path
    content: Path

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
def served(root: Path) -> Iterator[str]:
    """Serve the bench's site and its data."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    content = root.with_name("content")
    with content.open("wb") as file:
        file.truncate(LARGEST)
    server = Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"root": root, "content": content}))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def lay_out(root: Path) -> None:
    """Put the built site, the bench's page and the other writers together."""
    modules = toolbox.node_modules(with_development=True)
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    for page in PAGES.iterdir():
        shutil.copy(page, root)
    for name, path in LIBRARIES.items():
        shutil.copy(modules.joinpath(*path), root / name)


@contextmanager
def page_in(engine: str, folder: str) -> Iterator[Page]:
    """A page in a browser with a profile on disk, so that its files are files."""
    with sync_playwright() as playwright:
        if engine == "chromium":
            context = playwright.chromium.launch_persistent_context(
                folder, executable_path=os.environ["OVERLAY_CHROMIUM"], args=[*LAUNCH_ARGUMENTS]
            )
            with closing(context):
                yield context.new_page()
            return
        program = os.environ["OVERLAY_FIREFOX"]
        with closing(playwright.firefox.launch(channel="moz-firefox", executable_path=program)) as browser:
            yield browser.new_page()


_numbers: Final = count()


def seconds(page: Page, origin: str, case: Case, way: str, part: int) -> float:
    """Make the case's archive one way; the seconds that it took. Each run has addresses of its own."""
    files = max(6, case.files // part) if case.files > 1 else 1
    size = case.size // part if case.files == 1 else case.size
    run = next(_numbers)
    urls = [f"{origin}/data/{run}/p{n:05d}.dat?size={size}&delay={case.delay_ms}" for n in range(files)]
    given = {"way": way, "urls": urls, "sizes": [size] * files, "sink": case.sink}
    told = page.evaluate("given => made(given)", given)
    assert told["bytes"] >= files * size, f"{way} made {told['bytes']} bytes of {files * size}"
    return float(told["seconds"])


def compare(page: Page, origin: str, case: Case, rounds: int, part: int) -> bool:
    """Print the case's rows; whether each ratio is at least what is due."""
    ways = [OURS, *case.due]
    for way in ways:
        # Browsers compile what is hot, and Python's memory grows once.
        seconds(page, origin, case, way, part * 16)
    times = [{way: seconds(page, origin, case, way, part) for way in ways} for _ in range(rounds)]
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
        with served(root) as origin:
            for engine in engines():
                print(f"\n== {engine}")
                with page_in(engine, f"{folder}/{engine}") as page:
                    page.set_default_timeout(LONGEST_MS)
                    page.goto(f"{origin}/zip.html")
                    page.locator("html[data-state]").wait_for(state="attached")
                    assert page.locator("html").get_attribute("data-state") == "ready", page.inner_text(
                        "body"
                    )
                    for case in CASES:
                        good = compare(page, origin, case, rounds, part) and good
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
