// Pyodide under Node.js, as the steps of the build need it.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * A Pyodide of the npm package in a folder, with wheels and standard library from the site's folder "runtime" alone.
 * @param {string} folder
 * @param {string} runtime
 * @param {object} options
 */
export async function started(folder, runtime, options) {
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(
    ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => import(pathToFileURL(resolve(folder, name)).href)),
  );
  return loadPyodide({
    createPyodideModule,
    indexURL: `${runtime}/`,
    lockFileContents: readFileSync(join(runtime, "pyodide-lock.json"), "utf-8"),
    packageBaseUrl: `${runtime}/`,
    ...options,
  });
}

/** The function of a Python program beside this file that has the program's name. */
export function called(python, name) {
  const source = readFileSync(new URL(`./${name}.py`, import.meta.url), "utf-8");
  const globals = python.toPy({ __name__: name });
  python.runPython(source, { globals, filename: `${name}.py` });
  return globals.get(name);
}

/** Write a file into Python's file system, with the folders on its way. */
export function write(FS, path, content) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, content);
}

/** Product lists from words of the command line. @param {string[]} words @returns {[string, string][]} */
export function textsOf(words) {
  return words.map((word) => word.split("=")).map(([url, path]) => [url, readFileSync(path, "utf-8")]);
}

/** End with what `main` has to say; Node would print the whole minified line in which an error arose. */
export async function ended(main) {
  process.exit(await main().then(() => 0, (reason) => (console.error(String(reason?.message ?? reason)), 1)));
}

/** Where Python has the archive of its standard library, and what wheels bring. */
export const LIBRARY = "/lib/python314.zip";
export const PACKAGES = "/lib/python3.14/site-packages";
