// The large parts of Python on their way: each asked for once, checked by its hash, side by side with all the others.

import { FILES } from "./runtime/files.js";

/**
 * @typedef {{integrity: string, bytes: number, early?: boolean}} File `integrity`: of a part that is packed there are two
 *   hashes, for the service worker has it unpacked; `early`: wanted by every start, so asked for at once
 */

/** A part that did not come. What is wrong with it is found out by who tells people of it. */
export class PartFailure extends Error {
  /** @param {string} file by its name in the site @param {string} integrity @param {unknown} cause */
  constructor(file, integrity, cause) {
    super(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "PartFailure";
    this.file = file;
    this.integrity = integrity;
  }
}

/** The browser's own, whoever stands in for it later. */
const network = globalThis.fetch.bind(globalThis);
const home = new URL("./runtime/", import.meta.url);
const files = new Map(Object.entries(/** @type {Record<string, File>} */ (FILES)));
/** What was asked for early and is not taken yet. @type {Map<string, Promise<Response>>} */
const underWay = new Map();
/** What was asked for even earlier, and is compared by nobody yet. @type {Map<string, Promise<Response>>} */
const unchecked = new Map();

/**
 * A file of the folder runtime by its name there; rejects with a PartFailure.
 * @param {string} name
 * @returns {Promise<Response>}
 */
export function supply(name) {
  const early = underWay.get(name);
  // A body can be read once: who asks again gets another.
  underWay.delete(name);
  return early ?? fetched(name);
}

/**
 * What `use` makes of a file of the folder runtime, which it may begin on while the file comes. The outcome is given once
 * the file has proved to be the one that the build has written. Another file is used anew: what was made of the first
 * is dropped, and must have had no effect that lasts.
 * @template T
 * @param {string} name
 * @param {(answer: Response) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function used(name, use) {
  const answer = await unchecked.get(name)?.catch(() => null);
  unchecked.delete(name);
  if (answer?.ok) {
    const sound = isSound(answer.clone(), files.get(name)?.integrity ?? "");
    const outcome = use(answer);
    outcome.catch(() => undefined);
    if (await sound) return outcome;
    await outcome.catch(() => undefined);
  }
  return use(await supply(name));
}

/** Whether an answer comes whole and has this hash. @param {Response} answer @param {string} integrity */
async function isSound(answer, integrity) {
  try {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()));
    return integrity.split(" ").includes(`sha256-${btoa(String.fromCharCode(...digest))}`);
  } catch {
    return false;
  }
}

/** @param {string} name @returns {Promise<Response>} */
async function fetched(name) {
  const file = `runtime/${name}`;
  const integrity = files.get(name)?.integrity ?? "";
  if (!integrity) throw new PartFailure(file, "", "the build knows no such file");
  const url = new URL(name, home);
  try {
    // A browser may have kept a copy of another version, or half of one: the second time the server itself is asked.
    const answer = await network(url, { integrity }).catch(() => network(url, { integrity, cache: "reload" }));
    if (answer.ok) return answer;
    throw new Error(`the server answers with status ${answer.status}`);
  } catch (reason) {
    const failure = new PartFailure(file, integrity, reason);
    overlayStart.lacks(failure);
    throw failure;
  }
}

for (const [name, { early = false }] of files) {
  if (!early || !overlayStart.may) continue;
  const asked = globalThis.overlayAhead?.take(new URL(name, home).href);
  if (asked) {
    unchecked.set(name, asked);
    continue;
  }
  const coming = fetched(name);
  // A failure is told where the part is waited for.
  coming.catch(() => undefined);
  underWay.set(name, coming);
}
