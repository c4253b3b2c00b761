// The ladder of places to write, best first: a folder, a chosen file, a stream to the downloads, the browser's own
// storage, a Blob.

import { BLOB_LIMIT, BlobSink, saveBlob } from "./blob_sink.js";
import { openFile, picker } from "./file_sink.js";
import { folderPicker, openFolder } from "./folder_sink.js";
import { openPrivate, roomThere, sweep } from "./private_sink.js";
import { prepare } from "./service_worker.js";
import { openStream } from "./stream_sink.js";

/**
 * @typedef {import("./ordered_sink.js").Sink} Sink
 * @typedef {"file" | "stream" | "private" | "blob"} Kind a place for one file; `folder` is the place for many
 */

/** The places that this browser has here, best first. Limits are in bytes, null where the browser tells none. */
export async function capabilities() {
  const [{ ready }, room] = await Promise.all([prepare(), roomThere()]);
  void sweep();
  return rungs(ready, room);
}

/** The same without what has to be started first. */
export function atOnce() {
  return rungs(false, null);
}

/** Resolves when a service worker that was late is there, and says whether one can come at all. */
export async function workerCame() {
  if (!isSecureContext || !("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.ready;
  return true;
}

/** @param {boolean} stream @param {number | null} room */
function rungs(stream, room) {
  return [
    { kind: "folder", limit: null, here: folderPicker() !== undefined },
    { kind: "file", limit: null, here: picker() !== undefined },
    { kind: "stream", limit: null, here: stream },
    { kind: "private", limit: room, here: room !== null },
    { kind: "blob", limit: BLOB_LIMIT, here: true },
  ].filter(({ here }) => here);
}

/**
 * Opens a place for one file.
 *
 * `file` has to be opened soon after a click, or the browser shows no picker; so has a folder.
 *
 * @param {Kind} kind
 * @param {string} filename
 * @returns {Promise<Sink>}
 * @throws {EdgeFailure} sink.cancelled, sink.refused, sink.full, sink.no-start, sink.failed
 */
export async function open(kind, filename) {
  if (kind === "file") return openFile(filename);
  if (kind === "stream") return openStream(filename);
  if (kind === "private") return openPrivate(filename);
  return new BlobSink(filename);
}

export { openFolder, saveBlob, sweep };
