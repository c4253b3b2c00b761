// The ladder of places to write, best first: a chosen file, a stream to the downloads, a Blob.

import { BLOB_LIMIT, BlobSink, saveBlob } from "./blob_sink.js";
import { openFile, picker } from "./file_sink.js";
import { openStream, prepare } from "./stream_sink.js";

/**
 * @typedef {import("./ordered_sink.js").Sink} Sink
 * @typedef {Sink["kind"]} Kind
 */

/** @type {Readonly<Record<Kind, string>>} */
const LABELS = {
  file: "Save as one ZIP file, in a place you choose",
  stream: "Save as one ZIP file among your downloads",
  blob: "Save as one ZIP file, kept in memory until it is complete",
};

/** The ways to save that this browser has here, best first. Limits are in bytes, null where there is none. */
export async function capabilities() {
  const missed = new Set((await missing()).map(({ kind }) => kind));
  const kinds = /** @type {Kind[]} */ (["file", "stream", "blob"]).filter((kind) => !missed.has(kind));
  return kinds.map((kind) => ({ kind, label: LABELS[kind], limit: kind === "blob" ? BLOB_LIMIT : null }));
}

/** The ways to save that this browser does not have here, and why. */
export async function missing() {
  /** @type {{kind: Kind, why: string}[]} */
  const found = [];
  if (picker() === undefined) {
    found.push({ kind: "file", why: isSecureContext ? "this browser has no file picker" : "this page is not on https" });
  }
  const { ready, why } = await prepare();
  if (!ready) found.push({ kind: "stream", why });
  return found;
}

/**
 * Opens a place for one file.
 *
 * `file` has to be opened soon after a click, or the browser shows no picker.
 *
 * @param {Kind} kind
 * @param {string} filename
 * @param {number | null} [size] the exact size, where it is known
 * @returns {Promise<Sink>}
 * @throws {EdgeFailure} sink.cancelled, sink.refused, sink.full, sink.no-start, sink.failed
 */
export async function open(kind, filename, size = null) {
  if (kind === "file") return openFile(filename);
  if (kind === "stream") return openStream(filename, size);
  return new BlobSink(filename, size);
}

export { prepare, saveBlob };
