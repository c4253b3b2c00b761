"use strict";
/*
 * Tries JavaScript patterns on lists of names, away from the page, so that the page can end it when a pattern runs
 * wild. Names come once for each list, in pieces, and stay here; answers are bitmaps, bit i (little-endian) for name i.
 *
 * Most patterns are tried on all names of a piece in one go, each name a line: an engine that is called for every name
 * takes twice as long.
 */

{
  /**
   * The names are joined by line feeds where none of them has a line's end in itself (`lines`), else by NUL.
   *
   * @typedef {object} Piece
   * @property {string} text
   * @property {number} count how many names; a multiple of 8, but for the last piece of a list
   * @property {boolean} lines
   * @property {Uint32Array} starts of lines: where each name begins, and one would behind the last
   * @property {string[] | null} names once they were needed one by one
   */
  /** @type {Map<string, Piece[]>} */
  const lists = new Map();

  /** What has the same meaning when the text goes on behind the name's end, and is never a line feed itself. */
  const KEEPS_TO_ITS_LINE = /^[bBdwS!-/:-@[-`{-~]$/;
  /** Which a line feed is one of, outside of brackets and as a set of its own without it. */
  const WITHOUT_LINE_FEED = new Map([["s", "[^\\S\\n]"], ["D", "[^\\d\\n]"], ["W", "[^\\w\\n]"]]);
  const ONLY_PLAIN_GROUPS = /^(?!\(\?(?![:=!]|<[=!]))/;
  const UNPRINTED = /[\0-\x1f\u2028\u2029]/;
  /** Wherever a name matches, it matches from there on, too. */
  const WHATEVER_BEFORE = /^\^?\.\*\??/;

  /**
   * The pattern that finds among lines, with the flag m, just the names that this one finds one by one; null where that
   * is not certain. Nothing in it takes a line feed, so whatever it tries ends at the ends of a line, as if there were
   * nothing else.
   *
   * @param {string} pattern of one that is not valid nothing is said
   * @returns {string | null}
   */
  const amongLines = (pattern) => {
    if (UNPRINTED.test(pattern)) return null;
    const text = pattern.replace(WHATEVER_BEFORE, "");
    let made = "";
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (character === "\\") {
        at += 1;
        const escaped = text.charAt(at);
        const without = WITHOUT_LINE_FEED.get(escaped);
        if (without === undefined && !KEEPS_TO_ITS_LINE.test(escaped)) return null;
        made += without ?? `\\${escaped}`;
      } else if (character === "[") {
        const set = setAt(text, at);
        if (set === null) return null;
        made += set.made;
        at = set.end;
      } else {
        if (!ONLY_PLAIN_GROUPS.test(text.slice(at, at + 4))) return null;
        made += character;
      }
    }
    return made;
  };

  /**
   * The set of characters that begins there, without the line feed, and where its bracket closes.
   * @param {string} text
   * @param {number} start
   */
  const setAt = (text, start) => {
    const negated = text.charAt(start + 1) === "^";
    const begin = start + (negated ? 2 : 1);
    let end = begin;
    for (; end < text.length && text.charAt(end) !== "]"; end += 1) {
      if (text.charAt(end) !== "\\") continue;
      end += 1;
      const escaped = text.charAt(end);
      if (!KEEPS_TO_ITS_LINE.test(escaped) && !(negated && WITHOUT_LINE_FEED.has(escaped))) return null;
    }
    const inside = text.slice(begin, end);
    // Behind a line feed the hyphen would make a range.
    if (negated && inside.startsWith("-")) return null;
    return { made: negated ? `[^\\n${inside}]` : `[${inside}]`, end };
  };

  /** @param {Uint8Array} bits @param {number} index */
  const set = (bits, index) => { bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7)); };

  /** @param {RegExp} expression @param {Piece} piece @param {Uint8Array} bits @param {number} base */
  const scan = (expression, { text, count, starts }, bits, base) => {
    expression.lastIndex = 0;
    for (let line = 0; line < count && expression.test(text); line += 1) {
      const end = expression.lastIndex;
      while ((starts[line + 1] ?? Infinity) <= end) line += 1;
      set(bits, base + line);
      expression.lastIndex = starts[line + 1] ?? Infinity;
    }
  };

  /** @param {RegExp} expression @param {Piece} piece @param {Uint8Array} bits @param {number} base */
  const tryEach = (expression, piece, bits, base) => {
    const names = namesOf(piece);
    // An iterator makes an array of each name and its place, which takes as long as the pattern does.
    for (let index = 0; index < piece.count; index += 1) {
      if (expression.test(names[index] ?? "")) set(bits, base + index);
    }
  };

  /** @param {Piece} piece */
  const namesOf = (piece) => (piece.names ??= piece.text.split(piece.lines ? "\n" : "\0"));

  /** @param {Piece[]} pieces @param {string} pattern @param {string | null} joined @param {string} flags */
  const bitmap = (pieces, pattern, joined, flags) => {
    const single = new RegExp(pattern, flags);
    const several = joined === null ? null : new RegExp(joined, `${flags}gm`);
    const bits = new Uint8Array(Math.ceil(pieces.reduce((sum, { count }) => sum + count, 0) / 8));
    let base = 0;
    for (const piece of pieces) {
      if (several && piece.lines) scan(several, piece, bits, base);
      else tryEach(single, piece, bits, base);
      base += piece.count;
    }
    return bits;
  };

  /** @param {Piece[]} pieces @param {string} pattern @param {string | null} joined @param {string} flags */
  const answer = (pieces, pattern, joined, flags) => {
    try {
      return { kind: "matched", bits: bitmap(pieces, pattern, joined, flags), message: "" };
    } catch (thrown) {
      // Not only the constructor refuses: engines give up inside test() too, by a RangeError or an InternalError.
      return { kind: "invalid", bits: null, message: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };

  /** @param {string} text @param {number} count */
  const startsOf = (text, count) => {
    const starts = new Uint32Array(count + 1);
    let at = 0;
    for (let line = 1; line < count; line += 1) {
      at = text.indexOf("\n", at) + 1;
      starts[line] = at;
    }
    starts[count] = text.length + 1;
    return starts;
  };

  addEventListener("message", ({ data }) => {
    if (data.type === "list") {
      lists.set(data.key, []);
    } else if (data.type === "names") {
      const { text, count, lines } = data;
      lists.get(data.key)?.push({ text, count, lines, starts: startsOf(text, lines ? count : 0), names: null });
    } else if (data.type === "match") {
      const pieces = lists.get(data.key);
      if (pieces === undefined) throw new Error(`no list ${data.key}`);
      const joined = amongLines(data.pattern);
      for (const piece of pieces) if (joined === null || !piece.lines) namesOf(piece);
      // The page's stopwatch starts here: loading this file and splitting the names is not the pattern's fault.
      postMessage({ type: "started" });
      const found = answer(pieces, data.pattern, joined, data.flags);
      postMessage({ type: "answer", ...found }, { transfer: found.bits ? [found.bits.buffer] : [] });
    }
  });
}
