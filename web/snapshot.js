// Python's memory as the build has left it: how it is made small, and made whole again.
//
// A snapshot is Pyodide's own: a head, the JavaScript objects that Python knows, and its memory. A new WebAssembly
// instance already has the constant part of that memory, which need not be sent; so it is taken off by an exclusive or,
// and put back by another.

/** Bytes of a snapshot before the memory in it: the second word of its head. @param {Uint8Array} snapshot */
const headOf = (snapshot) => new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1] ?? 0;

/** How much memory a snapshot holds, in bytes. @param {Uint8Array} snapshot */
export const memoryIn = (snapshot) => snapshot.byteLength - headOf(snapshot);

/**
 * Takes the memory of a new instance off a snapshot, or puts it back: the same twice gives the first again.
 * @param {Uint8Array} snapshot changed in place
 * @param {ArrayBufferLike} fresh memory of an instance in which nothing has run
 */
export function lay(snapshot, fresh) {
  const length = Math.min(memoryIn(snapshot), fresh.byteLength) >> 2;
  const words = new Uint32Array(snapshot.buffer, snapshot.byteOffset + headOf(snapshot), length);
  const known = new Uint32Array(fresh, 0, length);
  for (let index = 0; index < length; index += 1) {
    const word = known[index];
    if (word) words[index] = (words[index] ?? 0) ^ word;
  }
}

/**
 * Fills a snapshot from an answer whose body is compressed by gzip; RangeError when it has another length.
 * @param {Uint8Array} snapshot
 * @param {Response} answer
 */
export async function fill(snapshot, answer) {
  const { body } = answer;
  if (body === null) throw new RangeError("the snapshot is empty");
  const reader = body.pipeThrough(new DecompressionStream("gzip")).getReader();
  let end = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    snapshot.set(part.value, end);
    end += part.value.byteLength;
  }
  if (end !== snapshot.byteLength) throw new RangeError(`the snapshot has ${end} bytes of ${snapshot.byteLength}`);
}
