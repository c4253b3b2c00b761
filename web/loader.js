// PyScript's "interpreter": Pyodide, started from this site alone and on any file server. It starts from the memory of
// a Python that has the overlay imported; where that cannot be, as Pyodide does by itself, and nobody else knows which.

import { loadPyodide as load, version } from "./runtime/pyodide.js";
import createPyodideModule from "./runtime/pyodide.asm.js";
import { FILES, SNAPSHOT } from "./runtime/files.js";
import { PROGRAM, program, takeSnapshot } from "./head_start.js";
import { laysItself } from "./snapshot.js";
import { PartFailure, supply } from "./supply.js";

/** @typedef {import("pyodide").PyodideInterface} Python */
/** @typedef {import("pyodide").PyodideConfig} Options */

const home = new URL("./runtime/", import.meta.url).href;
const LIBRARY = "python_stdlib.zip";
/** Where Python has it. */
const LIBRARY_THERE = "/lib/python314.zip";
/** Where a plain start puts the wheels of this site for micropip. */
const WHEELS = "/wheels";

const network = globalThis.fetch;
const streaming = WebAssembly.instantiateStreaming;
const Module = WebAssembly.Module;

/**
 * Modules, of which equal ones are compiled once: Pyodide has hundreds of functions wrapped, each in a module that says
 * no more than the function's type, and these are few.
 */
function eachOnce() {
  /** @type {Map<string, WebAssembly.Module>} */
  const made = new Map();
  return new Proxy(Module, {
    construct(kind, [bytes]) {
      const key = String(bytes);
      const module = made.get(key) ?? new kind(bytes);
      made.set(key, module);
      return module;
    },
  });
}

/**
 * Pyodide, with every file of its own checked, and none asked for or compiled that is so already.
 * @param {Options} options
 * @param {(memory: WebAssembly.Memory) => Promise<void>} [prepare] has the memory before anything runs in it
 * @param {(name: string) => Promise<Response>} [given]
 * @returns {Promise<Python>}
 */
