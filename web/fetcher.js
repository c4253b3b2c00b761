import { CHUNK, giveBack, roomFor } from "./buffers.js";
import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";

/** Bytes of a read that adds to a chunk: about what a browser has at once. */
const PIECE = 1 << 18;
/** What may still come of a body whose announced length is there: its end, in most cases. */
const REST = 1 << 10;
/** A read should take about so long, and a head waits no longer for its body: longer ones would look like a stall, shorter ones cost more than they bring. */
const READ_MS = 50;

/** @type {RequestInit} */
const QUIET = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", redirect: "follow" };

/**
 * Sends a GET and waits for the head of the answer, and for what comes together with it; any status is an answer.
 *
 * @param {string} url absolute, http or https
 * @param {[string, string][]} headers
 * @param {AbortSignal | null} [signal]
 * @param {number} [most] bytes of its body that are handed on at once
 * @returns {Promise<Opened>}
 * @throws {EdgeFailure} http.bad-address, http.cancelled, http.offline, http.unreachable
 */
export async function open(url, headers, signal = null, most = CHUNK) {
  const address = URL.parse ? URL.parse(url) : parsed(url);
  if (address === null || !/^https?:$/.test(address.protocol)) throw new EdgeFailure("http.bad-address", url);
  // fetch() refuses such an address with the same error as a dead network.
  if (address.username || address.password) throw new EdgeFailure("http.bad-address", address.origin);
  try {
    const asked = headers.length === 0 ? globalThis.overlayAhead?.take(address.href, signal) : undefined;
    const opened = new Opened(await (asked ?? fetch(address, { ...QUIET, headers, signal })), signal, most);
    await opened.begin();
    return opened;
  } catch (thrown) {
    if (signal?.aborted) throw new EdgeFailure("http.cancelled", wordsOf(signal.reason));
    throw new EdgeFailure(navigator.onLine ? "http.unreachable" : "http.offline", wordsOf(thrown));
  }
}

/**
 * Whether pages like this one may read an address: `open`, `blocked` (there, but closed to this page) or `unreachable`.
 *
 * @param {string} url
 */
export async function probe(url) {
  const ways = /** @type {const} */ ([["cors", "open"], ["no-cors", "blocked"]]);
  for (const [mode, finding] of ways) {
    const stop = new AbortController();
    try {
      await fetch(url, { ...QUIET, mode, signal: stop.signal });
      return finding;
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw new EdgeFailure("http.unreachable", wordsOf(thrown));
    } finally {
      stop.abort();
    }
  }
  return "unreachable";
}

/** Whether an address is of this page's own server, which may be asked anything. @param {string} url */
export function isOwn(url) {
  return parsed(url)?.origin === location.origin;
}

/**
 * Tells when the network goes and when it is back, as far as the browser knows, until the returned function is called.
 *
 * @param {(online: boolean) => void} listener
 * @returns {() => void}
 */
export function watchLine(listener) {
  const tell = () => listener(navigator.onLine);
  const changes = ["online", "offline"];
  for (const change of changes) window.addEventListener(change, tell);
  return () => {
    for (const change of changes) window.removeEventListener(change, tell);
  };
}

/** @param {string} url */
function parsed(url) {
  return URL.canParse(url) ? new URL(url) : null;
}

/** An answer whose body is read in chunks. Each chunk owns its buffer: whoever gets it may transfer it, or give it back. */
export class Opened {
  #signal;
  #cancelled = false;
  /** Whether the end came together with the last bytes that were read: who knows that need not ask for more. */
  over = false;
  #ended = false;
  /** @type {Promise<Uint8Array<ArrayBuffer> | null> | null} a first read that takes longer than the head may wait */
  #coming = null;
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #first = null;
  /** @type {() => Promise<Uint8Array<ArrayBuffer> | null>} */
  #pull = () => Promise.resolve(null);
  /** @type {ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null} */
  #reader = null;

