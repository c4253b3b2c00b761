import { EdgeFailure } from "./edge_failure.js";

/**
 * What a promise comes to, or EdgeFailure `sink.no-start` when that takes longer.
 *
 * @template T @param {number} milliseconds @param {Promise<T>} promise @param {string} otherwise @returns {Promise<T>}
 */
export function within(milliseconds, promise, otherwise) {
  return new Promise((resolve, reject) => {
    const alarm = setTimeout(() => reject(new EdgeFailure("sink.no-start", otherwise)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(alarm));
  });
}
