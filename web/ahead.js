// Asks for the largest parts of Python, and for the site's settings, before the page has loaded a module. Of the old
// kind: such a script is not held up by any other file. supply.js takes the parts over and compares them with their
// hashes; fetcher.js takes over the settings.
(() => {
  const { parts = "", settings = "" } = document.currentScript?.dataset ?? {};
  /** What is on its way, by its address. @type {Map<string, {answer: Promise<Response>, stop: AbortController}>} */
  const coming = new Map();

  /** @param {string} address @param {RequestInit} [options] */
  function ask(address, options) {
    const stop = new AbortController();
    const answer = fetch(address, { ...options, signal: stop.signal });
    // A failure is told where the answer is waited for.
    answer.catch(() => undefined);
    coming.set(new URL(address, document.baseURI).href, { answer, stop });
  }

  /** @param {string} address @param {AbortSignal | null} [signal] */
  function take(address, signal) {
    const found = coming.get(address);
    if (found === undefined) return undefined;
    coming.delete(address);
    const end = () => found.stop.abort(signal?.reason);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
    return found.answer;
  }

  if ("overlayStart" in globalThis && overlayStart.may) {
    // Where the page itself cannot compare, as on an address of plain http, the browser has to: supply.js asks it to.
    if ("subtle" in crypto) for (const name of parts.split(" ")) ask(`./runtime/${name}`);
    ask(settings, { cache: "no-store" });
  }
  Object.defineProperty(globalThis, "overlayAhead", { value: Object.freeze({ take }) });
})();
