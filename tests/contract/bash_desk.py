"""A folder in which the bash script is run against the real archive, and what is to be seen of a run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pycore import layout
from pycore.layout import Place, Structure
from pycore.plan import Plan, PlannedFile, PlannedRow
from pycore.scripts.bash import bash_script
from tests.archive.server import ArchiveServer
from tests.contract import session
from tests.contract.session import manifest_rows

ROOT: Final = "MAST_2026-11-22T07_17_20.000Z"
TOKEN: Final = "0123456789abcdef-the-token-of-a-test"
SIZE: Final = 200_000


def row(filename: str, dataset: str = "jw1", size: int = SIZE, exclusive: bool = False) -> dict[str, object]:
    access = "EXCLUSIVE_ACCESS" if exclusive else "PUBLIC"
    return {"filename": filename, "dataset": dataset, "size": size, "access": access}


def plan_for(
    archive: ArchiveServer,
    rows: Iterable[dict[str, object]],
    structure: Structure = Structure.NESTED,
    user: str | None = None,
) -> Plan:
    """A plan for rows, which the archive has from now on; rows of one name and size are one product."""
    rows = list(rows)
    archive.add_products("JWST", rows)
    products: dict[tuple[str, int], list[tuple[int, dict[str, object]]]] = {}
    for number, item in enumerate(rows):
        products.setdefault((str(item["filename"]), int(str(item["size"]))), []).append((number, item))
    places = [Place("JWST", str(items[0][1]["dataset"]), name) for (name, _), items in products.items()]
    paths = layout.paths(places, structure)
    files = tuple(
        PlannedFile(
            mission="JWST",
            filename=name,
            path=path,
            url=archive.retrieve_url("JWST", f"{items[0][1]['dataset']}/{name}"),
            problem="",
            size=size,
            exclusive=items[0][1]["access"] == "EXCLUSIVE_ACCESS",
            with_token=items[0][1]["access"] == "EXCLUSIVE_ACCESS",
            sha256=None,
            md5=None,
            rows=tuple(
                PlannedRow(f"mast:JWST/product/{name}", str(item["dataset"]), number)
                for number, item in items
            ),
        )
        for ((name, size), items), path in zip(products.items(), paths, strict=True)
    )
    return Plan(ROOT, structure.value, files, user or "anonymous", user is not None)


def changed(plan: Plan, **changes: object) -> Plan:
    """The plan with something changed in its first file."""
    return replace(plan, files=(replace(plan.files[0], **changes), *plan.files[1:]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Desk:
    """A folder with a script in it, and the environment that the script is run in."""

    folder: Path
    archive: ArchiveServer
    environment: dict[str, str]

    def write(self, plan: Plan) -> Path:
        pieces = bash_script(
            plan,
            version="0.1.0",
            token_page="https://archive.example.org/token",
            contact="help@example.org",
            made="2026-11-22 07:17:20 UTC",
            whoami=f"{self.archive.origin}/whoami",
        )
        path = self.folder / f"{ROOT}_api_retrieve.sh"
        path.write_text("".join(pieces), "utf-8")
        return path

    def start(
        self, script: Path, *options: str, shell: Sequence[str] = ("bash",), **extra: str
    ) -> subprocess.Popen[str]:
        return session.start([*shell, script.name, *options], self.folder, self.environment | extra)

    def run(self, plan: Plan, *options: str, shell: Sequence[str] = ("bash",), **extra: str) -> Ended:
        process = self.start(self.write(plan), *(options or ("--tries", "2")), shell=shell, **extra)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err, self.folder / ROOT)


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    status: int
    out: str
    err: str
    root: Path

    def files(self) -> set[str]:
        found = {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}
        return {name for name in found if not name.startswith(".state/")}

    def manifest(self) -> list[tuple[str, ...]]:
        return manifest_rows(self.root / "manifest.html")

    def reason(self) -> str:
        """Why the first row's file failed."""
        status = self.manifest()[0][3]
        assert status.startswith("FAILED: ")
        return status.removeprefix("FAILED: ")


def names(count: int) -> list[str]:
    return [f"jw90001001001_{number:05d}_nrca1_cal.fits" for number in range(count)]


def complete(ended: Ended, plan: Plan, archive: ArchiveServer, but: Iterable[str] = ()) -> None:
    """Every file but those is there, byte for byte, and nothing else is."""
    expected = [file for file in plan.files if file.filename not in but]
    assert ended.files() == {file.path for file in expected} | {"manifest.html", "manifest.csv"}
    for file in expected:
        assert (ended.root / file.path).read_bytes() == archive.content(file.filename, file.size)


def own_and_public(archive: ArchiveServer, user: str | None = None) -> Plan:
    rows = [row("public.fits", "jw1"), row("secret.fits", "own1", exclusive=True), row("pool.csv", "jw1", 9)]
    return plan_for(archive, [*rows, row("pool.csv", "own1", 9)], user=user)


def put_in_path(desk: Desk, name: str, text: str) -> str:
    folder = desk.folder.parent / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return f"{folder}:{desk.environment['PATH']}"
