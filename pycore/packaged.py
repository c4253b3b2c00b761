"""Texts that are files of this package: the profiles of missions, and programs with places to fill."""

from __future__ import annotations

import pkgutil


def packaged_text(package: str, name: str) -> str:
    """The file `name` beside the modules of `package`; FileNotFoundError where there is none.

    Not by ``importlib.resources``, which has all archives and temporary files in the memory that the page starts from.
    """
    content = pkgutil.get_data(package, name)
    if content is None:
        raise FileNotFoundError(f"{package} has no files to read.")
    return content.decode("utf-8")
