// A folder that the person chooses, where the browser lets a page write into one: single files instead of one archive.

import { onTick } from "./clock.js";
import { EdgeFailure, nameOf, wordsOf } from "./edge_failure.js";
import { GatheringWriter } from "./gathering_writer.js";
import { OrderedSink, failure } from "./ordered_sink.js";

/** In it stands what is noted of a download that is not complete; it goes with the last file. */
const NOTES = "unfinished";
/** Every download's folder is named so, by its time. */
const DOWNLOADS = /^MAST_.+Z$/;
/** A page of notes grows to so many characters; each new line has its page written anew, and no other. */
const PAGE_LENGTH = 1 << 16;
/** Notes are written at most so often. */
const NOTE_MS = 1000;
/** A file is read back in pieces of so many bytes. */
const PIECE = 4 << 20;

/**
 * @typedef {FileSystemFileHandle & {move?: (name: string) => Promise<void>}} Movable
 * @typedef {FileSystemDirectoryHandle & {remove?: () => Promise<void>, entries: () => AsyncIterable<[string, FileSystemHandle]>}} Folder
 * @typedef {(options: object) => Promise<Folder>} Picker
 */

/** The folder that this page wrote into last, so that another try need not ask for it again. @type {Folder | null} */
let last = null;

/** @returns {Picker | undefined} */
export function folderPicker() {
  const { showDirectoryPicker } = /** @type {{showDirectoryPicker?: Picker}} */ (/** @type {unknown} */ (window));
  return showDirectoryPicker?.bind(window);
}

/**
 * Opens a folder for a download: the one that was chosen if it is a download's itself; in it that of the same download,
 * known by its key, that is not complete; else a new one called `name`.
 *
 * @param {string} name
 * @param {string} key
 */
export async function openFolder(name, key) {
  const ask = folderPicker();
  if (ask === undefined) throw new EdgeFailure("sink.refused", "this browser has no folder picker");
  try {
    const root = last?.name === name ? last : await rootIn(await ask({ id: "downloads", mode: "readwrite" }), name, key);
    const release = await held(root.name);
    const notes = await Notes.open(root, key);
    last = root;
    return new FolderSink(root, notes, release);
  } catch (thrown) {
    throw nameOf(thrown) === "AbortError" ? new EdgeFailure("sink.cancelled", wordsOf(thrown)) : failure(thrown);
  }
}

/** @param {Folder} chosen @param {string} name @param {string} key @returns {Promise<Folder>} */
async function rootIn(chosen, name, key) {
  if (await within(chosen, NOTES)) return chosen;
  const found = [];
  for await (const [entry, handle] of chosen.entries()) {
    if (handle.kind !== "directory" || !DOWNLOADS.test(entry)) continue;
    const folder = /** @type {Folder} */ (handle);
    if ((await keyOf(folder)) === key) found.push(folder);
  }
  found.sort((one, other) => (one.name < other.name ? 1 : -1));
  return found[0] ?? /** @type {Promise<Folder>} */ (chosen.getDirectoryHandle(name, { create: true }));
}

/** Two tabs must not write into one download. @param {string} name @returns {Promise<() => void>} */
function held(name) {
  return new Promise((resolve, reject) => {
    const taken = navigator.locks.request(`folder:${name}`, { ifAvailable: true }, (lock) => {
      if (lock === null) throw new EdgeFailure("sink.refused", "another tab is writing into this folder");
      return new Promise((release) => resolve(() => release(undefined)));
    });
    taken.catch(reject);
  });
}

/** @param {Folder} folder @param {string} name @returns {Promise<Folder | null>} */
async function within(folder, name) {
  try {
    return /** @type {Folder} */ (await folder.getDirectoryHandle(name));
  } catch (thrown) {
    if (isAbsent(thrown)) return null;
    throw thrown;
  }
}

/** @param {unknown} thrown */
function isAbsent(thrown) {
  return nameOf(thrown) === "NotFoundError" || nameOf(thrown) === "TypeMismatchError";
}

/** @param {Folder} folder @param {string} name @returns {Promise<File | null>} */
async function fileIn(folder, name) {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (thrown) {
    if (isAbsent(thrown)) return null;
    throw thrown;
  }
}

/** @param {Folder} root */
async function keyOf(root) {
  const notes = await within(root, NOTES);
  const first = notes && (await fileIn(notes, "key"));
  return first ? first.text() : null;
}

