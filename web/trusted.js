// The one way from text to HTML and to addresses of scripts, where the browser asks for one (Trusted Types). The content
// security policy allows no other: text that came by another way is refused by the browser before it does anything.

/**
 * What of Trusted Types is used here.
 * @typedef {object} Policy
 * @property {(text: string) => string} createHTML
 * @property {(text: string) => string} createScriptURL
 */

/** The scripts that the page starts by their addresses. */
const SCRIPTS = new Set(["clock_worker.js", "list_worker.js", "private_worker.js", "regex_worker.js", "sw.js"]);

/** HTML is the core's alone: its element builder escapes every text. @type {Policy} */
const rules = {
  createHTML: (text) => text,
  createScriptURL: (name) => {
    if (!SCRIPTS.has(name)) throw new TypeError(`“${name}” is no script that this page starts.`);
    return new URL(`./${name}`, import.meta.url).href;
  },
};

const { trustedTypes } = /** @type {{trustedTypes?: {createPolicy: (name: string, rules: Policy) => Policy}}} */ (
  /** @type {unknown} */ (globalThis)
);
const policy = trustedTypes ? trustedTypes.createPolicy("download-overlay", rules) : rules;

/**
 * The nodes of HTML that the core has written.
 * @param {string} html
 */
export function nodesOf(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content;
}

/**
 * The address of one of the page's workers, as the browser takes it.
 * @param {string} name
 */
export function scriptAddress(name) {
  return policy.createScriptURL(name);
}
