// The memory of what is read. Chunks move through the page one after the other; for a browser to find and clear a new
// megabyte for each takes longer than to read into it.

/**
 * Bytes that are handed on at once, and no more: wasm memory never shrinks, and browsers hand over 500 MB at times.
 * Buffers of this size are used again.
 */
export const CHUNK = 1 << 20;
/** So many wait for that at most: as many as are gathered before they are written. */
const SPARE = 4;

/** @type {ArrayBuffer[]} */
const spare = [];

/** Room for so many bytes; what is in it already means nothing. @param {number} bytes */
export function roomFor(bytes) {
  const used = bytes === CHUNK ? spare.pop() : undefined;
  return used ? new Uint8Array(used) : new Uint8Array(bytes);
}

/** Takes back chunks that nobody will look at again; what cannot be used again is freed at once. @param {Uint8Array<ArrayBuffer>[]} chunks */
export function giveBack(chunks) {
  /** @type {ArrayBuffer[]} */
  const others = [];
  for (const { buffer } of chunks) {
    const wanted = buffer.byteLength === CHUNK && spare.length < SPARE && !spare.includes(buffer);
    (wanted ? spare : others).push(buffer);
  }
  free(others);
}

/**
 * Frees memory at once by a transfer to nobody; left to the garbage collector, some 90 MB gather.
 * (ArrayBuffer.transfer(0) frees nothing in Chromium.)
 *
 * @param {ArrayBuffer[]} buffers
 */
function free(buffers) {
  if (buffers.length === 0) return;
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, buffers);
  port1.close();
}
