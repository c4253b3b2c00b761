// Installs the wheel and tidies up all that Python is to have: node tidy.mjs PYODIDE RUNTIME WHEEL OUT
//
// PYODIDE is the npm package, RUNTIME the site's folder of that name with Pyodide's files and wheels, WHEEL the
// project's own. OUT gets the standard library as sources and as bytecode, and the folder "packages".

import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { LIBRARY, PACKAGES, called, ended, started } from "./pyodide.mjs";

const [folder, runtime, wheel, out] = process.argv.slice(2).map((path) => resolve(path));

await ended(async () => {
  const python = await started(folder, runtime, { env: { PYTHONNODEBUGRANGES: "1", PYTHONDONTWRITEBYTECODE: "1" } });
  await python.loadPackage("micropip", { messageCallback() {} });
  python.FS.mkdir("/in");
  // Kept apart from micropip, which is needed no more once all is installed.
  const given = `/in/${basename(wheel)}`;
  python.FS.writeFile(given, readFileSync(wheel));
  await python.pyimport("micropip").install(`emfs:${given}`);
  python.FS.writeFile("/in/stdlib.zip", readFileSync(join(runtime, "python_stdlib.zip")));
  python.FS.mkdir("/out");
  python.FS.mount(python.FS.filesystems.NODEFS, { root: out }, "/out");
  called(python, "tidy")("/in/stdlib.zip", LIBRARY, PACKAGES, "/out");
});
