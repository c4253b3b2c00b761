"use strict";
/*
 * What the worker keeps, all of it in one cache of this copy of the site: parts by their SHA-256, the versions that are
 * whole, which page is of which version, and the settings as they were last. No key is an address of anything.
 */

class Shelf {
  /** Two copies of the site on one origin must not clear each other's. */
  #name = `download-overlay parts ${SCOPE}`;
  /** @type {Promise<Cache> | null} */
  #opened = null;
  /** Whether this version is whole; undefined until it was looked up. @type {boolean | undefined} */
  #whole = undefined;
  /** The versions of pages by the pages' ids, as far as they are known by heart. @type {Map<string, string>} */
  #pages = new Map();
  /** The ids of pages that were answered and may be on their way still. @type {Set<string>} */
  #coming = new Set();

  /** @param {string} sha256 */
  part(sha256) {
    return this.#get(`part/${sha256}`);
  }

  /** @param {string} sha256 @param {Response} response */
  putPart(sha256, response) {
    return this.#put(`part/${sha256}`, response);
  }

  /** @param {string} sha256 */
  async #drop(sha256) {
    await (await this.#cache()).delete(this.#key(`part/${sha256}`));
  }

  /** The SHA-256 of all parts that are here. @returns {Promise<Set<string>>} */
  async parts() {
    return new Set(await this.#names("part/"));
  }

  /** Whether parts may be served, as far as that is known at once. */
  mayServe() {
    return SITE.version !== "" && this.#whole !== false;
  }

  /** Whether every part of this version is here. False, too, where the browser keeps nothing. */
  async isWhole() {
    this.#whole ??= await this.#get(`version/${SITE.version}`).then((found) => found !== undefined, () => false);
    return this.#whole;
  }

  /** @param {boolean} whole */
  async setWhole(whole) {
    const name = `version/${SITE.version}`;
    this.#whole = false;
    const cache = await this.#cache();
    if (whole) await this.#put(name, new Response(JSON.stringify(SITE.parts)));
    else await cache.delete(this.#key(name));
    // An earlier version may have been brought back.
    await cache.delete(this.#key(`retired/${SITE.version}`));
    this.#whole = whole;
  }

  /** The parts of a version that was whole, by their addresses. @param {string} version @returns {Promise<Record<string, Part>>} */
  async #partsOf(version) {
    return (await (await this.#get(`version/${version}`))?.json()) ?? {};
  }

  /** A part of another version, as long as a page of that is there. @param {string} version @param {string} name */
  async partOfOther(version, name) {
    const part = (await this.#partsOf(version))[name];
    return part && this.part(part.sha256);
  }

  /** Whether any version is whole. */
  async holdsAny() {
    return (await this.#names("version/")).length > 0;
  }

  /** Says that a page that is on its way is of this version: nobody knows of it yet. @param {string} id */
  async expect(id) {
    this.#coming.add(id);
    await this.remember(id);
  }

  /** Says that a page is of this version. @param {string} id */
  async remember(id) {
    this.#pages.set(id, SITE.version);
    await this.#put(`page/${id}`, new Response(SITE.version));
  }

  /** Lets go of the marks of pages that have gone. */
  async #forgetGone() {
    for (const id of await this.#names("page/")) {
      if (this.#coming.has(id) || (await worker.clients.get(id)) !== undefined) continue;
      this.#pages.delete(id);
      await (await this.#cache()).delete(this.#key(`page/${id}`));
    }
  }

  /** The version of a page that is known to be of one. @param {string} id */
  async versionOf(id) {
    this.#coming.delete(id);
    const known = this.#pages.get(id);
    if (known !== undefined) return known;
    const found = await (await this.#get(`page/${id}`))?.text();
    if (found !== undefined) this.#pages.set(id, found);
    return found;
  }

  settings() {
    return this.#get("settings");
  }

  /**
   * Takes over what the server answers for the settings. One that has none any more clears them; a sign-in page, an
   * error or half a file leaves those that were kept last.
   *
   * @param {Response} response
   * @returns {Promise<string>} why they are left, in words; empty where the answer counts
   */
  async putSettings(response) {
    if ([404, 410].includes(response.status)) {
      await (await this.#cache()).delete(this.#key("settings"));
      return "";
    }
    if (!response.ok) return `the server answers with status ${response.status}`;
    const text = await response.text();
    if (!isObject(text)) return "what the server sends is no JSON object";
    // A copy of its own: a host's headers may say that what they come with is not to be kept.
    await this.#put("settings", new Response(text, { headers: { "Content-Type": "application/json" } }));
    return "";
  }

  /** Says of all other versions that they are to go, when their pages have gone. */
  async retireOthers() {
    for (const version of await this.#names("version/")) {
      if (version !== SITE.version) await this.#put(`retired/${version}`, new Response());
    }
  }

  /** Lets go of the marks of pages that have gone, and of retired versions that none is of any more; whether there was such a version. */
  async forgetRetired() {
    await this.#forgetGone();
    const retired = await this.#names("retired/");
    if (retired.length === 0) return false;
    const used = new Set();
    for (const id of await this.#names("page/")) used.add(await this.versionOf(id));
    const due = retired.filter((version) => !used.has(version));
    const cache = await this.#cache();
    for (const name of due.flatMap((version) => [`version/${version}`, `retired/${version}`])) await cache.delete(this.#key(name));
    return due.length > 0;
  }

  /** Lets go of the parts that neither a whole version has nor `others`. @param {Iterable<string>} others */
  async sweep(others) {
    const used = new Set(others);
    for (const version of await this.#names("version/")) {
      for (const { sha256 } of Object.values(await this.#partsOf(version))) used.add(sha256);
    }
    for (const sha256 of await this.parts()) if (!used.has(sha256)) await this.#drop(sha256);
  }

  #cache() {
    this.#opened ??= caches.open(this.#name).catch((refusal) => {
      this.#opened = null;
      throw refusal;
    });
    return this.#opened;
  }

  /** @param {string} name */
  #key(name) {
    return new URL(`kept/${name}`, SCOPE).href;
  }

  /** The names below a kind, without it. @param {string} kind */
  async #names(kind) {
    const keys = await (await this.#cache()).keys();
    const start = this.#key(kind);
    return keys.filter(({ url }) => url.startsWith(start)).map(({ url }) => url.slice(start.length));
  }

  /** @param {string} name */
  async #get(name) {
    return (await this.#cache()).match(this.#key(name));
  }

  /** @param {string} name @param {Response} response */
  async #put(name, response) {
    await (await this.#cache()).put(this.#key(name), response);
  }
}

const shelf = new Shelf();

/** Whether a text is a JSON object. @param {string} text */
const isObject = (text) => {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** The parts of this version, each once, with the addresses that it has. @returns {Map<string, {part: Part, names: string[]}>} */
const ownParts = () => {
  const found = new Map();
  for (const [name, part] of Object.entries(SITE.parts)) {
    const entry = found.get(part.sha256);
    if (entry) entry.names.push(name);
    else found.set(part.sha256, { part, names: [name] });
  }
  return found;
};
