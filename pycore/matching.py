"""What a pattern is held against, and which rows are meant by what matches."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

from pycore import bits
from pycore.catalog import Catalog
from pycore.pattern import Precision, Target
from pycore.plan import product_uri

#: So many texts are made at one go.
_STEP: Final = 20_000


def texts(catalog: Catalog, mission: str, target: Target) -> Generator[None, None, Sequence[str]]:
    """In steps, the texts for the pattern engine.

    A file has one name, whichever dataset it stands in. Its URI is the list's, else the one of the manifest.
    """
    if target is Target.DATASET:
        return tuple(catalog.datasets)
    if target is Target.NAME:
        return catalog.names()
    uris, names = (yield from catalog.uris()), catalog.names()
    for start in range(0, len(uris), _STEP):
        some = uris[start : start + _STEP]
        if not all(some):
            pairs = zip(some, names[start : start + _STEP], strict=True)
            uris[start : start + _STEP] = [uri or product_uri(mission, name) for uri, name in pairs]
        yield
    return uris


def passing(catalog: Catalog, precision: Precision, found: int) -> int:
    """The rows that pass where these texts match. A file with several datasets or URIs matches by any of them."""
    if precision.target is Target.DATASET:
        flags = bytearray(catalog.rows)
        for matches, (start, stop) in zip(
            bits.flags(found, len(catalog.datasets)), catalog.datasets.values(), strict=True
        ):
            if matches:
                flags[start:stop] = b"\1" * (stop - start)
        found = bits.from_flags(flags)
    if precision.target is not Target.NAME:
        found = catalog.closed(found)
    return catalog.everything ^ found if precision.invert else found
