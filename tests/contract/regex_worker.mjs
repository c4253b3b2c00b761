// Tries patterns as the page's worker does: node regex_worker.mjs WORKER, on standard input lines of JSON: the pieces of
// a list, each [text, count, lines], then pairs of pattern and flags; each answer is a line of JSON.

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

let hear = () => {};
let said = null;
globalThis.addEventListener = (_, listener) => { hear = listener; };
globalThis.postMessage = (message) => { said = message; };
runInThisContext(readFileSync(process.argv[2], "utf8"));

const key = "list";
let given = false;
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (!given) {
    given = true;
    hear({ data: { type: "list", key } });
    for (const [text, count, lines] of told) hear({ data: { type: "names", key, text, count, lines } });
    continue;
  }
  const [pattern, flags] = told;
  hear({ data: { type: "match", key, pattern, flags } });
  console.log(JSON.stringify({ ...said, bits: said.bits && [...said.bits] }));
}
