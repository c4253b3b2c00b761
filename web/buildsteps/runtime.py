"""What runs Python in the page: Pyodide, PyScript, micropip, and idiomorph beside them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, Final

from web.buildsteps.shell import BuildError

#: Pyodide's files and their names in the site. Stock servers give ".mjs" a type that browsers refuse for modules.
PYODIDE: Final = {
    "pyodide.mjs": "pyodide.js",
    "pyodide.asm.mjs": "pyodide.asm.js",
    "pyodide.asm.wasm": "pyodide.asm.wasm",
    "python_stdlib.zip": "python_stdlib.zip",
}
#: PyScript imports its error plugin even to tell it to keep quiet; every other part on demand is switched off.
ON_DEMAND: Final = frozenset({"error"})

_STATIC: Final = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_DYNAMIC: Final = re.compile(r"""import\(\s*["']\./([\w.-]+\.js)["']\s*\)""")
_HASHED: Final = re.compile(r"-[\w-]{8}\.js$")
_MAP: Final = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")


def copy_runtime(modules: Path, wheels: Path, site: Path) -> None:
    """Copy all that the page needs to start Python from the npm packages and the `wheels` into `site`."""
    runtime = site / "runtime"
    runtime.mkdir()
    for name, new_name in PYODIDE.items():
        copy_script(modules / "pyodide" / name, runtime / new_name)
    found = sorted(wheels.glob("*.whl"))
    for wheel in found:
        shutil.copyfile(wheel, runtime / wheel.name)
    lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    (runtime / "pyodide-lock.json").write_text(
        json.dumps(trimmed_lock(lock, found), indent=1, sort_keys=True) + "\n"
    )

    scripts = modules / "@pyscript" / "core" / "dist"
    (site / "pyscript").mkdir()
    for name in pyscript_parts(scripts):
        copy_script(scripts / name, site / "pyscript" / name)
    copy_script(modules / "idiomorph" / "dist" / "idiomorph.esm.js", site / "idiomorph.js")


def trimmed_lock(lock: dict[str, Any], wheels: list[Path]) -> dict[str, Any]:
    """Give Pyodide's package list with the given wheels alone, each by its own SHA-256.

    Pyodide was released with a build of its own of the same version, whose hash differs from the published wheel's.
    """
    known = lock["packages"]
    kept = {}
    for wheel in wheels:
        name, version, _ = wheel.name.split("-", 2)
        if name not in known or known[name]["version"] != version:
            raise BuildError(f"{wheel.name} is not the version that Pyodide was released with.")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        kept[name] = {**known[name], "file_name": wheel.name, "sha256": digest}
    return {"info": lock["info"], "packages": kept}


def pyscript_parts(folder: Path) -> list[str]:
    """Name the files that PyScript's core.js imports, directly or not, when its plugins are switched off."""
    found: set[str] = set()
    waiting = ["core.js"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        text = (folder / name).read_text(encoding="utf-8")
        waiting += _STATIC.findall(text)
        waiting += [part for part in _DYNAMIC.findall(text) if _HASHED.sub("", part) in ON_DEMAND]
    return sorted(found)


def copy_script(source: Path, target: Path) -> None:
    """Copy a file; a script loses the mention of its source map, which the site does not carry."""
    content = source.read_bytes()
    if target.suffix == ".js":
        content = _MAP.sub(b"\n", content)
    target.write_bytes(content)
