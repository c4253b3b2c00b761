"use strict";
/*
 * Fetches the parts of this version that are not here yet, and takes none that is not what the build wrote. What was
 * kept stays when the browser ends the worker in the middle; the next one goes on from there.
 */

const LANES = 4;
/** The header that tells a page that it gets a part unpacked. */
const UNPACKED = "x-unpacked";
/** Held by who keeps parts, together, and by who clears away, alone. */
const LOCK = `download-overlay parts ${SCOPE}`;
/** What a host says of a page beyond its content: a kept page must be confined as one from the network is. */
const CONFINING = [
  "content-security-policy",
  "cross-origin-embedder-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "origin-agent-cluster",
  "permissions-policy",
  "referrer-policy",
  "x-content-type-options",
  "x-frame-options",
];

/** Why the site cannot be kept, in words. */
class NotKept extends Error {}

/** @type {Promise<void> | null} */
let keeping = null;

/** Keeps this version whole, once at a time. Rejects with NotKept. */
const keep = () => {
  const under = { mode: /** @type {LockMode} */ ("shared") };
  keeping ??= navigator.locks.request(LOCK, under, keepAll).finally(() => { keeping = null; });
  return keeping;
};

const keepAll = async () => {
  if (SITE.version === "") throw new NotKept("this copy of the site was not made by its build");
  try {
    if (!(await shelf.isWhole())) {
      await keepSettings();
      await keepMissing();
    }
    const there = await shelf.parts();
    if ([...ownParts().keys()].some((sha256) => !there.has(sha256))) throw new NotKept("the browser has let go of a part");
    await shelf.setWhole(true);
  } catch (thrown) {
    if (nameOfError(thrown) === "QuotaExceededError") await makeRoom();
    throw thrown instanceof NotKept ? thrown : new NotKept(reasonOf(thrown));
  }
};

const keepMissing = async () => {
  const there = await shelf.parts();
  const missing = [...ownParts().values()].filter(({ part }) => !there.has(part.sha256));
  // The largest first, so that all lanes end at about the same time.
  missing.sort((one, other) => other.part.bytes - one.part.bytes);
  const waiting = missing.values();
  const lane = async () => {
    for (const { part, names } of waiting) await shelf.putPart(part.sha256, await fetched(part, names));
  };
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
};

/**
 * A part from the network, or from what the browser has of it already: however old that is, its hash tells. What is
 * wrong there, or breaks off, is asked for once more, past every copy on the way.
 *
 * @param {Part} part @param {string[]} names the addresses that it has
 */
const fetched = async (part, names) => {
  let why = "";
  for (const cache of /** @type {RequestCache[]} */ (["force-cache", "reload"])) {
    for (const name of names) {
      const got = await attempt(name, cache);
      if (typeof got === "string") why = got;
      else if ((await sha256Of(got.bytes)) === part.sha256) return response(part, got);
      else why = `${name || "the page"} is not as it was built`;
    }
  }
  throw new NotKept(why);
};

/**
 * What a file is answered with, or in words why it cannot be had.
 *
 * @param {string} name @param {RequestCache} cache
 */
const attempt = async (name, cache) => {
  try {
    const answer = await fetch(new URL(name, SCOPE), { cache });
    if (answer.ok) return { bytes: await answer.arrayBuffer(), headers: answer.headers };
    return `${name || "the page"} answered with status ${answer.status}`;
  } catch (thrown) {
    return reasonOf(thrown);
  }
};

/** @param {Part} part @param {{bytes: ArrayBuffer, headers: Headers}} got */
const response = async (part, { bytes: sent, headers: given }) => {
  const unpacked = await unpackedOf(part, sent);
  const bytes = unpacked ?? sent;
  const headers = new Headers({ "Content-Type": part.type, "Content-Length": String(bytes.byteLength) });
  if (unpacked !== null) headers.set(UNPACKED, "yes");
  for (const name of CONFINING) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(bytes, { headers });
};

/**
 * What is kept of a part that is packed, so that no later start has to unpack it; null of any other, and where what comes
 * out is not what the build has packed.
 *
 * @param {Part} part @param {ArrayBuffer} packed
 */
const unpackedOf = async (part, packed) => {
  if (part.unpacked === undefined) return null;
  try {
    const bytes = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    return (await sha256Of(bytes)) === part.unpacked ? bytes : null;
  } catch {
    // Kept as it came, it serves as well, and only takes longer.
    return null;
  }
};

/** The settings are the operator's, and not the build's: no hash is known of them, and they need not be there. */
const keepSettings = async () => {
  try {
    const signal = AbortSignal.timeout(SETTINGS_WAIT_MS);
    await shelf.putSettings(await fetch(new URL(SETTINGS, SCOPE), { cache: "no-cache", signal }));
  } catch (thrown) {
    if (nameOfError(thrown) === "QuotaExceededError") throw thrown;
  }
};

/** A site that does not fit leaves what it took to others. */
const makeRoom = async () => {
  await shelf.sweep([]).catch(() => undefined);
};

/** @param {ArrayBuffer} bytes */
const sha256Of = async (bytes) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** @param {unknown} thrown */
const nameOfError = (thrown) => thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";

/** @param {unknown} thrown */
const reasonOf = (thrown) => {
  const name = nameOfError(thrown);
  if (name === "QuotaExceededError") return "the browser has no room for it";
  // What fetch() rejects with, whatever it was.
  if (name === "TypeError") return "a part of the site cannot be reached";
  return `the browser refuses to keep it (${thrown instanceof Error || thrown instanceof DOMException ? thrown.message : thrown})`;
};
