/* The Python side of the edge without the application: calls the functions of edge_checks.py by name. */
import * as buffers from "./buffers.js";
import * as clock from "./clock.js";
import * as fetcher from "./fetcher.js";
import { loadPyodide } from "./loader.js";
import * as regex from "./regex.js";
import { SNAPSHOT } from "./runtime/files.js";
import * as sinks from "./sinks.js";

globalThis.overlayEdge = Object.freeze({ buffers, clock, fetcher, regex, sinks });

const bytes = async (path) => (await fetch(path)).arrayBuffer();

async function start() {
  const packages = SNAPSHOT.packages.map((name) => new URL(`./runtime/${name}`, import.meta.url).href);
  const pyodide = await loadPyodide({ packages });
  pyodide.FS.writeFile("edge_checks.py", new Uint8Array(await bytes("./edge_checks.py")));
  const checks = pyodide.pyimport("edge_checks");
  /** Runs one check with JSON for its arguments and its result. */
  globalThis.check = async (name, given = []) => JSON.parse(await checks.run(name, JSON.stringify(given)));
}

try {
  await start();
  document.documentElement.dataset.state = "ready";
} catch (failure) {
  document.body.textContent = String(failure);
  document.documentElement.dataset.state = "failed";
}