/** What is noted of a download: its key, and pages of lines, one for each file that is in its place. */
class Notes {
  #root;
  #folder;
  #page = 0;
  #text = "";
  #written = 0;
  /** Whether there is something that is not written yet. */
  fresh = false;

  /** @param {Folder} root @param {Folder} folder @param {string[]} pages */
  constructor(root, folder, pages) {
    this.#root = root;
    this.#folder = folder;
    this.pages = pages;
    this.#page = pages.length;
  }

  /** @param {Folder} root @param {string} key */
  static async open(root, key) {
    const folder = /** @type {Folder} */ (await root.getDirectoryHandle(NOTES, { create: true }));
    const pages = [];
    for (let page = await fileIn(folder, "0"); page; page = await fileIn(folder, String(pages.length))) {
      pages.push(await page.text());
    }
    await put(folder, "key", key);
    return new Notes(root, folder, pages);
  }

  /** @param {string} line */
  async add(line) {
    this.#text += line;
    this.fresh = true;
    if (this.due) await this.write();
  }

  /** Whether there is something that may be written by now. */
  get due() {
    return this.fresh && performance.now() - this.#written >= NOTE_MS;
  }

  async write() {
    if (!this.fresh) return;
    await put(this.#folder, String(this.#page), this.#text);
    this.#written = performance.now();
    this.fresh = false;
    if (this.#text.length < PAGE_LENGTH) return;
    this.#page += 1;
    this.#text = "";
  }

  async remove() {
    this.fresh = false;
    await this.#root.removeEntry(NOTES, { recursive: true });
  }
}

/** @param {Folder} folder @param {string} name @param {string} text */
async function put(folder, name, text) {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(text);
  await writable.close();
}

/**
 * Files in a folder, one after the other; each has `.part` after its name until it is complete.
 *
 * It can end in three ways: closed; aborted, which leaves nothing of the download; or broken off, which leaves what is
 * complete, with the notes by which it goes on.
 */
class FolderSink extends OrderedSink {
  #root;
  #notes;
  #release;
  #writer = new GatheringWriter();
  /** @type {{folder: Folder, name: string, handle: Movable, writable: FileSystemWritableFileStream | null} | null} */
  #open = null;
  /** @type {Set<string>} */
  #placed = new Set();
  #whole = false;
  #later = false;
  /** What is being done to folders now: short, but not to be given up half-way. @type {Promise<void>} */
  #deed = Promise.resolve();
  /** @type {Map<string, Folder>} */
  #folders = new Map();

  /** @param {Folder} root @param {Notes} notes @param {() => void} release */
  constructor(root, notes, release) {
    super();
    this.#root = root;
    this.#notes = notes;
    this.#release = release;
    this.name = root.name;
    this.notes = notes.pages;
  }

  /**
   * A file that may be there: its size, and pieces of it; null where it is not.
   *
   * @param {string} path
   */
  async look(path) {
    try {
      const { folder, name } = await this.#place(path, false);
      const file = folder && (await fileIn(folder, name));
      if (!file) return null;
      this.#placed.add(path);
      return {
        size: file.size,
        /** @param {number} start */
        piece: async (start) => new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer()),
      };
    } catch (thrown) {
      throw failure(thrown);
    }
  }

  /** @param {string} path */
  begin(path) {
    return this.#deedInTurn(async () => {
      const { folder, name } = await this.#place(path, true);
      if (folder === null) throw new EdgeFailure("sink.failed", path);
      // What stands there is not what is wanted, or it would not be fetched.
      await gone(folder, name);
      const handle = /** @type {Movable} */ (await folder.getFileHandle(`${name}.part`, { create: true }));
      // It is there from here on, and goes with what was begun though the browser should not let it be written.
      this.#open = { folder, name, handle, writable: null };
      this.#open.writable = await handle.createWritable();
      this.#writer.turnTo(handle, this.#open.writable);
    });
  }

  /** @override @param {Uint8Array<ArrayBuffer>} chunk */
  take(chunk) {
    return this.#writer.take(chunk);
  }

  /** The file is whole: into its place, and noted. @param {string} path @param {string} line */
  async complete(path, line) {
    await this.inTurn(() => this.#writer.flush());
    await this.#deedInTurn(async () => {
      if (!this.#open?.writable) throw new EdgeFailure("sink.failed", path);
      await this.#open.writable.close();
      await renamed(this.#open);
      this.#open = null;
      this.#placed.add(path);
      await this.#notes.add(line);
      this.#noteLater();
    });
  }

  /** What may not be noted at once is noted soon, though nothing more should come, and the tab should be hidden. */
  #noteLater() {
    if (!this.#notes.fresh || this.#later) return;
    this.#later = true;
    const leave = onTick(() => {
      if (this.#notes.fresh && !this.#notes.due) return;
      leave();
      this.#later = false;
      // A failure is told by the next step; after the end there is nothing to note.
      this.#deedInTurn(() => this.#notes.write()).catch(() => undefined);
    });
  }

  /** Nothing of the file that was begun stays. */
  leaveOut() {
    return this.#deedInTurn(() => this.#drop());
  }

  /** @param {() => Promise<void>} deed */
  #deedInTurn(deed) {
    return this.inTurn(() => {
      this.#deed = deed();
      return this.#deed;
    });
  }

  /** Every file is there: at the end the notes go, too. */
  forget() {
    this.#whole = true;
  }

  /** @override */
  async finish() {
    await this.#notes.write();
  }

  /** @override */
  async place() {
    if (this.#whole) await this.#notes.remove();
    this.#release();
  }

  /** @override @param {string} _why @param {boolean} keep */
  async discard(_why, keep) {
    if (keep && this.#placed.size + this.notes.length > 0) {
      await this.#leaveComplete();
      return;
    }
    try {
      await this.#settled();
      await this.#drop();
      for (const path of this.#placed) {
        const { folder, name } = await this.#place(path, false);
        if (folder) await gone(folder, name);
      }
      await this.#notes.remove();
      await removeEmpty(this.#root);
      last = null;
    } finally {
      this.#release();
    }
  }

  /** What is complete stays, and can go on; what was begun does not. */
  async #leaveComplete() {
    try {
      await this.#settled();
      await this.#drop();
      await this.#notes.write();
    } finally {
      this.#release();
    }
  }

  /** A deed that is under way is waited for; how it ended was told to who asked for it. */
  #settled() {
    return this.#deed.catch(() => undefined);
  }

  async #drop() {
    const open = this.#open;
    this.#open = null;
    if (open === null) return;
    // A write that has failed has ended the file by itself.
    await open.writable?.abort("left out").catch(() => undefined);
    await gone(open.folder, `${open.name}.part`);
  }

  /**
   * @param {string} path @param {boolean} create
   * @returns {Promise<{folder: Folder | null, name: string}>}
   */
  async #place(path, create) {
    const names = path.split("/");
    const name = names.pop() ?? "";
    const above = names.join("/");
    let folder = this.#folders.get(above) ?? null;
    if (folder) return { folder, name };
    folder = this.#root;
    for (const step of names) {
      folder = create
        ? /** @type {Folder} */ (await folder.getDirectoryHandle(step, { create }))
        : await within(folder, step);
      if (folder === null) return { folder, name };
    }
    this.#folders.set(above, folder);
    return { folder, name };
  }
}

