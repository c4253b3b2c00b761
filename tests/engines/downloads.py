"""What a browser saves into a folder, for drivers that tell nothing of downloads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.engines.driver import until


def saved(folder: Path, press: Callable[[], None], is_whole: Callable[[Path], bool]) -> Path:
    """The one file that comes into the folder after a press, once it is whole."""
    before = set(folder.iterdir())
    press()
    found = until(lambda: set(folder.iterdir()) - before, lambda paths: any(map(is_whole, paths)))
    [whole] = found
    return whole


def is_in_its_place(path: Path) -> bool:
    """Whether the file has its final name: Firefox writes to another, beside an empty file of the final one."""
    return path.suffix != ".part" and path.stat().st_size > 0


def is_let_go(path: Path) -> bool:
    """Whether the file has bytes and no program has it open, as Linux tells; WebKitGTK writes it where it stays."""
    if path.stat().st_size == 0:
        return False
    inode = path.stat().st_ino, path.stat().st_dev
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            held = handle.stat()
        except OSError:
            # The program has ended or closed it meanwhile, or it is somebody else's.
            continue
        if (held.st_ino, held.st_dev) == inode:
            return False
    return True