async function begun(options, prepare, given = supply) {
  /** @param {WebAssembly.Imports | undefined} imports */
  const instantiated = async (imports) => {
    const module = await program();
    const instance = await WebAssembly.instantiate(module, imports);
    await prepare?.(/** @type {WebAssembly.Memory} */ (instance.exports["memory"]));
    return { module, instance };
  };
  /** @type {Promise<never>} */
  const broken = new Promise((_, reject) => {
    // Pyodide waits for ever when its wasm cannot be had; so the reason is taken from here.
    WebAssembly.instantiateStreaming = (_source, imports) => {
      const made = instantiated(imports);
      made.catch(reject);
      return made;
    };
  });
  WebAssembly.Module = eachOnce();
  globalThis.fetch = async (resource, init) => {
    const address = String(resource);
    if (!address.startsWith(home)) return network(resource, init);
    const name = address.slice(home.length);
    return name === PROGRAM ? new Response() : given(name);
  };
  try {
    return await Promise.race([broken, load({ ...options, createPyodideModule, indexURL: home })]);
  } finally {
    WebAssembly.instantiateStreaming = streaming;
    WebAssembly.Module = Module;
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
 * To be waited for, and gone with that: Pyodide keeps its options for as long as there is a page.
 * @param {Uint8Array | null} memory
 * @returns {PromiseLike<Uint8Array>}
 */
function once(memory) {
  const then = (/** @type {(given: Uint8Array | null) => void} */ give) => {
    const given = memory;
    memory = null;
    give(given);
  };
  return /** @type {any} */ ({ then });
}

/**
 * Python as it was when its memory was kept.
 * @param {Promise<import("./head_start.js").Unpacked>} taken
 */
async function restored(taken) {
  const { memory, filled } = await taken;
  const makeReady = laysItself(memory);
  /** @param {WebAssembly.Memory} fresh */
  const prepare = async (fresh) => {
    await filled;
    makeReady(fresh);
  };
  /** @param {string} name */
  const given = async (name) => (name === LIBRARY ? new Response() : supply(name));
  const python = await begun({ _loadSnapshot: once(memory) }, prepare, given);
  // The snapshot's state of chance is the same for all.
  const random = python.pyimport("random");
  random.seed();
  random.destroy();
  return python;
}

/** Gives a restored Python the archive of its standard library: all that the overlay needs is imported. @param {Python} python */
async function addLibrary(python) {
  try {
    python.FS.writeFile(LIBRARY_THERE, new Uint8Array(await (await supply(LIBRARY)).arrayBuffer()));
    // Python looks there again. importlib's own way to say so imports a tenth of the library, which stops the page.
    const sys = python.pyimport("sys");
    const known = sys.path_importer_cache;
    known.clear();
    known.destroy();
    sys.destroy();
  } catch (reason) {
    console.warn(`download-overlay: the rest of Python's standard library is not there: ${reason}`);
  }
}

/** Pyodide itself compares a package with its hash, but goes on without one that it cannot have. @param {Python} python */
async function loadMicropip(python) {
  let why = "";
  await python.loadPackage("micropip", { messageCallback() {}, errorCallback: (words) => { why = words; } });
  if (Object.hasOwn(python.loadedPackages, "micropip")) return;
  const name = Object.keys(FILES).find((file) => file.startsWith("micropip-")) ?? "";
  throw new PartFailure(`runtime/${name}`, FILES[name]?.integrity ?? "", why);
}

/** Python as Pyodide starts it, with the packages installed by micropip. @param {string[]} packages */
async function plain(packages) {
  const python = await begun({});
  const own = packages.filter((address) => address.startsWith(home)).map((address) => address.slice(home.length));
  const others = packages.filter((address) => !address.startsWith(home));
  python.FS.mkdir(WHEELS);
  for (const name of own) python.FS.writeFile(`${WHEELS}/${name}`, new Uint8Array(await (await supply(name)).arrayBuffer()));
  await loadMicropip(python);
  const micropip = python.pyimport("micropip");
  await micropip.install.callKwargs([...own.map((name) => `emfs:${WHEELS}/${name}`), ...others], { keep_going: true });
  micropip.destroy();
  return python;
}

function restoredEarly() {
  const taken = takeSnapshot();
  return taken && restored(taken);
}

/** Begun before PyScript asks for it: what PyScript does until then takes as long again. @type {Promise<Python> | null} */
let early = restoredEarly();
// A failure is told when PyScript asks.
early?.catch(() => undefined);

/** @param {string[]} packages */
async function started(packages) {
  let why = unsuited(packages);
  const begunAlready = early;
  early = null;
  if (begunAlready !== null) {
    try {
      // Also where it does not suit: two at once would be in each other's way.
      const python = await begunAlready;
      if (why === "") {
        document.addEventListener("overlay:connected", () => void addLibrary(python), { once: true });
        performance.mark("overlay:start:snapshot");
        return python;
      }
    } catch (reason) {
      why ||= said(reason).message;
    }
  }
  console.info(`download-overlay: Python starts the plain, slower way: ${why}`);
  const python = await plain(packages);
  performance.mark("overlay:start:plain");
  return python;
}

/**
 * Takes PyScript's own Python library off what it has run. The page uses none of that, and to compile it takes longer
 * than to restore all of Python.
 * @param {Python} python
 */
async function withoutLibrary(python) {
  const { stdlib } = await import("./pyscript/core.js");
  const { runPythonAsync } = python;
  python.runPythonAsync = (code, options) => runPythonAsync.call(python, code.replace(stdlib, ""), options);
  return python;
}

/** Emscripten throws a plain object when the interpreter ends before it has begun. @param {unknown} reason */
const said = (reason) => (reason instanceof Error ? reason : new Error(String(/** @type {any} */ (reason)?.message ?? reason)));

/**
 * Start Pyodide. A failure is told to the page by an event too, for PyScript keeps it to itself.
 * @param {Options & {packages?: string[]}} options of PyScript; its packages are absolute addresses
 * @returns {Promise<Python>}
 */
export async function loadPyodide({ packages = [], stdout, stderr }) {
  try {
    const python = await withoutLibrary(await started(packages));
    python.setStdout(stdout ? { batched: stdout } : {});
    python.setStderr(stderr ? { batched: stderr } : {});
    return python;
  } catch (reason) {
    const error = said(reason);
    document.dispatchEvent(new CustomEvent("overlay:failed", { detail: error }));
    throw error;
  }
}

export { version };
