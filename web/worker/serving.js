"use strict";
/*
 * Answers with kept parts. A page gets them only when it is known to be of this version, be it that it came from here
 * itself; every other page has the network, as if there were no worker.
 */

/** The one file that an operator edits. */
const SETTINGS = "site.json";
/** A start does not wait longer for the settings, where there are those of last time, and nor does what keeps the site. */
const SETTINGS_WAIT_MS = 3000;
/** The header that tells a page why it gets the settings of last time, though the server has answered. */
const INSTEAD = "x-settings-of-last-time";
const HERE = new URL(SCOPE);

/** The name of a part or of the settings that a request is for; null for all else. @param {Request} request @param {URL} url */
const nameOf = (request, url) => {
  if (request.method !== "GET" || request.headers.has("range")) return null;
  if (url.origin !== HERE.origin || !url.pathname.startsWith(HERE.pathname)) return null;
  // What a page was asked to open stands in its query, and is no other file for that.
  if (url.search !== "" && request.mode !== "navigate") return null;
  const name = url.pathname.slice(HERE.pathname.length);
  return name === SETTINGS || Object.hasOwn(SITE.parts, name) ? name : null;
};

/** @param {FetchEvent} event @param {string} name */
const answerPart = async (event, name) => {
  const { request, clientId, resultingClientId } = event;
  const navigates = request.mode === "navigate";
  try {
    if (!(await shelf.isWhole())) return fetch(request);
    if (!navigates) {
      const version = await shelf.versionOf(clientId);
      if (version === undefined) return fetch(request);
      // Its own worker was replaced, and it was not left. Nothing is better than a file of another version.
      if (version !== SITE.version) return (await shelf.partOfOther(version, name)) ?? Response.error();
    }
    const found = await kept(name, request.cache === "reload");
    if (navigates) event.waitUntil(shelf.expect(resultingClientId));
    return found;
  } catch {
    // Of this version there is nothing to be had; a page as a whole may be had of another.
    return navigates ? fetch(request) : Response.error();
  }
};

/**
 * A part that was kept, or else is fetched again; rejects when it cannot be had.
 *
 * @param {string} name @param {boolean} doubted whoever asks has reason to think that what was kept is damaged
 */
const kept = async (name, doubted) => {
  const part = /** @type {Part} */ (SITE.parts[name]);
  const found = await shelf.part(part.sha256);
  if (found && (!doubted || (await isSound(part, found.clone())))) return found;
  try {
    const again = await fetched(part, [name]);
    await shelf.putPart(part.sha256, again.clone());
    return again;
  } catch (thrown) {
    await shelf.setWhole(false);
    throw thrown;
  }
};

/** @param {Part} part @param {Response} found */
const isSound = async (part, found) => [part.sha256, part.unpacked].includes(await sha256Of(await found.arrayBuffer()));

/**
 * The settings as they are; without a network, or on one that does not answer or answers something else, as they were
 * last.
 *
 * @param {FetchEvent} event
 */
const answerSettings = async (event) => {
  const coming = fetch(event.request).then(async (answer) => {
    // A browser that keeps nothing has none for later, and the answer is as good.
    const why = await shelf.putSettings(answer.clone()).catch(() => "");
    const instead = why === "" ? undefined : await shelf.settings().catch(() => undefined);
    return instead ? new Response(instead.body, { headers: { "Content-Type": "application/json", [INSTEAD]: why } }) : answer;
  });
  const last = async () => (await shelf.settings().catch(() => undefined)) ?? coming;
  // What comes late is of use to the next visit. A worker with something open is never replaced, so not for long.
  event.waitUntil(Promise.race([coming.catch(() => undefined), after(SETTINGS_WAIT_MS)]));
  return Promise.race([coming.catch(last), after(SETTINGS_WAIT_MS).then(last)]);
};
