// What takes browsers long and needs no Python yet: its WebAssembly compiled and its memory unpacked, as soon as they come.

import { SNAPSHOT } from "./runtime/files.js";
import { fill } from "./snapshot.js";
import { supply } from "./supply.js";

/** Python's own file of WebAssembly, below runtime. */
export const PROGRAM = "pyodide.asm.wasm";

/**
 * Something that is begun at once, where the page can run at all. Whoever asks after it has failed has it begun anew.
 * @template T
 * @param {() => Promise<T>} begin
 * @returns {() => Promise<T>}
 */
function ahead(begin) {
  /** @type {Promise<T> | null} */
  let under = null;
  const ask = () => {
    under ??= begin();
    // A failure is told where the outcome is waited for.
    under.catch(() => { under = null; });
    return under;
  };
  if (overlayStart.may) void ask();
  return ask;
}

/** The program, which can be instantiated any number of times. */
export const program = ahead(async () => {
  const response = await supply(PROGRAM);
  const type = response.headers.get("content-type") ?? "";
  // Browsers compile while it arrives only what the server calls by its name.
  if (type.trim().toLowerCase() === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
});

/** @param {NonNullable<typeof SNAPSHOT>} kept */
function unpacked({ file, bytes }) {
  const memory = new Uint8Array(bytes);
  const filled = supply(file).then((response) => fill(memory, response));
  filled.catch(() => undefined);
  return { memory, filled };
}

/** The snapshot, whose bytes are there once `filled` resolves; it serves once. Null where there is none to be had. */
export const snapshot = SNAPSHOT !== null && overlayStart.may ? unpacked(SNAPSHOT) : null;