  /** @param {Response} response @param {AbortSignal | null} signal @param {number} most bytes of a chunk */
  constructor(response, signal, most) {
    this.#signal = signal;
    this.status = response.status;
    /** All of the headers as one text, name and value in turn: Python takes that over at once. */
    this.head = [...response.headers].flat().join("\n");
    this.url = response.url;
    if (response.body === null) return;
    try {
      const reader = response.body.getReader({ mode: "byob" });
      this.#reader = reader;
      this.#pull = byobPull(reader, most, Number(response.headers.get("content-length")) || most, () => {
        this.#ended = true;
      });
    } catch (thrown) {
      // A TypeError says that this browser's bodies are no byte streams.
      if (!(thrown instanceof TypeError)) throw thrown;
      const reader = response.body.getReader();
      this.#reader = reader;
      this.#pull = defaultPull(reader, most);
    }
  }

  /** Reads what comes together with the head: of a small file, all. Each wait of Python's takes longer than its bytes. */
  async begin() {
    /** @type {number | undefined} */
    let alarm;
    /** @type {Promise<undefined>} */
    const late = new Promise((resolve) => { alarm = window.setTimeout(resolve, READ_MS, undefined); });
    this.#coming = this.#pull();
    // A break is told by the read that waits for it.
    const first = await Promise.race([this.#coming.catch(() => undefined), late]);
    clearTimeout(alarm);
    if (first === undefined) return;
    this.#coming = null;
    this.#first = first;
    this.over = this.#ended || first === null;
  }

  /** What came together with the head and was not taken yet, or null. */
  atHand() {
    const first = this.#first;
    this.#first = null;
    return first;
  }

  /**
   * The next bytes, or null after the last.
   *
   * @returns {Promise<Uint8Array<ArrayBuffer> | null>}
   * @throws {EdgeFailure} http.cut, http.cancelled
   */
  async read() {
    let chunk = this.atHand();
    if (chunk !== null && !this.#cancelled) return chunk;
    try {
      chunk = await (this.#coming ?? this.#pull());
      this.#coming = null;
      this.over = this.#ended;
    } catch (thrown) {
      if (this.#isCancelled(thrown)) throw new EdgeFailure("http.cancelled", wordsOf(thrown));
      throw new EdgeFailure("http.cut", wordsOf(thrown));
    }
    // A reader that was cancelled reports an end like any other, which would pass for a whole file.
    if (this.#cancelled) throw new EdgeFailure("http.cancelled", "");
    return chunk;
  }

  /** Lets the connection go. */
  async cancel() {
    this.#cancelled = true;
    try {
      await this.#reader?.cancel();
    } catch {
      // Only a body that broke by itself rejects here, and that one is over already.
    }
  }

  /** @param {unknown} thrown */
  #isCancelled(thrown) {
    return this.#cancelled || this.#signal?.aborted || nameOf(thrown) === "AbortError";
  }
}

/**
 * Reads into buffers of our own, which is three times as fast in Chromium, and hands on together what comes within
 * some 50 ms, up to a chunk. What has come waits no longer than that, though the line should fall silent: a read
 * with `min` would wait for the rest, and a line that has become slow would look like one that has broken.
 *
 * In a hidden page the timer may be late, by a minute in the end; bytes that keep coming are handed on without it.
 *
 * Buffers are as large as what is announced, as far as that is to be believed: thousands of small files would make the
 * browser find and clear a megabyte for each.
 *
 * @param {ReadableStreamBYOBReader} reader
 * @param {number} most bytes of a chunk
 * @param {number} announced bytes
 * @param {() => void} over is called when the end has come
 */
function byobPull(reader, most, announced, over) {
  let received = 0;
  // A body that was packed for its way is longer than was announced. One byte more than is due lets the end come along.
  const room = () => (received > announced ? most : Math.min(most, Math.max(REST, announced - received + 1)));
  /** @type {Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> | null} what one pull left for the next to wait for */
  let reading = null;
  let ended = false;
  /** Pieces are read into it, one after the other. @type {ArrayBuffer | null} */
  let between = null;

  /** Asks for what comes next, a piece at most. @param {number} bytes */
  const piece = (bytes) => {
    const size = Math.min(bytes, PIECE);
    const view = between ? new Uint8Array(between, 0, size) : new Uint8Array(size);
    between = null;
    return reader.read(view);
  };

  /**
   * Adds what comes to a buffer that is partly filled, until it is full or time is up, and tells how far it is filled.
   *
   * @param {Uint8Array<ArrayBuffer>} whole
   * @param {number} filled
   * @param {number} began
   */
  const gathered = async (whole, filled, began) => {
    /** @type {number | undefined} */
    let alarm;
    /** @type {Promise<undefined>} */
    const late = new Promise((resolve) => { alarm = window.setTimeout(resolve, READ_MS, undefined); });
    while (!ended && filled < whole.byteLength && performance.now() - began < READ_MS) {
      reading ??= piece(whole.byteLength - filled);
      // A break is told by the next pull, after the bytes that came before it.
      const more = await Promise.race([reading.catch(() => undefined), late]);
      if (more === undefined) break;
      reading = null;
      ended = more.done;
      if (more.value === undefined) break;
      whole.set(more.value, filled);
      filled += more.value.byteLength;
      if (more.value.buffer.byteLength === PIECE) between = more.value.buffer;
    }
    clearTimeout(alarm);
    return filled;
  };

  return async () => {
    if (ended) return null;
    const began = performance.now();
    const { value, done } = await (reading ?? reader.read(roomFor(room())));
    reading = null;
    // The end may come together with the last bytes.
    ended = done;
    if (value === undefined || value.byteLength === 0) return null;
    const whole = new Uint8Array(value.buffer);
    const filled = await gathered(whole, value.byteLength, began);
    if (ended) over();
    received += filled;
    if (filled > whole.byteLength / 2) return whole.subarray(0, filled);
    const few = whole.slice(0, filled);
    if (whole.byteLength === CHUNK) giveBack([whole]);
    return few;
  };
}

/** @param {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} reader @param {number} most bytes of a chunk */
function defaultPull(reader, most) {
  let rest = new Uint8Array(0);
  return async () => {
    while (rest.byteLength === 0) {
      const { value, done } = await reader.read();
      if (done) return null;
      rest = value;
    }
    const piece = rest.byteLength <= most && rest.byteLength === rest.buffer.byteLength ? rest : rest.slice(0, most);
    rest = rest.subarray(piece.byteLength);
    return piece;
  };
}
