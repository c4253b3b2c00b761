// A screen that stays on while a download runs: a machine that falls asleep takes the network with it.

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;

/**
 * Keep the screen on, or no longer. Browsers that cannot, or will not (a battery that is low), go on as ever.
 *
 * @param {boolean} now
 */
export function stayAwake(now) {
  wanted = now;
  if (now) void take();
  else void lock?.release();
}

async function take() {
  if (!wanted || (lock && !lock.released) || document.visibilityState !== "visible") return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    return;
  }
  if (!wanted) void lock?.release();
}

// A page that is hidden loses its lock.
document.addEventListener("visibilitychange", () => void take());
