import { onTick } from "./clock.js";
import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";

/** Writes to a file gather so many bytes: 64 kB ones are four times slower. */
const FILE_GATHER = 4 << 20;
/** Messages to the service worker gather so many bytes; thousands of small files would be all round trips otherwise. */
const STREAM_GATHER = 1 << 20;
/** What a Blob may hold: browsers have limits of their own, which they do not tell; the lowest seen was some 520 MB. */
const BLOB_LIMIT = 500_000_000;
const PING_TICKS = 10;
/** The service worker may take so long to start, and to take a download. */
const START_MS = 10_000;
/** The browser has long begun to read a saved Blob when its address is taken back. */
const REVOKE_MS = 120_000;

/**
 * @typedef {"file" | "stream" | "blob"} Kind
 *
 * @typedef {object} Sink a place for the bytes of one file; calls wait for one another
 * @property {Kind} kind
 * @property {(chunk: Uint8Array<ArrayBuffer>) => Promise<void>} write takes the chunk over; done when more is welcome
 * @property {() => Promise<void>} close the file is whole
 * @property {(why: string) => Promise<void>} abort the file is not wanted
 *
 * @typedef {object} SaveHandle a FileSystemFileHandle that may know how to remove itself
 * @property {() => Promise<FileSystemWritableFileStream>} createWritable
 * @property {() => Promise<File>} getFile
 * @property {() => Promise<void>} [remove]
 *
 * @typedef {(options: object) => Promise<SaveHandle>} Picker
 */

/** @type {Readonly<Record<Kind, string>>} */
const LABELS = {
  file: "Save as one ZIP file, in a place you choose",
  stream: "Save as one ZIP file among your downloads",
  blob: "Save as one ZIP file, kept in memory until it is complete",
};

/** @type {Promise<{ready: boolean, why: string}> | null} */
let preparing = null;
/** @type {ServiceWorkerRegistration | null} */
let registration = null;

/** Registers the service worker; after a failure the next call tries again. */
export function prepare() {
  preparing ??= register().then((outcome) => {
    if (!outcome.ready) preparing = null;
    return outcome;
  });
  return preparing;
}

/** The ways to save that this browser has here, best first. Limits are in bytes, null where there is none. */
export async function capabilities() {
  const missed = new Set((await missing()).map(({ kind }) => kind));
  const kinds = /** @type {Kind[]} */ (["file", "stream", "blob"]).filter((kind) => !missed.has(kind));
  return kinds.map((kind) => ({ kind, label: LABELS[kind], limit: kind === "blob" ? BLOB_LIMIT : null }));
}

/** The ways to save that this browser does not have here, and why. */
export async function missing() {
  /** @type {{kind: Kind, why: string}[]} */
  const found = [];
  if (picker() === undefined) {
    found.push({ kind: "file", why: isSecureContext ? "this browser has no file picker" : "this page is not on https" });
  }
  const { ready, why } = await prepare();
  if (!ready) found.push({ kind: "stream", why });
  return found;
}

/**
 * Opens a place for one file.
 *
 * `file` has to be opened soon after a click, or the browser shows no picker.
 *
 * @param {Kind} kind
 * @param {string} filename
 * @param {number | null} [size] the exact size, where it is known
 * @returns {Promise<Sink>}
 * @throws {EdgeFailure} sink.cancelled, sink.refused, sink.full, sink.no-start, sink.failed
 */
export async function open(kind, filename, size = null) {
  if (kind === "file") return openFile(filename);
  if (kind === "stream") return openStream(filename, size);
  return new BlobSink(filename, size);
}

/** Hands a Blob to the browser's downloads. @param {Blob} blob @param {string} filename */
export function saveBlob(blob, filename) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

/** @param {unknown} thrown @returns {EdgeFailure} */
function failure(thrown) {
  if (thrown instanceof EdgeFailure) return thrown;
  const codes = new Map([["QuotaExceededError", "sink.full"], ["NotAllowedError", "sink.refused"]]);
  return new EdgeFailure(codes.get(nameOf(thrown)) ?? "sink.failed", wordsOf(thrown));
}

