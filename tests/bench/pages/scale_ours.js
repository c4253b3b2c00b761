/* Put into the panel's page before its own scripts: what it takes to measure, from outside and in Python. */

globalThis.bench = { tasks: [], python: null, connected: Infinity };

new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) bench.tasks.push({ startTime, duration });
}).observe({ type: "longtask", buffered: true });

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

/** From the click on a control to the painted frame that shows what came of it, without the wait for the screen's beat. */
bench.clicked = async (selector, pause) => {
  const control = document.querySelector(selector);
  await frame();
  await still(pause);
  const began = performance.now();
  control.click();
  const handled = performance.now() - began;
  return handled + await frame();
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

/** The longest of the tasks that began when Python was there to hear the page, in milliseconds; 0 where none took 50. */
bench.longest = () =>
  Math.max(0, ...bench.tasks.filter(({ startTime }) => startTime >= bench.connected).map(({ duration }) => duration));
