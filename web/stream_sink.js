// A download of the browser's own, made by the service worker from what this page sends it.

import { onTick } from "./clock.js";
import { EdgeFailure } from "./edge_failure.js";
import { OrderedSink, failure } from "./ordered_sink.js";
import { prepare, registered } from "./service_worker.js";
import { within } from "./within.js";

/** Messages to the service worker gather so many bytes; thousands of small files would be all round trips otherwise. */
const GATHER = 1 << 20;
const PING_TICKS = 10;
/** A frame that goes before the browser has made a download of its request takes that with it, and nothing tells when it has. */
const FRAME_STAYS_MS = 60_000;
/** The browser may take so long to take a download. */
const START_MS = 10_000;

/** @param {string} filename */
export async function openStream(filename) {
  const { ready, why } = await prepare();
  const worker = registered()?.active;
  if (!ready || !worker) throw new EdgeFailure("sink.no-start", why);
  const sink = new StreamSink(worker);
  try {
    await within(START_MS, sink.start(filename.toWellFormed()), "sink.no-start", "the browser did not take the download");
  } catch (thrown) {
    await sink.abort("not started");
    throw failure(thrown);
  }
  return sink;
}

/** A download of the browser's own, fed through the service worker, which asks for each portion. */
class StreamSink extends OrderedSink {
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

  /** @param {string} filename */
  async start(filename) {
    this.#worker.postMessage({ type: "offer", id: this.#id, filename }, [this.#channel.port2]);
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
    if (this.#gathered >= GATHER) await this.#send();
  }

  /** @override */
  async finish() {
    if (this.#gathered > 0) await this.#send();
    // The pull after the last portion says that the browser has it all; it may be long in coming, as when a person has
    // paused the download.
    await this.#message("pull");
  }

  /** @override */
  async place() {
    this.#channel.port1.postMessage({ type: "close" });
    await this.#message("closed");
    this.#end();
    setTimeout(() => this.#frame.remove(), FRAME_STAYS_MS);
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
    this.#frame.remove();
  }

  #end() {
    this.#parts = [];
    this.#stopTicks();
    this.#channel.port1.close();
  }
}
