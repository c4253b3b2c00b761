"use strict";
/*
 * The site's service worker: makes downloads of what a page sends, and has the site ready for when there is no network.
 *
 * The build puts the scripts that are named here in their places and fills in which site it is. So a worker is one file,
 * and all of it of one version.
 */

/**
 * @typedef {{sha256: string, bytes: number, type: string, unpacked?: string}} Part a file of the site, with the type that it
 *   is served as; `unpacked`: the SHA-256 of what is in a file that is packed by gzip
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
const SCOPE = worker.registration.scope;
/** @type {{version: string, parts: Record<string, Part>}} the parts by their addresses, relative to the scope */
const SITE = { version: "", parts: {} };

importScripts("./worker/downloads.js");
importScripts("./worker/shelf.js");
importScripts("./worker/keeping.js");
importScripts("./worker/serving.js");
importScripts("./worker/versions.js");

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));

worker.addEventListener("message", (event) => {
  const { source, data, ports: [port] } = event;
  if (!(source instanceof Client) || new URL(source.url).origin !== worker.location.origin || port === undefined) return;
  if (data.type === "offer" || data.type === "ping") hearDownload(event, source, port);
  else event.waitUntil(hearOffline(data, source, port));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin === DOWNLOADS.origin && url.pathname.startsWith(DOWNLOADS.pathname)) {
    event.respondWith(answerDownload(url));
    return;
  }
  const name = nameOf(request, url);
  if (name === SETTINGS) event.respondWith(answerSettings(event));
  else if (name !== null && shelf.mayServe()) event.respondWith(answerPart(event, name));
});
