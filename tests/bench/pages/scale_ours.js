/* The first script of the panel's page as it is measured: what it takes to measure, in the page and in Python. */

globalThis.bench = { tasks: [], python: null, connected: Infinity };

new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) bench.tasks.push({ startTime, duration });
}).observe({ type: "longtask", buffered: true });

// Nobody looks on: whoever waits for the page goes by its title.
new PerformanceObserver((list, observer) => {
  if (!list.getEntriesByName("overlay:ready").length) return;
  observer.disconnect();
  document.title = "ready";
}).observe({ type: "mark", buffered: true });

// The page's edge is frozen as soon as it is there. Whoever hears the page's deeds is Python, and has the panel.
const define = Object.defineProperty;
Object.defineProperty = (target, name, descriptor) => {
  if (target !== globalThis || name !== "overlayEdge") return define(target, name, descriptor);
  Object.defineProperty = define;
  const { dom } = descriptor.value;
  const connect = (deeds, files) => {
    bench.python = deeds;
    bench.connected = performance.now();
    return dom.connect(deeds, files);
  };
  return define(target, name, { value: Object.freeze({ ...descriptor.value, dom: { ...dom, connect } }) });
};

/** Runs text in the page's Python, with the panel by that name, and gives what it leaves as `out`. */
bench.run = async (text) => {
  const globals = bench.python.func.__globals__;
  bench.names ??= globals.get("bench_names") ?? (() => {
    globals.get("__builtins__").get("exec")("bench_names = {}", globals);
    return globals.get("bench_names");
  })();
  bench.names.set("panel", bench.python.args.get(0));
  globals.get("__builtins__").get("exec")(text, bench.names);
  return JSON.parse(await bench.names.get("out")());
};

/** The next frame: what it took from its begin until it was painted. */
const frame = () => new Promise((resolve) => {
  requestAnimationFrame(() => {
    const began = performance.now();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now() - began);
    port2.postMessage(null);
  });
});

/** Until nothing is to be done for a while: what a click has left for later must not fall upon the next. */
const still = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Clicks on a control, where something is to be there behind it. */
bench.click = async (selector, there = selector) => {
  [...document.querySelectorAll(selector)].at(-1).click();
  while (!document.querySelector(there)) await still(20);
};

/** A text typed into the field of the pattern. */
bench.typed = (text) => {
  const field = document.querySelector("input[data-do=pattern]");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

/** Of controls in turn: from the click to the painted frame that shows what came of it, without the wait for the screen's beat. */
bench.clicked = async (selectors, pause) => {
  const times = [];
  for (const selector of selectors) {
    const control = document.querySelector(selector);
    await frame();
    await still(pause);
    const began = performance.now();
    control.click();
    const handled = performance.now() - began;
    times.push(handled + await frame());
  }
  return times;
};

/** From the click that saves the list to the sentence that it is saved. */
bench.exported = async () => {
  const notices = document.getElementById("notices");
  const before = notices.textContent;
  const began = performance.now();
  const saved = new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      if (!/Saved .*_files\.csv/.test(notices.textContent) || notices.textContent === before) return;
      watch.disconnect();
      resolve();
    });
    watch.observe(notices, { childList: true, subtree: true, characterData: true });
  });
  document.getElementById("export-button").click();
  await saved;
  return performance.now() - began;
};

/**
 * From the request of a list until the page is ready, in milliseconds, and the longest of the tasks that began in the
 * meantime when Python was there to hear the page; 0 where none took 50.
 */
bench.loaded = (name) => {
  const began = performance.getEntriesByType("resource").find((entry) => entry.name.endsWith(name)).startTime;
  const ready = performance.getEntriesByName("overlay:ready")[0].startTime;
  const meanwhile = bench.tasks.filter(({ startTime }) => startTime >= bench.connected && startTime < ready);
  return { ms: ready - began, longest: Math.max(0, ...meanwhile.map(({ duration }) => duration)) };
};
