// PyScript's "interpreter": Pyodide, started from this site alone and on any file server.

import { loadPyodide as load, version } from "./runtime/pyodide.js";
import createPyodideModule from "./runtime/pyodide.asm.js";

const home = new URL("./runtime/", import.meta.url).href;

const streaming = WebAssembly.instantiateStreaming.bind(WebAssembly);

/**
 * Compile wasm from a response, also where the server does not know its MIME type: browsers then refuse to
 * compile it while it arrives.
 * @param {Response | PromiseLike<Response>} source
 * @param {WebAssembly.Imports} [imports]
 * @returns {Promise<WebAssembly.WebAssemblyInstantiatedSource>}
 */
async function instantiate(source, imports) {
  const response = await source;
  if (!response.ok) throw new Error(`${response.url} answered with status ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (type.trim().toLowerCase() === "application/wasm") return streaming(response, imports);
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/**
 * Start Pyodide. A failure is told to the page by an event too, for PyScript keeps it to itself.
 * @param {import("pyodide").PyodideConfig} options
 * @returns {Promise<import("pyodide").PyodideInterface>}
 */
export async function loadPyodide(options) {
  /** @type {Promise<never>} */
  const broken = new Promise((_, reject) => {
    // Pyodide waits for ever when its wasm cannot be had; so the reason is taken from here.
    WebAssembly.instantiateStreaming = (source, imports) => {
      const made = instantiate(source, imports);
      made.catch(reject);
      return made;
    };
  });
  try {
    return await Promise.race([broken, load({ ...options, createPyodideModule, indexURL: home })]);
  } catch (reason) {
    // Emscripten throws a plain object when the interpreter ends before it has begun.
    const error = reason instanceof Error ? reason : new Error(String(/** @type {any} */ (reason)?.message ?? reason));
    document.dispatchEvent(new CustomEvent("overlay:failed", { detail: error }));
    throw error;
  } finally {
    WebAssembly.instantiateStreaming = streaming;
  }
}

export { version };
