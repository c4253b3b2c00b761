// PyScript's "interpreter": Pyodide, started from this site alone and on any file server. It starts from the memory of
// a Python that has the overlay imported; where that cannot be, as Pyodide does by itself, and nobody else knows which.

import { loadPyodide as load, version } from "./runtime/pyodide.js";
import createPyodideModule from "./runtime/pyodide.asm.js";
import { SNAPSHOT } from "./runtime/files.js";
import { fill, lay, memoryIn } from "./snapshot.js";
import { supply } from "./supply.js";

/** @typedef {import("pyodide").PyodideInterface} Python */
/** @typedef {import("pyodide").PyodideConfig} Options */
/** @typedef {(source: Response | PromiseLike<Response>, imports?: WebAssembly.Imports) => Promise<WebAssembly.WebAssemblyInstantiatedSource>} Instantiate */

const home = new URL("./runtime/", import.meta.url).href;
const LIBRARY = "python_stdlib.zip";
/** Where Python has it. */
const LIBRARY_THERE = "/lib/python314.zip";

const network = globalThis.fetch;
const streaming = WebAssembly.instantiateStreaming.bind(WebAssembly);

/**
 * Compile wasm from a response, also where the server does not know its MIME type: browsers then refuse to
 * compile it while it arrives.
 * @type {Instantiate}
 */
async function instantiate(source, imports) {
  const response = await source;
  if (!response.ok) throw new Error(`${response.url} answered with status ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (type.trim().toLowerCase() === "application/wasm") return streaming(response, imports);
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/**
 * Pyodide, with every file of its own checked and none asked for that is on its way already.
 * @param {Options} options
 * @param {Instantiate} instantiating
 * @param {(name: string) => Promise<Response>} given
 * @returns {Promise<Python>}
 */
async function begun(options, instantiating = instantiate, given = supply) {
  /** @type {Promise<never>} */
  const broken = new Promise((_, reject) => {
    // Pyodide waits for ever when its wasm cannot be had; so the reason is taken from here.
    WebAssembly.instantiateStreaming = (source, imports) => {
      const made = instantiating(source, imports);
      made.catch(reject);
      return made;
    };
  });
  globalThis.fetch = async (resource, init) => {
    const address = String(resource);
    return address.startsWith(home) ? given(address.slice(home.length)) : network(resource, init);
  };
  try {
    return await Promise.race([broken, load({ ...options, createPyodideModule, indexURL: home })]);
  } finally {
    WebAssembly.instantiateStreaming = streaming;
    globalThis.fetch = network;
  }
}

/** Why a page that wants these packages does not start from the snapshot; empty if it does. @param {string[]} packages */
function unsuited(packages) {
  if (SNAPSHOT === null) return "this site has no snapshot";
  const known = SNAPSHOT.packages.map((name) => home + name);
  const other = packages.find((address) => !known.includes(address));
  return other === undefined ? "" : `the snapshot is without ${other}`;
}

/**
 * Python as it was when its memory was kept. The archive of its standard library comes later: all that the overlay
 * needs is imported.
 * @param {Options} options
 * @param {NonNullable<typeof SNAPSHOT>} kept
 */
async function restored(options, kept) {
  const memory = new Uint8Array(kept.bytes);
  const filled = supply(kept.file).then((response) => fill(memory, response));
  /** @type {Instantiate} */
  const instantiating = async (source, imports) => {
    const [made] = await Promise.all([instantiate(source, imports), filled]);
    const fresh = /** @type {WebAssembly.Memory} */ (made.instance.exports["memory"]);
    const lacking = memoryIn(memory) - fresh.buffer.byteLength;
    if (lacking > 0) fresh.grow(Math.ceil(lacking / 65536));
    lay(memory, fresh.buffer);
    return made;
  };
  const python = await begun({ ...options, _loadSnapshot: memory }, instantiating, async (name) =>
    name === LIBRARY ? new Response() : supply(name));
  // The snapshot's state of chance is the same for all.
  const random = python.pyimport("random");
  random.seed();
  random.destroy();
  document.addEventListener("overlay:connected", () => void addLibrary(python), { once: true });
  return python;
}

/** Give Python the archive of its standard library after all. @param {Python} python */
async function addLibrary(python) {
  try {
    python.FS.writeFile(LIBRARY_THERE, new Uint8Array(await (await supply(LIBRARY)).arrayBuffer()));
    const importlib = python.pyimport("importlib");
    importlib.invalidate_caches();
    importlib.destroy();
  } catch (reason) {
    console.warn(`download-overlay: the rest of Python's standard library is not there: ${reason}`);
  }
}

/** Python as Pyodide starts it, with the packages installed by micropip. @param {Options} options @param {string[]} packages */
async function plain(options, packages) {
  const python = await begun(options);
  const own = packages.filter((address) => address.startsWith(home)).map((address) => address.slice(home.length));
  const others = packages.filter((address) => !address.startsWith(home));
  for (const name of own) python.FS.writeFile(`/tmp/${name}`, new Uint8Array(await (await supply(name)).arrayBuffer()));
  await python.loadPackage("micropip", { messageCallback() {} });
  const micropip = python.pyimport("micropip");
  await micropip.install.callKwargs([...own.map((name) => `emfs:/tmp/${name}`), ...others], { keep_going: true });
  micropip.destroy();
  return python;
}

/** @param {Options} options @param {string[]} packages */
async function started(options, packages) {
  let why = unsuited(packages);
  if (SNAPSHOT !== null && why === "") {
    try {
      const python = await restored(options, SNAPSHOT);
      performance.mark("overlay:start:snapshot");
      return python;
    } catch (reason) {
      why = said(reason).message;
    }
  }
  console.info(`download-overlay: Python starts the plain, slower way: ${why}`);
  const python = await plain(options, packages);
  performance.mark("overlay:start:plain");
  return python;
}

/** Emscripten throws a plain object when the interpreter ends before it has begun. @param {unknown} reason */
const said = (reason) => (reason instanceof Error ? reason : new Error(String(/** @type {any} */ (reason)?.message ?? reason)));

/**
 * Start Pyodide. A failure is told to the page by an event too, for PyScript keeps it to itself.
 * @param {Options & {packages?: string[]}} options of PyScript; its packages are absolute addresses
 * @returns {Promise<Python>}
 */
export async function loadPyodide({ packages = [], ...options }) {
  try {
    return await started(options, packages);
  } catch (reason) {
    const error = said(reason);
    document.dispatchEvent(new CustomEvent("overlay:failed", { detail: error }));
    throw error;
  }
}

export { version };
