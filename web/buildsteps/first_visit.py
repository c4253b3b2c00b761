"""What a first visit to the page transfers, until it is ready and can be opened without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from web.buildsteps.folder import SETTINGS
from web.buildsteps.parts import PAGE, WORKER, parts_of
from web.buildsteps.twins import TWINS

#: The most that all files of a first visit may come to where the server offers them by gzip, and what we aim for.
BUDGET_BYTES: Final = 11_000_000
GOAL_BYTES: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Weight:
    """The bytes of a file's body: as it is, and as sent by servers that offer gzip, or brotli, where that pays."""

    name: str
    plain: int
    gzipped: int
    brotli: int


def first_visit(site: Path) -> tuple[Weight, ...]:
    """Give the weight of each file of the `site` that a first visit transfers, the heaviest first."""
    parts = {unquote(address) or PAGE for address in parts_of(site)}
    # The service worker has all parts kept; itself and the settings come beside them.
    names = parts | {name for name in (WORKER, SETTINGS) if (site / name).is_file()}
    return tuple(
        sorted((_weight(site, name) for name in names), key=lambda weight: (-weight.gzipped, weight.name))
    )


def total(weights: Sequence[Weight]) -> Weight:
    """Give the sum of all weights."""
    return Weight(
        f"{len(weights)} files",
        sum(weight.plain for weight in weights),
        sum(weight.gzipped for weight in weights),
        sum(weight.brotli for weight in weights),
    )


def sentence(weights: Sequence[Weight]) -> str:
    """Say in a line what all comes to."""
    whole = total(weights)
    return (
        f"A first visit transfers {_megabytes(whole.gzipped)} gzipped "
        f"(budget {_megabytes(BUDGET_BYTES)}, goal {_megabytes(GOAL_BYTES)}), "
        f"{_megabytes(whole.brotli)} by brotli, {_megabytes(whole.plain)} where the server does not compress."
    )


def table(weights: Sequence[Weight]) -> str:
    """Give all weights in bytes, a line each, and their sum."""
    lines = [f"{'First visit, bytes':<48}{'as it is':>12}{'gzip':>12}{'brotli':>12}"]
    lines += (f"{w.name:<48}{w.plain:>12}{w.gzipped:>12}{w.brotli:>12}" for w in (*weights, total(weights)))
    return "\n".join(lines)


def _weight(site: Path, name: str) -> Weight:
    path = site / name
    plain = path.stat().st_size
    sizes = {encoding: _size(path.with_name(path.name + ending)) for encoding, ending in TWINS.items()}
    gzipped = sizes["gzip"] or plain
    return Weight(name, plain, gzipped, sizes["br"] or gzipped)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
