// A file that the person chooses, where the browser has a file picker.

import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";
import { OrderedSink, failure, free } from "./ordered_sink.js";

/** Writes gather so many bytes: 64 kB ones are four times slower. */
const GATHER = 4 << 20;

/**
 * @typedef {object} SaveHandle a FileSystemFileHandle that may know how to remove itself
 * @property {() => Promise<FileSystemWritableFileStream>} createWritable
 * @property {() => Promise<File>} getFile
 * @property {() => Promise<void>} [remove]
 *
 * @typedef {(options: object) => Promise<SaveHandle>} Picker
 */

/** @returns {Picker | undefined} */
export function picker() {
  const { showSaveFilePicker } = /** @type {{showSaveFilePicker?: Picker}} */ (/** @type {unknown} */ (window));
  return showSaveFilePicker?.bind(window);
}

/** @param {string} filename */
export async function openFile(filename) {
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
  #handle;
  #writable;
  #filling = new Uint8Array(GATHER);
  #spare = new Uint8Array(GATHER);
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
      const piece = chunk.subarray(taken, taken + GATHER - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      taken += piece.byteLength;
      if (this.#filled === GATHER) await this.#send();
    }
    free([chunk]);
  }

  /** @override */
  async finish() {
    await this.#send();
    await this.#flight;
  }

  /** @override */
  async place() {
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
