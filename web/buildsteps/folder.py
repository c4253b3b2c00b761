"""The folder that a site is in: what of it a build may replace, and how the new site takes the old one's place."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from web.buildsteps.shell import BuildError

#: Lists what a build wrote. It has no times, and so no difference between two builds of the same sources.
MARK: Final = ".download-overlay"
#: The one file that an operator edits in the folder itself.
SETTINGS: Final = "site.json"
#: What systems leave in folders that somebody has looked into.
_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ABOUT: Final = (
    "A build of the download overlay wrote these files, with these SHA-256. The next one may replace them."
)


def is_site(folder: Path) -> bool:
    """Whether a build has written what is in the folder."""
    return _listed(folder) is not None


def mark(site: Path) -> None:
    """Write down what is in a `site` that is whole, so that a later build knows it again."""
    files = {name: _digest(path) for name, path in _entries(site) if path.is_file() and name != SETTINGS}
    text = json.dumps({"about": _ABOUT, "files": files}, indent=2, sort_keys=True) + "\n"
    (site / MARK).write_text(text, encoding="utf-8", newline="\n")


def settings_of(folder: Path) -> bytes | None:
    """Give the settings of the site in the folder, or None where there are none."""
    path = folder / SETTINGS
    return path.read_bytes() if is_site(folder) and path.is_file() else None


def require_replaceable(out: Path) -> None:
    """Raise BuildError when `out` holds anything but what a build wrote there, its settings aside."""
    if not out.exists() or (out.is_dir() and all(path.name in _LITTER for path in out.iterdir())):
        return
    listed = _listed(out) if out.is_dir() else None
    if listed is None:
        raise BuildError(f"{out} holds something that is no site.", "Name a new or empty folder with --out.")
    strange = [name for name, path in _entries(out) if not _is_of_build(name, path, listed)]
    if strange:
        told = ", ".join(strange[:3]) + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
        raise BuildError(
            f"{out} holds what no build wrote there, or wrote otherwise: {told}.",
            "Take that elsewhere, or name a new or empty folder with --out.",
        )


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out` to write a site into; it takes the place of `out` once that is done.

    When the writing breaks off, what was there stays. BuildError when `out` is not replaceable, or cannot be
    replaced.
    """
    require_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(prefix=f"{out.name}.", dir=out.parent)
    except OSError as problem:
        raise BuildError(
            f"No folder can be made beside {out}: {problem.strerror}.", "Name another with --out."
        ) from problem
    with beside as name:
        # The temporary folder is its maker's alone; a site in it has the rights of any new folder.
        fresh = Path(name, "site")
        fresh.mkdir()
        yield fresh
        # Somebody may have put something there in the meantime.
        require_replaceable(out)
        try:
            _exchange(out, fresh, Path(name, "old"))
        except OSError as problem:
            raise BuildError(
                f"{out} cannot be replaced: {problem.strerror}.", "Is it in use, or a disk of its own?"
            ) from problem


def _exchange(out: Path, fresh: Path, old: Path) -> None:
    if not out.exists():
        fresh.rename(out)
        return
    out.rename(old)
    try:
        fresh.rename(out)
    except OSError:
        old.rename(out)
        raise


def _listed(folder: Path) -> Mapping[str, str] | None:
    """Give the names and digests that a build left in the folder's mark; None where there is no such mark."""
    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    files = content.get("files") if isinstance(content, dict) else None
    return files if isinstance(files, dict) else None


def _is_of_build(name: str, path: Path, listed: Mapping[str, str]) -> bool:
    if path.is_symlink():
        return False
    if path.is_dir():
        return any(PurePosixPath(name) in PurePosixPath(each).parents for each in listed)
    if name == SETTINGS or path.name in _LITTER:
        return True
    return path.is_file() and listed.get(name) == _digest(path)


def _entries(folder: Path) -> list[tuple[str, Path]]:
    """Give all that is in a folder, but for its mark, by names as the mark writes them."""
    found = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")))
    return [(name, path) for name, path in found if name != MARK]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
