// Tries a snapshot out: node restore.mjs PYODIDE RUNTIME SNAPSHOT SKELETON VERSION LIST...
//
// Python is started from the memory in SNAPSHOT, with no file to import from, and fills in the page SKELETON for the
// product lists, each a URL and the file of its text with "=" between. The page is printed.

import { readFileSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { resolve } from "node:path";
import { laysItself } from "../../snapshot.js";
import { ended, started, textsOf } from "./pyodide.mjs";

const [folder, runtime, file, skeleton, version, ...lists] = process.argv.slice(2);
const snapshot = new Uint8Array(readFileSync(file));
const makeReady = laysItself(snapshot);

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...words) => {
  const made = await instantiate(...words);
  const memory = made.instance?.exports.memory;
  if (memory) makeReady(memory);
  return made;
};

await ended(async () => {
  const python = await started(folder, resolve(runtime), { _loadSnapshot: snapshot, stdLibURL: devNull });
  const { prerender } = python.pyimport("pycore.prerender");
  writeFileSync(1, prerender(readFileSync(skeleton, "utf-8"), python.toPy(textsOf(lists)), version));
});
