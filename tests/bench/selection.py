"""How fast the panel's arithmetic is beside a plain loop: run ``python build.py bench selection``.

A click is a box ticked, then everything that the panel shows after it: files and bytes selected, the state, count
and volume of each level's and suffix's box. The plain loop goes over rows as dictionaries, as a list in JSON is read,
and works out the same in the same process by turns, so that the ratios hold on a busy machine too. Both must
come to the same numbers.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any, Final

from pycore.catalog import Catalog, Facet, ListedRow
from pycore.missions.profile import Profiles
from pycore.product import EXCLUSIVE, PUBLIC, Row
from pycore.selection import Choice, Quick, Selector, Tick

SIZES: Final = (10_000, 100_000, 1_000_000)
SUFFIXES: Final = {
    "1b": ("_uncal", "_guide"),
    "2a": ("_rate", "_rateints", "_ramp", "_trapsfilled"),
    "2b": ("_cal", "_calints", "_i2d", "_s2d", "_s3d", "_x1d", "_x1dints", "_bsub"),
    "2c": ("_crf", "_crfints"),
    "3": ("_i2d", "_segm", "_cat", "_s2d", "_s3d", "_x1d", "_whtlt", "_psfstack", "_psfalign", "_psfsub"),
}
CATEGORIES: Final = [Facet(level, suffix) for level, suffixes in SUFFIXES.items() for suffix in suffixes]
PER_DATASET: Final = 20

#: What the panel shows after a click: bytes and files selected, and of each box its state, files and bytes.
Shown = tuple[int, int, dict[Facet, tuple[Tick, int, int]]]


def rows_of(count: int) -> list[Row]:
    """Give rows as in a real list: one in fifty stands in several datasets, one in ten is exclusive."""
    chance = random.Random(count)
    made = []
    for number in range(count):
        dataset = f"jw{number // PER_DATASET:011}_02101_00001_nrca1"
        facet = CATEGORIES[chance.randrange(len(CATEGORIES))]
        if number % 50 == 0:
            name, size, facet = f"pool{number // 500}.csv", 4096, Facet("3", "_cat")
            access = PUBLIC
        else:
            name, size = f"{dataset}_{number}{facet.suffix}.fits", chance.randrange(2880, 500_000_000)
            access = EXCLUSIVE if chance.random() < 0.1 else PUBLIC
        made.append(Row(name, dataset, size, access, "NIRCAM", "F200W", facet.suffix, facet.level, "science"))
    return made


@dataclass
class Naive:
    """The same answers from a loop over dictionaries."""

    rows: list[dict[str, Any]]
    on: dict[Facet, bool] = field(default_factory=dict)

    def tick(self, facet: Facet) -> Shown:
        """Tick or clear a box, and work out what is shown then."""
        self.on[facet] = not self.on[facet]
        seen: set[tuple[str, int]] = set()
        files = volume = 0
        counts: dict[Facet, int] = defaultdict(int)
        volumes: dict[Facet, int] = defaultdict(int)
        for row in self.rows:
            identity = (row["filename"], row["size"])
            if identity in seen:
                continue
            seen.add(identity)
            box = Facet(row["category"], row["file_suffix"])
            counts[box] += 1
            volumes[box] += row["size"]
            if self.on[box] and row["access"] == PUBLIC:
                files += 1
                volume += row["size"]
        boxes = {
            box: (Tick.ALL if self.on[box] else Tick.NONE, counts[box], volumes[box])
            for box in sorted_boxes(counts)
        }
        return volume, files, boxes


def sorted_boxes(found: dict[Facet, int]) -> list[Facet]:
    """Give the boxes in one order, whoever counts them."""
    return sorted(found, key=lambda facet: (facet.level, facet.suffix))


@dataclass
class Ours:
    """The answers of the selector."""

    selector: Selector
    choice: Choice = field(default_factory=lambda: Choice(Quick.ALL))

    def tick(self, facet: Facet) -> Shown:
        """Tick or clear a box, and work out what is shown then."""
        selector, catalog = self.selector, self.selector.catalog
        self.choice = selector.tick_suffix(facet, self.choice)
        selected = selector.selected(self.choice, catalog.everything, exclusive_too=False)
        boxes = {facet: mask for found in selector.boxes.values() for facet, mask in found.items()}
        for level in selector.boxes:
            selector.level_tick(level, self.choice)
            catalog.volume(selector.level(level))
        shown = {
            box: (
                selector.suffix_tick(box, self.choice),
                catalog.count(boxes[box]),
                catalog.volume(boxes[box]),
            )
            for box in sorted_boxes(boxes)
        }
        return catalog.volume(selected), catalog.count(selected), shown


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Do the work once: seconds and what came of it."""
    start = perf_counter()
    made = work()
    return perf_counter() - start, made


def measure(count: int) -> None:
    """Print the line for a list of so many rows."""
    rows = rows_of(count)
    profile = Profiles().named("JWST")
    listed = [ListedRow(row, number) for number, row in enumerate(rows, start=1)]
    catalog_s, catalog = timed(lambda: Catalog(profile.identity, listed))
    selector_s, selector = timed(lambda: Selector(catalog, profile))
    ours = Ours(selector)
    plain = [
        {
            "filename": row.filename,
            "size": row.size,
            "category": row.level,
            "file_suffix": row.suffix,
            "access": row.access,
        }
        for row in rows
    ]
    naive = Naive(plain, dict.fromkeys(CATEGORIES, True))
    clicks = [CATEGORIES[number * 7 % len(CATEGORIES)] for number in range(9)]
    our_s, naive_s = [], []
    for facet in clicks:
        our_time, our_answer = timed(lambda facet=facet: ours.tick(facet))  # type: ignore[misc]
        naive_time, naive_answer = timed(lambda facet=facet: naive.tick(facet))  # type: ignore[misc]
        assert our_answer == naive_answer, "the two disagree"
        our_s.append(our_time)
        naive_s.append(naive_time)
    ratio = median(theirs / mine for mine, theirs in zip(our_s, naive_s, strict=True))
    print(
        f"{count:>9,}{catalog_s:>11.2f} s{selector_s:>11.2f} s{median(our_s) * 1000:>10.2f} ms"
        f"{max(our_s) * 1000:>10.2f} ms{median(naive_s) * 1000:>11.1f} ms{ratio:>8.0f}"
    )


def main() -> None:
    """Print the table."""
    print(f"{len(CATEGORIES)} file categories; medians of 9 clicks by turns; ratio: times that we are faster")
    print(
        f"{'rows':>9}{'catalog':>13}{'selector':>13}{'a click':>13}{'slowest':>13}{'plain loop':>14}{'ratio':>8}"
    )
    for count in SIZES:
        measure(count)


if __name__ == "__main__":
    main()
