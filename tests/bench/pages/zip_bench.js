/* One archive after the other, each by the way that is asked for; every way tells the bytes that it made. */
import { downloadZip } from "./client-zip.js";
import * as buffers from "./buffers.js";
import * as clock from "./clock.js";
import * as fetcher from "./fetcher.js";
import { loadPyodide } from "./loader.js";
import * as regex from "./regex.js";
import { SNAPSHOT } from "./runtime/files.js";
import * as sinks from "./sinks.js";
import { ZipWriter, configure } from "./zip-js.js";

globalThis.overlayEdge = Object.freeze({ buffers, clock, fetcher, regex, sinks });
// Its workers would be made of text; stored members need none.
configure({ useWebWorkers: false });

const FILE = "bench.zip";
const handleOf = async (name) => (await navigator.storage.getDirectory()).getFileHandle(name, { create: true });
globalThis.showSaveFilePicker = () => handleOf(FILE);

/** A place that keeps nothing and counts. */
function counter() {
  let bytes = 0;
  const stream = new WritableStream({ write: (chunk) => { bytes += chunk.byteLength; } });
  return { stream, told: () => bytes };
}

/** A file of the page's own, through the browser's own pipe. */
async function file() {
  const handle = await handleOf(FILE);
  return { stream: await handle.createWritable(), told: async () => (await handle.getFile()).size };
}

const nameOf = (url) => new URL(url).pathname.split("/").pop();

/** As its documentation shows it: one request after the other, when it is its turn. */
async function* lazily(urls) {
  for (const url of urls) yield { name: nameOf(url), input: await fetch(url) };
}

/** The same with six requests ahead. */
async function* sixAhead(urls) {
  const asked = urls.slice(0, 6).map((url) => fetch(url));
  for (const [index, url] of urls.entries()) {
    const input = await asked[index];
    if (index + 6 < urls.length) asked.push(fetch(urls[index + 6]));
    yield { name: nameOf(url), input };
  }
}

const ways = {
  /** The bytes alone, read as the page reads them. */
  async bare(urls) {
    let bytes = 0;
    for (const url of urls) {
      const opened = await fetcher.open(url, []);
      for (let chunk = await opened.read(); chunk !== null; chunk = await opened.read()) {
        bytes += chunk.byteLength;
        buffers.giveBack([chunk]);
      }
    }
    return bytes;
  },
  async "client-zip"(urls, into) {
    await downloadZip(lazily(urls)).body.pipeTo(into.stream);
    return into.told();
  },
  async "client-zip, six ahead"(urls, into) {
    await downloadZip(sixAhead(urls)).body.pipeTo(into.stream);
    return into.told();
  },
  async "zip.js"(urls, into) {
    const zip = new ZipWriter(into.stream, { level: 0, keepOrder: true });
    for await (const { name, input } of lazily(urls)) await zip.add(name, input.body);
    await zip.close();
    return into.told();
  },
};

async function made({ way, urls, sizes, sink }) {
  const began = performance.now();
  let bytes;
  if (way === "ours") {
    bytes = await globalThis.ours(JSON.stringify(urls), JSON.stringify(sizes), sink);
    if (sink === "file") ({ size: bytes } = await (await handleOf(FILE)).getFile());
  } else {
    bytes = await ways[way](urls, sink === "file" ? await file() : counter());
  }
  const seconds = (performance.now() - began) / 1000;
  if (sink === "file") await (await navigator.storage.getDirectory()).removeEntry(FILE);
  return { seconds, bytes: Number(bytes) };
}

/** Tells the server something, and learns what is to be made next. */
async function next(told) {
  return (await fetch("./told", { method: "POST", body: JSON.stringify(told) })).json();
}

try {
  const packages = SNAPSHOT.packages.map((name) => new URL(`./runtime/${name}`, import.meta.url).href);
  const pyodide = await loadPyodide({ packages });
  const source = await (await fetch("./zip_ours.py")).arrayBuffer();
  pyodide.FS.writeFile("zip_ours.py", new Uint8Array(source));
  globalThis.ours = pyodide.pyimport("zip_ours").made;
  for (let given = await next("ready"); ; given = await next(await made(given)));
} catch (failure) {
  await next({ failure: String(failure) });
}