/** What all sinks share: one call at a time in order, failures by code, and nothing after the end. */
class OrderedSink {
  #over = false;
  /** @type {Promise<void>} */
  #last = Promise.resolve();

  /** @param {Uint8Array<ArrayBuffer>} chunk */
  write(chunk) {
    return this.#inTurn(() => this.take(chunk));
  }

  close() {
    const closing = this.#inTurn(() => this.complete());
    this.#over = true;
    return closing;
  }

  /** Does not wait for a write that hangs: what was written is not wanted. @param {string} why */
  async abort(why) {
    if (this.#over) return;
    this.#over = true;
    try {
      await this.discard(why);
    } catch (thrown) {
      throw failure(thrown);
    }
  }

  /** @param {() => Promise<void>} step @returns {Promise<void>} */
  #inTurn(step) {
    if (this.#over) return Promise.reject(new EdgeFailure("sink.closed", "the file is closed"));
    const turn = this.#last.then(step).catch((thrown) => Promise.reject(failure(thrown)));
    // A failure is told to who asked for this step and, as nothing can follow it, to who asks for the next.
    turn.catch(() => undefined);
    this.#last = turn;
    return turn;
  }

  /** @param {Uint8Array<ArrayBuffer>} _chunk @returns {Promise<void>} */
  take(_chunk) { throw new Error("not for use by itself"); }
  /** @returns {Promise<void>} */
  complete() { throw new Error("not for use by itself"); }
  /** @param {string} _why @returns {Promise<void>} */
  discard(_why) { throw new Error("not for use by itself"); }
}

/**
 * Frees memory at once by a transfer to nobody; left to the garbage collector, some 90 MB gather.
 * (ArrayBuffer.transfer(0) frees nothing in Chromium.)
 *
 * @param {Uint8Array<ArrayBuffer>[]} parts
 */
function free(parts) {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, parts.map(({ buffer }) => buffer));
  port1.close();
}

/** @returns {Picker | undefined} */
function picker() {
  const { showSaveFilePicker } = /** @type {{showSaveFilePicker?: Picker}} */ (/** @type {unknown} */ (window));
  return showSaveFilePicker?.bind(window);
}

/** @param {string} filename */
async function openFile(filename) {
  const types = [{ description: "ZIP archive", accept: { "application/zip": [".zip"] } }];
  const ask = picker();
  if (ask === undefined) throw new EdgeFailure("sink.refused", "this browser has no file picker");
  let handle;
  try {
    handle = await ask({ suggestedName: filename, types });
  } catch (thrown) {
    throw nameOf(thrown) === "AbortError" ? new EdgeFailure("sink.cancelled", wordsOf(thrown)) : failure(thrown);
  }
  try {
    return new FileSink(handle, await handle.createWritable());
  } catch (thrown) {
    await removeEmpty(handle);
    throw failure(thrown);
  }
}

/** The picker leaves an empty file under the chosen name, whatever becomes of it. @param {SaveHandle} handle */
async function removeEmpty(handle) {
  if (handle.remove && (await handle.getFile()).size === 0) await handle.remove();
}

/**
 * A file that the person chose. The bytes go to a file of the browser's own, which takes the place on close.
 *
 * Two buffers take turns, one filling and one being written, so that nothing is left to the garbage collector: Blobs
 * would be as fast, but the browser runs out of room for them when it collects too late.
 */
class FileSink extends OrderedSink {
  /** @type {"file"} */
  kind = "file";
  #handle;
  #writable;
  #filling = new Uint8Array(FILE_GATHER);
  #spare = new Uint8Array(FILE_GATHER);
  #filled = 0;
  /** @type {Promise<void>} the one write that may be under way */
  #flight = Promise.resolve();

