"""The panel's rules for JWST once more, by sets and loops: what the selection is held against.

Slow and plain on purpose, written from the description of the panel and not from the code; nothing of the core is
used here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

Key = tuple[str, int]

_CALIBRATED = ("_image_cal.fits", "_stacked_cal.fits", "_cal.fits")
_RAW = ("_image_uncal.fits", "_stacked_uncal.fits", "_uncal.fits")


@dataclass
class Product:
    """A file with the datasets that it belongs to; the first row says what it is."""

    filename: str
    size: int
    level: str
    suffix: str
    type: str
    exclusive: bool = False
    datasets: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.filename, self.size

    @property
    def guiding(self) -> bool:
        return "_gs-" in self.filename

    @property
    def reference(self) -> bool:
        return not self.guiding and (self.type == "reference" or self.level == "REFERENCE")

    @property
    def boxed(self) -> bool:
        return not self.guiding and not self.reference


class NaivePanel:
    """A panel with its controls; every question is answered by going through all products."""

    def __init__(self, rows: Collection[Mapping[str, str | int]]) -> None:
        self.products: dict[Key, Product] = {}
        for row in rows:
            key = str(row["filename"]), int(row["size"])
            if key not in self.products:
                self.products[key] = Product(*key, str(row["level"]), str(row["suffix"]), str(row["type"]))
            self.products[key].datasets.add(str(row["dataset"]))
            if row["access"] == "EXCLUSIVE_ACCESS":
                self.products[key].exclusive = True
        self.ticks = self.recommended()
        self.guide_stars = self.references = self.signed_in = False
        self.matching: set[str] | None = None

    # -- the controls ---------------------------------------------------------------------------------------

    def quick(self, name: str) -> None:
        self.ticks = self.of_quick(name)
        if name == "NONE":
            self.guide_stars = self.references = False

    def tick(self, box: set[Key]) -> None:
        if box <= self.ticks:
            self.ticks = self.ticks - box
        else:
            self.ticks = self.ticks | box

    # -- the answers ----------------------------------------------------------------------------------------

    def of_quick(self, name: str) -> set[Key]:
        if name == "ALL":
            return {product.key for product in self.products.values() if product.boxed}
        return self.recommended() if name == "RECOMMENDED" else set()

    def boxes(self) -> dict[tuple[str, str], set[Key]]:
        found: dict[tuple[str, str], set[Key]] = {}
        for product in self.products.values():
            if product.boxed:
                found.setdefault((product.level, product.suffix), set()).add(product.key)
        return found

    def level(self, level: str) -> set[Key]:
        return {p.key for p in self.products.values() if p.boxed and p.level == level}

    def state(self, box: set[Key]) -> str:
        inside = [key for key in box if key in self.ticks]
        if not inside:
            return "none"
        return "all" if len(inside) == len(box) else "partial"

    def pressed(self, name: str) -> bool:
        if name == "NONE" and (self.guide_stars or self.references):
            return False
        return self.ticks == self.of_quick(name)

    def categories(self) -> int:
        return len([box for box in self.boxes().values() if self.state(box) != "none"])

    def wanted(self) -> set[Key]:
        found = set()
        for key, product in self.products.items():
            by_guide_stars = self.guide_stars and key in self.highest_calibrated()
            by_references = self.references and product.reference
            matches = self.matching is None or product.filename in self.matching
            if matches and (key in self.ticks or by_guide_stars or by_references):
                found.add(key)
        return found

    def selected(self) -> set[Key]:
        return {key for key in self.wanted() if self.signed_in or not self.products[key].exclusive}

    def volume(self, keys: set[Key]) -> int:
        return sum(size for _, size in keys)

    def exclusive(self) -> set[Key]:
        return {key for key, product in self.products.items() if product.exclusive}

    def highest_calibrated(self) -> set[Key]:
        exposures: dict[str, dict[str, set[Key]]] = {}
        for product in self.products.values():
            if not product.guiding:
                continue
            for kind, ends in (("calibrated", _CALIBRATED), ("raw", _RAW)):
                end = next((end for end in ends if product.filename.endswith(end)), None)
                if end:
                    exposure = exposures.setdefault(
                        product.filename[: -len(end)], {"calibrated": set(), "raw": set()}
                    )
                    exposure[kind].add(product.key)
        return set().union(*(files["calibrated"] or files["raw"] for files in exposures.values()))

    def recommended(self) -> set[Key]:
        taken: set[Key] = set()
        for dataset in {name for product in self.products.values() for name in product.datasets}:
            files = [p for p in self.products.values() if dataset in p.datasets and p.boxed and not _never(p)]
            taken |= {p.key for p in files if p.type == "association"}
            files = [p for p in files if p.type != "association"]
            at_three = [p for p in files if p.level == "3" and p.type in ("science", "")]
            if at_three:
                taken |= {p.key for p in at_three}
                continue
            for level in ("2b", "2c", "2a", "1b"):
                there = [p for p in files if p.level == level]
                if there:
                    taken |= {p.key for p in there}
                    break
        return taken


def _never(product: Product) -> bool:
    name = product.filename
    preview = name.endswith((".jpg", ".png")) or product.suffix == "_thumb" or product.type == "preview"
    return preview or "_tacq" in name
