// A file that the person chooses, where the browser has a file picker.

import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";
import { GatheringWriter } from "./gathering_writer.js";
import { OrderedSink, failure } from "./ordered_sink.js";

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

/** A file that the person chose. The bytes go to a file of the browser's own, which takes the place on close. */
class FileSink extends OrderedSink {
  #handle;
  #writable;
  #writer = new GatheringWriter();

  /** @param {SaveHandle} handle @param {FileSystemWritableFileStream} writable */
  constructor(handle, writable) {
    super();
    this.#handle = handle;
    this.#writable = writable;
    this.#writer.turnTo(handle, writable);
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  take(chunk) {
    return this.#writer.take(chunk);
  }

  /** @override */
  finish() {
    return this.#writer.flush();
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
}
