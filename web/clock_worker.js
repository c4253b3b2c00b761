"use strict";
/*
 * Ticks once a second while the page wants it. A hidden page's own timers fall to one a minute; those of its workers
 * do not.
 */

{
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  addEventListener("message", ({ data: wanted }) => {
    clearInterval(timer);
    if (wanted) timer = setInterval(() => postMessage(null), 1000);
  });
}
