"use strict";
/*
 * Splits the text of a product list into rows and the rows into columns, away from the page. What the fields mean, and
 * whether a row is any good, is for Python to say: whatever is not plain goes there as it is.
 *
 * Bytes come as they come over the network. The answer to each piece has the rows that were whole by then. The answer to
 * the end has what is left of the document when every row has been taken out of it.
 */

{
  const OPEN = 0x7b, CLOSE = 0x7d, LIST = 0x5b, UNLIST = 0x5d, QUOTE = 0x22, ESCAPE = 0x5c, COMMA = 0x2c, COLON = 0x3a;
  /** So many bytes become text at once. */
  const STRIDE = 1 << 16;
  /** So many forms of rows are known at once; no row as long as this has one. */
  const FORMS = 8, LONGEST_ALIKE = 1 << 14;
  /** So many forms are looked for before some are found: in a list where no two rows are alike that would be in vain. */
  const LOOKED_FOR = 64;
  /** No row is as long as this. */
  const LONGEST_ROW = 1 << 24;
  /** A field with more different texts than this is told row by row. */
  const FEW = 4096;
  const ALWAYS_OWN = new Set(["url", "sha256", "md5"]);
  const IN_COLUMNS = new Set(["filename", "dataset", "size"]);
  /** Fields that never tell a row's dataset and file name once more. */
  const UNMARKED = new Set(["access", "instrument_name", "filters", "file_suffix", "category", "type", ...ALWAYS_OWN]);
  /** What stands for a row's own dataset and file name in a text that rows have in common. */
  const DATASET = "\0d", NAME = "\0f";
  const BETWEEN = "\0\0", NO_TEXT = "\0n";
  /** A field as it stands in a row: its name with what is before it and behind it, its value, and the row's end behind that. */
  const FIELD = /(\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s,"{}[\]]+)(\s*\}$)?/y;
  /** Values that mean what they say: texts without escapes, and numbers that lose no digits. */
  const FIRST_OF_NAME = "[!#-[\\]-~]";
  const AS_IT_STANDS = '[^"\\\\\\x00-\\x1f]*';
  const WHOLE = "0|[1-9][0-9]{0,14}";
  const WORD = `-?(?:${WHOLE})(?:\\.[0-9]+)?|true|false|null`;

  /** What UTF-8 can spell, and is not blank: whatever else is a name is for Python to say. */
  const A_NAME = /^[!-~]\P{Surrogate}*$/u;
  const encoder = new TextEncoder();

  /** @typedef {Record<string, unknown>} Fields */
  /** @typedef {Fields & {filename: string, dataset: string, size: number}} Plain */

  const blank = (/** @type {number} */ code) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

  /**
   * Rows that are written alike: the same fields in the same order, with the same between them. One regular expression
   * finds the columns of such a row, and no object is made of it.
   */
  class Form {
    /** The texts and words in which such rows differ, each a group. */
    pattern;
    filename = 0;
    dataset = 0;
    size = 0;
    /** Groups that tell rows' kinds: with its name, a field that may have the row's dataset and file name in it. @type {[group: number, name: string][]} */
    like = [];
    /** Groups of what rows say of their own. @type {[group: number, name: string, text: boolean][]} */
    own = [];
    /** The kinds of rows of this form, by what tells them. @type {Map<string, number>} */
    kinds = new Map();

    /** @param {RegExpExecArray[]} fields @param {Set<string>} ownFields */
    constructor(fields, ownFields) {
      let pattern = "", alike = "", group = 0;
      const another = (/** @type {string} */ before, /** @type {string} */ inside, /** @type {string} */ behind) => {
        pattern += `${before}(${inside})${behind}`;
        return (group += 1);
      };
      // Neighbours that have nothing of the row's own in them are one group.
      const endAlike = () => {
        if (alike) this.like.push([another("", alike, ""), "type"]);
        alike = "";
      };
      for (const [, before = "", quoted = "", value = ""] of fields) {
        const name = String(parsed(quoted)), isText = value.startsWith('"'), own = ownFields.has(name);
        const quote = isText ? '"' : "";
        const inside = name === "size" ? WHOLE : !isText ? WORD : IN_COLUMNS.has(name) ? FIRST_OF_NAME + AS_IT_STANDS : AS_IT_STANDS;
        if (UNMARKED.has(name) && !own) {
          alike += `${literally(before)}${quote}(?:${inside})${quote}`;
          continue;
        }
        endAlike();
        const number = another(literally(before) + quote, inside, quote);
        if (name === "filename" || name === "dataset" || name === "size") this[name] = number;
        else if (own) this.own.push([number, name, isText]);
        else this.like.push([number, name]);
      }
      endAlike();
      this.pattern = new RegExp(pattern + literally(fields.at(-1)?.[4] ?? ""), "y");
    }

    /**
     * The form of a row, if it has one that can be told. Of a name that stands there twice the last counts, as in JSON.
     *
     * @param {string} text the row's @param {Set<string>} ownFields
     */
    static of(text, ownFields) {
      const fields = [];
      FIELD.lastIndex = 0;
      for (let found = FIELD.exec(text); found; found = FIELD.exec(text)) fields.push(found);
      if (!fields.at(-1)?.[4]) return null;
      const form = new Form(fields, ownFields);
      form.pattern.lastIndex = 0;
      return form.pattern.test(text) && form.pattern.lastIndex === text.length ? form : null;
    }
  }

  /** The rows since the last answer, as columns. */
  class Columns {
    /** @type {string[]} */
    names = [];
    /** @type {number[]} */
    sizes = [];
    /** @type {number[]} */
    dataset = [];
    /** @type {number[]} */
    kind = [];
    /** @type {number[]} */
    numbers = [];
    /** What rows say that others of their kind do not. @type {[number, Fields][]} */
    own = [];
    /** Rows that are not plain, by their numbers, as they stand in the list. @type {[number, string][]} */
    odd = [];
    /** @type {string[]} */
    datasets = [];
    /** The kinds that there were none of before. @type {Fields[]} */
    kinds = [];
  }

  class Splitter {
    #decoder = new TextDecoder("utf-8", { fatal: true });
    #text = "";
    /** What is left of the document without its rows. */
    #frame = "";
    /** Open brackets around the place that has been reached. @type {("{" | "[")[]} */
    #open = [];
    #key = "";
    #number = 0;
    #columns = new Columns();
    /** Of each field what rows may have in common. @type {Map<string, Set<unknown>>} */
    #texts = new Map();
    /** The fields in which nearly every row is another. @type {Set<string>} */
    #ownFields = new Set();
    /** @type {Map<string, number>} */
    #kinds = new Map();
    /** The names of the last row's fields. @type {string[]} */
    #names = [];
    #shape = "";
    #dataset = "";
    /** The last one used is the first one tried. @type {Form[]} */
    #forms = [];
    #lookedFor = 0;
    /** How many rows were of a known form. */
    #alike = 0;

    /** @param {Uint8Array} bytes */
    add(bytes) {
      for (let start = 0; start < bytes.length; start += STRIDE) {
        this.#text += this.#decoder.decode(bytes.subarray(start, start + STRIDE), { stream: true });
        this.#advance(false);
      }
      return this.#answer();
    }

    /** The rest: rows, and the frame of the document. */
    end() {
      this.#text += this.#decoder.decode();
      this.#advance(true);
      const answer = this.#answer();
      return { ...answer, frame: this.#frame + this.#text };
    }

    #answer() {
      const { names, sizes, dataset, kind, numbers, own, odd, datasets, kinds } = this.#columns;
      this.#columns = new Columns();
      return {
        rows: this.#number,
        names: encoder.encode(names.join("\0")),
        sizes: inFull(sizes),
        dataset: new Uint32Array(dataset),
        kind: new Uint32Array(kind),
        numbers: new Uint32Array(numbers),
        datasets: encoder.encode(datasets.join("\0")),
        kinds: JSON.stringify(kinds),
        own: own.length > 0 ? JSON.stringify(own) : "",
        odd: odd.length > 0 ? JSON.stringify(odd) : "",
      };
    }

    /** Whether what comes next in a list is a row. */
    get #amongRows() {
      const [first, ...rest] = this.#open;
      if (first === undefined) return false;
      const lists = rest.every((bracket) => bracket === "[");
      return first === "[" ? lists : rest.length > 0 && lists && this.#key === "products";
    }

    /** Goes through the text as far as it can be told where things end. @param {boolean} last */
    #advance(last) {
      const text = this.#text;
      let at = 0;
      for (;;) {
        if (text.charCodeAt(at) === OPEN && this.#amongRows) at = this.#takeAlike(text, at);
        const next = this.#step(text, at, last);
        if (next < 0) break;
        at = next;
      }
      this.#text = text.slice(at);
      if (this.#amongRows && this.#text.length > LONGEST_ROW) throw new RangeError("no row is as long");
    }

    /** Takes rows of known forms as long as one is next to the other; gives where they end. @param {string} text @param {number} at */
    #takeAlike(text, at) {
      let end = at;
      for (let next = at; text.charCodeAt(next) === OPEN; ) {
        const taken = this.#takeKnown(text, next);
        if (taken < 0) break;
        if (end === at) this.#frame += "0";
        next = end = taken;
        while (blank(text.charCodeAt(next))) next += 1;
        if (text.charCodeAt(next) !== COMMA) break;
        do next += 1; while (blank(text.charCodeAt(next)));
      }
      return end;
    }

    /** Takes a row of a known form; gives where it ends, or -1. @param {string} text @param {number} at */
    #takeKnown(text, at) {
      for (let place = 0; place < this.#forms.length; place += 1) {
        const form = /** @type {Form} */ (this.#forms[place]);
        form.pattern.lastIndex = at;
        const found = form.pattern.exec(text);
        if (found === null) continue;
        const end = form.pattern.lastIndex;
        this.#alike += 1;
        if (place > 0) this.#forms.unshift(...this.#forms.splice(place, 1));
        const group = (/** @type {number} */ number) => /** @type {string} */ (found[number]);
        const filename = group(form.filename), dataset = group(form.dataset);
        let like = "";
        for (const [number, name] of form.like) like += marked(name, group(number), filename, dataset) + BETWEEN;
        let kind = form.kinds.get(like);
        if (kind === undefined) {
          kind = this.#kind(/** @type {Plain} */ (parsed(text.slice(at, end))));
          form.kinds.set(like, kind);
        }
        /** @type {Fields | null} */
        let own = null;
        for (const [number, name, isText] of form.own) {
          own ??= {};
          own[name] = isText ? group(number) : parsed(group(number));
        }
        this.#put(filename, dataset, Number(group(form.size)), kind, own);
        return end;
      }
      return -1;
    }

    /**
     * Goes on by one element; gives where it ends, or -1 where that is not to be told yet.
     *
     * @param {string} text @param {number} at @param {boolean} last
     */
    #step(text, at, last) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) return -1;
      if (code === COMMA || code === COLON || blank(code)) {
        if (!blank(code)) this.#frame += text[at];
        return at + 1;
      }
      if (code === UNLIST || code === CLOSE) {
        this.#open.pop();
        this.#frame += text[at];
        return at + 1;
      }
      const among = this.#amongRows;
      if (code === LIST || (code === OPEN && !among)) {
        this.#open.push(code === LIST ? "[" : "{");
        this.#frame += text[at];
        return at + 1;
      }
      const end = code === OPEN ? endOfObject(text, at) : code === QUOTE ? endOfText(text, at) : endOfWord(text, at, last);
      if (end < 0) return -1;
      const element = text.slice(at, end);
      if (among) {
        const row = parsed(element);
        if (isPlain(row)) {
          this.#take(row, element);
        } else {
          this.#number += 1;
          this.#columns.odd.push([this.#number, element]);
        }
        this.#frame += "0";
      } else {
        if (this.#open.length === 1 && code === QUOTE) this.#key = String(parsed(element) ?? this.#key);
        this.#frame += element;
      }
      return end;
    }

    /** @param {Plain} row @param {string} text the row's */
    #take(row, text) {
      const kind = this.#kind(row);
      const own = chosen(row, (name) => this.#ownFields.has(name));
      this.#put(row.filename, row.dataset, row.size, kind, Object.keys(own).length > 0 ? own : null);
      if (text.length >= LONGEST_ALIKE || this.#lookedFor > LOOKED_FOR + this.#alike / 4) return;
      this.#lookedFor += 1;
      const form = Form.of(text, this.#ownFields);
      if (form) this.#forms = [form, ...this.#forms.slice(0, FORMS - 1)];
    }

    /** @param {string} filename @param {string} dataset @param {number} size @param {number} kind @param {Fields | null} own */
    #put(filename, dataset, size, kind, own) {
      this.#number += 1;
      const columns = this.#columns;
      if (own) columns.own.push([columns.names.length, own]);
      if (dataset !== this.#dataset || columns.datasets.length === 0) {
        this.#dataset = dataset;
        columns.datasets.push(dataset);
      }
      columns.names.push(filename);
      columns.sizes.push(size);
      columns.dataset.push(columns.datasets.length - 1);
      columns.kind.push(kind);
      columns.numbers.push(this.#number);
    }

    /** The number of the row's kind. @param {Plain} row */
    #kind(row) {
      return this.#kinds.get(this.#likeness(row)) ?? this.#another(row);
    }

    /** What the row has in common with others of its kind, as a text. @param {Plain} row */
    #likeness(row) {
      const { filename, dataset } = row;
      let like = "", place = 0;
      let same = true;
      for (const name in row) {
        if (name !== this.#names[place]) same = false;
        place += 1;
        if (IN_COLUMNS.has(name) || this.#ownFields.has(name)) continue;
        const value = row[name];
        like += typeof value === "string" ? BETWEEN + marked(name, value, filename, dataset) : NO_TEXT + String(value);
      }
      if (!same || place !== this.#names.length) {
        this.#names = Object.keys(row);
        this.#shape = this.#names.join(BETWEEN);
      }
      return this.#shape + like;
    }

    /** A kind that there was none of. @param {Plain} row */
    #another(row) {
      const kind = /** @type {Fields} */ (chosen(row, (name) => this.#isCommon(name, row)));
      for (const [name, value] of Object.entries(kind)) {
        if (typeof value === "string") kind[name] = marked(name, value, row.filename, row.dataset);
      }
      const like = this.#likeness(row);
      let number = this.#kinds.get(like);
      if (number === undefined) {
        this.#kinds.set(like, (number = this.#kinds.size));
        this.#columns.kinds.push(kind);
      }
      return number;
    }

    /** Whether rows may have in common what they say of a field. @param {string} name @param {Plain} row */
    #isCommon(name, row) {
      if (IN_COLUMNS.has(name) || this.#ownFields.has(name)) return false;
      const value = row[name];
      const told = typeof value === "string" ? marked(name, value, row.filename, row.dataset) : value;
      let texts = this.#texts.get(name);
      if (texts === undefined) this.#texts.set(name, (texts = new Set()));
      texts.add(told);
      if (texts.size <= FEW && !ALWAYS_OWN.has(name)) return true;
      this.#ownFields.add(name);
      // What told kinds until now does so no more.
      this.#forms = [];
      return false;
    }
  }

  /** Some of the fields of a row. @param {Plain} row @param {(name: string) => boolean} wanted */
  const chosen = (row, wanted) => Object.fromEntries(Object.entries(row).filter(([name]) => wanted(name)));

  /** Whole numbers as 64 bits each: by their halves, as big integers take long to make. @param {number[]} numbers */
  function inFull(numbers) {
    const halves = new Uint32Array(2 * numbers.length);
    numbers.forEach((number, place) => {
      halves[2 * place] = number;
      halves[2 * place + 1] = number / 2 ** 32;
    });
    return new BigUint64Array(halves.buffer);
  }

  /** A pattern for just this text. @param {string} text */
  const literally = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

  /** What a JSON text says, or undefined. @param {string} text @returns {unknown} */
  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** What Python would read the same. Large numbers have lost digits here, which it would keep. @param {unknown} value */
  const isExact = (value) =>
    typeof value === "number" ? Math.abs(value) <= Number.MAX_SAFE_INTEGER : typeof value !== "object" || value === null;

  /** @param {unknown} value */
  const isName = (value) => typeof value === "string" && A_NAME.test(value);

  /**
   * A row that columns can hold: Python says whether what is in them is right.
   *
   * @param {unknown} row
   * @returns {row is Plain}
   */
  function isPlain(row) {
    if (typeof row !== "object" || row === null) return false;
    const fields = /** @type {Fields} */ (row);
    if (!isName(fields["filename"]) || !isName(fields["dataset"])) return false;
    if (!Number.isSafeInteger(fields["size"]) || /** @type {number} */ (fields["size"]) < 0) return false;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === "string" ? value.includes("\0") : !isExact(value)) return false;
    }
    return true;
  }

  /**
   * A text with marks in place of the row's dataset at its beginning and its file name at its end.
   *
   * @param {string} name the field's @param {string} text @param {string} filename @param {string} dataset
   */
  function marked(name, text, filename, dataset) {
    if (UNMARKED.has(name)) return text;
    let middle = text, end = "";
    if (filename !== "" && middle.endsWith(filename)) {
      middle = middle.slice(0, middle.length - filename.length);
      end = NAME;
    }
    if (dataset !== "" && middle.startsWith(dataset)) return DATASET + middle.slice(dataset.length) + end;
    return middle + end;
  }

  /** Behind the text that begins here, or -1. @param {string} text @param {number} at */
  function endOfText(text, at) {
    for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (text.charCodeAt(end - 1 - escapes) === ESCAPE) escapes += 1;
      if (escapes % 2 === 0) return end + 1;
    }
    return -1;
  }

  /** Behind the object that begins here, or -1. @param {string} text @param {number} at */
  function endOfObject(text, at) {
    let depth = 0;
    for (let place = at; place < text.length; place += 1) {
      const code = text.charCodeAt(place);
      if (code === QUOTE) {
        place = endOfText(text, place) - 1;
        if (place < 0) return -1;
      } else if (code === OPEN || code === LIST) {
        depth += 1;
      } else if (code === CLOSE || code === UNLIST) {
        depth -= 1;
        if (depth === 0) return place + 1;
      }
    }
    return -1;
  }

  /** Behind the number or word that begins here, or -1. @param {string} text @param {number} at @param {boolean} last */
  function endOfWord(text, at, last) {
    const rest = /[\s,:\][{}"]/g;
    rest.lastIndex = at + 1;
    const found = rest.exec(text);
    return found ? found.index : last ? text.length : -1;
  }

  /** @type {Map<number, Splitter>} */
  const splitters = new Map();

  addEventListener("message", ({ data: { list, bytes } }) => {
    if (bytes === undefined) {
      splitters.delete(list);
      return;
    }
    const splitter = splitters.get(list) ?? new Splitter();
    splitters.set(list, splitter);
    try {
      const answer = bytes ? splitter.add(bytes) : splitter.end();
      if (!bytes) splitters.delete(list);
      const transfer = [answer.names.buffer, answer.datasets.buffer, answer.sizes.buffer, answer.dataset.buffer, answer.kind.buffer, answer.numbers.buffer];
      postMessage({ list, answer, problem: "" }, { transfer });
    } catch (thrown) {
      splitters.delete(list);
      // Only what decodes UTF-8 throws a TypeError.
      postMessage({ list, answer: null, problem: thrown instanceof TypeError ? "list.not-text" : "list.row-size" });
    }
  });
}
