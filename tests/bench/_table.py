"""What `bench scale` found, as a table with its limits, and as a plot over the number of products."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "scale.md"
PICTURE: Final = DOCUMENT.with_suffix(".svg")
_BEGIN, _END = "<!-- python build.py bench scale --write -->", "<!-- end -->"
_SEEN: Final = """![Time over the number of products, both in powers of ten](scale.svg)

The broken line is what grows just as the list does."""
MILLION: Final = 1_000_000


@dataclass(slots=True)
class Figures:
    """What was measured with so many products, by what: milliseconds, or bytes a product."""

    products: int
    rows: int
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, *values: float) -> None:
        """One more, or several."""
        self.values.setdefault(what, []).extend(values)

    def of(self, what: str) -> float | None:
        """The median of it."""
        found = self.values.get(what)
        return median(found) if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: what is ours, beside whom it stands (name, what, most as ratio and goal), and what it may
    come to at most by number of products. Ratios are due with a million products.
    """

    name: str
    ours: str
    peer: tuple[str, str, float, float] | None = None
    most: Mapping[int, float] = field(default_factory=dict)
    unit: str = "ms"


_EVERYWHERE: Final = (10_000, 100_000, MILLION)
LINES: Final = (
    Line("tick a level: count, volume, all boxes", "tick", ("plain loop over objects", "looped", 0.5, 0.25)),
    Line("the same", "tick", ("crossfilter2", "crossfiltered", 0.5, 0.25)),
    Line("the same, from the click to the painted frame", "painted", most={100_000: 16, MILLION: 50}),
    Line("regex `_cal\\.fits$`", "pattern", ("one scan of the joined names", "scanned", 1.5, 1.5)),
    Line("list opened, until `ready`", "list", ("bare `JSON.parse`", "parsed", 3.0, 1.5)),
    Line(
        "longest task of the page meanwhile, once Python is up",
        "list task",
        most=dict.fromkeys(_EVERYWHERE, 100.0),
    ),
    Line("next page of the preview, to the painted frame", "page", most=dict.fromkeys(_EVERYWHERE, 50.0)),
    Line("CSV of all rows, saved", "csv", ("papaparse `unparse`", "unparsed", 1.0, 1.0)),
    Line("memory of the tab beside the names", "bytes", most={MILLION: 400.0}, unit="bytes a product"),
)
#: What the plot has: ours, with what it is held against.
_CURVES: Final = (
    ("tick", "tick a level"),
    ("painted", "the same, painted"),
    ("pattern", "regex"),
    ("page", "next page, painted"),
    ("list", "list to ready"),
    ("csv", "CSV"),
)


def table(found: Sequence[Figures]) -> str:
    """The table in Markdown."""
    lines = ["| what | products | ours | beside it | ratio | at most | |", "|---|--:|--:|---|--:|--:|---|"]
    for line in LINES:
        for figures in found:
            cells = _cells(line, figures)
            if cells:
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def growth(found: Sequence[Figures]) -> str:
    """How the cost grows from the shortest list to the longest, in Markdown."""
    few, many = found[0], found[-1]
    work = many.products / few.products
    lines = [
        f"| from {few.products:,} products to {many.products:,} | times as long | at most | |",
        "|---|--:|--:|---|",
    ]
    for what, name in _CURVES:
        before, after = few.of(what), many.of(what)
        if before and after:
            times = after / before
            lines.append(f"| {name} | {times:.1f} | {work:.0f} | {_verdict(times <= work)} |")
    return "\n".join(lines)


def _cells(line: Line, figures: Figures) -> Sequence[str]:
    ours = figures.of(line.ours)
    if ours is None:
        return ()
    cells = [line.name, f"{figures.products:,}", _figure(ours, line.unit)]
    due = figures.products == MILLION
    if line.peer is None:
        most = line.most.get(figures.products)
        return [*cells, "", "", *((_figure(most, line.unit), _verdict(ours <= most)) if most else ("", ""))]
    name, what, most, goal = line.peer
    ratios = [mine / other for mine, other in zip(*_by_turns(figures, line.ours, what), strict=True)]
    ratio = median(ratios)
    told = f"{most:g}" + (f", goal {goal:g}" if goal < most else "")
    verdict = _verdict(ratio <= most) + (", goal too" if goal < most and ratio <= goal else "")
    return [
        *cells,
        f"{name}: {_figure(figures.of(what) or 0.0, line.unit)}",
        f"{ratio:.2f}",
        *((told, verdict) if due else ("", "")),
    ]


def _by_turns(figures: Figures, ours: str, other: str) -> tuple[Sequence[float], Sequence[float]]:
    mine, theirs = figures.values[ours], figures.values[other]
    # A peer too quick for the page's clock.
    return mine, [max(0.05, value) for value in theirs]


