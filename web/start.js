// Watches the start from before anything else is asked for, and makes a page of a start that fails: the cause, another
// try, and what somebody needs to know to help. Of the old kind and on its own, since any other script may be what fails.
(() => {
  /**
   * @typedef {{name: string, integrity: string, kind: "module" | "script" | "part"}} Part
   * @typedef {{code: string, sentence: string, hint: string, file: string}} Finding
   */

  /** After so long without another file that is there whole, people are told that the start goes on. */
  const STUCK_MS = 60_000;
  const LOOK_MS = 5000;
  /** A server that has not answered by then is not waited for to find out what is wrong. */
  const ANSWER_MS = 15_000;
  const AGAIN = "It may be enough to try again. If not, send the diagnostics below to whoever runs this site.";
  const REPLACED = "If the site is being replaced just now, try again in a minute. Else send the diagnostics below to whoever runs it.";

  const root = document.documentElement;
  /** Where the address is a file, parts have no server that could be asked for them. */
  const isFile = location.protocol === "file:";
  let over = false;
  let telling = false;
  let alive = performance.now();

  const starting = () => !over && root.dataset.state === "booting";

  /** @param {string} code @param {string} sentence @param {string} hint @param {string} [file] @returns {Finding} */
  const finding = (code, sentence, hint, file = "") => ({ code, sentence, hint, file });

  // -- what can be wrong with the browser ---------------------------------------------------------------------

  /** @returns {Finding | null} */
  function lacking() {
    const hint = "Open the page in another browser, or a newer one.";
    if (!("noModule" in HTMLScriptElement.prototype)) {
      return finding("start.old-browser", "This browser is too old for this page: it knows no JavaScript modules.", hint);
    }
    if (typeof WebAssembly !== "object") {
      const sentence = "This browser runs no WebAssembly, and all that this page does is done by it.";
      return finding("start.no-wasm", sentence, "Strict security modes switch it off: allow it for this site, or open the page in another browser.");
    }
    return null;
  }

  // -- what can be wrong with a file ----------------------------------------------------------------------------

  /** The modules that the page may run, as the build has listed them. @returns {Part[]} */
  function modules() {
    const listed = document.querySelector('script[type="importmap"]');
    const hashes = JSON.parse((listed && listed.textContent) || "{}").integrity || {};
    return Object.keys(hashes).map((address) => ({ name: address.slice(2), integrity: hashes[address], kind: "module" }));
  }

  /** @param {string} name @param {string} integrity */
  async function fetched(name, integrity) {
    const stop = new AbortController();
    const alarm = setTimeout(() => stop.abort(), ANSWER_MS);
    try {
      return await fetch(`./${name}`, { cache: "reload", signal: stop.signal, integrity });
    } catch (_) {
      return null;
    } finally {
      clearTimeout(alarm);
    }
  }

  /**
   * What is wrong with a file, found by asking the server anew; that also replaces a bad copy in the browser's cache.
   * @param {Part} part
   * @returns {Promise<Finding | null>}
   */
  async function wrongWith({ name, integrity, kind }) {
    const sound = await fetched(name, integrity);
    const answer = sound || (await fetched(name, ""));
    if (!answer) {
      const sentence = `“${name}” cannot be fetched: the server does not answer, or something on the way blocks it.`;
      return finding("start.file-unreachable", sentence, "Check the network, and any blocker of content, then try again.", name);
    }
    if (!answer.ok) {
      const sentence = `The server does not give out “${name}”: it answers with status ${answer.status}.`;
      return finding("start.file-missing", sentence, REPLACED, name);
    }
    const type = answer.headers.get("content-type") || "";
    if (kind === "module" && !/(java|ecma)script/i.test(type)) {
      const sentence = `The server calls “${name}” ${type || "nothing"}, so browsers refuse to run it.`;
      return finding("start.file-type", sentence, "Whoever runs the server: files that end in .js are text/javascript.", name);
    }
    if (!sound) {
      const sentence = `“${name}” is not the file that belongs to this page: it was changed, or damaged on its way. It was not run.`;
      return finding("start.file-changed", sentence, REPLACED, name);
    }
    return null;
  }

  /** @param {string} name */
  function inFolder(name) {
    const sentence = `“${name}” is not in the folder that this page was opened from, or cannot be read.`;
    return finding("start.file-missing", sentence, "Copy the whole folder again, and open the page from there.", name);
  }

  /** @param {Part[]} parts @returns {Promise<Finding | null>} */
  async function firstWrong(parts) {
    if (isFile) return null;
    return (await Promise.all(parts.map(wrongWith))).find((found) => found !== null) || null;
  }

  // -- what a failure means -------------------------------------------------------------------------------------

  /** @param {any} reason @returns {Finding} */
  function meant(reason) {
    const words = said(reason);
    const name = (reason && reason.name) || "";
    if (reason instanceof Event && reason.target instanceof IDBRequest) {
      const sentence = `The browser refuses the page its storage, which PyScript cannot do without: ${said(reason.target.error)}`;
      return finding("start.storage", sentence, "Is the disk full? Allow this site to keep data, or close other pages, then try again.");
    }
    const newer = "Open the page in another browser, or a newer one.";
    if (name === "CompileError" || name === "LinkError") {
      return finding("start.wasm-refused", `This browser cannot run the page's WebAssembly: ${words}`, newer);
    }
    if (name === "SyntaxError") return finding("start.old-browser", `This browser cannot read the page's scripts: ${words}`, newer);
    if (/memory|allocation/i.test(words) && name !== "PythonError") {
      const hint = "Close other pages and programs, then try again.";
      return finding("start.memory", `The browser gives this page no memory for Python: ${words}`, hint);
    }
    if (name === "PythonError" || words.startsWith("Traceback")) {
      const last = words.trim().split("\n").pop();
      return finding("start.python", `Python has started, but the program of the page stopped: ${last}`, AGAIN);
    }
    return finding("start.script", words, AGAIN);
  }

  /** What could not be had so far, and may be why the start fails. @type {Part[]} */
  const lost = [];

  /** @param {{file: string, integrity: string}} part */
  const lacks = ({ file, integrity }) => void lost.push({ name: file, integrity, kind: "part" });

  /** @param {any} reason */
  const said = (reason) => String((reason && reason.message) || reason || "the browser does not say why");

  /**
   * The page cannot run: find out why, and make a page of it. The first reason is the one.
   * @param {unknown} reason
   */
  async function fail(reason) {
    if (telling || root.dataset.state === "failed") return;
    telling = true;
    const before = over;
    const told = /** @type {{file?: string, integrity?: string, name?: string}} */ (reason || {});
    const meaning = isFile && told.file ? inFolder(told.file) : meant(reason);
    if (told.file) lacks({ file: told.file, integrity: told.integrity || "" });
    // A module that cannot be had rejects with no more than a TypeError, and the name of the file in no engine's words for sure.
    const unloaded = told.name === "Unloaded" || (told.name === "TypeError" && /module/i.test(said(reason)));
    // Pyodide goes on without what it could not have, and stops later with other words. What was lost last matters most:
    // before it, there may have been another way to go.
    const suspects = lost.length > 0 ? [...lost].reverse() : unloaded ? modules() : [];
    const wrong = meaning.code === "start.script" ? await firstWrong(suspects) : null;
    // It has started after all.
    if (over !== before) return;
    if (!wrong && unloaded && reloaded()) return;
    show(wrong || meaning, reason);
  }

  /** All modules can be had after all: copies in the browser's cache were bad. Once, and only once, start anew by itself. */
  function reloaded() {
    const key = `download-overlay started anew ${location.pathname}`;
    try {
      if (isFile || sessionStorage.getItem(key)) return false;
      sessionStorage.setItem(key, "yes");
    } catch (_) {
      return false;
    }
    location.reload();
    return true;
  }

  // -- the page -------------------------------------------------------------------------------------------------

  /** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Record<string, unknown>} having @param {Node[]} nodes @returns {HTMLElementTagNameMap[K]} */
  function element(tag, having, ...nodes) {
    const made = document.createElement(tag);
    Object.assign(made, having);
    made.append(...nodes);
    return made;
  }

  /** @param {Finding} found @param {unknown} reason */
  function show(found, reason) {
    root.dataset.state = "failed";
    fill("bad", "The page could not start", found, reason);
  }

  /** @param {"bad" | "warning"} kind @param {string} heading @param {Finding} found @param {unknown} reason */
  function fill(kind, heading, found, reason) {
    const place = document.getElementById("failed");
    if (!place) {
      document.addEventListener("DOMContentLoaded", () => fill(kind, heading, found, reason), { once: true });
      return;
    }
    const text = element("textarea", { id: "diagnostics", readOnly: true, rows: 12, spellcheck: false });
    const label = element("label", { htmlFor: "diagnostics", textContent: "Diagnostics, to be copied" });
    const copied = element("span", { role: "status" });
    const again = element("button", { type: "button", textContent: "Try again", className: "primary" });
    const copy = element("button", { type: "button", textContent: "Copy" });
    again.addEventListener("click", () => {
      again.disabled = true;
      void retry(found);
    });
    copy.addEventListener("click", () => {
      text.select();
      const done = () => { copied.textContent = "Copied."; };
      const selected = () => { copied.textContent = "Selected: copy it with the keyboard."; };
      if (navigator.clipboard) navigator.clipboard.writeText(text.value).then(done, selected);
      else selected();
    });
    place.className = `notice ${kind} start-failed`;
    place.textContent = "";
    place.append(
      element("h2", { textContent: heading }),
      element("p", { textContent: found.sentence }),
      element("p", { textContent: found.hint }),
      element("p", { className: "buttons" }, again),
      element("details", {}, element("summary", { textContent: "Diagnostics" }), label, text, element("p", { className: "buttons" }, copy, copied))
    );
    place.hidden = false;
    delete root.dataset.opening;
    void diagnostics(found, reason).then((lines) => { text.value = lines; });
  }

  /** Starts anew with a fresh copy of what was wrong. @param {Finding} found */
  async function retry({ file }) {
    if (file && !isFile) {
      await fetched(file, "");
      // What a service worker has kept may be what is bad; the next start makes a new one.
      const worker = navigator.serviceWorker && (await navigator.serviceWorker.getRegistration().catch(() => undefined));
      if (worker && navigator.serviceWorker.controller) await worker.unregister().catch(() => false);
    }
    location.reload();
  }

  // -- the diagnostics ------------------------------------------------------------------------------------------

  /** Without the queries of addresses: lists and more are named there. @param {string} text */
  const plain = (text) => text.replace(/(https?:[^\s?#"')]*|[\w./-]+)[?#][^\s"')]*/g, "$1");

  /** Of what Python says, the places, and the kind of its error: its words may name files. @param {string} text */
  function discreet(text) {
    if (!text.includes("Traceback")) return text;
    const lines = text.trim().split("\n");
    const kind = (lines.pop() || "").split(":")[0] || "";
    return [...lines.filter((line) => line.trim().startsWith("File ")), kind].join("\n");
  }

  /** @param {Finding} found @param {unknown} reason */
  async function diagnostics(found, reason) {
    const generator = document.querySelector('meta[name="generator"]');
    const manager = navigator.serviceWorker;
    const lines = [
      ["code", found.code],
      ["file", found.file || "none"],
      ["error", plain(discreet(said(reason)))],
      ["page", `${(generator && generator.getAttribute("content")) || ""} ${root.dataset.version || ""}`.trim()],
      ["address", location.origin === "null" ? "a file" : location.origin + location.pathname],
      ["browser", navigator.userAgent],
      ["online", navigator.onLine ? "yes" : "no"],
      ["secure context", isSecureContext ? "yes" : "no"],
      ["service worker", !manager ? "not to be had" : manager.controller ? `in control, ${manager.controller.state}` : "not in control"],
      ["storage", await storage()],
      ["memory", memory()],
      ["seconds since the page was opened", (performance.now() / 1000).toFixed(1)],
    ];
    return lines.map(([name, value]) => `${name}: ${value}`).join("\n");
  }

  async function storage() {
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return `${Math.round(usage / 1e6)} MB of ${Math.round(quota / 1e6)} MB used`;
    } catch (_) {
      return "not told";
    }
  }

  function memory() {
    const { deviceMemory } = /** @type {{deviceMemory?: number}} */ (navigator);
    return deviceMemory ? `${deviceMemory} GB in the device, as far as the browser tells` : "not told";
  }

  // -- watching -------------------------------------------------------------------------------------------------

  function look() {
    if (!starting()) return;
    if (performance.now() - alive < STUCK_MS || telling) {
      setTimeout(look, LOOK_MS);
      return;
    }
    const sentence = "No file has arrived whole for a minute. The page goes on waiting, and will be there if the rest comes.";
    const hint = "On a slow network, wait: another try begins anew with what is on its way. Where nothing comes at all, try again.";
    fill("warning", "The page is still starting", finding("start.stuck", sentence, hint), "");
  }

  /** PyScript stumbles while it passes on that its storage is refused; that itself comes right after. @param {ErrorEvent} event */
  const isEcho = ({ error, filename }) => filename.includes("/pyscript/") && error instanceof DOMException && error.name === "InvalidStateError";

  addEventListener("error", (event) => {
    if (!starting()) return;
    const { target } = event;
    if (target instanceof HTMLScriptElement && target.src) {
      const name = new URL(target.src).pathname.slice(new URL("./", document.baseURI).pathname.length);
      // The page starts without it, later.
      if (name === "ahead.js") return;
      if (name === "opening.js") {
        // The page starts without it. It may have shown the demo for a moment.
        delete root.dataset.opening;
        return;
      }
      // The module of the page fails when any of its own does.
      if (target.type === "module") void fail({ name: "Unloaded", message: `${name} or a module of it cannot be loaded` });
      else void fail({ name: "Unloaded", message: `${name} cannot be loaded`, file: name, integrity: target.integrity });
    } else if (event instanceof ErrorEvent && target === window && !isEcho(event)) {
      void fail(event.error || event.message);
    }
  }, true);
  // PyScript leaves what stops it as a rejection that nobody handles. One of somebody else's that comes before the page
  // is ready is taken for it, until the page is ready and says so.
  addEventListener("unhandledrejection", (event) => {
    if (starting()) void fail(event.reason);
  });
  document.addEventListener("overlay:failed", (event) => void fail(/** @type {CustomEvent} */ (event).detail));
  document.addEventListener("overlay:connected", () => {
    over = true;
    telling = false;
    const place = document.getElementById("failed");
    if (place && root.dataset.state === "booting") place.hidden = true;
    try {
      sessionStorage.removeItem(`download-overlay started anew ${location.pathname}`);
    } catch (_) {
      // A browser that keeps nothing has nothing to forget.
    }
  });

  /** What people do before the script is there that hears them. @type {Event[]} */
  const deeds = [];
  const keep = (/** @type {Event} */ event) => void deeds.push(event);
  const KEPT = ["click", "change", "input"];
  for (const type of KEPT) document.addEventListener(type, keep);

  /** Hands over what was done so far; from now on somebody else listens. */
  function early() {
    for (const type of KEPT) document.removeEventListener(type, keep);
    return deeds.splice(0);
  }

  // The page has the demo in it: opening.js puts a list's opening in its place, and nothing is shown before it has.
  if (new URLSearchParams(location.search).has("products")) root.dataset.opening = "";

  const missing = lacking();
  Object.defineProperty(globalThis, "overlayStart", { value: Object.freeze({ early, fail, lacks, may: missing === null }) });
  if (missing) {
    telling = true;
    document.addEventListener("DOMContentLoaded", () => show(missing, ""));
  } else {
    new PerformanceObserver(() => { alive = performance.now(); }).observe({ type: "resource" });
    setTimeout(look, LOOK_MS);
  }
})();
