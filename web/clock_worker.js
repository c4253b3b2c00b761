"use strict";
/* Ticks once a second. A hidden page's own timers fall to one a minute; those of its workers do not. */
setInterval(() => postMessage(null), 1000);
