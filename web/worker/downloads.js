"use strict";
/*
 * Turns bytes that a page makes into a download of the browser's own. The page offers a file over a MessagePort and
 * opens ./download/<id>/<filename> in a hidden frame; the answer's body is pulled from the page, chunk by chunk.
 */

const DOWNLOADS = new URL("download/", SCOPE);
/** A page that has gone is noticed after at most so long. */
const WATCH_MS = 2000;
/** A ping, sent every 10 s, keeps the worker for so long. Short on purpose: browsers end a worker whose single event lasts minutes. */
const PING_KEEPS_MS = 25000;

/**
 * Frees memory at once by a transfer to nobody. ArrayBuffer.transfer(0) frees nothing in Chromium, and hides the
 * memory from the garbage collector; so it grew by all that was downloaded.
 *
 * @param {Uint8Array<ArrayBuffer>[]} parts
 */
const free = (parts) => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, parts.map(({ buffer }) => buffer));
  port1.close();
};

/** @type {Map<string, Download>} */
const downloads = new Map();

/** @param {number} milliseconds @returns {Promise<void>} */
const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One file on its way from a page to the browser's downloads. */
class Download {
  /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
  #controller = null;
  /** @type {() => void} */
  #fed = () => undefined;
  /** @type {Uint8Array<ArrayBuffer>[][]} portions that the browser was given of late */
  #given = [];
  /** @type {() => void} */
  #finish = () => undefined;

  /** @param {{id: string, filename: string}} offer @param {MessagePort} port @param {string} client */
  constructor({ id, filename }, port, client) {
    this.id = id;
    this.filename = filename;
    this.client = client;
    this.port = port;
    /** @type {Promise<void>} */
    this.finished = new Promise((resolve) => { this.#finish = resolve; });
    port.onmessage = ({ data }) => this.#hear(data);
  }

  /** The answer to the frame's request, once; null when it was given before. */
  answer() {
    if (this.#controller !== null) return null;
    const source = {
      /** @param {ReadableStreamDefaultController<Uint8Array>} controller */
      start: (controller) => { this.#controller = controller; },
      pull: () => {
        this.#release();
        this.port.postMessage({ type: "pull" });
        return /** @type {Promise<void>} */ (new Promise((resolve) => { this.#fed = resolve; }));
      },
      /** @param {unknown} reason */
      cancel: (reason) => {
        this.port.postMessage({ type: "cancelled", why: String(reason ?? "") });
        this.#end();
      },
    };
    // Nothing is asked for ahead: a pull means that the browser has taken all that it was given.
    const body = new ReadableStream(source, { highWaterMark: 0 });
    this.port.postMessage({ type: "started" });
    return new Response(body, { headers: this.#headers() });
  }

  /** Breaks the download off, so that the browser drops or marks what it has. @param {string} why */
  fail(why) {
    this.#controller?.error(new Error(why));
    this.#end();
  }

  /**
   * Gives back the memory of what the browser has taken: left to the garbage collector, 250 MB gather. A pull says
   * that the last portion was taken; the one before it is let go, should a browser hold on to one while it asks.
   */
  #release() {
    if (this.#given.length < 2) return;
    free(this.#given.shift() ?? []);
  }

  #headers() {
    return new Headers({
      "Content-Type": "application/zip",
      "Content-Disposition": disposition(this.filename),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    });
  }

  /** @param {{type: "bytes", parts: Uint8Array<ArrayBuffer>[]} | {type: "close"} | {type: "abort", why: string}} message */
  #hear(message) {
    if (message.type === "abort") this.fail(message.why);
    if (this.#controller === null) return;
    if (message.type === "bytes") {
      for (const part of message.parts) this.#controller.enqueue(part);
      this.#given.push(message.parts);
      this.#fed();
    } else if (message.type === "close") {
      this.#controller.close();
      this.port.postMessage({ type: "closed" });
      this.#end();
    }
  }

  #end() {
    downloads.delete(this.id);
    this.#fed();
    this.#finish();
  }
}

/** Content-Disposition with the name in ASCII for old readers and in full (RFC 6266, RFC 8187). @param {string} name */
const disposition = (name) => {
  const ascii = name.replace(/[^ -~]|["\\%]/g, "_");
  const full = encodeURIComponent(name)
    .replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`;
};

let watching = false;
/** Breaks off the downloads of pages that have gone; ends with the last download. */
const watchPages = async () => {
  if (watching) return;
  watching = true;
  while (downloads.size > 0) {
    await after(WATCH_MS);
    for (const download of [...downloads.values()]) {
      if ((await worker.clients.get(download.client)) === undefined) download.fail("the page has gone");
    }
  }
  watching = false;
};

/**
 * Hears a page that offers a download, or asks after one.
 *
 * @param {ExtendableMessageEvent} event @param {Client} page @param {MessagePort} port
 */
const hearDownload = (event, page, port) => {
  const { data } = event;
  if (data.type === "offer") {
    const download = new Download(data, port, page.id);
    downloads.set(data.id, download);
    void watchPages();
    port.postMessage({ type: "offered" });
    event.waitUntil(Promise.race([download.finished, after(PING_KEEPS_MS)]));
  } else {
    const download = downloads.get(data.id);
    port.postMessage({ alive: download !== undefined });
    if (download) event.waitUntil(Promise.race([download.finished, after(PING_KEEPS_MS)]));
  }
};

/** @param {URL} url */
const answerDownload = (url) => {
  const [id = ""] = url.pathname.slice(DOWNLOADS.pathname.length).split("/");
  // Never the network: a host that answers every path with its front page would have that saved as the file.
  return downloads.get(id)?.answer() ?? new Response("This download is over.\n", { status: 410 });
};
