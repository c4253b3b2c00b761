"""How fast the bash script is beside other ways to fetch a list, and what it costs to kill it again and again:
run ``python build.py bench script``.

All fetch the same small files from a server that is 50 ms away and fails now and then, by turns, so that the ratios
hold on a busy machine too. One curl a file, one after the other, is what archives' scripts do today; the others use as
many connections as our script.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final

from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.bash import bash_script
from tests.archive.server import ArchiveServer

FILES: Final = 500
SIZE: Final = 200 * 1024
LATENCY: Final = 0.05
JOBS: Final = 4
#: Of the files so many are refused once, and as many are cut off once in their middle.
FAULTS: Final = 5
ROOT: Final = "MAST_2026-11-22T07_17_20.000Z"
OURS: Final = "bash script"
SERIAL: Final = "one serial curl a file"
ARIA2: Final = "aria2"
PARALLEL: Final = "curl --parallel"
MOST_TO_BEST: Final = 1.3
LEAST_TO_SERIAL: Final = 3.0
KILLS: Final = 10
#: Bytes a second of each connection, so that a kill finds files half way.
KILLED_RATE: Final = 1_000_000


def names() -> list[str]:
    """Give the files' names."""
    return [f"jw90001001001_{number:05d}_nrca1_cal.fits" for number in range(FILES)]


@contextmanager
def far_archive() -> Iterator[ArchiveServer]:
    """Serve the files from afar."""
    rows = [{"filename": name, "dataset": "jw1", "size": SIZE} for name in names()]
    with ArchiveServer(demo=False) as archive:
        archive.add_products("JWST", rows)
        archive.latency = LATENCY
        yield archive


