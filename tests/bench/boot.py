"""How long the page takes to start, beside a bare page with Pyodide alone: run ``python build.py bench boot``.

Rows: the panel as it was built, on the demo archive; the same without its snapshot; PyScript's own default start,
which installs the same wheel by micropip; and a bare page that does nothing but ``loadPyodide``. The last two have
Pyodide's files as they were released, with all of its standard library. All are served by one
server, gzipped, to browsers with new profiles. A warm visit is the second of its profile, in a new tab, after the
panel was kept for use without a network; another one comes after the browser was started anew, where its profile
outlasts that. Times are the page's own, from navigation to its mark. Nobody looks on while a page starts.

Rows take turns, and ratios are those of one turn, so that they hold on a busy machine too. OVERLAY_BENCH_ENGINES
(``chromium,firefox,webkit``) and OVERLAY_BENCH_ROUNDS (3) say which engines run, and how often.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.archive.static import StaticServer
from tests.bench._visits import ENGINES, LASTING, Start
from web.buildsteps import toolbox

#: 20 Mbit/s.
SLOW_LINK: Final = 20e6 / 8
PANEL: Final = "the panel"
PLAIN: Final = "the panel without its snapshot"
PYSCRIPT: Final = "PyScript's default, with micropip"
BARE: Final = "a bare page with Pyodide alone"
PAGES: Final = {PANEL: "", PLAIN: "", PYSCRIPT: "pyscript-default.html", BARE: "bare.html"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to arrive at the page, and what the panel may take, as ratio to the bare page."""

    name: str
    most: float
    goal: float


COLD: Final = Condition("cold, unlimited link", 0.40, 0.40)
WARM: Final = Condition("warm", 0.30, 0.15)
ANEW: Final = Condition("warm, browser started anew", 0.30, 0.15)
SLOW: Final = Condition("cold, 20 Mbit/s", 0.75, 0.60)
MOST_PAINTED_MS: Final = 200
#: A page is left alone for so long, most of which it needs on a slow computer only, before it is asked how it started.
ALONE_S: Final = {False: 5.0, True: 10.0}
#: A browser that was just started is still busy with itself.
SETTLED_S: Final = 2.0

Starts = dict[tuple[Condition, str], list[Start]]

_HEAD: Final = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="./icon.svg">'
)
_BARE_PAGE: Final = f"""{_HEAD}
<title>Pyodide alone</title><script type="module" src="./bare.js"></script></head>
<body><p>Pyodide alone</p></body></html>
"""
_BARE_SCRIPT: Final = """
import { loadPyodide } from "./pyodide-default/pyodide.mjs";
await loadPyodide({ indexURL: new URL("./pyodide-default/", import.meta.url).href });
performance.mark("overlay:ready");
"""
_PYSCRIPT_PAGE: Final = f"""{_HEAD}
<title>PyScript</title><link rel="stylesheet" href="./pyscript-default/core.css">
<script type="module" src="./pyscript-default/core.js"></script></head>
<body><p>PyScript</p><script type="py" src="./default.py" config="./default.json"></script></body></html>
"""
_PYSCRIPT_PROGRAM: Final = """
import js
import pycore.update
import pycore.view
js.performance.mark("overlay:ready")
"""


def lay_out(root: Path) -> None:
    """Put the other pages beside the panel, with Pyodide as it was released."""
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    (root / "bare.html").write_text(_BARE_PAGE)
    (root / "bare.js").write_text(_BARE_SCRIPT)
    modules = toolbox.node_modules()
    shutil.copytree(
        modules / "@pyscript" / "core" / "dist",
        root / "pyscript-default",
        ignore=shutil.ignore_patterns("*.map", "*.d.ts"),
    )
    runtime = root / "pyodide-default"
    runtime.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
        shutil.copyfile(modules / "pyodide" / name, runtime / name)
    for path in ((root / "runtime" / "pyodide-lock.json"), *(root / "runtime").glob("*.whl")):
        shutil.copyfile(path, runtime / path.name)
    for folder in (runtime, root / "pyscript-default"):
        for path in [path for path in folder.rglob("*") if path.suffix in {".js", ".mjs", ".wasm", ".css"}]:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    [wheel] = runtime.glob("download_overlay-*.whl")
    settings = {
        "interpreter": "./pyodide-default/pyodide.mjs",
        "packages": [f"./{runtime.name}/{wheel.name}"],
    }
    (root / "pyscript-default.html").write_text(_PYSCRIPT_PAGE)
    (root / "default.json").write_text(json.dumps(settings))
    (root / "default.py").write_text(_PYSCRIPT_PROGRAM)