def _figure(value: float, unit: str) -> str:
    if unit == "ms" and value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.{0 if value >= 100 else 1}f} {unit}"


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"


# -- the documents --------------------------------------------------------------------------------------------


def write_down(found: Sequence[Figures]) -> None:
    """Put the tables into the document between its marks, and the plot beside it."""
    text = DOCUMENT.read_text("utf-8")
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    parts = [_BEGIN, table(found)]
    if len(found) > 1:
        PICTURE.write_text(plot(found), "utf-8")
        parts += [growth(found), _SEEN]
    DOCUMENT.write_text(before + "\n\n".join([*parts, _END]) + after, "utf-8")


_WIDE, _HIGH, _LEFT, _TOP, _RIGHT, _FOOT = 720, 420, 70, 20, 170, 50
_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #333 }
  .grid { stroke: #ddd } .even { stroke: #999; stroke-dasharray: 5 4 }
  polyline { stroke-width: 2; fill: none !important }
  .c0 { stroke: #0b62a4; fill: #0b62a4 } .c1 { stroke: #c0392b; fill: #c0392b } .c2 { stroke: #2e7d32; fill: #2e7d32 }
  .c3 { stroke: #8e44ad; fill: #8e44ad } .c4 { stroke: #b9770e; fill: #b9770e } .c5 { stroke: #00838f; fill: #00838f }
  text.c0, text.c1, text.c2, text.c3, text.c4, text.c5 { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .grid { stroke: #444 } .even { stroke: #888 }
    .c0 { stroke: #6ab7ff; fill: #6ab7ff } .c1 { stroke: #ff8a80; fill: #ff8a80 } .c2 { stroke: #81c784; fill: #81c784 }
    .c3 { stroke: #ce93d8; fill: #ce93d8 } .c4 { stroke: #ffcc80; fill: #ffcc80 } .c5 { stroke: #80deea; fill: #80deea }
  }
"""


def plot(found: Sequence[Figures]) -> str:
    """Time over products, both in powers of ten; the broken line is what grows just as the list does."""
    curves = [
        (number, name, [(each.products, value) for each in found if (value := each.of(what))])
        for number, (what, name) in enumerate(_CURVES)
    ]
    times = [time for _, _, points in curves for _, time in points]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = (math.log10(each.products) for each in (found[0], found[-1]))

    def at(products: float, time: float) -> tuple[float, float]:
        across = (math.log10(products) - first) / (last - first or 1)
        up = (math.log10(time) - low) / (high - low)
        return _LEFT + across * (_WIDE - _LEFT - _RIGHT), _HIGH - _FOOT - up * (_HIGH - _TOP - _FOOT)

    drawn = []
    for power in range(low, high + 1):
        x, y = at(found[0].products, 10.0**power)
        end, _ = at(found[-1].products, 1)
        told = f"{10**power / 1000:g} s" if power >= 3 else f"{10.0**power:g} ms"
        drawn.append(f'<line class="grid" x1="{x:.0f}" y1="{y:.1f}" x2="{end:.0f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{told}</text>')
    for each in found:
        x, y = at(each.products, 10.0**low)
        drawn.append(f'<text x="{x:.0f}" y="{y + 22:.0f}" text-anchor="middle">{each.products:,}</text>')
    span = found[-1].products / found[0].products
    begin, end_ = at(found[0].products, 10.0**low), at(found[-1].products, min(10.0**low * span, 10.0**high))
    drawn.append(
        f'<line class="even" x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end_[0]:.1f}" y2="{end_[1]:.1f}"/>'
    )
    drawn.extend(_curves(curves, at))
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    drawn.append(f'<text x="{middle:.0f}" y="{_HIGH - 8}" text-anchor="middle">products</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="Time over the number of products">\n<style>{_STYLE}</style>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _curves(
    curves: Sequence[tuple[int, str, Sequence[tuple[int, float]]]],
    at: Callable[[float, float], tuple[float, float]],
) -> Sequence[str]:
    """The curves with their names at their ends, none over another."""
    drawn, lowest = [], float("inf")
    placed = [(number, name, [at(*point) for point in points]) for number, name, points in curves if points]
    for number, name, points in sorted(placed, key=lambda curve: -curve[2][-1][1]):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lowest = min(points[-1][1] + 4, lowest - 16)
        drawn.append(f'<polyline class="c{number}" points="{path}" fill="none"/>')
        drawn.extend(f'<circle class="c{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        drawn.append(f'<text class="c{number}" x="{points[-1][0] + 10:.1f}" y="{lowest:.1f}">{name}</text>')
    return drawn
