"""What stands around the page under test: how the browser is started, and how the site is laid out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Final

from tests.archive.server import ArchiveServer

ROOT: Final = Path(__file__).parents[2]

#: A root user's Chromium has no sandbox, and none of them may ask for anything by itself.
LAUNCH_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)


def lay_out_site(root: Path, archive: ArchiveServer) -> Path:
    """What the build wrote, with a site configuration that points JWST and HST at an archive."""
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    places = {name: {"archive": {"origin": archive.origin}} for name in ("JWST", "HST")}
    (root / "site.json").write_text(json.dumps({"missions": places}))
    return root
