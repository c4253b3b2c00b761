"""The types of the site's files, as servers tell them and browsers rely on them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Final

#: Said here and not left to the machine's own table, which may lack or change them.
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
#: What a file is that no type is known of.
BYTES: Final = "application/octet-stream"

#: The first bytes of what is packed by gzip (RFC 1952, section 2.3.1).
_GZIP: Final = b"\x1f\x8b"


def unpacked(content: bytes) -> bytes | None:
    """What is in a file that is packed by gzip; ``None`` for any other."""
    return gzip.decompress(content) if content.startswith(_GZIP) else None
