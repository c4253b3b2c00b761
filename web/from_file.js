// The page from a file. Browsers load neither modules nor anything else by its address from files, only scripts of the
// old kind: those in ./from-file/ bring every part of the site, and this one answers for the server that is not there.
(() => {
  /**
   * @typedef {object} Mark a place of a module that names another one or itself, in UTF-16 units
   * @property {"static" | "dynamic" | "meta"} kind
   * @property {number} start
   * @property {number} end
   * @property {string} target the name of the module that a static import means
   *
   * @typedef {{name: string, marks: Mark[], deflated: string}} Part
   */

  /** The site has an address of http, as everything in it expects. No network has a host of this name (RFC 2606). */
  const SITE = "https://from-file.invalid/";
  /** Where the page truly is: PyScript takes relative addresses against that. */
  const FOLDER = new URL("./", location.href).href;
  /** Of the types that servers tell, those that matter. */
  const TYPES = /** @type {const} */ ([[".js", "text/javascript"], [".wasm", "application/wasm"]]);

  const { overlayPacked = [] } = /** @type {{overlayPacked?: Part[]}} */ (globalThis);
  /** The parts of the site by their addresses. */
  const parts = new Map(overlayPacked.map((part) => [SITE + part.name, part]));
  /** The texts of scripts by their addresses. @type {Map<string, string>} */
  const texts = new Map();
  /** Their addresses in memory: one each, as a module is known by its address. @type {Map<string, string>} */
  const made = new Map();

  /** An address as the site knows it, without query and fragment; any other as it is. @param {string | URL} address */
  function known(address, base = SITE) {
    const url = new URL(address, base);
    const plain = url.href.slice(0, url.href.length - url.search.length - url.hash.length);
    if (plain.startsWith(FOLDER)) return SITE + plain.slice(FOLDER.length);
    return plain.startsWith(SITE) ? plain : url.href;
  }

  /** @param {Part} part @param {AbortSignal | null} [signal] */
  function unpacked({ deflated }, signal) {
    const text = atob(deflated);
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
    return new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"), { signal: signal ?? undefined });
  }

  /** The address in memory of a script of the site, with those of all that it imports in it. @param {string} address */
  function inMemory(address) {
    const found = made.get(address);
    if (found !== undefined) return found;
    const text = texts.get(address);
    if (text === undefined) throw new TypeError(`${address} is no script of this page`);
    const pieces = [];
    let end = 0;
    for (const mark of parts.get(address)?.marks ?? []) {
      pieces.push(text.slice(end, mark.start), inPlaceOf(mark, address));
      end = mark.end;
    }
    const url = URL.createObjectURL(new Blob([...pieces, text.slice(end)], { type: "text/javascript" }));
    made.set(address, url);
    return url;
  }

  /** @param {Mark} mark @param {string} address */
  function inPlaceOf({ kind, target }, address) {
    if (kind === "static") return inMemory(SITE + target);
    if (kind === "dynamic") return `overlayImport(${JSON.stringify(address)})`;
    return `overlayMeta(${JSON.stringify(address)})`;
  }

  /** @param {string} base @returns {(specifier: string) => Promise<unknown>} */
  const importer = (base) => async (specifier) => {
    const address = known(specifier, base);
    return import(address.startsWith(SITE) ? inMemory(address) : address);
  };

  /** The addresses in memory are this script's own making. @type {{createScriptURL: (text: string) => string}} */
  const own = { createScriptURL: (text) => text };
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const policy = trustedTypes ? trustedTypes.createPolicy("download-overlay-from-file", own) : own;

  const network = fetch.bind(globalThis);

  /** @param {RequestInfo | URL} resource @param {RequestInit} [options] */
  async function answer(resource, options) {
    const address = known(resource instanceof Request ? resource.url : resource);
    if (!address.startsWith(SITE)) return network(resource, options);
    const part = parts.get(address);
    if (part === undefined) {
      throw new TypeError("A page that was opened as a file can read no other file by its address: open that by the button");
    }
    options?.signal?.throwIfAborted();
    const type = TYPES.find(([ending]) => address.endsWith(ending));
    const response = new Response(unpacked(part, options?.signal), { headers: type ? { "Content-Type": type[1] } : {} });
    // What is in a list is relative to where the list came from.
    return Object.defineProperty(response, "url", { value: address });
  }

  class PageWorker extends Worker {
    /** @param {string | URL} script @param {WorkerOptions} [options] */
    constructor(script, options) {
      const address = known(script);
      super(address.startsWith(SITE) ? policy.createScriptURL(inMemory(address)) : script, options);
    }
  }

  async function start() {
    const scripts = [...parts].filter(([address]) => address.endsWith(".js"));
    await Promise.all(scripts.map(async ([address, part]) => texts.set(address, await new Response(unpacked(part)).text())));
    // All at once: what is missing is told now, and not by an import whose failure nobody hears.
    for (const address of texts.keys()) inMemory(address);
    const overlayMeta = (/** @type {string} */ url) => ({ url });
    Object.assign(globalThis, { fetch: answer, Worker: PageWorker, overlayImport: importer, overlayMeta });
    Object.defineProperty(document, "baseURI", { value: SITE });
    // Some browsers have one store for all pages that were ever opened as files: a list is not kept where each can read it.
    Reflect.deleteProperty(globalThis, "caches");
    await importer(SITE)("./boot.js");
  }

  start().catch(overlayStart.fail);
})();
