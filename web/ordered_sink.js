// What every place to write is: bytes in, in order, and one end.

import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";

/**
 * @typedef {object} Sink a place for the bytes of one file; calls wait for one another
 * @property {"file" | "stream" | "blob"} kind
 * @property {(chunk: Uint8Array<ArrayBuffer>) => Promise<void>} write takes the chunk over; done when more is welcome
 * @property {() => Promise<void>} close the file is whole
 * @property {(why: string) => Promise<void>} abort the file is not wanted
 */

/** @param {unknown} thrown @returns {EdgeFailure} */
export function failure(thrown) {
  if (thrown instanceof EdgeFailure) return thrown;
  const codes = new Map([["QuotaExceededError", "sink.full"], ["NotAllowedError", "sink.refused"]]);
  return new EdgeFailure(codes.get(nameOf(thrown)) ?? "sink.failed", wordsOf(thrown));
}

/** What all sinks share: one call at a time in order, failures by code, and nothing after the end. */
export class OrderedSink {
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
export function free(parts) {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, parts.map(({ buffer }) => buffer));
  port1.close();
}
