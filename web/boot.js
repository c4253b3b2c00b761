// Brings the page to life: the edge's modules, then PyScript, which starts Python.

import * as clock from "./clock.js";
import * as dom from "./dom.js";
import * as fetcher from "./fetcher.js";
import * as lists from "./lists.js";
import * as offline from "./offline.js";
import * as regex from "./regex.js";
import * as sinks from "./sinks.js";
import { standInForStorage, storageIsRefused } from "./no_storage.js";

/** What Python says of its failure to start. @param {string} words */
const fail = (words) => void overlayStart.fail({ name: "PythonError", message: words });

Object.defineProperty(globalThis, "overlayEdge", {
  value: Object.freeze({ clock, dom, fetcher, lists, offline, regex, sinks, fail }),
});

if (storageIsRefused()) standInForStorage();
// PyScript would load every plugin of its other interpreter, unless that has a configuration too.
const other = document.createElement("mpy-config");
other.textContent = document.querySelector("script[type=py]")?.getAttribute("config") ?? "";
document.head.append(other);
try {
  if (!overlayStart.may) throw new Error("this browser cannot run the page");
  const { hooks } = await import("./pyscript/core.js");
  other.remove();
  // The one hook that is made by evaluating text, which the content security policy forbids.
  hooks.worker.onBeforeRunAsync.clear();
} catch (reason) {
  void overlayStart.fail(reason);
}
