import { giveBack } from "./buffers.js";
import { failure } from "./ordered_sink.js";

/** Writes gather so many bytes: 64 kB ones are four times slower. */
const GATHER = 4 << 20;

/** @typedef {{createWritable: () => Promise<FileSystemWritableFileStream>}} Handle of the file that is written */

/**
 * Gathers chunks and writes them in large pieces.
 *
 * Two buffers take turns, one filling and one being written, so that nothing is left to the garbage collector: Blobs
 * would be as fast, but the browser runs out of room for them when it collects too late.
 */
export class GatheringWriter {
  /** @type {FileSystemWritableFileStream | null} */
  #writable = null;
  /** @type {Handle | null} */
  #handle = null;
  #filling = new Uint8Array(GATHER);
  #spare = new Uint8Array(GATHER);
  #filled = 0;
  /** Bytes of the file that were handed to the browser. */
  #sent = 0;
  /** @type {Promise<void>} the one write that may be under way */
  #flight = Promise.resolve();

  /**
   * Goes on with another file; what was gathered for the last and not flushed is dropped.
   *
   * @param {Handle} handle @param {FileSystemWritableFileStream} writable
   */
  turnTo(handle, writable) {
    this.#handle = handle;
    this.#writable = writable;
    this.#filled = 0;
    this.#sent = 0;
    this.#flight = Promise.resolve();
  }

  /** @param {Uint8Array<ArrayBuffer>} chunk */
  async take(chunk) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const piece = chunk.subarray(taken, taken + GATHER - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      taken += piece.byteLength;
      if (this.#filled === GATHER) await this.#send();
    }
    giveBack([chunk]);
  }

  /** Has everything written. */
  async flush() {
    await this.#send();
    await this.#flight;
  }

  async #send() {
    await this.#flight;
    if (this.#filled === 0 || this.#writable === null) return;
    this.#sent += this.#filled;
    this.#flight = this.#write(this.#writable, this.#filling.subarray(0, this.#filled), this.#sent);
    // Told by the next step, which waits for it.
    this.#flight.catch(() => undefined);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
  }

  /** @param {FileSystemWritableFileStream} writable @param {Uint8Array<ArrayBuffer>} bytes @param {number} end of the file with them */
  async #write(writable, bytes, end) {
    try {
      await writable.write(bytes);
    } catch (thrown) {
      throw failure(thrown).code === "sink.failed" ? await this.#cause(thrown, end) : thrown;
    }
  }

  /**
   * A large write can break off before the browser says why (Chromium: a data pipe has failed): whoever asks for as much
   * room for the same file anew, and gives it up, is told. The room of what broke off may be free again by then.
   *
   * @param {unknown} thrown @param {number} end
   */
  async #cause(thrown, end) {
    try {
      const again = await this.#handle?.createWritable();
      await again?.truncate(end);
      await again?.write(new Uint8Array(1));
      await again?.abort();
    } catch (cause) {
      if (failure(cause).code !== "sink.failed") return cause;
    }
    return thrown;
  }
}
