// Brings the page to life: the edge's modules, then PyScript, which starts Python. A failure ends in words.

import * as clock from "./clock.js";
import * as dom from "./dom.js";
import * as fetcher from "./fetcher.js";
import * as regex from "./regex.js";
import * as sinks from "./sinks.js";

/**
 * The page cannot run: say why, and offer what a person can do about it.
 * @param {unknown} reason
 */
function fail(reason) {
  if (document.documentElement.dataset.state === "failed") return;
  dom.tell("failed");
  const place = document.getElementById("failed");
  if (!place) return;
  const words = document.createElement("p");
  words.textContent = `The page could not start: ${reason instanceof Error ? reason.message : String(reason)}`;
  const retry = document.createElement("button");
  retry.type = "button";
  retry.textContent = "Try again";
  retry.addEventListener("click", () => location.reload());
  place.replaceChildren(words, retry);
  place.hidden = false;
}

/**
 * Rejects when a part of the page cannot be had.
 * @param {string} name
 */
async function there(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name} answered with status ${answer.status}`);
}

// PyScript leaves what stops it as a rejection that nobody handles; once Python runs, it is no longer the start's.
// One of somebody else's that comes before is taken for it, until the page is ready and says so.
addEventListener("unhandledrejection", (event) => {
  if (document.documentElement.dataset.state === "booting") fail(event.reason);
});

document.addEventListener("overlay:failed", (event) => fail(event instanceof CustomEvent ? event.detail : event));

Object.defineProperty(globalThis, "overlayEdge", {
  value: Object.freeze({ clock, dom, fetcher, regex, sinks, fail }),
});

// PyScript would load every plugin of its other interpreter, unless that has a configuration too.
const other = document.createElement("mpy-config");
other.setAttribute("src", "./pyscript.json");
document.head.append(other);
try {
  // PyScript says nothing of these two when they are missing.
  const [{ hooks }] = await Promise.all([import("./pyscript/core.js"), there("./pyscript.json"), there("./main.py")]);
  other.remove();
  // The one hook that is made by evaluating text, which the content security policy forbids.
  hooks.worker.onBeforeRunAsync.clear();
} catch (reason) {
  fail(reason);
}
