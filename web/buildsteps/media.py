"""The types of the site's files, as servers tell them and browsers rely on them."""

from __future__ import annotations

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
