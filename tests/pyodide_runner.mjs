// Runs pytest inside Pyodide in Node.js: node pyodide_runner.mjs PYODIDE PACKAGES PROJECT REPORTS [pytest arguments]
//
// The project and the packages are seen through NODEFS, so the tests that run are the very files of the clone.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodideFolder, packages, project, reports, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(pyodideFolder, "pyodide.mjs")).href);

/** Start Pyodide, run pytest in it and give pytest's exit status. */
async function main() {
  const python = await loadPyodide({
    indexURL: resolve(pyodideFolder) + "/",
    env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1" },
  });
  for (const [place, root] of Object.entries({ "/packages": packages, "/project": project, "/reports": reports })) {
    python.FS.mkdirTree(place);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: resolve(root) }, place);
  }
  python.globals.set("arguments", python.toPy(args));
  return python.runPython(RUN);
}

const RUN = `
import os
import sys

sys.path[:0] = ["/packages", "/project"]
import pytest

os.chdir("/project")
print("Python", sys.version.split()[0], "on", sys.platform)
int(pytest.main(["-o", "cache_dir=/home/cache", *arguments]))
`;

// Node would print the whole minified line in which an error arose.
process.exit(await main().catch((reason) => (console.error(String(reason.message)), 1)));
