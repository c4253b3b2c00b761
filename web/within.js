import { EdgeFailure } from "./edge_failure.js";

/**
 * What a promise comes to, or an EdgeFailure of that code when that takes longer.
 *
 * @template T @param {number} milliseconds @param {Promise<T>} promise
 * @param {string} code @param {string} otherwise what has happened then, in words
 * @returns {Promise<T>}
 */
export function within(milliseconds, promise, code, otherwise) {
  return new Promise((resolve, reject) => {
    const alarm = setTimeout(() => reject(new EdgeFailure(code, otherwise)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(alarm));
  });
}
