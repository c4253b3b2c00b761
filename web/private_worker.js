"use strict";
/*
 * Writes a file of the browser's own storage in place, which only a worker may. Each message is answered when it is
 * done; a failure by the browser's name for it.
 */

{
  /**
   * @typedef {{type: "open", folder: string, name: string}
   *   | {type: "bytes", parts: Uint8Array<ArrayBuffer>[]}
   *   | {type: "close", folder: string, name: string, whole: string}} Wish
   */

  /** @type {FileSystemSyncAccessHandle | null} */
  let file = null;
  let end = 0;

  /** @param {string} folder @param {string} name */
  const handleOf = async (folder, name) => {
    const root = await navigator.storage.getDirectory();
    return (await root.getDirectoryHandle(folder)).getFileHandle(name, { create: true });
  };

  /** @param {Uint8Array<ArrayBuffer>} part */
  const append = (part) => {
    for (let rest = part; rest.byteLength > 0; ) {
      const written = file?.write(rest, { at: end }) ?? 0;
      // Some browsers write less than they were given when the disk is full, and throw nothing.
      if (written === 0) throw new DOMException("nothing more was written", "QuotaExceededError");
      end += written;
      rest = rest.subarray(written);
    }
  };

  /** @param {Wish} wish */
  const done = async (wish) => {
    if (wish.type === "open") {
      file = await (await handleOf(wish.folder, wish.name)).createSyncAccessHandle();
    } else if (wish.type === "bytes") {
      for (const part of wish.parts) append(part);
    } else {
      file?.flush();
      file?.close();
      const handle = /** @type {FileSystemFileHandle & {move: (name: string) => Promise<void>}} */ (
        await handleOf(wish.folder, wish.name)
      );
      await handle.move(wish.whole);
    }
  };

  addEventListener("message", async ({ data }) => {
    try {
      await done(data);
      postMessage({ done: true });
    } catch (thrown) {
      const { name, message } = thrown instanceof DOMException || thrown instanceof Error ? thrown : new Error(String(thrown));
      postMessage({ done: false, name, why: message });
    }
  });
}
