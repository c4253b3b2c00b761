/** @typedef {(nowMs: number) => void} Listener */

/** @type {Set<Listener>} */
const listeners = new Set();
/** @type {Worker | null} */
let worker = null;

/** Milliseconds since some fixed moment; never runs backwards. */
export function nowMs() {
  return performance.now();
}

/** The time of day in UTC, as `2026-11-22T07:17:20.000Z`. */
export function utcNow() {
  return new Date().toISOString();
}

/**
 * Calls back every second, in hidden tabs too, until the returned function is called.
 *
 * All listeners share one worker, which ends with the last of them.
 *
 * @param {Listener} listener
 * @returns {() => void}
 */
export function onTick(listener) {
  // A wrapper of its own, so that one function may listen twice and leave once.
  /** @type {Listener} */
  const entry = (now) => listener(now);
  listeners.add(entry);
  worker ??= started();
  return () => {
    listeners.delete(entry);
    if (listeners.size === 0) {
      worker?.terminate();
      worker = null;
    }
  };
}

function started() {
  const ticking = new Worker(new URL("./clock_worker.js", import.meta.url));
  ticking.addEventListener("message", () => {
    for (const listener of [...listeners]) if (listeners.has(listener)) listener(nowMs());
  });
  return ticking;
}
