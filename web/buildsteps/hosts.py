"""What hosts that can send headers are to send: a ready file for those that read one, and its rules for the others."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final

from web.buildsteps.shell import BuildError

#: The name under which Netlify, Cloudflare Pages and others look for it, in the root of what they serve.
FILE: Final = "_headers"

FOREVER: Final = "public, max-age=31536000, immutable"
#: What the page uses of a device is nothing; the pickers of files ask each time, and need no leave from here.
_UNUSED: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
#: PyScript's parts on demand and the snapshot have a hash in their names, so these never get other content. A word of
#: eight small letters, such as "terminal", is none.
_HASHED: Final = re.compile(
    r"pyscript/[^/]+-(?=[\w-]*[0-9A-Z])[\w-]{8}\.js|runtime/snapshot-[0-9a-f]{16}\.bin"
)
_POLICY: Final = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


def write_headers(site: Path) -> None:
    """Write the file of headers into a `site` whose page is done."""
    rules = {"/*": headers_of(site), **{f"/{name}": {"Cache-Control": FOREVER} for name in lasting(site)}}
    lines = []
    for path, headers in rules.items():
        lines += [path, *(f"  {name}: {value}" for name, value in headers.items())]
    (site / FILE).write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def headers_of(site: Path) -> dict[str, str]:
    """Give the headers that every file of the `site` may have, by their names.

    The content security policy is that of the page, and says besides who may put it in a frame, which a page cannot
    say of itself.
    """
    found = _POLICY.search((site / "index.html").read_text(encoding="utf-8"))
    if found is None:
        raise BuildError("The page has no content security policy.")
    return {
        "Content-Security-Policy": f"{html.unescape(found[1])}; frame-ancestors 'self'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def lasting(site: Path) -> list[str]:
    """Name the files whose names tell their content, so that a browser need never ask for them again."""
    folders = ("runtime", "pyscript")
    files = (path for folder in folders for path in sorted((site / folder).iterdir()))
    names = (path.relative_to(site).as_posix() for path in files)
    return [name for name in names if _HASHED.fullmatch(name)]
