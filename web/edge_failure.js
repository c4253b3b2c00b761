/**
 * What went wrong at the edge, told by a stable code that the core has words for.
 *
 * Everything else that leaves a module of the edge is a bug.
 */
export class EdgeFailure extends Error {
  /**
   * @param {string} code such as `http.cut` or `sink.full`
   * @param {string} message the browser's own words, for the person who looks closer
   */
  constructor(code, message) {
    super(message);
    this.name = "EdgeFailure";
    this.code = code;
  }
}

/**
 * The words of whatever was thrown: an Error, a DOMException or any other value.
 *
 * @param {unknown} thrown
 */
export function wordsOf(thrown) {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.message : String(thrown);
}

/**
 * The name that the browser gave to what was thrown, such as `QuotaExceededError`.
 *
 * @param {unknown} thrown
 */
export function nameOf(thrown) {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
}
