/* The edge without the application: what the tests of the sinks talk to. */
import * as buffers from "./buffers.js";
import * as clock from "./clock.js";
import * as fetcher from "./fetcher.js";
import * as regex from "./regex.js";
import * as sinks from "./sinks.js";

const MEGABYTE = 1 << 20;
const FOLDER = "MAST_2026-01-01T00_00_00.000Z";

/** Bytes of which each depends on its place in the file, so that a chunk lost, doubled or moved shows. */
function bytesAt(start, length, into = new Uint8Array(length)) {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index += 1) words[index] = Math.imul(start / 4 + index, 2654435761);
  into.set(new Uint8Array(words.buffer, 0, length));
  return into;
}

/** A place for one file; in a folder the file is begun. */
async function opened(kind, filename) {
  if (kind !== "folder") return sinks.open(kind, filename);
  const folder = await sinks.openFolder(FOLDER, "key");
  await folder.begin(filename);
  return folder;
}

/** Writes a file in chunks and tells how many milliseconds it took, or which failure ended it. */
async function fill({ kind, filename = "file.zip", size, chunk = MEGABYTE, quick = false }) {
  const began = performance.now();
  try {
    const sink = await opened(kind, filename);
    for (let start = 0; start < size; start += chunk) {
      const length = Math.min(chunk, size - start);
      // As bodies are read: into what a sink has given back, over what it had before.
      const room = buffers.roomFor(length);
      await sink.write(quick ? room.fill(start / chunk) : bytesAt(start, length, room));
    }
    if (kind === "folder") await sink.complete(filename, "noted\n");
    await sink.close();
  } catch (failure) {
    return failure.code ?? String(failure);
  }
  return performance.now() - began;
}

/** The file that was opened last, for tests that stop half-way. */
let current = null;

async function begin({ kind, filename = "file.zip" }) {
  current = await opened(kind, filename);
}

/** Runs a method of the file that was opened last and gives the code of its failure, or nothing. */
const told = (work) => work.then(() => "", (failure) => failure.code ?? String(failure));
const write = (size) => told(current.write(new Uint8Array(size)));
const close = () => told(current.close());

/** Has a folder do something with a file. */
const folder = (deed, ...given) => told(Promise.resolve(current[deed](...given)));

/** Gives the file up: whether that came in time, or the code of a failure. */
const abort = (keep = false) => current.abort("the test says so", keep).catch((failure) => failure.code ?? String(failure));

/** Closes the file and gives it up before that is done: what is told of both. */
async function abortClosing() {
  const closing = close();
  const inTime = await abort();
  return { closed: await closing, inTime };
}

/** Writes megabytes until the file fails, for as long as a worker that was ended may go unnoticed. */
async function writeOn() {
  const began = performance.now();
  for (;;) {
    const failure = await write(MEGABYTE);
    if (failure) return failure;
    if (performance.now() - began > 30_000) return "it took all";
  }
}

/** The same, once the whole file is on its way to its place: a stubbed end says when. */
const placing = Promise.withResolvers();
async function abortPlacing() {
  const closing = close();
  await placing.promise;
  const inTime = await abort();
  return { closed: await closing, inTime };
}

/**
 * Has the pickers give a file or a folder of the page's private file system: the same interfaces, without the dialog that
 * nobody is here to answer.
 */
function stubPicker() {
  globalThis.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true });
  globalThis.showSaveFilePicker = async ({ suggestedName }) => {
    const folder = await navigator.storage.getDirectory();
    return folder.getFileHandle(suggestedName, { create: true });
  };
}

/** Has the picker give a file whose end is up to the test: a function that gets the true end and may call it. */
function stubPickerClosing(end) {
  globalThis.showSaveFilePicker = async ({ suggestedName }) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(suggestedName, { create: true });
    const createWritable = handle.createWritable.bind(handle);
    handle.createWritable = async () => {
      const writable = await createWritable();
      const close = writable.close.bind(writable);
      writable.close = () => end(close);
      return writable;
    };
    return handle;
  };
}

const closeFails = () => stubPickerClosing(() => Promise.reject(new DOMException("full", "QuotaExceededError")));

