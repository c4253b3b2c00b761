// The site without a network: has the service worker keep every part of it, and tells of a new version that waits.
// The page's first element has `data-offline="kept"` or `"refused"` for those who cannot be called.

import { EdgeFailure, wordsOf } from "./edge_failure.js";
import { prepare, registered } from "./service_worker.js";
import { within } from "./within.js";

/**
 * @typedef {"kept" | "refused" | "new" | "gone"} Kind `kept`: all parts are there; `refused`: they are not, detail says
 *   why; `new`: a new version is complete and waits, detail is the number of other tabs that show this site; `gone`:
 *   the new version is in force, and the page is about to load itself again
 * @typedef {(kind: Kind, detail: string) => void} Hear
 * @typedef {{version: string, whole: boolean, downloads: number, others: number}} About
 */

/** A worker answers a question, or takes over, after at most so long; one that does not is taken for dead. */
const ANSWER_MS = 30_000;
/** A page that loads itself again is gone after at most so long; the person may have chosen to stay on it. */
const LEAVE_MS = 5_000;
const HOUR_MS = 3_600_000;

const VERSION = document.documentElement.dataset.version ?? "";

/** @type {Hear} */
let hear = () => undefined;
/** What was told last of the parts and of a new version, as nobody needs to hear it twice. @type {Map<string, string>} */
const told = new Map();
/** @type {Promise<void> | null} */
let tending = null;
/** Whether a version that was asked for has come in force, so that this page only has to load again. */
let replaced = false;

/**
 * Says from now on how it stands with the site without a network. Nothing is fetched for that before the page is ready.
 * @param {Hear} callback
 */
export async function watch(callback) {
  hear = callback;
  await pageReady();
  const { ready, why } = await prepare();
  const registration = registered();
  if (!ready || !registration) {
    tell("refused", why);
    return;
  }
  registration.addEventListener("updatefound", () => follow(registration));
  follow(registration);
  document.addEventListener("visibilitychange", () => void offer());
  addEventListener("focus", () => void offer());
  addEventListener("online", () => void tend());
  setInterval(() => void tend(), HOUR_MS);
  await tend();
}

/**
 * Puts the version that waits in force and loads the page again.
 * @returns {Promise<string>} why not, for who hears the answer is on the old page still
 */
export async function takeNew() {
  try {
    if (!replaced) {
      const change = inForce(await take()).then(() => { replaced = true; });
      // A change that comes later than that leaves the page alone, for it may have begun something else.
      await within(ANSWER_MS, change, "worker.silent", "the version in use has not ended yet; try again in a minute");
    }
    tell("gone");
    location.reload();
    await new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
    told.delete("version");
    return "the page was not left";
  } catch (thrown) {
    return wordsOf(thrown);
  }
}

/** Keeps what is missing and looks for a new version; one such round at a time. */
function tend() {
  tending ??= tended()
    .catch((thrown) => tell("refused", wordsOf(thrown)))
    .finally(() => { tending = null; });
  return tending;
}

async function tended() {
  const registration = registered();
  const before = registration?.active;
  if (!registration || !before) return;
  const whole = (await about(before)).whole;
  if (whole) tell("kept");
  // Without a network there is nothing new, and the next round asks again.
  await registration.update().catch(() => undefined);
  await settled(registration.installing);
  await offer();
  const active = registration.active;
  // Parts of a version that is about to be replaced are not to be had any more.
  if (!whole && active && !registration.waiting) await keep(active);
}

/** @param {ServiceWorker} active */
async function keep(active) {
  for (;;) {
    const { state, why } = await ask(active, { type: "keep", version: VERSION });
    if (state === "kept") tell("kept");
    if (state === "refused") tell("refused", why);
    if (state !== "more") return;
  }
}

/** Looks after a worker that is being installed. @param {ServiceWorkerRegistration} registration */
function follow({ installing }) {
  void settled(installing).then(offer);
}

/** Tells of the version that waits, if one does. */
async function offer() {
  const waiting = registered()?.waiting;
  if (!waiting) return;
  try {
    const { version, others } = await about(waiting);
    // The page came from the network and has all of it already: nothing changes on screen.
    if (version === VERSION) void inForce(await take()).then(() => tending).then(tend);
    else tell("new", String(others));
  } catch {
    // A worker that does not answer has gone, and one that is not let in now waits on; the next look finds out.
  }
}

/**
 * Tells the version that waits to come in force, as soon as the one before it has nothing to do any more.
 * @returns {Promise<ServiceWorker>} its worker
 * @throws {EdgeFailure} worker.held, worker.silent
 */
async function take() {
  const registration = registered();
  const waiting = registration?.waiting;
  if (!waiting) throw new EdgeFailure("worker.held", "there is no new version any more");
  if (registration.active && (await about(registration.active)).downloads > 0) {
    throw new EdgeFailure("worker.held", "a download is under way");
  }
  const { others } = await ask(waiting, { type: "take" });
  if (others > 0) {
    const tabs = others === 1 ? "another tab shows this page" : `${others} other tabs show this page`;
    throw new EdgeFailure("worker.held", tabs);
  }
  return waiting;
}

/** @param {ServiceWorker} worker @returns {Promise<void>} */
function inForce(worker) {
  return new Promise((resolve) => {
    const look = () => { if (worker.state === "activated") resolve(); };
    worker.addEventListener("statechange", look);
    look();
  });
}

/** @param {ServiceWorker} worker @returns {Promise<About>} */
function about(worker) {
  return ask(worker, { type: "about" });
}

/**
 * Asks a service worker, whose answer is as it likes.
 * @param {ServiceWorker} worker @param {{type: string, version?: string}} question
 * @returns {Promise<any>}
 */
async function ask(worker, question) {
  const { port1, port2 } = new MessageChannel();
  /** @type {Promise<unknown>} */
  const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
  worker.postMessage(question, [port2]);
  try {
    return await within(ANSWER_MS, answer, "worker.silent", "the service worker does not answer");
  } finally {
    port1.close();
  }
}

/** Waits until a worker is installed, or has failed at that. @param {ServiceWorker | null} worker @returns {Promise<void>} */
function settled(worker) {
  return new Promise((resolve) => {
    if (worker?.state !== "installing") resolve();
    else worker.addEventListener("statechange", () => resolve(), { once: true });
  });
}

/** @returns {Promise<void>} */
function pageReady() {
  const root = document.documentElement;
  return new Promise((resolve) => {
    const look = () => {
      if (root.dataset.state !== "ready") return;
      changes.disconnect();
      resolve();
    };
    const changes = new MutationObserver(look);
    changes.observe(root, { attributeFilter: ["data-state"] });
    look();
  });
}

/** @param {Kind} kind */
function tell(kind, detail = "") {
  const about = kind === "new" ? "version" : "parts";
  if (kind === "kept" || kind === "refused") document.documentElement.dataset.offline = kind;
  const sentence = `${kind} ${detail}`;
  if (told.get(about) === sentence) return;
  told.set(about, sentence);
  hear(kind, detail);
}
