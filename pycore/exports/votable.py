"""The selection as a VOTable of version 1.4, the table format of the Virtual Observatory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pycore.exports.columns import INTEGER, REAL, TEXT, TRUTH, Column, cells, columns
from pycore.html import escape, quoted
from pycore.plan import Part

_DATATYPES: Final = {
    TEXT: 'datatype="unicodeChar" arraysize="*"',
    INTEGER: 'datatype="long"',
    REAL: 'datatype="double"',
    TRUTH: 'datatype="boolean"',
}
#: XML 1.0, section 2.2: what no document may hold, be it escaped or not.
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROWS_A_PIECE: Final = 500


def votable(parts: Sequence[Part]) -> Iterator[str]:
    """The file in pieces, UTF-8. Characters that XML cannot hold become U+FFFD.

    An INFO at the end counts those, and another the texts with blanks around them, which readers take away.
    """
    known = yield from columns(parts)
    piece = [_head(known)]
    replaced = trimmed = 0
    for row in cells(parts, known):
        texts = []
        for cell in row:
            text, count = _IMPOSSIBLE.subn("\ufffd", cell or "")
            replaced += count
            trimmed += text != text.strip()
            texts.append(f"<TD>{_text(text)}</TD>")
        piece.append(f"<TR>{''.join(texts)}</TR>\n")
        if len(piece) >= _ROWS_A_PIECE:
            yield "".join(piece)
            piece.clear()
    counts = {"replaced_characters": replaced, "texts_with_blanks_around": trimmed}
    told = "".join(f'<INFO name="{name}" value="{count}"/>\n' for name, count in counts.items() if count)
    yield f"{''.join(piece)}</TABLEDATA></DATA>\n</TABLE>\n{told}</RESOURCE>\n</VOTABLE>\n"


def _head(known: Sequence[Column]) -> str:
    fields = "".join(_field(column) for column in known)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">\n<TABLE name="files">\n{fields}<DATA><TABLEDATA>\n'
    )


def _field(column: Column) -> str:
    unit = f' unit="{column.unit}"' if column.unit else ""
    name = quoted(column.name)
    about = f"<DESCRIPTION>{escape(column.meaning, quote=False)}</DESCRIPTION>" if column.meaning else ""
    return f"<FIELD name={name} {_DATATYPES[column.kind]}{unit}>{about}</FIELD>\n"


def _text(text: str) -> str:
    """A bare CR would be read as a line end (XML 1.0, section 2.11)."""
    return escape(text, quote=False).replace("\r", "&#13;")