/** The end of the file has begun, and is done a moment after the file is given up. */
const closeTakesLong = () => stubPickerClosing(async (close) => {
  placing.resolve();
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  return close();
});

/** Has the browser grant so many bytes of storage. */
function grants(quota) {
  StorageManager.prototype.estimate = async () => ({ quota, usage: 0 });
}

/** Has every archive in the private file system take no byte, or refuse them all. */
const writesAre = (write) => {
  const { createWritable } = FileSystemFileHandle.prototype;
  FileSystemFileHandle.prototype.createWritable = async function () {
    if (!this.name.includes(".zip")) return createWritable.call(this);
    return { write, close: async () => undefined, abort: async () => undefined };
  };
};
const writesHang = () => writesAre(() => new Promise(() => undefined));
const writesAreForbidden = () => writesAre(() => Promise.reject(new DOMException("withdrawn", "NotAllowedError")));

/** Has the picker give a file that takes no byte. */
function stubPickerStuck() {
  globalThis.showSaveFilePicker = async ({ suggestedName }) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(suggestedName, { create: true });
    handle.createWritable = async () => ({ write: () => new Promise(() => undefined), abort: async () => undefined });
    return handle;
  };
}

function stubPickerRefusing(name) {
  globalThis.showDirectoryPicker = async () => { throw new DOMException("so it goes", name); };
  globalThis.showSaveFilePicker = async () => { throw new DOMException("so it goes", name); };
}

/** What the private file system holds: paths and sums (SHA-256); a folder with nothing in it has none. */
async function privateFiles(folder, above = "") {
  const found = {};
  for await (const [name, handle] of (folder ?? await navigator.storage.getDirectory()).entries()) {
    if (handle.kind === "directory") {
      const inside = await privateFiles(handle, `${above}${name}/`);
      Object.assign(found, Object.keys(inside).length > 0 ? inside : { [`${above}${name}/`]: "" });
      continue;
    }
    const sum = await crypto.subtle.digest("SHA-256", await (await handle.getFile()).arrayBuffer());
    found[above + name] = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return found;
}

/** Writes on until the place takes nothing for a while: megabytes that it took. */
async function writesUntilStuck() {
  for (let taken = 0; taken < 64; taken += 1) {
    const late = new Promise((resolve) => { setTimeout(resolve, 500, "late"); });
    if (await Promise.race([write(MEGABYTE), late]) === "late") return taken;
  }
  return Infinity;
}

/** What an opened folder says of what is there: its name, its notes, and sizes by path. */
async function found(paths) {
  const sizes = {};
  for (const path of paths) sizes[path] = (await current.look(path))?.size ?? null;
  return { name: current.name, notes: current.notes.join(""), sizes };
}

async function beginFolder(key = "key", name = FOLDER) {
  return told(sinks.openFolder(name, key).then((folder) => { current = folder; }));
}

/**
 * Plays the page's part towards the service worker, but reads the download by fetch() and, at first, not at all.
 * Tells how many bytes the worker asked for until then, and how many came in the end.
 */
async function readLate(size) {
  await sinks.capabilities();
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const offered = Promise.withResolvers();
  let sent = 0;
  port1.onmessage = ({ data }) => {
    if (data.type === "offered") offered.resolve();
    if (data.type !== "pull") return;
    if (sent < size) port1.postMessage({ type: "bytes", parts: [new Uint8Array(MEGABYTE)] });
    else port1.postMessage({ type: "close" });
    sent += MEGABYTE;
  };
  active.postMessage({ type: "offer", id: "late", filename: "late.zip" }, [port2]);
  await offered.promise;
  const response = await fetch("./download/late/late.zip");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const ahead = sent;
  return { ahead, received: (await response.arrayBuffer()).byteLength };
}

globalThis.overlayEdge = Object.freeze({ buffers, clock, fetcher, regex, sinks });
globalThis.edgeTest = Object.freeze({
  abort, abortClosing, abortPlacing, begin, beginFolder, close, closeFails, closeTakesLong, fill, folder, found, grants,
  privateFiles: () => privateFiles(), readLate, stubPicker, stubPickerRefusing, stubPickerStuck, write, writeOn,
  writesAreForbidden, writesHang, writesUntilStuck,
});
document.documentElement.dataset.state = "ready";
