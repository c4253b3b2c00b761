"""Bring Python to where a snapshot of its memory is worth taking: all that the page uses is imported."""

import gc
import importlib
import linecache
import pkgutil
import random
import sys
import zipimport
from typing import Final

#: What Python or the page imports only when it is needed, which may be before the standard library has come.
LATE: Final = (
    "_strptime",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16_le",
    "encodings.utf_32_le",
    "encodings.utf_8_sig",
    "stringprep",
    "traceback",
)


def prepare(lists: list[tuple[str, str]]) -> list[str]:
    """Import all of the overlay and what it needs, and read the demo archive's lists, pairs of a URL and its text.

    Gives the names of all modules that are there then.
    """
    for name in LATE:
        importlib.import_module(name)
    for package in ("pycore", "web"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    from pycore.demo import demo_state
    from pycore.view import regions

    # The profiles are files, and files are no part of memory.
    regions(demo_state(lists))
    _forget()
    return sorted(sys.modules)


def _forget() -> None:
    """Let go of what was only needed on the way, and of where modules came from: other archives will be there."""
    # Chance is given anew to each page that starts from this.
    random.seed(0)
    linecache.clearcache()
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
    gc.collect()
    gc.collect()
