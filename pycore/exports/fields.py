"""The fields of a selected row, under the archive's own names and in its own order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pycore import address, bits
from pycore.plan import Part
from pycore.product import EXCLUSIVE

#: The archive's names, in the order of its answers, and ours; the rest of the row follows.
_FIRST: Final = (
    ("product_key", "product_key"),
    ("access", "access"),
    ("dataset", "dataset"),
    ("instrument_name", "instrument"),
    ("filters", "filters"),
    ("filename", "filename"),
    ("uri", "uri"),
    ("authz_primary_identifier", ""),
    ("authz_secondary_identifier", ""),
    ("file_suffix", "suffix"),
    ("category", "level"),
    ("size", "size"),
    ("type", "type"),
)
#: Fields that archives other than MAST may give, and that only stand where there is something in them.
_OWN: Final = ("url", "sha256", "md5")
NAMES: Final = tuple(theirs for theirs, _ in _FIRST)


def row_fields(part: Part, index: int) -> dict[str, object]:
    """All that is known of a row. Absent text is ``None``; what the list had beside the known fields comes last.

    What only another row of the same product says is there too: its checksums, its address, its stricter access. So
    the product stays one, and as it is, when the list is opened again.
    """
    catalog = part.catalog
    row, product = catalog.listed(index).row, catalog.product_row(index)
    fields: dict[str, object] = {}
    for theirs, ours in _FIRST:
        if ours:
            fields[theirs] = getattr(row, ours)
            if fields[theirs] == "":
                fields[theirs] = None
        elif theirs in row.extra:
            fields[theirs] = row.extra[theirs]
    if catalog.is_exclusive(index):
        fields["access"] = EXCLUSIVE
    url = row.url if address.scheme(row.url) or not product.url else product.url
    own = {"url": url, "sha256": row.sha256 or product.sha256, "md5": row.md5 or product.md5}
    fields.update((name, text) for name, text in own.items() if text)
    fields.update((name, value) for name, value in row.extra.items() if name not in fields)
    return fields


def selected_rows(
    parts: Sequence[Part], *, as_listed: bool = False
) -> Iterator[tuple[Part, dict[str, object]]]:
    """The selected rows of all missions, in the preview's order or in that of the list."""
    for part in parts:
        indices: Iterable[int] = bits.indices(part.selected)
        if as_listed:
            indices = sorted(indices, key=part.catalog.list_position)
        for index in indices:
            yield part, row_fields(part, index)
