// What every place to write is: bytes in, in order, and one end.

import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";

/**
 * @typedef {object} Sink a place for the bytes of one file; calls wait for one another
 * @property {(chunk: Uint8Array<ArrayBuffer>) => Promise<void>} write takes the chunk over, for good; done when more is welcome
 * @property {() => Promise<void>} close the file is whole; afterwards it is in its place
 * @property {(why: string, keep?: boolean) => Promise<boolean>} abort the file is not wanted; whether that came in time,
 *   before it was whole and in its place
 */

/** @param {unknown} thrown @returns {EdgeFailure} */
export function failure(thrown) {
  if (thrown instanceof EdgeFailure) return thrown;
  const codes = new Map([["QuotaExceededError", "sink.full"], ["NotAllowedError", "sink.refused"]]);
  return new EdgeFailure(codes.get(nameOf(thrown)) ?? "sink.failed", wordsOf(thrown));
}

/**
 * What all sinks share: one call at a time in order, failures by code, and nothing after the end.
 *
 * A file ends in two steps: what is left to write can still be given up, and so can a file whose end has failed; what
 * puts the whole file in its place can't, and is waited for.
 */
export class OrderedSink {
  /** @type {"open" | "closing" | "whole" | "given up"} */
  #state = "open";
  /** @type {Promise<void>} */
  #last = Promise.resolve();
  /** @type {Promise<void> | null} the file is being put in its place */
  #placing = null;
  /** @type {(failure: EdgeFailure) => void} ends the step that is under way */
  #leave = () => undefined;

  /** @param {Uint8Array<ArrayBuffer>} chunk */
  write(chunk) {
    return this.inTurn(() => this.take(chunk));
  }

  close() {
    const closing = this.inTurn(() => this.#complete());
    if (this.#state === "open") this.#state = "closing";
    return closing;
  }

  /**
   * Does not wait for a write that hangs: what was written is not wanted, and whoever waits for it is told.
   *
   * @param {string} why
   * @param {boolean} [keep] what is complete stays, where the place holds more than one file
   * @returns {Promise<boolean>} false when the file was whole before, and stays
   */
  async abort(why, keep = false) {
    // A placing that fails is told to whoever asked for it; here it means that there still is something to give up.
    if (this.#placing) await this.#placing.catch(() => undefined);
    if (this.#state === "whole") return false;
    if (this.#state === "given up") return true;
    this.#state = "given up";
    try {
      await this.discard(why, keep);
    } catch (thrown) {
      throw failure(thrown);
    } finally {
      this.#leave(new EdgeFailure("sink.closed", why));
    }
    return true;
  }

  async #complete() {
    await this.finish();
    if (this.#state !== "closing") throw new EdgeFailure("sink.closed", "the file was given up");
    this.#placing = this.place().then(() => {
      this.#state = "whole";
    });
    await this.#placing;
  }

  /** A step of the file's, after those before it. @param {() => Promise<void>} step @returns {Promise<void>} */
  inTurn(step) {
    if (this.#state !== "open") return Promise.reject(new EdgeFailure("sink.closed", "the file is closed"));
    const turn = this.#last
      .then(() => /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
        if (this.#state === "given up") throw new EdgeFailure("sink.closed", "the file was given up");
        this.#leave = reject;
        step().then(resolve, reject);
      })))
      .catch((thrown) => Promise.reject(failure(thrown)));
    // A failure is told to who asked for this step and, as nothing can follow it, to who asks for the next.
    turn.catch(() => undefined);
    this.#last = turn;
    return turn;
  }

  /** @param {Uint8Array<ArrayBuffer>} _chunk @returns {Promise<void>} */
  take(_chunk) { throw new Error("not for use by itself"); }
  /** Writes what is left; may hang, and may be given up. @returns {Promise<void>} */
  finish() { throw new Error("not for use by itself"); }
  /** Puts the whole file in its place, or fails; never hangs. @returns {Promise<void>} */
  place() { throw new Error("not for use by itself"); }
  /** Leaves nothing, or what is complete. @param {string} _why @param {boolean} _keep @returns {Promise<void>} */
  discard(_why, _keep) { throw new Error("not for use by itself"); }
}
