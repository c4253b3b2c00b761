import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";
import { scriptAddress } from "./trusted.js";

/**
 * The rows that have come as columns, as list_worker.js makes them; the last answer of a list has its frame.
 *
 * @typedef {{names: Uint8Array, sizes: BigUint64Array, datasets: Uint8Array, dataset: Uint32Array, kinds: string, kind: Uint32Array,
 *   own: string, numbers: Uint32Array, odd: string, frame?: string}} Columns
 * @typedef {{resolve: (columns: Columns) => void, reject: (failure: EdgeFailure) => void}} Waiting
 */

/**
 * Has the texts of lists split into columns by a worker, which is started with the page: it serves although the site's
 * server has gone since.
 */
export class ListSplitter {
  /** @type {Worker | null} */
  #worker = null;
  #refusal = "";
  #lists = 0;
  /** Answers come in the order of the questions. @type {Waiting[]} */
  #waiting = [];

  constructor() {
    this.#start();
  }

  /** The number of a new list. */
  begin() {
    if (this.#worker === null) this.#start();
    this.#lists += 1;
    return this.#lists;
  }

  /** The next bytes of a list, which are taken over. @param {number} list @param {Uint8Array<ArrayBuffer>} bytes */
  add(list, bytes) {
    return this.#ask({ list, bytes }, [bytes.buffer]);
  }

  /** Its end. @param {number} list */
  end(list) {
    return this.#ask({ list, bytes: null }, []);
  }

  /** Nothing more of it is wanted. @param {number} list */
  drop(list) {
    this.#worker?.postMessage({ list, bytes: undefined });
  }

  /** @param {{list: number, bytes: Uint8Array | null}} question @param {ArrayBuffer[]} transfer @returns {Promise<Columns>} */
  #ask(question, transfer) {
    return new Promise((resolve, reject) => {
      if (this.#worker === null) {
        reject(new EdgeFailure("list.no-worker", this.#refusal));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, transfer);
    });
  }

  #start() {
    try {
      const worker = new Worker(scriptAddress("list_worker.js"));
      worker.addEventListener("message", ({ data: { answer, problem } }) => {
        const asked = this.#waiting.shift();
        if (answer) asked?.resolve(answer);
        else asked?.reject(new EdgeFailure(problem, ""));
      });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        this.#broken(event.message || "the worker's file could not be had");
      });
      this.#worker = worker;
    } catch (thrown) {
      this.#refusal = wordsOf(thrown);
    }
  }

  /** @param {string} why */
  #broken(why) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#refusal = why;
    for (const asked of this.#waiting.splice(0)) asked.reject(new EdgeFailure("list.no-worker", why));
  }
}

/** So many bytes of a file at once. */
const PIECE = 2 ** 22;

/**
 * A piece of a file, or nothing behind its end.
 *
 * @param {File} file @param {number} start
 * @throws {EdgeFailure} list.unreadable where the browser does not read it: it has gone, or is a folder
 */
export async function pieceOf(file, start) {
  try {
    return new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer());
  } catch (thrown) {
    throw new EdgeFailure("list.unreadable", wordsOf(thrown) || nameOf(thrown));
  }
}
