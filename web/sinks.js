// The ladder of places to write, best first: a chosen file, a stream to the downloads, a Blob.

import { BLOB_LIMIT, BlobSink, saveBlob } from "./blob_sink.js";
import { openFile, picker } from "./file_sink.js";
import { prepare } from "./service_worker.js";
import { openStream } from "./stream_sink.js";

/**
 * @typedef {import("./ordered_sink.js").Sink} Sink
 * @typedef {"file" | "stream" | "blob"} Kind
 */

/** @type {Readonly<Record<Kind, string>>} */
const LABELS = {
  file: "Save as one ZIP file, in a place you choose",
  stream: "Save as one ZIP file among your downloads",
  blob: "Save as one ZIP file, kept in memory until it is complete",
};

/** The ways to save that this browser has here, best first. Limits are in bytes, null where there is none. */
export async function capabilities() {
  return rungs((await prepare()).ready);
}

/** The same without what has to be started first. */
export function atOnce() {
  return rungs(false);
}

/** Resolves when a service worker that was late is there, and says whether one can come at all. */
export async function workerCame() {
  if (!isSecureContext || !("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.ready;
  return true;
}

/** @param {boolean} stream */
function rungs(stream) {
  const has = { file: picker() !== undefined, stream, blob: true };
  const kinds = /** @type {Kind[]} */ (["file", "stream", "blob"]).filter((kind) => has[kind]);
  return kinds.map((kind) => ({ kind, label: LABELS[kind], limit: kind === "blob" ? BLOB_LIMIT : null }));
}

/**
 * Opens a place for one file.
 *
 * `file` has to be opened soon after a click, or the browser shows no picker.
 *
 * @param {Kind} kind
 * @param {string} filename
 * @returns {Promise<Sink>}
 * @throws {EdgeFailure} sink.cancelled, sink.refused, sink.full, sink.no-start, sink.failed
 */
export async function open(kind, filename) {
  if (kind === "file") return openFile(filename);
  if (kind === "stream") return openStream(filename);
  return new BlobSink(filename);
}

export { saveBlob };
