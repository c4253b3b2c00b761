// Takes the memory of a Python that has all of the overlay imported: node snapshot.mjs PYODIDE RUNTIME TIDY OUT LIST...
//
// TIDY is the folder that tidy.mjs has filled. OUT is the file of the snapshot. The lists are the demo archive's, each
// a URL and the file of its text with "=" between. The names of all modules in the snapshot are printed as JSON.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { kept } from "../../snapshot.js";
import { PACKAGES, called, ended, started, textsOf, write } from "./pyodide.mjs";

const [folder, runtime, tidy, out] = process.argv.slice(2, 6).map((path) => resolve(path));
const lists = textsOf(process.argv.slice(6));

/** Nothing that differs between two runs, or between two machines, may get into the memory. */
function beNowhere() {
  process.env["TZ"] = "UTC";
  // The name that a program has in a browser.
  process.argv = [process.argv[0], "./this.program"];
  Date.now = () => 0;
  performance.now = () => 0;
  crypto.getRandomValues = (array) => array.fill(0);
}

/** The memory of the next large instance, before anything runs in it. @returns {Promise<ArrayBuffer>} */
function nextMemory() {
  const { instantiate } = WebAssembly;
  return new Promise((tell) => {
    WebAssembly.instantiate = async (...words) => {
      const made = await instantiate(...words);
      const memory = made.instance?.exports.memory;
      if (memory) tell(memory.buffer.slice(0));
      return made;
    };
  });
}

/** Give the allocator's free memory a content that takes no room: nothing. */
function clearFree({ HEAPU8, HEAPU32, _emscripten_get_sbrk_ptr, _malloc, _free }) {
  const top = () => HEAPU32[_emscripten_get_sbrk_ptr() >> 2];
  const taken = [];
  for (let size = 1 << 20; size >= 8; size >>= 1) {
    const start = top();
    do {
      const place = _malloc(size);
      HEAPU8.fill(0, place, place + size);
      taken.push(place);
    } while (top() === start);
  }
  taken.forEach((place) => _free(place));
}

await ended(async () => {
  beNowhere();
  const fresh = nextMemory();
  const packages = join(tidy, "packages");
  const python = await started(folder, runtime, {
    _makeSnapshot: true,
    stdLibURL: join(tidy, "bytecode.zip"),
    // A fixed seed: the order of sets, and with it the memory, is the same each time.
    env: { PYTHONHASHSEED: "0", LANG: "C.UTF-8" },
    fsInit(FS) {
      for (const path of readdirSync(packages, { recursive: true }).sort()) {
        if (/\.\w+$/.test(path)) write(FS, `${PACKAGES}/${path}`, readFileSync(join(packages, path)));
      }
    },
  });
  const modules = called(python, "prepare")(python.toPy(lists)).toJs();
  clearFree(python._module);
  writeFileSync(out, kept(python.makeMemorySnapshot(), await fresh));
  console.log(JSON.stringify(modules));
});
