// What takes browsers long and needs no Python yet: its WebAssembly compiled and its memory unpacked, as soon as they come.

import { SNAPSHOT } from "./runtime/files.js";
import { fill } from "./snapshot.js";
import { used } from "./supply.js";

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
export const program = ahead(() => used(PROGRAM, async (response) => {
  const type = response.headers.get("content-type") ?? "";
  // Browsers compile while it arrives only what the server calls by its name.
  if (type.trim().toLowerCase() === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}));

/** @typedef {{memory: Uint8Array, filled: Promise<void>}} Unpacked the bytes are there once `filled` resolves */

/**
 * Rejects where the browser has no room for it.
 * @param {NonNullable<typeof SNAPSHOT>} kept
 * @returns {Promise<Unpacked>}
 */
async function unpacked({ file, bytes }) {
  try {
    const memory = new Uint8Array(bytes);
    const filled = used(file, (response) => fill(memory, response));
    filled.catch(() => undefined);
    return { memory, filled };
  } catch (reason) {
    // What nobody reads would keep its connection.
    used(file, async (response) => response.body?.cancel()).catch(() => undefined);
    throw reason;
  }
}

/** @type {Promise<Unpacked> | null} */
let kept = SNAPSHOT !== null && overlayStart.may ? unpacked(SNAPSHOT) : null;
// A failure is told where the outcome is waited for.
kept?.catch(() => undefined);

/** The snapshot, which serves once: from now on it is the caller's alone. Null where there is none to be had. */
export function takeSnapshot() {
  const taken = kept;
  kept = null;
  return taken;
}
