// What web/start.js, a script of the old kind, leaves for the modules: it runs before any of them.
declare const overlayStart: Readonly<{
  /** Whether this browser can run the page at all. */
  may: boolean;
  /** Hands over what people did so far, which nobody has heard. */
  early(): Event[];
  /** Notes a part that could not be had; the start may go on without it. */
  lacks(part: { file: string; integrity: string }): void;
  /** Makes a page of a start that has failed; the first reason is the one. */
  fail(reason: unknown): Promise<void>;
}>;

// What web/ahead.js leaves: not there where parts have no server, or where the script did not come.
declare var overlayAhead: Readonly<{
  /** What is on its way from an address, each once; of a file that has a hash, not compared with it. */
  take(address: string, signal?: AbortSignal | null): Promise<Response> | undefined;
}> | undefined;
