import { scriptAddress } from "./trusted.js";

/** @typedef {(nowMs: number) => void} Listener */

const SECOND_MS = 1000;

/** @type {Set<Listener>} */
const listeners = new Set();
/** @type {number | undefined} the page's own timer, where there is no worker */
let timer;
/**
 * Started when the panel is there, and kept: a server that has gone by the time of the first download must not stop the
 * clock. Before that it would take its time from the start. @type {Worker | null | undefined}
 */
let worker;
document.addEventListener("overlay:connected", () => { worker ??= begun(); }, { once: true });

/** Milliseconds since some fixed moment; never runs backwards. */
export function nowMs() {
  return performance.now();
}

/**
 * Calls back every second, in hidden tabs too, until the returned function is called.
 *
 * Where the browser gives the page no worker, the page's own timer does it, which a hidden tab slows to one call a minute.
 *
 * @param {Listener} listener
 * @returns {() => void}
 */
export function onTick(listener) {
  // A wrapper of its own, so that one function may listen twice and leave once.
  /** @type {Listener} */
  const entry = (now) => listener(now);
  listeners.add(entry);
  if (listeners.size === 1) wind();
  return () => {
    if (listeners.delete(entry) && listeners.size === 0) wind();
  };
}

function begun() {
  try {
    const started = new Worker(scriptAddress("clock_worker.js"));
    started.addEventListener("message", tick);
    started.addEventListener("error", (event) => {
      event.preventDefault();
      started.terminate();
      worker = null;
      wind();
    });
    return started;
  } catch {
    // Some browsers refuse a worker so. The page's timer serves, and nobody needs to be told.
    return null;
  }
}

/** Lets the clock run while somebody listens, and no longer. */
function wind() {
  const wanted = listeners.size > 0;
  clearInterval(timer);
  if (worker === undefined) worker = begun();
  if (worker) worker.postMessage(wanted);
  else if (wanted) timer = window.setInterval(tick, SECOND_MS);
}

function tick() {
  for (const listener of [...listeners]) if (listeners.has(listener)) listener(nowMs());
}