def measure(engine: str, root: Path, rounds: int) -> Starts:
    """Visit every page under every condition, by turns."""
    snapshots = [path.relative_to(root).as_posix() for path in root.glob("runtime/snapshot-*")]
    kept = (root / "sw.js").is_file()
    rows = [row for row in PAGES if row != PLAIN or snapshots]
    starts: Starts = {}
    for condition, row in [
        (condition, row) for _ in range(rounds) for condition in (COLD, SLOW) for row in rows
    ]:
        rate = SLOW_LINK if condition is SLOW else None
        with (
            StaticServer(root, "/overlay/", encodings=("gzip",), bytes_per_second=rate) as server,
            TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ):
            for name in snapshots if row == PLAIN else ():
                server.break_file(name)
            until_kept = kept and row in (PANEL, PLAIN) and condition is COLD
            for each, start in visits(
                engine, Path(folder, "profile"), server.url + PAGES[row], condition, until_kept
            ):
                starts.setdefault((each, row), []).append(start)
    return starts


def visits(
    engine: str, profile: Path, url: str, condition: Condition, until_kept: bool
) -> Iterator[tuple[Condition, Start]]:
    """Visit a page for the first time, and again where the first was not on a slow link."""
    browser, _ = ENGINES[engine]
    alone = ALONE_S[condition is SLOW]
    with browser(profile) as visitor:
        time.sleep(SETTLED_S)
        yield condition, visitor.visit(url, alone, until_kept=until_kept)
        if condition is COLD:
            yield WARM, visitor.visit(url, alone)
    if condition is COLD and engine in LASTING:
        with browser(profile) as visitor:
            time.sleep(SETTLED_S)
            yield ANEW, visitor.visit(url, alone)


def show(engine: str, starts: Starts) -> None:
    """Print the table of an engine."""
    print(f"\n{engine}")
    for condition in (WARM, ANEW, COLD, SLOW):
        rows = {row: found for (each, row), found in starts.items() if each is condition}
        if not rows:
            continue
        print(
            f"{condition.name:<36}{'first paint':>12}{'ready':>9}{'spread':>15}{'ratio':>8}{'task':>9}{'shift':>8}"
        )
        for row, found in rows.items():
            print(line(row, found, rows[BARE]))
        for sentence in demands(condition, rows[PANEL], rows[BARE]):
            print(f"  {sentence}")


def line(row: str, found: Sequence[Start], bare: Sequence[Start]) -> str:
    """Give the medians of a row."""
    ready = [start.ready / 1000 for start in found]
    spread = f"{min(ready):.2f} to {max(ready):.2f}"
    return (
        f"{row:<36}{figure([start.painted for start in found], '{:.0f} ms'):>12}{median(ready):>7.2f} s"
        f"{spread:>15}{ratio(found, bare):>8.2f}"
        f"{figure([start.longest for start in found], '{:.0f} ms'):>9}"
        f"{figure([start.shift for start in found], '{:.3f}'):>8}"
    )


def figure(values: Sequence[float | None], form: str) -> str:
    """Give the median, or a dash where the engine does not tell."""
    known = [value for value in values if value is not None]
    return form.format(median(known)) if known else "-"


def ratio(found: Sequence[Start], bare: Sequence[Start]) -> float:
    """Give the median of what a page took as ratio to the bare page of the same turn."""
    return median(start.ready / other.ready for start, other in zip(found, bare, strict=True))


def demands(condition: Condition, panel: Sequence[Start], bare: Sequence[Start]) -> list[str]:
    """Say what was asked of the panel beside what it did."""
    reached = ratio(panel, bare)
    told = [f"ratio {reached:.2f}: {verdict(reached <= condition.most)} at most {condition.most:.2f}"]
    if condition.goal < condition.most:
        told[0] += f", {verdict(reached <= condition.goal)} the goal of {condition.goal:.2f}"
    painted = [start.painted for start in panel if start.painted is not None]
    if condition in (WARM, ANEW) and painted:
        met = verdict(median(painted) <= MOST_PAINTED_MS)
        told.append(f"first paint {median(painted):.0f} ms: {met} at most {MOST_PAINTED_MS} ms")
    restored = sum(start.restored for start in panel)
    return [*told, f"{restored} of {len(panel)} starts from the snapshot"]


def verdict(met: bool) -> str:
    """Say how a demand stands."""
    return "meets" if met else "misses"


def main() -> None:
    """Print the tables."""
    rounds = int(os.environ.get("OVERLAY_BENCH_ROUNDS", "3"))
    engines = os.environ.get("OVERLAY_BENCH_ENGINES", ",".join(ENGINES)).split(",")
    print(f"Medians of {rounds} starts by turns, each in a new profile; ratios are to the bare page")
    with TemporaryDirectory() as folder:
        root = Path(folder) / "site"
        lay_out(root)
        for engine in engines:
            _, variable = ENGINES[engine]
            if variable not in os.environ:
                print(f"\n{engine}: not measured, as {variable} names no program")
                continue
            show(engine, measure(engine, root, rounds))


if __name__ == "__main__":
    main()