def trouble(archive: ArchiveServer) -> None:
    """Put the faults of one round in force."""
    archive.clear_faults()
    step = FILES // (2 * FAULTS)
    for number, name in enumerate(names()[step // 2 :: step]):
        if number % 2:
            archive.fault(name, "cut", times=1, at=SIZE // 2)
        else:
            archive.fault(name, "status", times=1, status=503)


def address(archive: ArchiveServer, name: str) -> str:
    """Give the address of a file."""
    return archive.retrieve_url("JWST", f"jw1/{name}")


def by_our_script(archive: ArchiveServer, folder: Path) -> list[str]:
    """Write the script and give the words that run it."""
    files = tuple(
        PlannedFile(
            mission="JWST",
            filename=name,
            path=name,
            url=address(archive, name),
            problem="",
            size=SIZE,
            exclusive=False,
            with_token=False,
            sha256=None,
            md5=None,
            rows=(PlannedRow(f"mast:JWST/product/{name}", "jw1", number),),
        )
        for number, name in enumerate(names())
    )
    plan = Plan(ROOT, "FLAT", files, "anonymous", False)
    (folder / "script.sh").write_text(
        "".join(bash_script(plan, version="0", token_page="", contact="", made="")), "utf-8"
    )
    return ["bash", "script.sh", "--jobs", str(JOBS)]


def by_serial_curl(archive: ArchiveServer, folder: Path) -> list[str]:
    """Write a line of curl a file, as mission search does, and give the words that run them."""
    lines = [
        f'curl -s -L -X GET "{address(archive, name)}" --output "{ROOT}/{name}" --fail --create-dirs\n'
        for name in names()
    ]
    (folder / "script.sh").write_text("".join(lines), "utf-8")
    return ["bash", "script.sh"]


def by_aria2(archive: ArchiveServer, folder: Path) -> list[str]:
    """Write the input of aria2 and give the words that run it."""
    lines = [f"{address(archive, name)}\n out={ROOT}/{name}\n" for name in names()]
    (folder / "list").write_text("".join(lines), "utf-8")
    options = ["--no-conf", "--quiet", "--file-allocation=none", "--auto-file-renaming=false"]
    patience = ["--max-tries=5", "--retry-wait=1", f"--max-concurrent-downloads={JOBS}"]
    return ["aria2c", *options, *patience, "--split=1", "--input-file=list"]


def by_parallel_curl(archive: ArchiveServer, folder: Path) -> list[str]:
    """Write settings for one curl and give the words that run it."""
    lines = [f'url = "{address(archive, name)}"\noutput = "{ROOT}/{name}"\n' for name in names()]
    (folder / "list").write_text("".join(lines), "utf-8")
    options = ["-q", "--silent", "--fail", "--create-dirs", "--retry", "5", "--retry-all-errors"]
    return ["curl", *options, "--parallel", "--parallel-max", str(JOBS), "--config", "list"]


WAYS: Final[dict[str, tuple[str, Callable[[ArchiveServer, Path], list[str]]]]] = {
    OURS: ("bash", by_our_script),
    SERIAL: ("curl", by_serial_curl),
    ARIA2: ("aria2c", by_aria2),
    PARALLEL: ("curl", by_parallel_curl),
}


def run(archive: ArchiveServer, way: Callable[[ArchiveServer, Path], list[str]]) -> tuple[float, int]:
    """Give the seconds that one way takes, and how many files it brought whole."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        words = way(archive, folder)
        trouble(archive)
        start = perf_counter()
        subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        seconds = perf_counter() - start
        there = sum(path.stat().st_size == SIZE for path in (folder / ROOT).glob("*.fits"))
    return seconds, there


def begun(root: Path) -> dict[str, int]:
    """Give the bytes of each file that is there, or that was begun."""
    return {path.name.removesuffix(".part"): path.stat().st_size for path in root.glob("*.fits*")}


def killed_again_and_again(archive: ArchiveServer) -> None:
    """Kill a run outright ten times, each time start it anew, and print what was fetched twice."""
    archive.clear_faults()
    archive.fault("*", "trickle", rate=KILLED_RATE)
    seed = random.randrange(1 << 32)
    moment = random.Random(seed)
    twice = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        words, root = by_our_script(archive, folder), folder / ROOT
        first = len(archive.requests)
        for kill in range(KILLS + 1):
            before, known = len(archive.requests), begun(root)
            with subprocess.Popen(
                words, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True
            ) as process:
                if kill < KILLS:
                    sleep(moment.uniform(0.2, 1.5))
                    os.killpg(process.pid, signal.SIGKILL)
            asked: set[str | None] = set()
            for request in archive.finished()[before:]:
                start = int((request.range or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
                if request.product not in asked:
                    twice += max(0, known.get(str(request.product), 0) - start)
                asked.add(request.product)
        sent = sum(request.sent for request in archive.requests[first:])
        right = sum((root / each).read_bytes() == archive.content(each) for each in names())
    print(f"killed {KILLS} times (seed {seed}): status {process.returncode}, {right} of {FILES} files right;")
    flight = sent - FILES * SIZE
    print(f"  {sent / 1e6:.1f} MB sent, of which {flight / 1e6:.1f} MB were in flight when it was killed;")
    print(f"  {verdict(twice == 0)} no byte fetched twice that was on disk: {twice}")
    if process.returncode != 0 or right != FILES:
        sys.exit("our script did not bring every file after it was killed")


def main() -> None:
    """Print the tables, and how our script stands beside what is asked of it."""
    rounds = int(os.environ.get("OVERLAY_BENCH_ROUNDS", "3"))
    print(
        f"{FILES} files of {SIZE // 1024} KiB, {LATENCY * 1000:.0f} ms before each answer, {2 * FAULTS} faults;"
    )
    print(f"{JOBS} connections but for the serial one; medians of {rounds} rounds, all by turns")
    ways = {name: way for name, (program, way) in WAYS.items() if shutil.which(program)}
    for name in WAYS.keys() - ways.keys():
        print(f"{name}: not measured, as it is not on this machine")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in ways}
    with far_archive() as archive:
        for _ in range(rounds):
            for name, way in ways.items():
                found[name].append(run(archive, way))
        killed_again_and_again(archive)
    print(f"{'':<26}{'seconds':>10}{'spread':>18}{'files there':>14}{'to ours':>10}")
    for name, runs in found.items():
        seconds = [each for each, _ in runs]
        spread = f"{min(seconds):.1f} to {max(seconds):.1f}"
        least = min(there for _, there in runs)
        print(f"{name:<26}{median(seconds):>8.1f} s{spread:>18}{least:>14}{ratio(found, name):>10.2f}")
    serial = ratio(found, SERIAL)
    print(
        f"  {verdict(serial >= LEAST_TO_SERIAL)} at least {LEAST_TO_SERIAL:.1f} times the serial one: {serial:.2f}"
    )
    best = 1 / min(ratio(found, name) for name in found if name != SERIAL)
    print(f"  {verdict(best <= MOST_TO_BEST)} at most {MOST_TO_BEST:.1f} times the best: {best:.2f}")
    if any(there != FILES for _, there in found[OURS]):
        sys.exit("our script did not bring every file")


def ratio(found: dict[str, list[tuple[float, int]]], name: str) -> float:
    """Give the median of what a way took as ratio to our script in the same round."""
    return median(theirs / ours for (theirs, _), (ours, _) in zip(found[name], found[OURS], strict=True))


def verdict(met: bool) -> str:
    """Say how a demand stands."""
    return "meets" if met else "misses"


if __name__ == "__main__":
    main()
