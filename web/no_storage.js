// PyScript opens a database for packages before it starts Python, and does not start where a person lets sites keep nothing,
// though this page has it keep nothing there. A database that is always empty stands in for it.

/** Whether the browser refuses this page all storage: then already to name it is an error. */
export function storageIsRefused() {
  try {
    return localStorage === null;
  } catch {
    return true;
  }
}

/** @typedef {{onsuccess?: (event: {target: {result: unknown}}) => void}} Pending */

/** A request of IndexedDB that succeeds, once its handlers are there. @param {unknown} result @returns {Pending} */
function granted(result) {
  /** @type {Pending} */
  const request = {};
  queueMicrotask(() => request.onsuccess?.({ target: { result } }));
  return request;
}

export function standInForStorage() {
  const nothing = () => granted(undefined);
  const store = { getAllKeys: () => granted([]), get: nothing, getKey: nothing, put: nothing, delete: nothing, clear: nothing, count: () => granted(0) };
  const database = { transaction: () => ({ objectStore: () => store }), close: () => undefined };
  Object.defineProperty(globalThis, "indexedDB", { value: { open: () => granted(database) } });
}
