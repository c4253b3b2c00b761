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
  /** A server that is silent for so long is not waited for. */
  const ANSWER_MS = 15_000;
  /** To find out what is wrong takes no longer, however slow the line is. */
  const SEARCH_MS = 60_000;
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

  /**
   * What a promise comes to, or, where that takes longer, something else.
   * @template T, U @param {number} milliseconds @param {Promise<T>} promise @param {U} otherwise @returns {Promise<T | U>}
   */
  const within = (milliseconds, promise, otherwise) =>
    Promise.race([promise, /** @type {Promise<U>} */ (new Promise((resolve) => { setTimeout(() => resolve(otherwise), milliseconds); }))]);

  /**
   * What the server answers anew; null where it does not, or where it is to be whole and breaks off. A file that is
   * whole takes the place of a bad copy in the browser's cache.
   * @param {string} name @param {boolean} whole
   */
  async function fetched(name, whole) {
    const stop = new AbortController();
    let alarm = 0;
    const heard = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => stop.abort(), ANSWER_MS);
    };
    heard();
    try {
      const answer = await fetch(`./${name}`, { cache: "reload", signal: stop.signal });
      const body = whole && answer.body && answer.body.getReader();
      if (body) while (!(await body.read()).done) heard();
      return answer;
    } catch (_) {
      return null;
    } finally {
      clearTimeout(alarm);
      if (!whole) stop.abort();
    }
  }

  /**
   * Whether a file that has just come whole is what the build wrote; null where that takes too long to say.
   * @param {string} name @param {string} integrity @param {number} milliseconds
   */
  async function isSound(name, integrity, milliseconds) {
    const stop = new AbortController();
    const alarm = setTimeout(() => stop.abort(), milliseconds);
    try {
      // The answer comes after the last byte only, and from the browser's cache where that has the file.
      await fetch(`./${name}`, { cache: "force-cache", signal: stop.signal, integrity });
      return true;
    } catch (_) {
      return stop.signal.aborted ? null : false;
    } finally {
      clearTimeout(alarm);
    }
  }

  /** @param {Response} answer */
  const isScript = (answer) => /(java|ecma)script/i.test(answer.headers.get("content-type") || "");

  /**
   * What is wrong with the answer to a file, without a look at its body.
   * @param {Part} part
   * @returns {Promise<Finding | null>}
   */
  async function wrongAtOnce({ name, kind }) {
    const answer = await fetched(name, false);
    if (!answer) {
      const sentence = `“${name}” cannot be fetched: the server does not answer, or something on the way blocks it.`;
      return finding("start.file-unreachable", sentence, "Check the network, and any blocker of content, then try again.", name);
    }
    if (!answer.ok) {
      const sentence = `The server does not give out “${name}”: it answers with status ${answer.status}.`;
      return finding("start.file-missing", sentence, REPLACED, name);
    }
    if (kind === "module" && !isScript(answer)) {
      const type = answer.headers.get("content-type") || "nothing";
      const sentence = `The server calls “${name}” ${type}, so browsers refuse to run it.`;
      return finding("start.file-type", sentence, "Whoever runs the server: files that end in .js are text/javascript.", name);
    }
    return null;
  }

  /**
   * What is wrong with a file's content.
   * @param {Part} part
   * @returns {Promise<Finding | null>}
   */
  async function wrongInside({ name, integrity }) {
    const begun = performance.now();
    if (!(await fetched(name, true))) {
      const sentence = `“${name}” does not arrive whole: the connection breaks off, or falls silent.`;
      return finding("start.file-unreachable", sentence, "Check the network, then try again.", name);
    }
    const again = Math.max(ANSWER_MS, 2 * (performance.now() - begun));
    if (!integrity || (await isSound(name, integrity, again)) !== false) return null;
    const sentence = `“${name}” is not the file that belongs to this page: it was changed, or damaged on its way. It was not run.`;
    return finding("start.file-changed", sentence, REPLACED, name);
  }

  /** @param {string} name */
  function inFolder(name) {
    const sentence = `“${name}” is not in the folder that this page was opened from, or cannot be read.`;
    return finding("start.file-missing", sentence, "Copy the whole folder again, and open the page from there.", name);
  }

  /** Of parts, in this order, the first that is wrong. @param {Part[]} parts @returns {Promise<Finding | null>} */
  async function wrongPart(parts) {
    for (const part of parts) {
      const found = (await wrongAtOnce(part)) || (await wrongInside(part));
      if (found) return found;
    }
    return null;
  }

  /** A module that is wrong. @returns {Promise<Finding | null>} */
  async function wrongModule() {
    const all = modules();
    const found = (await Promise.all(all.map(wrongAtOnce))).find((each) => each !== null);
    if (found) return found;
    const searches = all.map(wrongInside);
    return new Promise((resolve) => {
      // A large one that is sound keeps nobody waiting for what is wrong with another.
      for (const search of searches) void search.then((wrong) => { if (wrong) resolve(wrong); });
      void Promise.all(searches).then(() => resolve(null));
    });
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
    if (["", "Error", "RangeError", "InternalError", "RuntimeError"].includes(name) && /memory|allocat/i.test(unnamed(words))) {
      const hint = "Close other pages and programs, then try again.";
      return finding("start.memory", `The browser gives this page no memory for Python: ${words}`, hint);
    }
    if (name === "PythonError" || words.startsWith("Traceback")) {
      const last = words.trim().split("\n").pop();
      return finding("start.python", `Python has started, but the program of the page stopped: ${last}`, AGAIN);
    }
    return finding("start.script", words, AGAIN);
  }

  /** Without addresses, names of files and what is quoted: those are no words of the browser's. @param {string} text */
  const unnamed = (text) => text.replace(/“[^”]*”|"[^"]*"|\S*[/?#]\S*|[\w-]+\.\w+/g, " ");

  /** What could not be had so far, and may be why the start fails, by name: what was missed last comes last. @type {Map<string, Part>} */
  const lost = new Map();

  /** @param {{file: string, integrity: string}} part */
  function lacks({ file, integrity }) {
    lost.delete(file);
    lost.set(file, { name: file, integrity, kind: "part" });
    if (over) goOnWithout(file);
  }

  /** The panel works, and a part of Python that it may do without has not come. @param {string} name */
  function goOnWithout(name) {
    const sentence = `The panel works, but “${name}” did not come, with parts of Python that are seldom used.`;
    const hint = "If something fails that should not, load the page again; lists and choice are on offer then.";
    fill("warning", "A part of the page is missing", finding("start.incomplete", sentence, hint, name), `${name} did not come`);
  }

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
    const search = lost.size > 0 ? () => wrongPart([...lost.values()].reverse()) : unloaded ? wrongModule : null;
    const wrong = search && !isFile && meaning.code === "start.script" ? await within(SEARCH_MS, search(), null) : null;
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
    document.title = `The page could not start – ${document.title}`;
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
    const trying = element("span", { role: "status" });
    again.addEventListener("click", () => {
      again.disabled = true;
      trying.textContent = "Trying again …";
      void retry(found);
    });
    const dismiss = element("button", { type: "button", textContent: "Dismiss" });
    dismiss.addEventListener("click", () => { place.hidden = true; });
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
      element("p", { className: "buttons" }, again, ...(kind === "warning" ? [dismiss] : []), trying),
      element("details", {}, element("summary", { textContent: "Diagnostics" }), label, text, element("p", { className: "buttons" }, copy, copied))
    );
    place.hidden = false;
    delete root.dataset.opening;
    if (kind === "bad") again.focus();
    void diagnostics(found, reason).then((lines) => { text.value = lines; });
  }

  /** Starts anew with a fresh copy of what was wrong, and not with what a service worker has kept. @param {Finding} found */
  async function retry({ file }) {
    if (file && !isFile) await within(ANSWER_MS, fetched(file, true), null);
    await leaveKept().catch(() => undefined);
    location.reload();
  }

  /** The version that was kept may be what cannot start: one that waits takes its place, else that of the server. */
  async function leaveKept() {
    const manager = navigator.serviceWorker;
    const registration = manager && manager.controller && (await manager.getRegistration());
    if (!registration) return;
    if (registration.waiting && (await within(ANSWER_MS, takesOver(registration.waiting), false))) return;
    // Without a server, what was kept is all there is. No worker answers for its own script.
    const answer = await fetched("sw.js", false);
    // The next start makes a new one, and what is whole of its version is not fetched again.
    if (answer && answer.ok && isScript(answer)) await registration.unregister();
  }

  /** Has a worker that waits come in force; whether it does, which no other tab must mind. @param {ServiceWorker} waiting */
  function takesOver(waiting) {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      const look = () => { if (waiting.state === "activated") resolve(true); };
      port1.onmessage = ({ data }) => {
        port1.close();
        if (data.others > 0) resolve(false);
        else look();
      };
      waiting.addEventListener("statechange", look);
      waiting.postMessage({ type: "take" }, [port2]);
    });
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
