"""What a download brought, judged from outside: four unpackers, every byte, every row of the manifest."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Download

from tests.archive.server import ArchiveServer
from tests.unit.manifest_table import ManifestTable

Row = Mapping[str, object]
ManifestRow = tuple[str, ...]

MANIFEST: Final = "manifest.html"
DOCUMENT: Final = "manifest.json"
#: Has the browser download a chosen file, which is in no file system that the test can see.
SAVE_PRIVATE: Final = """
  async name => {
    const folder = await navigator.storage.getDirectory();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await (await folder.getFileHandle(name)).getFile());
    link.download = name;
    link.click();
  }
"""
COLUMNS: Final = ("URI", "File", "Access", "Status", "Logged In User")
_JUDGES: Final = (("unzip", "-tqq"), ("7z", "t", "-bso0", "-bsp0"), ("bsdtar", "-tf"))


@dataclass(frozen=True, slots=True)
class Taken:
    """An archive that was downloaded: its one folder, the files in it by path, its manifest."""

    path: Path
    root: str
    files: Mapping[str, bytes]
    manifest: Sequence[ManifestRow]
    page: str

    def statuses(self) -> dict[str, str]:
        """The status of each file in the manifest, by the file's name, of the row that it was fetched for."""
        found: dict[str, str] = {}
        for _, path, _, status, _ in self.manifest:
            found.setdefault(path.rpartition("/")[2], status)
        return found


def taken(download: Download, folder: Path) -> Taken:
    """The archive of a download, once it is whole and accepted by every unpacker."""
    assert download.failure() is None
    path = folder / download.suggested_filename
    download.save_as(path)
    return opened(path)


def opened(path: Path) -> Taken:
    """An archive on disk that every unpacker accepts."""
    accepted(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        root, *names = archive.namelist()
        assert root == f"{path.name.removesuffix('.zip')}/"
        assert all(name.startswith(root) for name in names)
        assert names[-1] == root + MANIFEST, "the manifest is written last, from what happened"
        files = {name.removeprefix(root): archive.read(name) for name in names}
    page = manifest_of(files)
    return Taken(path, root.rstrip("/"), files, read_manifest(page), page)


def manifest_of(files: dict[str, bytes]) -> str:
    """Take both manifests, which say the same, out of the files of a download; give the one for people."""
    page = files.pop(MANIFEST).decode()
    twin = json.loads(files.pop(DOCUMENT))
    told = [
        tuple("" if row[key] is None else str(row[key]) for key in list(row)[:13]) for row in twin["rows"]
    ]
    assert told == ManifestTable(page).body, "the manifest's twin says the same"
    return page


def accepted(path: Path) -> None:
    """Other people's unpackers find nothing wrong with it."""
    for judge in _JUDGES:
        found = subprocess.run([*judge, path], capture_output=True, text=True, timeout=300, check=False)
        assert found.returncode == 0, f"{judge[0]}: {found.stdout} {found.stderr}"
        assert "warning" not in (found.stdout + found.stderr).lower(), (
            f"{judge[0]}: {found.stdout} {found.stderr}"
        )


def read_manifest(page: str) -> list[ManifestRow]:
    """The rows of the one table, as a browser would show them."""
    head, *rows = ManifestTable(page).rows
    assert head[: len(COLUMNS)] == COLUMNS
    return [cells[: len(COLUMNS)] for cells in rows]


# -- what is to be expected, from the rows of the list and nothing else -----------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """The rows that were selected, in list order, and how they were asked for.

    ``failed`` has the reason by file name; ``paths`` the places of files that could not keep their names, by
    file name and size.
    """

    rows: Sequence[Row]
    mission: str = "JWST"
    structure: str = "NESTED"
    user: str = ""
    failed: Mapping[str, str] | None = None
    paths: Mapping[tuple[str, int], str] | None = None

    def primaries(self) -> dict[tuple[str, int], Row]:
        """Of each product the row that it is fetched for."""
        found: dict[tuple[str, int], Row] = {}
        for row in self.rows:
            found.setdefault(_product(row), row)
        return found

    def path(self, row: Row) -> str:
        """Where a row's file is to be."""
        primary = self.primaries()[_product(row)]
        if self.paths and _product(row) in self.paths:
            return self.paths[_product(row)]
        folder = f"{primary['dataset']}/" if self.structure == "NESTED" else ""
        return f"{self.mission}/{folder}{primary['filename']}"

    def files(self, archive: ArchiveServer) -> dict[str, bytes]:
        """Every file with the bytes that the archive serves."""
        return {
            self.path(row): archive.content(name, size)
            for (name, size), row in self.primaries().items()
            if name not in (self.failed or {})
        }

    def manifest(self) -> list[ManifestRow]:
        """Every row of the manifest, to the letter."""
        primaries = self.primaries()
        exclusive = {_product(row) for row in self.rows if row.get("access") == "EXCLUSIVE_ACCESS"}
        found: list[ManifestRow] = []
        for row in self.rows:
            path, primary = self.path(row), primaries[_product(row)]
            reason = (self.failed or {}).get(str(row["filename"]), "")
            name, home = path.rpartition("/")[2], primary["dataset"]
            if reason:
                status = f"FAILED: {reason}"
            elif row is primary:
                status = "SUCCESS" if self.user else "OK"
            else:
                status = f"Duplicate of file {name} {'associated with' if self.user else 'in folder'} {home}"
            if self.user:
                status = f"{path} associated with {row['dataset']} ... {status}"
            found.append(
                (
                    f"mast:{self.mission}/product/{row['filename']}",
                    path,
                    "EXCLUSIVE_ACCESS" if _product(row) in exclusive else "PUBLIC",
                    status,
                    self.user or "anonymous",
                )
            )
        return found


def _product(row: Row) -> tuple[str, int]:
    return str(row["filename"]), int(str(row["size"]))


def science(filename: str, dataset: str, size: int, **fields: object) -> dict[str, object]:
    """A row of a calibrated science product of JWST."""
    return {
        "filename": filename,
        "dataset": dataset,
        "size": size,
        "access": "PUBLIC",
        "category": "2b",
        "file_suffix": "_cal",
        "type": "science",
        "uri": f"{dataset}/{filename}",
        **fields,
    }


def listed(archive: ArchiveServer, rows: Iterable[dict[str, object]], mission: str = "JWST") -> str:
    """The query that opens these rows, which the archive has from now on."""
    rows = list(rows)
    archive.add_products(mission, rows)
    datasets = dict.fromkeys(str(row["dataset"]) for row in rows)
    return f"?products={archive.list_url(mission, datasets).replace('&', '%26').replace('%', '%25')}"
