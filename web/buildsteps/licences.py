"""The licence texts of all that the site carries, and an index that says which is whose."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from web.buildsteps.shell import ROOT, BuildError

#: Texts that the packages do not carry themselves.
TEXTS: Final = ROOT / "web" / "licences"
#: npm packages whose code is in the site; PyScript's file has what it depends on compiled into it.
BUNDLED: Final = ("@pyscript/core", "idiomorph")


@dataclass(frozen=True, slots=True)
class Notice:
    """One component of the site: its licence by name, and the files below licences/ that hold the text."""

    component: str
    version: str
    licence: str
    files: tuple[str, ...]


def copy_licences(modules: Path, wheels: Path, site: Path) -> None:
    """Write licences/ with all texts and index.txt, and the project's own LICENSE beside the page."""
    folder = site / "licences"
    shutil.copytree(TEXTS, folder)
    shutil.copyfile(ROOT / "LICENSE", site / "LICENSE")
    notices = [
        *_of_pyodide(modules),
        *_of_wheels(wheels, folder),
        *_of_npm(modules, folder),
    ]
    lines = ["What this site carries, under which licence, and the file of its text.", ""]
    for notice in sorted(notices, key=lambda notice: (notice.component.lower(), notice.version)):
        lines.append(f"{notice.component} {notice.version}".rstrip())
        lines.append(f"    {notice.licence}: {', '.join(notice.files)}")
    lines += [
        "",
        "Unchanged but for names: Pyodide's modules end in .js, and mentions of source maps are left out.",
        "idiomorph is inside boot.js.",
        "The sources are at https://github.com/pyodide/pyodide, https://github.com/pyodide/micropip,",
        "https://github.com/pyscript/pyscript and https://github.com/bigskysoftware/idiomorph.",
    ]
    (folder / "index.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _of_pyodide(modules: Path) -> Iterator[Notice]:
    version = _package(modules / "pyodide")["version"]
    python = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["info"][
        "python"
    ]
    yield Notice("Pyodide", version, "MPL-2.0", ("MPL-2.0.txt",))
    yield Notice(
        "Libraries compiled into Pyodide", "", "several", ("Pyodide-libraries.txt", "Apache-2.0.txt")
    )
    yield Notice("Python", python, "PSF-2.0", ("Python.txt",))


def _of_wheels(wheels: Path, folder: Path) -> Iterator[Notice]:
    for wheel in sorted(wheels.glob("*.whl")):
        name, version, _ = wheel.name.split("-", 2)
        files = []
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                if Path(member).name.upper().startswith("LICEN") and not member.endswith(".py"):
                    owner = "-".join(part for part in Path(member).parent.parts if part[0] not in "_.")
                    text = f"{owner.removesuffix('-licenses').removesuffix('.dist-info')}-{Path(member).name}.txt"
                    (folder / text).write_bytes(archive.read(member))
                    files.append(text)
        if not files:
            raise BuildError(f"{wheel.name} has no licence text.")
        yield Notice(name, version, "see the text", tuple(files))


def _of_npm(modules: Path, folder: Path) -> Iterator[Notice]:
    homes = npm_closure(modules, BUNDLED)
    own = {key: text for key, home in homes.items() if (text := _text_of(home))}
    for (name, version), home in sorted(homes.items()):
        licence = _package(home)["license"]
        target = f"{name.replace('@', '').replace('/', '-')}.txt"
        # An early version may lack the text that a later one under the same licence has.
        like = (
            text for key, text in own.items() if key[0] == name and _package(homes[key])["license"] == licence
        )
        text = own.get((name, version)) or next(like, None)
        if text:
            if (folder / target).exists() and (folder / target).read_bytes() != text.read_bytes():
                target = f"{target.removesuffix('.txt')}-{version}.txt"
            shutil.copyfile(text, folder / target)
        elif (TEXTS / f"{licence}.txt").is_file():
            target = f"{licence}.txt"
        else:
            raise BuildError(f"The npm package {name} {version} has no licence text.")
        yield Notice(name, version, licence, (target,))


def npm_closure(modules: Path, names: Iterable[str]) -> dict[tuple[str, str], Path]:
    """Find the packages of these names and all that they depend on: name and version to where each lies.

    A package is looked for as Node.js does: in the ``node_modules`` of who asks, then in those of the folders around
    it. So there may be several versions of one, each for those who asked for it.
    """
    found: dict[tuple[str, str], Path] = {}
    waiting = [(modules, name) for name in names]
    while waiting:
        asking, name = waiting.pop()
        home = _resolved(modules, asking, name)
        package = _package(home)
        key = (package["name"], package["version"])
        if key not in found:
            found[key] = home
            waiting += [(home, each) for each in package.get("dependencies", {})]
    return found


def _resolved(modules: Path, asking: Path, name: str) -> Path:
    for folder in (asking, *asking.parents):
        if (folder / "node_modules" / name / "package.json").is_file():
            return folder / "node_modules" / name
        if folder == modules.parent:
            break
    raise BuildError(f"The npm package {name} is not there.")


def _text_of(home: Path) -> Path | None:
    """Give the file of a package's own licence text, if it has one."""
    return min((path for path in home.iterdir() if path.name.upper().startswith("LICEN")), default=None)


def _package(home: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((home / "package.json").read_text(encoding="utf-8"))
    return content
