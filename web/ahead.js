// Asks for the largest parts of Python before the page has loaded a module. Of the old kind: such a script is not held
// up by any other file. What comes is compared with its hash by supply.js, which takes it over.
(() => {
  const names = document.currentScript?.dataset.parts?.split(" ") ?? [];
  // Where the page itself cannot compare, as on an address of plain http, the browser has to: supply.js asks it to.
  const may = "overlayStart" in globalThis && overlayStart.may && "subtle" in crypto;
  /** @type {Map<string, Promise<Response>>} */
  const coming = new Map();
  for (const name of may ? names : []) {
    const answer = fetch(`./runtime/${name}`);
    // A failure is told where the part is waited for.
    answer.catch(() => undefined);
    coming.set(name, answer);
  }

  /** @param {string} name */
  function take(name) {
    const answer = coming.get(name);
    coming.delete(name);
    return answer;
  }

  Object.defineProperty(globalThis, "overlayAhead", { value: Object.freeze({ take }) });
})();