/** @param {Folder} folder @param {string} name */
async function gone(folder, name) {
  try {
    await folder.removeEntry(name);
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
  }
}

/**
 * Gives a complete file its name: at one stroke, or by a copy where the browser cannot rename there.
 *
 * @param {{folder: Folder, name: string, handle: Movable}} file
 */
async function renamed({ folder, name, handle }) {
  try {
    if (handle.move) {
      await handle.move(name);
      return;
    }
  } catch {
    // Not every browser can do so in every folder. If something else is wrong, the copy meets it as well, and tells it.
  }
  const target = await folder.getFileHandle(name, { create: true });
  const writable = await target.createWritable();
  await writable.write(await handle.getFile());
  await writable.close();
  await folder.removeEntry(`${name}.part`);
}

/** Removes folders that hold nothing, from below, and the root where the browser can. @param {Folder} folder @returns {Promise<boolean>} */
async function emptied(folder) {
  let empty = true;
  for await (const [name, handle] of folder.entries()) {
    const goes = handle.kind === "directory" && (await emptied(/** @type {Folder} */ (handle)));
    if (goes) await folder.removeEntry(name);
    else empty = false;
  }
  return empty;
}

/** @param {Folder} root */
async function removeEmpty(root) {
  if ((await emptied(root)) && root.remove) await root.remove();
}
