// The site's service worker, registered once for all that the page needs of it.

import { EdgeFailure, wordsOf } from "./edge_failure.js";
import { scriptAddress } from "./trusted.js";
import { within } from "./within.js";

/** It may take so long to start. */
const START_MS = 10_000;

/** @type {Promise<{ready: boolean, why: string}> | null} */
let preparing = null;
/** @type {ServiceWorkerRegistration | null} */
let registration = null;

/** Registers the service worker; after a failure the next call tries again. */
export function prepare() {
  preparing ??= register().then((outcome) => {
    if (!outcome.ready) preparing = null;
    return outcome;
  });
  return preparing;
}

/** The registration, once it was prepared. */
export function registered() {
  return registration;
}

/** @returns {Promise<{ready: boolean, why: string}>} */
async function register() {
  if (location.protocol === "file:") return { ready: false, why: "this page was opened as a file" };
  if (!isSecureContext) return { ready: false, why: "this page is not on https" };
  if (!("serviceWorker" in navigator)) return { ready: false, why: "this browser has no service workers" };
  try {
    // Registering, too, can take for ever: the browser asks the server for the script.
    registration = await within(START_MS, activated(), "sink.no-start", "the service worker does not start");
    return { ready: true, why: "" };
  } catch (thrown) {
    return { ready: false, why: wordsOf(thrown) };
  }
}

async function activated() {
  const scope = new URL("./", import.meta.url).pathname;
  const found = await navigator.serviceWorker.register(scriptAddress("sw.js"), { scope, updateViaCache: "none" });
  await activation(found);
  return found;
}

/** @param {ServiceWorkerRegistration} found @returns {Promise<void>} */
function activation(found) {
  if (found.active) return Promise.resolve();
  const coming = found.installing ?? found.waiting;
  return new Promise((resolve, reject) => {
    coming?.addEventListener("statechange", () => {
      if (found.active) resolve();
      else if (coming.state === "redundant") reject(new EdgeFailure("sink.no-start", "the service worker failed to install"));
    });
  });
}