  /** @param {SaveHandle} handle @param {FileSystemWritableFileStream} writable */
  constructor(handle, writable) {
    super();
    this.#handle = handle;
    this.#writable = writable;
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const piece = chunk.subarray(taken, taken + FILE_GATHER - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      taken += piece.byteLength;
      if (this.#filled === FILE_GATHER) await this.#send();
    }
    free([chunk]);
  }

  /** @override */
  async complete() {
    await this.#send();
    await this.#flight;
    await this.#writable.close();
  }

  /** @override @param {string} why */
  async discard(why) {
    await this.#writable.abort(why);
    await removeEmpty(this.#handle);
  }

  async #send() {
    await this.#flight;
    if (this.#filled === 0) return;
    this.#flight = this.#writable.write(this.#filling.subarray(0, this.#filled));
    // Told by the next step, which waits for it.
    this.#flight.catch(() => undefined);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
  }
}

/** The whole file in the browser's Blob store, saved at the end. */
class BlobSink extends OrderedSink {
  /** @type {"blob"} */
  kind = "blob";
  #filename;
  #bytes = 0;
  /** @type {Blob[]} */
  #blobs = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #gathered = 0;

  /** @param {string} filename @param {number | null} size */
  constructor(filename, size) {
    super();
    this.#filename = filename;
    if (size !== null && size > BLOB_LIMIT) throw tooLarge();
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > BLOB_LIMIT) throw tooLarge();
    this.#parts.push(chunk);
    this.#gathered += chunk.byteLength;
    if (this.#gathered >= FILE_GATHER) await this.#fold();
  }

  /** @override */
  async complete() {
    await this.#fold();
    const whole = new Blob(this.#blobs, { type: "application/zip" });
    this.#blobs = [];
    await proveReadable(whole);
    saveBlob(whole, this.#filename);
  }

  /** @override */
  async discard() {
    this.#blobs = [];
    this.#parts = [];
  }

  /** Out of the page's own memory: browsers put Blobs on disk when they become many. */
  async #fold() {
    const blob = new Blob(this.#parts);
    free(this.#parts);
    this.#parts = [];
    this.#gathered = 0;
    await proveReadable(blob);
    this.#blobs.push(blob);
  }
}

/**
 * Waits until the browser truly holds a Blob. One that it has no room for is made without a word, here and
 * there from some 520 MB on, and a download of it is broken off later; only reading from it tells.
 *
 * @param {Blob} blob
 */
async function proveReadable(blob) {
  try {
    await blob.slice(-1).arrayBuffer();
  } catch (thrown) {
    throw new EdgeFailure("sink.full", wordsOf(thrown));
  }
}

function tooLarge() {
  return new EdgeFailure("sink.full", `more than ${BLOB_LIMIT} bytes`);
}

/** @returns {Promise<{ready: boolean, why: string}>} */
async function register() {
  if (!isSecureContext) return { ready: false, why: "this page is not on https" };
  if (!("serviceWorker" in navigator)) return { ready: false, why: "this browser has no service workers" };
  try {
    const script = new URL("./sw.js", import.meta.url);
    registration = await navigator.serviceWorker.register(script, { scope: new URL("./", script).pathname, updateViaCache: "none" });
    await within(activation(registration), "the service worker does not start");
    return { ready: true, why: "" };
  } catch (thrown) {
    return { ready: false, why: wordsOf(thrown) };
  }
}

/** @param {ServiceWorkerRegistration} found @returns {Promise<void>} */
function activation(found) {
  if (found.active) return Promise.resolve();
  const coming = found.installing ?? found.waiting;
  return new Promise((resolve, reject) => {
    coming?.addEventListener("statechange", () => {
      if (found.active) resolve();
      else if (coming.state === "redundant") reject(new EdgeFailure("sink.no-start", "the service worker failed to install"));
    });
  });
}

/** @template T @param {Promise<T>} promise @param {string} otherwise @returns {Promise<T>} */
function within(promise, otherwise) {
  return new Promise((resolve, reject) => {
    const alarm = setTimeout(() => reject(new EdgeFailure("sink.no-start", otherwise)), START_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(alarm));
  });
}

/** @param {string} filename @param {number | null} size */
async function openStream(filename, size) {
  const { ready, why } = await prepare();
  const worker = registration?.active;
  if (!ready || !worker) throw new EdgeFailure("sink.no-start", why);
  const sink = new StreamSink(worker);
  try {
    await within(sink.start(filename.toWellFormed(), size), "the browser did not take the download");
  } catch (thrown) {
    await sink.abort("not started");
    throw failure(thrown);
  }
  return sink;
}

/** A download of the browser's own, fed through the service worker, which asks for each portion. */
class StreamSink extends OrderedSink {
  /** @type {"stream"} */
  kind = "stream";
  #id = crypto.randomUUID();
  #channel = new MessageChannel();
  #frame = document.createElement("iframe");
  #worker;
  #stopTicks;
  #ticks = 0;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #gathered = 0;
  /** @type {Map<string, () => void>} messages that are waited for, by type */
  #awaited = new Map();
  /** @type {Set<string>} messages that came before they were waited for */
  #arrived = new Set();
  /** @type {EdgeFailure | null} */
  #broken = null;
  /** @type {(failure: EdgeFailure) => void} */
  #break = () => undefined;

  /** @param {ServiceWorker} worker */
  constructor(worker) {
    super();
    this.#worker = worker;
    this.#channel.port1.onmessage = ({ data }) => this.#hear(data);
    this.#stopTicks = onTick(() => {
      this.#ticks += 1;
      if (this.#ticks % PING_TICKS === 0) this.#ping();
    });
  }

  /** @param {string} filename @param {number | null} size */
  async start(filename, size) {
    this.#worker.postMessage({ type: "offer", id: this.#id, filename, size }, [this.#channel.port2]);
    await this.#message("offered");
    this.#frame.hidden = true;
    this.#frame.src = new URL(`./download/${this.#id}/${encodeURIComponent(filename)}`, import.meta.url).href;
    document.body.append(this.#frame);
    await this.#message("started");
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    this.#parts.push(chunk);
    this.#gathered += chunk.byteLength;
    if (this.#gathered >= STREAM_GATHER) await this.#send();
  }

  /** @override */
  async complete() {
    if (this.#gathered > 0) await this.#send();
    // The pull after the last portion says that the browser has it all.
    await this.#message("pull");
    this.#channel.port1.postMessage({ type: "close" });
    await this.#message("closed");
    this.#end();
  }

  /** @override @param {string} why */
  async discard(why) {
    this.#channel.port1.postMessage({ type: "abort", why });
    this.#fail(new EdgeFailure("sink.closed", why));
  }

  async #send() {
    await this.#message("pull");
    const parts = this.#parts;
    this.#parts = [];
    this.#gathered = 0;
    this.#channel.port1.postMessage({ type: "bytes", parts }, parts.map(({ buffer }) => buffer));
  }

  #ping() {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      port1.close();
      if (!data.alive) this.#fail(new EdgeFailure("sink.failed", "the browser has ended the download"));
    };
    this.#worker.postMessage({ type: "ping", id: this.#id }, [port2]);
  }

  /** Waits for the worker's next message of a type. @param {string} type @returns {Promise<void>} */
  #message(type) {
    if (this.#broken) return Promise.reject(this.#broken);
    if (this.#arrived.delete(type)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#awaited.set(type, resolve);
      this.#break = reject;
    });
  }

  /** @param {{type: string, why?: string}} message */
  #hear({ type, why = "" }) {
    if (type === "cancelled") {
      this.#fail(new EdgeFailure("sink.cancelled", why));
      return;
    }
    const resolve = this.#awaited.get(type);
    if (resolve === undefined) this.#arrived.add(type);
    this.#awaited.delete(type);
    resolve?.();
  }

  /** @param {EdgeFailure} broken */
  #fail(broken) {
    this.#broken ??= broken;
    this.#break(this.#broken);
    this.#end();
  }

  #end() {
    this.#parts = [];
    this.#stopTicks();
    this.#frame.remove();
    this.#channel.port1.close();
  }
}
