"use strict";
/*
 * How one version follows another. The first is in force at once, for downloads need it, and keeps its parts when a page
 * asks for that. Each later one is installed only when it is whole, and takes over when it is told to and nobody minds.
 */

/** An answer to a page that waits comes after at most so long; browsers end a worker whose single event lasts minutes. */
const ANSWER_MS = 20000;

const install = async () => {
  // Where no version is whole, none is served, and there is nothing that a half one could be mixed with.
  const replaces = worker.registration.active !== null && (await shelf.holdsAny().catch(() => false));
  if (replaces) await keep();
};

const activate = async () => {
  await worker.clients.claim();
  await shelf.retireOthers().catch(() => undefined);
  await clearAway(true);
};

/**
 * Lets go of the marks of pages that have gone, and of earlier versions and their parts when no page is of them any more.
 *
 * @param {boolean} thoroughly also of parts that no version ever had
 */
const clearAway = async (thoroughly) => {
  try {
    await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      // Somebody is keeping a still later version: what is left over goes another time.
      if (lock && ((await shelf.forgetRetired()) || thoroughly)) await shelf.sweep(ownParts().keys());
    });
  } catch {
    // A browser that keeps nothing has nothing to clear.
  }
};

/**
 * Answers what a page asks about this version.
 *
 * @param {{type: "about" | "keep" | "take", version?: string}} asked @param {Client} page @param {MessagePort} port
 */
const hearOffline = async (asked, page, port) => {
  if (asked.type === "about") {
    port.postMessage(await about(page));
    // A page asks when it is ready: what need not be done before does not slow its start.
    await clearAway(false);
  } else if (asked.type === "keep") port.postMessage(await keptFor(page, asked.version));
  else if (asked.type === "take") {
    const others = await othersOf(page);
    port.postMessage({ others });
    if (others === 0) await worker.skipWaiting();
  }
};

/** @param {Client} page */
const about = async (page) => ({
  version: SITE.version,
  whole: await shelf.isWhole(),
  downloads: downloads.size,
  others: await othersOf(page),
});

/** How many other tabs show this site. @param {Client} page */
const othersOf = async (page) => {
  const all = await worker.clients.matchAll({ includeUncontrolled: true, type: "window" });
  return all.filter(({ id, url }) => id !== page.id && isPage(new URL(url))).length;
};

/** @param {URL} url */
const isPage = ({ origin, pathname }) =>
  origin === HERE.origin && ["", "index.html"].some((name) => pathname === HERE.pathname + name);

/**
 * Goes on keeping this version, and says how far that is; a page that hears "more" asks again.
 *
 * @param {Client} page @param {string | undefined} version the page's own
 */
const keptFor = async (page, version) => {
  try {
    const ended = await Promise.race([keep().then(() => true), after(ANSWER_MS).then(() => false)]);
    if (!ended) return { state: "more" };
    if (version === SITE.version) await shelf.remember(page.id);
    return { state: "kept" };
  } catch (thrown) {
    return { state: "refused", why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
};
