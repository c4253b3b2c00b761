"""The whole site, written to one folder that any plain file server can offer."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from web.buildsteps import toolbox
from web.buildsteps.bundle import bundle_modules
from web.buildsteps.demo import make_demo
from web.buildsteps.folder import SETTINGS, is_site, mark, replacing, require_replaceable, settings_of
from web.buildsteps.hosts import write_headers
from web.buildsteps.integrity import SETTINGS as SETTINGS_OF_PYTHON
from web.buildsteps.integrity import seal_page, write_files
from web.buildsteps.licences import copy_licences
from web.buildsteps.packed import pack_site
from web.buildsteps.parts import PAGE, write_parts
from web.buildsteps.runtime import copy_runtime
from web.buildsteps.shell import ROOT, TOOLS, BuildError, alone, say
from web.buildsteps.snapshot import LIBRARY, draw_from_snapshot, make_snapshot
from web.buildsteps.twins import write_twins
from web.buildsteps.wheel import build_wheel, project_version

#: What of web/ goes to the site as it is.
OWN: Final = ("*.js", "*.css", "*.svg", "main.py")
#: Where the lists of the demo archive are, in the order in which the page opens them.
DEMO_LISTS: Final = ("demo/jwst.json", "demo/hst.json")
#: Settings that change nothing.
NO_SETTINGS: Final = b"{}\n"


def build_site(out: Path) -> None:
    """Write the site to `out`. Equal sources give equal bytes; what was there before stays until the new one is whole.

    The files have the time of the build, not a fixed one: servers make their cache validators from it. Settings
    that somebody edited in `out` are kept. Anything else in it that no build wrote is a BuildError.
    """
    out = out.resolve()
    require_replaceable(out)
    modules, wheels = toolbox.node_modules(), toolbox.wheels()
    with alone(TOOLS / "build.lock"):
        with replacing(out) as fresh:
            sources = _fingerprint()
            kept = settings_of(out)
            settings = NO_SETTINGS if kept is None else kept
            _fill(fresh, modules, wheels, settings)
        _stamp(out).write_text(sources)
    if settings != NO_SETTINGS:
        say(f"Kept {out / SETTINGS} as it was edited.")


def build_if_changed(out: Path) -> None:
    """Write the site to `out` unless it is there already, made from the same sources."""
    stamp = _stamp(out.resolve())
    if is_site(out) and stamp.is_file() and stamp.read_text() == _fingerprint():
        return
    say("Building the site ...")
    build_site(out)


def _fill(site: Path, modules: Path, wheels: Path, settings: bytes) -> None:
    version = project_version()
    runtime = site / "runtime"
    copy_runtime(modules, wheels, site)
    wheel = build_wheel(runtime)
    for path in _matching(ROOT / "web", OWN):
        shutil.copyfile(path, site / path.name)
    pyscript = json.loads((ROOT / "web" / SETTINGS_OF_PYTHON).read_text(encoding="utf-8"))
    others = wheels_beside(pyscript["packages"], ROOT / "web")
    packages = [f"./runtime/{wheel}", *others]
    _write_json(site / SETTINGS_OF_PYTHON, {**pyscript, "packages": packages})
    make_demo(site / "demo")
    (site / SETTINGS).write_bytes(settings)
    copy_licences(modules, wheels, site)
    snapshot = make_snapshot(runtime, modules, wheel, _lists(site))
    page = _prerendered(site, version)
    _require_equal(page, draw_from_snapshot(runtime, modules, ROOT / PAGE, version, _lists(site)))
    (site / PAGE).write_text(page, encoding="utf-8", newline="\n")
    early, ahead = ("pyodide.asm.wasm", "pyodide-lock.json"), ["pyodide.asm.wasm"]
    if others:
        # The snapshot is without them, and a start without the snapshot begins with the library.
        (runtime / snapshot.file).unlink()
        for name, source in others.items():
            if source is not None:
                shutil.copyfile(source, site / name)
        write_files(site, (*early, LIBRARY), None)
    else:
        ahead.append(snapshot.file)
        write_files(site, (snapshot.file, *early), snapshot)
    bundle_modules(site, modules)
    seal_page(site, modules, ahead)
    pack_site(site, modules)
    write_parts(site)
    write_headers(site)
    write_twins(site)
    mark(site)


def wheels_beside(asked: Sequence[str], folder: Path) -> dict[str, Path | None]:
    """Give the packages that somebody wants besides, as PyScript's settings name them in the site.

    Each is `asked` for by an address that begins with ``https://``, where it stays (None), or by a name in `folder`,
    from which it is to be copied. BuildError for any other, and for a file that is not there.
    """
    found: dict[str, Path | None] = {}
    for name in asked:
        path = folder / name
        if not name.endswith(".whl"):
            raise BuildError(
                f"“{name}” in web/{SETTINGS_OF_PYTHON} is no wheel.", "Name files that end in .whl."
            )
        if name.startswith("https://"):
            found[name] = None
        elif Path(name).name == name.removeprefix("./") and path.is_file():
            found[f"./runtime/{path.name}"] = path
        else:
            raise BuildError(
                f"“{name}” in web/{SETTINGS_OF_PYTHON} is not beside it.",
                "Put the wheel there, or name an address that begins with https.",
            )
    return found


def _prerendered(site: Path, version: str) -> str:
    """Give the page with the panel of the demo archive already in it."""
    from pycore.prerender import prerender

    lists = [(url, path.read_text(encoding="utf-8")) for url, path in _lists(site)]
    return prerender((ROOT / PAGE).read_text(encoding="utf-8"), lists, version)


def _lists(site: Path) -> list[tuple[str, Path]]:
    return [(f"./{name}", site / name) for name in DEMO_LISTS]


def _require_equal(page: str, restored: str) -> None:
    if page != restored:
        raise BuildError(
            "The Python of the snapshot draws another page than this one.", "Report it: that is a bug."
        )


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")


def _matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def _stamp(out: Path) -> Path:
    """Name the file that remembers what the site in `out` was made from; it must not be in the site itself."""
    return TOOLS / f"site-{hashlib.sha256(str(out).encode()).hexdigest()[:12]}.stamp"


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    """Name every file that the site is made from."""
    yield from (ROOT / name for name in ("build.py", "index.html", "pyproject.toml", "LICENSE"))
    for folder in (ROOT / "pycore", ROOT / "web"):
        yield from sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and not {"__pycache__", "node_modules"}.intersection(path.parts)
        )
