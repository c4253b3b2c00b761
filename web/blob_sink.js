// The last resort: a file held by the browser until it is whole.

import { giveBack } from "./buffers.js";
import { EdgeFailure, wordsOf } from "./edge_failure.js";
import { OrderedSink } from "./ordered_sink.js";

/** What a Blob may hold: browsers have limits of their own, which they do not tell; the lowest seen was some 520 MB. */
export const BLOB_LIMIT = 500_000_000;
/** Blobs are made of so many bytes each. */
const GATHER = 4 << 20;
/** The browser has long begun to read a saved Blob when its address is taken back. */
const REVOKE_MS = 120_000;

/** Hands a Blob to the browser's downloads. @param {Blob} blob @param {string} filename */
export function saveBlob(blob, filename) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

/** The whole file in the browser's Blob store, saved at the end. */
export class BlobSink extends OrderedSink {
  #filename;
  #bytes = 0;
  /** @type {Blob[]} */
  #blobs = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #gathered = 0;
  #whole = new Blob();

  /** @param {string} filename */
  constructor(filename) {
    super();
    this.#filename = filename;
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > BLOB_LIMIT) throw new EdgeFailure("sink.full", `more than ${BLOB_LIMIT} bytes`);
    this.#parts.push(chunk);
    this.#gathered += chunk.byteLength;
    if (this.#gathered >= GATHER) await this.#fold();
  }

  /** @override */
  async finish() {
    await this.#fold();
    this.#whole = new Blob(this.#blobs, { type: "application/zip" });
    this.#blobs = [];
    await proveReadable(this.#whole);
  }

  /** @override */
  async place() {
    saveBlob(this.#whole, this.#filename);
    this.#whole = new Blob();
  }

  /** @override */
  async discard() {
    this.#blobs = [];
    this.#parts = [];
    this.#whole = new Blob();
  }

  /** Out of the page's own memory: browsers put Blobs on disk when they become many. */
  async #fold() {
    const blob = new Blob(this.#parts);
    giveBack(this.#parts);
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
