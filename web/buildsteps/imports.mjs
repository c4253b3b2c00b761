// Prints, as JSON, where the scripts that it is given import something: for each file its imports in order, with
// offsets in UTF-16 units, as JavaScript counts them. The first argument is the module of the lexer.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [lexer = "", ...files] = process.argv.slice(2);
const { init, parse } = await import(pathToFileURL(lexer).href);
await init;

/** @param {string} file */
async function importsOf(file) {
  const [imports] = parse(await readFile(file, "utf8"));
  return imports.map(({ type, specifier = null, start, end, importStart, dynamicStart = -1 }) => ({
    type, specifier, start, end, importStart, dynamicStart,
  }));
}

console.log(JSON.stringify(await Promise.all(files.map(importsOf))));
