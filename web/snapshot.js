// Python's memory as the build has left it: how it is made small, and made whole again.
//
// A snapshot is Pyodide's own: a head, the JavaScript objects that Python knows, and its memory. A new WebAssembly
// instance already has the constant part of that memory, which need not be sent; so it is taken off by an exclusive or,
// and put back by another. What is left is half zeros, in large pieces, which are not sent either. A kept snapshot is
// the head; a table of 32-bit words: the size of the memory, that of its constant part, how many stretches follow, and
// the place and the length of each; then the stretches.

/** Bytes that are kept, or left out, together. */
const PIECE = 4096;
/** Words of the table before its stretches. */
const ALWAYS = 3;
/** The header by which the service worker says so of what it has unpacked. */
const UNPACKED = "x-unpacked";
/** Bytes of a page of WebAssembly's memory. */
const PAGE = 65536;

/** Bytes of a snapshot before all else: the second word of its head. @param {Uint8Array} snapshot */
const headOf = (snapshot) => new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1] ?? 0;

/** @param {Uint32Array} words @param {Uint32Array} known a word of it for each of those, or for the first of them */
function exclusiveOr(words, known) {
  const length = Math.min(words.length, known.length);
  for (let index = 0; index < length; index += 1) {
    const word = known[index];
    if (word) words[index] = (words[index] ?? 0) ^ word;
  }
}

/**
 * A snapshot as it is kept.
 * @param {Uint8Array} snapshot Pyodide's; its memory is changed
 * @param {ArrayBuffer} fresh memory of an instance in which nothing has run
 */
export function kept(snapshot, fresh) {
  const head = headOf(snapshot);
  const memory = snapshot.subarray(head);
  const known = new Uint32Array(fresh);
  exclusiveOr(new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2), known);
  /** @type {[number, number][]} */
  const stretches = [];
  for (let start = 0; start < memory.byteLength; start += PIECE) {
    const length = Math.min(PIECE, memory.byteLength - start);
    if (!memory.subarray(start, start + length).some((byte) => byte !== 0)) continue;
    const last = stretches.at(-1);
    if (last && last[0] + last[1] === start) last[1] += length;
    else stretches.push([start, length]);
  }
  const constant = Math.ceil((known.findLastIndex((word) => word !== 0) + 1) / (PIECE / 4)) * PIECE;
  const table = Uint32Array.of(memory.byteLength, constant, stretches.length, ...stretches.flat());
  const parts = stretches.map(([start, length]) => memory.subarray(start, start + length));
  return joined([snapshot.subarray(0, head), new Uint8Array(table.buffer), ...parts]);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.byteLength;
  }
  return whole;
}

/**
 * A kept snapshot that Pyodide takes for one of its own: asked for the memory, it lays that down by itself, at the very
 * time when Pyodide would copy it, and gives Pyodide none to copy.
 * @param {Uint8Array} whole changed; need not be filled before the memory is asked for
 * @returns {(memory: WebAssembly.Memory) => void} is to be called with the instance's memory, before anything runs in it
 */
export function laysItself(whole) {
  /** @type {(() => void) | null} */
  let lay = null;
  const subarray = (/** @type {number} */ begin, /** @type {number | undefined} */ end) => {
    if (end !== undefined) return new Uint8Array(whole.buffer, whole.byteOffset + begin, end - begin);
    if (lay === null) throw new Error("no memory was made ready for the snapshot");
    lay();
    return new Uint8Array();
  };
  Object.defineProperty(whole, "subarray", { value: subarray });
  return (memory) => {
    const [size = 0, constant = 0] = tableOf(whole);
    const lacking = size - memory.buffer.byteLength;
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
    // What runs before Pyodide asks for the memory changes some of it.
    const known = memory.buffer.slice(0, constant);
    lay = () => layDown(whole, known, memory.buffer);
  };
}

/** @param {Uint8Array} whole */
const tableOf = (whole) => new Uint32Array(whole.buffer, whole.byteOffset + headOf(whole), (whole.byteLength - headOf(whole)) >> 2);

/**
 * @param {Uint8Array} whole
 * @param {ArrayBuffer} known the constant part of the memory
 * @param {ArrayBuffer} buffer the memory
 */
function layDown(whole, known, buffer) {
  const table = tableOf(whole);
  const [size = 0, , count = 0] = table;
  const memory = new Uint8Array(buffer, 0, size);
  memory.set(new Uint8Array(known));
  memory.fill(0, known.byteLength);
  let from = table.byteOffset + 4 * (ALWAYS + 2 * count);
  for (let index = ALWAYS; index < ALWAYS + 2 * count; index += 2) {
    const [start = 0, length = 0] = table.subarray(index, index + 2);
    memory.set(new Uint8Array(whole.buffer, from, length), start);
    if (start < known.byteLength) exclusiveOr(new Uint32Array(buffer, start, length >> 2), new Uint32Array(known, start));
    from += length;
  }
}

/**
 * Fills an array from an answer whose body is compressed by gzip, unless the service worker says that it has unpacked it;
 * RangeError when that has another length.
 * @param {Uint8Array} whole
 * @param {Response} answer
 */
export async function fill(whole, answer) {
  const { body } = answer;
  if (body === null) throw new RangeError("the snapshot is empty");
  const packed = !answer.headers.has(UNPACKED);
  const reader = (packed ? body.pipeThrough(new DecompressionStream("gzip")) : body).getReader();
  let end = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    whole.set(part.value, end);
    end += part.value.byteLength;
  }
  if (end !== whole.byteLength) throw new RangeError(`the snapshot has ${end} bytes of ${whole.byteLength}`);
}
