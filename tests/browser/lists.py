"""Product lists that tests write, and what is to be expected of the demo's, counted the plain way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

Row = dict[str, object]

#: Runs for years on a name of 64 letters that does not end as it wants.
RUNAWAY = r"^(\w+[-_]?)+\.fits$"
LONG_NAME = "x" * 64

SCRIPT_NAME = "<img src=x onerror=document.title='caught'>.fits"
QUOTED_NAME = "a\"b'c&amp;`${d}.fits"
RIGHT_TO_LEFT_NAME = "cod\u202egpj.fits"
HOSTILE_NAMES = (
    SCRIPT_NAME,
    QUOTED_NAME,
    RIGHT_TO_LEFT_NAME,
    "n" * 295 + ".fits",
    "../../up.fits",
    "סקר.fits",
)
HOSTILE_WORDS = "\"><script>document.title='caught'</script>"

FORMULA_NAMES = ("=1+1.fits", "+2.fits", "-3.fits", "@sum.fits", "'quoted.fits", 'com,ma and "quote".fits')


def row(filename: object, dataset: object = "d1", size: object = 1000, **fields: object) -> Row:
    """A row with what is required and what else is given."""
    return {"filename": filename, "dataset": dataset, "size": size, **fields}


def public(name: str, size: int = 1000, level: str = "raw", dataset: str = "d1", **fields: object) -> Row:
    """A science product."""
    return row(name, dataset, size, category=level, type="science", file_suffix="_s", **fields)


def hostile_list() -> list[Row]:
    """Names and words that want to be more than text, one file under two names that differ in marks alone."""
    rows = [public(name, uri=f"lab:{number}") for number, name in enumerate(HOSTILE_NAMES)]
    rows.append(
        row(
            "words.fits",
            HOSTILE_WORDS,
            category=HOSTILE_WORDS,
            file_suffix=HOSTILE_WORDS,
            instrument_name=HOSTILE_WORDS,
            filters=HOSTILE_WORDS,
            type="science",
            uri="lab:words",
        )
    )
    return rows


def bad_rows() -> dict[int, tuple[Row, str]]:
    """Rows that are refused, by their number in :func:`mixed_list`, with the field that is wrong."""
    return {
        2: (row("no-size.fits", size=None), "size"),
        3: (row("negative.fits", size=-1), "size"),
        4: (row("absurd.fits", size=1e300), "size"),
        5: (row(17), "filename"),
        6: (row("access.fits", access="SECRET"), "access"),
        7: (row("nul\0.fits"), "filename"),
    }


def mixed_list() -> list[Row]:
    """Good rows around the bad ones."""
    good = [public(f"good_{number}.fits", uri=f"lab:good/{number}") for number in range(2)]
    return [good[0], *(bad for bad, _ in bad_rows().values()), good[1]]


def huge_list() -> list[Row]:
    """Two files of together more than a terabyte, one of them public."""
    return [
        public(
            "jw00001001001_02101_00001_nrca1_cal.fits",
            6 * 10**11,
            level="2b",
            dataset="jw00001001001_02101_00001",
        ),
        public(
            "jw00001001001_02101_00002_nrca1_cal.fits",
            7 * 10**11,
            level="2b",
            dataset="jw00001001001_02101_00001",
        ),
    ]


def text(rows: Iterable[object], **beside: object) -> str:
    """The text of a list; fields beside ``products`` come first, as in the archive's own."""
    return json.dumps({**beside, "products": list(rows)})


def write(path: Path, rows: Iterable[object], **beside: object) -> Path:
    """A list in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(rows, **beside), encoding="utf-8")
    return path


class DemoList:
    """The rows of one of the demo's lists, and what follows from them."""

    def __init__(self, dist: Path, mission: str) -> None:
        self.rows: list[Row] = json.loads((dist / "demo" / f"{mission.lower()}.json").read_text("utf-8"))[
            "products"
        ]

    def boxed(self) -> list[Row]:
        """The rows that stand in boxes."""
        return [r for r in self.rows if "_gs-" not in str(r["filename"]) and r["type"] != "reference"]

    def of(self, level: str, suffix: str | None = None) -> list[Row]:
        """The rows of a box."""
        return [r for r in self.boxed() if r["category"] == level and suffix in (None, r["file_suffix"])]

    def levels(self) -> set[str]:
        """The levels that boxes stand in."""
        return {str(r["category"]) for r in self.boxed()}


def products(rows: Iterable[Mapping[str, object]]) -> set[tuple[object, object]]:
    """The products of rows: what belongs to several datasets counts once."""
    return {(r["filename"], r["size"]) for r in rows}


def takeable(rows: Iterable[Row]) -> list[Row]:
    """What somebody who is not signed in may take."""
    return [r for r in rows if r["access"] == "PUBLIC"]
