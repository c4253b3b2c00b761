"""A selection with every kind of strange name in it, at a real archive, for the tools that are to fetch it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pycore.layout import Structure
from pycore.missions.profile import Profiles
from pycore.plan import Plan
from pycore.product import EXCLUSIVE, PUBLIC
from pycore.scripts.lines import About
from tests.archive.server import ArchiveServer
from tests.unit import builders

SIZE: Final = 70_000
TOKEN: Final = "0123456789abcdef-the-token-of-a-test"

#: Names as an archive may have them, and what each of them is bad for.
HOSTILE: Final = (
    "plain_cal.fits",
    'it\'s a "name".fits',
    "line\nbreak.fits",
    "tab\there.fits",
    "-rf.fits",
    "--output=x.fits",
    "..",
    "../../escaped.fits",
    "$(touch pwned).fits",
    "`touch pwned`.fits",
    "#comment.fits",
    "a#1 b#2.fits",
    "{a,b}[1-3].fits",
    "50%41 & more; = ,!^~.fits",
    "back\\slash\\.fits",
    "Ünïcödé 星.fits",
    "\u202eexe.stif",
    "x" * 300 + ".fits",
    "s3://bucket/key.fits",
    "END_OF_LIST",
    "</file>]]><!-- -->.fits",
    "'@.fits",
    "\uff1dHYPERLINK.fits",
    "empty.fits",
)

ABOUT: Final = About("0.1.0", "2026-11-22 07:17:20 UTC", Profiles())


def about_for(archive: ArchiveServer) -> About:
    return replace(
        ABOUT,
        token_page="https://archive.example.org/token",
        whoami=f"{archive.origin}/whoami",
        contact="help@example.org",
    )


def plan_at(
    archive: ArchiveServer,
    names: Iterable[str] = HOSTILE,
    *,
    exclusive: Sequence[str] = (),
    dataset: str = "jw1",
    size: int = SIZE,
    checksums: str = "sha256",
    structure: Structure = Structure.NESTED,
    user: str | None = None,
) -> Plan:
    """A plan for files that the archive has from now on; ``exclusive`` ones need a token."""
    sizes = {name: 0 if name.startswith("empty") else size for name in (*names, *exclusive)}
    rows = [
        {
            "filename": name,
            "dataset": dataset,
            "size": sizes[name],
            "access": EXCLUSIVE if name in exclusive else PUBLIC,
        }
        for name in sizes
    ]
    archive.add_products("JWST", rows)
    sums = {
        name: {checksums: hashlib.new(checksums, archive.content(name)).hexdigest()} if checksums else {}
        for name in sizes
    }
    listed = [
        builders.row(
            name,
            dataset,
            sizes[name],
            access=EXCLUSIVE if name in exclusive else PUBLIC,
            url=archive.retrieve_url("JWST", f"{dataset}/{name}"),
            **sums[name],
        )
        for name in sizes
    ]
    plan = builders.plan(listed, structure=structure, user=user)
    files = tuple(replace(file, with_token=file.exclusive) for file in plan.files)
    return replace(plan, files=files)


def write(folder: Path, name: str, pieces: Iterator[str]) -> Path:
    path = folder / name
    path.write_text("".join(pieces), "utf-8", newline="")
    return path


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The tool's run in an empty home, without a terminal; its status is for the caller to judge."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    # Tools that come as Python packages stand beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        check=False,
    )


def there(folder: Path) -> set[str]:
    """All files below the folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def assert_all_there(folder: Path, plan: Plan, archive: ArchiveServer, beside: Iterable[str] = ()) -> None:
    """Every file of the plan is in its place with its bytes, and nothing else is but what stands ``beside``."""
    assert there(folder) == {f"{plan.root}/{file.path}" for file in plan.files} | set(beside)
    for file in plan.files:
        found = (folder / plan.root / file.path).read_bytes()
        assert found == archive.content(file.filename, file.size), file.path
