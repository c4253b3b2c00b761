// Splits texts of lists as the page's worker does: node list_splitter.mjs WORKER, texts as JSON lines of [text, piece]
// on standard input, where the text comes in pieces of so many bytes; each answer is a line of JSON.

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

let hear = () => {};
let said = null;
globalThis.addEventListener = (_, listener) => { hear = listener; };
globalThis.postMessage = (message) => { said = message; };
runInThisContext(readFileSync(process.argv[2], "utf8"));

const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value, Number) : value);

let list = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [text, piece] = JSON.parse(line);
  const bytes = new TextEncoder().encode(text);
  const answers = [];
  list += 1;
  for (let start = 0; start < bytes.length; start += piece) {
    hear({ data: { list, bytes: bytes.slice(start, start + piece) } });
    answers.push(said);
  }
  hear({ data: { list, bytes: null } });
  answers.push(said);
  console.log(JSON.stringify(answers, plain));
}
