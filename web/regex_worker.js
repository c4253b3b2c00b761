"use strict";
/*
 * Tries JavaScript patterns on lists of names, away from the page, so that the page can end it when a pattern runs
 * wild. Names come once for each list, joined by NUL, and stay here; answers are bitmaps, bit i (little-endian) for name i.
 */

{
  /** @type {Map<string, string[]>} */
  const lists = new Map();

  /** @param {string} pattern @param {string[]} names */
  const bitmap = (pattern, names) => {
    const expression = new RegExp(pattern);
    const bits = new Uint8Array(Math.ceil(names.length / 8));
    for (const [index, name] of names.entries()) {
      if (expression.test(name)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    }
    return bits;
  };

  /** @param {string} key @param {string} pattern */
  const answer = (key, pattern) => {
    const names = lists.get(key);
    if (names === undefined) throw new Error(`no list ${key}`);
    try {
      return { kind: "matched", bits: bitmap(pattern, names), message: "" };
    } catch (thrown) {
      // Not only the constructor refuses: engines give up inside test() too, by a RangeError or an InternalError.
      return { kind: "invalid", bits: null, message: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };

  addEventListener("message", ({ data }) => {
    if (data.type === "names") {
      lists.set(data.key, data.count === 0 ? [] : data.joined.split("\0"));
    } else if (data.type === "match") {
      // The page's stopwatch starts here: loading this file and splitting the names is not the pattern's fault.
      postMessage({ type: "started" });
      const found = answer(data.key, data.pattern);
      postMessage({ type: "answer", ...found }, { transfer: found.bits ? [found.bits.buffer] : [] });
    }
  });
}
