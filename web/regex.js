import { EdgeFailure, wordsOf } from "./edge_failure.js";
import { scriptAddress } from "./trusted.js";

/** A pattern may run for so long, in milliseconds, over all names of its list. */
const BUDGET_MS = 1000;
/** The worker may need so long to load, and to take in a list of names. */
const START_MS = 15000;
/** So long may a pattern still run that a newer one has taken the place of. */
const LEAVING_MS = 150;
/** An answer that is already on its way when the budget ends still counts. */
const GRACE_MS = 30;
/** A page that starts has more urgent things to do than to have a spare worker. */
const SPARE_MS = 3000;

/**
 * @typedef {object} Answer
 * @property {"matched" | "invalid" | "timeout" | "superseded"} kind
 * @property {Uint8Array | null} bits where matched: bit i, little-endian, tells of name i
 * @property {string} message where invalid: the engine's own words
 *
 * @typedef {{text: string, count: number, lines: boolean}} Piece
 *
 * @typedef {object} Question
 * @property {string} key
 * @property {string} pattern
 * @property {string} flags
 * @property {(answer: Answer) => void} resolve
 * @property {(failure: EdgeFailure) => void} reject
 */

/** @param {"timeout" | "superseded"} kind @returns {Answer} */
const without = (kind) => ({ kind, bits: null, message: "" });

/**
 * Asks the browser's own regular expressions, in a worker that is ended when a pattern overruns its budget.
 *
 * One question runs at a time. A newer question on a list answers the older one on it with `superseded`.
 *
 * A worker is started with the host, a spare one soon after, and a new spare as soon as one is used up, so that patterns
 * run although the server has gone since. Not covered are patterns after a second overrun while the server is away: the
 * browser may still have the worker's file in its cache, or refuse the question with `regex.no-worker`.
 */
export class RegexHost {
  /** @type {Map<string, Piece[]>} */
  #lists = new Map();
  /** @type {Map<string, number>} of lists that the present worker has, how many pieces */
  #sent = new Map();
  /** @type {Question[]} */
  #waiting = [];
  /** @type {Question | null} */
  #running = null;
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Worker | null} */
  #spare = null;
  /** @type {number | undefined} */
  #alarm;
  /** Whether the pattern itself has begun, and whether a newer one waits for its end. */
  #started = false;
  #leaving = false;

  constructor() {
    try {
      this.#worker = this.#start();
      setTimeout(() => { this.#spare ??= this.#start(); }, SPARE_MS);
    } catch {
      // The first question tries again, and tells why not.
    }
  }

  /** Names a list, empty at first; what the key held before is forgotten. @param {string} key */
  begin(key) {
    this.#lists.set(key, []);
    this.#sent.delete(key);
  }

  /**
   * More names of a list, joined by line feeds, or by NUL where one of them has a line's end in itself. The worker gets
   * them at once if there is one, so that no question has to wait for many.
   *
   * @param {string} key
   * @param {string} text
   * @param {number} count how many there are: a multiple of 8, but for the last ones
   * @param {boolean} lines
   */
  add(key, text, count, lines) {
    this.#lists.get(key)?.push({ text, count, lines });
    if (this.#worker !== null) this.#send(key, this.#worker);
  }

  /** @param {string} key @param {Worker} worker */
  #send(key, worker) {
    const sent = this.#sent.get(key);
    if (sent === undefined) worker.postMessage({ type: "list", key });
    const pieces = this.#lists.get(key) ?? [];
    for (const piece of pieces.slice(sent ?? 0)) worker.postMessage({ type: "names", key, ...piece });
    this.#sent.set(key, pieces.length);
  }

  /** @param {string} key @param {string} pattern @param {string} flags @returns {Promise<Answer>} */
  match(key, pattern, flags) {
    if (this.#running?.key === key) this.#supersede(this.#running);
    for (const older of this.#waiting.filter((question) => question.key === key)) older.resolve(without("superseded"));
    this.#waiting = this.#waiting.filter((question) => question.key !== key);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, pattern, flags, resolve, reject });
      this.#next();
    });
  }

  /**
   * What runs on is not wanted any more: it gets a moment to end by itself, as the worker that has the names is worth
   * keeping, and then its worker is ended.
   * @param {Question} question
   */
  #supersede(question) {
    question.resolve(without("superseded"));
    if (this.#started) this.#setAlarm(LEAVING_MS, () => this.#overrun());
    else this.#leaving = true;
  }

  #next() {
    const question = this.#running ? undefined : this.#waiting.shift();
    if (question === undefined) return;
    this.#running = question;
    this.#started = this.#leaving = false;
    const refusal = this.#provide();
    if (this.#worker === null) {
      this.#broken(refusal);
      return;
    }
    if (this.#lists.has(question.key)) this.#send(question.key, this.#worker);
    this.#worker.postMessage({ type: "match", key: question.key, pattern: question.pattern, flags: question.flags });
    this.#setAlarm(START_MS, () => this.#broken("the worker does not start"));
  }

  /** Sees to it that there is a worker, and a spare where it took the last; gives the browser's words if it refuses. */
  #provide() {
    if (this.#worker !== null) return "";
    try {
      this.#worker = this.#spare ?? this.#start();
      this.#spare = null;
      this.#spare = this.#start();
    } catch (thrown) {
      return wordsOf(thrown);
    }
    return "";
  }

  #start() {
    const worker = new Worker(scriptAddress("regex_worker.js"));
    worker.addEventListener("message", ({ data }) => {
      if (worker !== this.#worker) return;
      if (data.type === "started") this.#begun();
      else this.#finish({ kind: data.kind, bits: data.bits, message: data.message });
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === this.#spare) this.#spare = null;
      else if (worker === this.#worker) this.#broken(event.message || "the worker's file could not be had");
    });
    return worker;
  }

  #begun() {
    this.#started = true;
    const budget = this.#leaving ? LEAVING_MS : BUDGET_MS;
    this.#setAlarm(budget, () => this.#setAlarm(GRACE_MS, () => this.#overrun()));
  }

  /** @param {number} delay @param {() => void} then */
  #setAlarm(delay, then) {
    clearTimeout(this.#alarm);
    this.#alarm = window.setTimeout(then, delay);
  }

  #overrun() {
    this.#end();
    this.#provide();
    this.#finish(without("timeout"));
  }

  /** @param {Answer} answer */
  #finish(answer) {
    clearTimeout(this.#alarm);
    const question = this.#running;
    this.#running = null;
    question?.resolve(answer);
    this.#next();
  }

  /** @param {string} why */
  #broken(why) {
    this.#end();
    const question = this.#running;
    this.#running = null;
    question?.reject(new EdgeFailure("regex.no-worker", why));
    this.#next();
  }

  #end() {
    clearTimeout(this.#alarm);
    this.#worker?.terminate();
    this.#worker = null;
    this.#sent.clear();
  }
}
