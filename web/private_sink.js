// A file in the browser's own storage for this site, handed to the downloads when it is whole.

import { saveBlob } from "./blob_sink.js";
import { EdgeFailure } from "./edge_failure.js";
import { OrderedSink, failure } from "./ordered_sink.js";
import { scriptAddress } from "./trusted.js";
import { within } from "./within.js";

/** Archives that are being built, and those that the browser copies to its downloads. */
const FOLDER = "archives";
/** Browsers do not tell when they have copied a file: it stays for two minutes, and for as long as a slow disk takes. */
const STAYS_MS = 120_000;
const SLOW_DISK = 10_000;
/** Messages to the worker gather so many bytes; the next is gathered while one is written. */
const GATHER = 4 << 20;
const START_MS = 10_000;

/** @returns {Promise<FileSystemDirectoryHandle | null>} */
async function storage() {
  try {
    return await navigator.storage.getDirectory();
  } catch {
    // Private windows of some browsers have it, but closed; then it is no place to write, and nothing else is wrong.
    return null;
  }
}

/** How many bytes may be written there; null where there is no such storage. */
export async function roomThere() {
  if (!isSecureContext || !navigator.storage?.getDirectory || !navigator.locks || (await storage()) === null) return null;
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  return Math.max(0, quota - usage);
}

/** Removes archives that an earlier page has left: half-built ones, and those that were copied long ago. */
export async function sweep() {
  const root = await storage();
  if (root === null || !navigator.locks) return;
  const folder = await existing(root);
  if (folder === null) return;
  const { held = [] } = await navigator.locks.query();
  const inUse = new Set(held.map(({ name = "" }) => name));
  for await (const [name, handle] of /** @type {AsyncIterable<[string, FileSystemFileHandle]>} */ (folder.entries())) {
    if (inUse.has(lockOf(name))) continue;
    const { size, lastModified } = await handle.getFile();
    const done = name.endsWith(".zip");
    if (done && Date.now() - lastModified <= stays(size)) continue;
    // One that something still holds is left for the next visit.
    await folder.removeEntry(name).catch(() => undefined);
  }
}

/** @param {FileSystemDirectoryHandle} root */
async function existing(root) {
  try {
    return await root.getDirectoryHandle(FOLDER);
  } catch {
    return null;
  }
}

/** @param {string} name */
const lockOf = (name) => `archive:${name.split(".")[0]}`;

/** @param {number} size */
const stays = (size) => STAYS_MS + size / SLOW_DISK;

/** @param {string} filename */
export async function openPrivate(filename) {
  const root = await storage();
  if (root === null) throw new EdgeFailure("sink.no-start", "the browser has no storage for this site");
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  const sink = new PrivateSink(folder, filename);
  try {
    await within(START_MS, sink.start(), "sink.no-start", "the browser's storage does not answer");
  } catch (thrown) {
    await sink.abort("not started");
    throw failure(thrown);
  }
  return sink;
}

/** A worker writes, as only workers may write in place: other ways hold a gigabyte in memory here and there. */
class PrivateSink extends OrderedSink {
  #folder;
  #filename;
  #id = crypto.randomUUID();
  #worker = new Worker(scriptAddress("private_worker.js"));
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #gathered = 0;
  #left = 0;
  /** The one message that may be unanswered. @type {Promise<void>} */
  #flight = Promise.resolve();
  /** @type {(failure: EdgeFailure) => void} */
  #break = () => undefined;
  /** @type {() => void} */
  #release = () => undefined;

  /** @param {FileSystemDirectoryHandle} folder @param {string} filename */
  constructor(folder, filename) {
    super();
    this.#folder = folder;
    this.#filename = filename;
  }

  async start() {
    this.#left = (await roomThere()) ?? 0;
    await new Promise((resolve) => {
      void navigator.locks.request(lockOf(this.#id), () => new Promise((release) => {
        this.#release = () => release(undefined);
        resolve(undefined);
      }));
    });
    await this.#ask({ type: "open", folder: FOLDER, name: `${this.#id}.part` });
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    // Writing in place passes by the quota here and there, and would go on until the disk is full.
    this.#left -= chunk.byteLength;
    if (this.#left < 0) throw new EdgeFailure("sink.full", "the browser grants this site no more storage");
    this.#parts.push(chunk);
    this.#gathered += chunk.byteLength;
    if (this.#gathered >= GATHER) await this.#send();
  }

  /** @override */
  async finish() {
    await this.#send();
    await this.#flight;
    await this.#ask({ type: "close", folder: FOLDER, name: `${this.#id}.part`, whole: `${this.#id}.zip` });
  }

  /** @override */
  async place() {
    const file = await (await this.#folder.getFileHandle(`${this.#id}.zip`)).getFile();
    saveBlob(file, this.#filename);
    this.#worker.terminate();
    setTimeout(() => void this.#remove(), stays(file.size));
  }

  /** @override @param {string} why */
  async discard(why) {
    // Its hold on the file goes with it.
    this.#worker.terminate();
    this.#parts = [];
    this.#break(new EdgeFailure("sink.closed", why));
    await this.#remove();
  }

  async #remove() {
    this.#release();
    for (const ending of ["part", "zip"]) await removed(this.#folder, `${this.#id}.${ending}`);
  }

  async #send() {
    await this.#flight;
    if (this.#gathered === 0) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#gathered = 0;
    this.#flight = this.#ask({ type: "bytes", parts }, parts.map(({ buffer }) => buffer));
    // Told by the next step, which waits for it.
    this.#flight.catch(() => undefined);
  }

  /** Has the worker do something. @param {object} message @param {Transferable[]} [gifts] @returns {Promise<void>} */
  #ask(message, gifts = []) {
    return new Promise((resolve, reject) => {
      this.#break = reject;
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new EdgeFailure("sink.failed", event.message ?? "the worker could not be started"));
      };
      this.#worker.onmessage = ({ data }) => {
        if (data.done) resolve();
        else reject(failure(new DOMException(data.why, data.name)));
      };
      this.#worker.postMessage(message, gifts);
    });
  }
}

/** Removes a file, which a worker that was just ended may hold for a moment. @param {FileSystemDirectoryHandle} folder @param {string} name */
async function removed(folder, name) {
  for (let tries = 0; ; tries += 1) {
    try {
      await folder.removeEntry(name);
      return;
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === "NotFoundError") return;
      if (tries === 20) throw thrown;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
}
