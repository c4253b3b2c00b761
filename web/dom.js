// The page's hands: hears what controls report, draws what the core has written. It decides nothing.

import { stayAwake } from "./awake.js";
import { Idiomorph } from "./idiomorph.js";
import { nodesOf } from "./trusted.js";

/**
 * @typedef {(deed: string, argument: string, value: string, checked: boolean) => void} Hear
 * @typedef {(file: File) => void} HearFile
 */

/** @type {Hear | null} */
let hear = null;
/** @type {HearFile | null} */
let hearFile = null;
/** What was done before Python was there to hear it. @type {(() => void)[]} */
const waiting = [];
let busy = false;

/**
 * Say who hears the page from now on; what was done before is told at once, in its order.
 * @param {Hear} deeds
 * @param {HearFile} files
 */
export function connect(deeds, files) {
  hear = deeds;
  hearFile = files;
  document.dispatchEvent(new Event("overlay:connected"));
  for (const told of waiting.splice(0)) told();
}

/**
 * @param {string} deed
 * @param {string} argument
 * @param {string} value
 * @param {boolean} checked
 */
function report(deed, argument, value = "", checked = false) {
  if (hear) hear(deed, argument, value, checked);
  else waiting.push(() => report(deed, argument, value, checked));
}

/** @param {Iterable<File>} files */
function reportFiles(files) {
  for (const file of files) {
    if (hearFile) hearFile(file);
    else waiting.push(() => hearFile?.(file));
  }
}

/** HTML that may well be drawn next, and its nodes. @type {{html: string, nodes: DocumentFragment} | null} */
let expected = null;

/**
 * Make the nodes of HTML that may well be drawn next, while nobody waits for them.
 * @param {string} html
 */
export function expect(html) {
  expected = { html, nodes: nodesOf(html) };
}

/** @param {string} html */
function takenNodes(html) {
  if (expected === null || expected.html !== html) return nodesOf(html);
  const { nodes } = expected;
  expected = null;
  return nodes;
}

/**
 * Draw regions: only what differs is touched, so that focus, scrolling and what is typed stay.
 * @param {string[]} ids
 * @param {string[]} htmls
 */
export function draw(ids, htmls) {
  const active = document.activeElement;
  const before = active instanceof HTMLElement ? controlsBefore(active) : [];
  for (const [index, html] of htmls.entries()) {
    const id = ids[index] ?? "";
    const region = document.getElementById(id);
    if (!region) throw new Error(`The page has no region “${id}”.`);
    Idiomorph.morph(region, takenNodes(html), {
      morphStyle: "innerHTML",
      callbacks: { beforeAttributeUpdated: mayChange, beforeNodeMorphed: isToBeMorphed },
    });
    settle(region);
  }
  // A control that goes away while it has the focus hands it to the one before it, not to the top of the page.
  if (active && !active.isConnected && document.activeElement === document.body) {
    before.reverse().find((control) => control.isConnected && control.checkVisibility())?.focus();
  }
}

/**
 * @param {HTMLElement} element
 * @returns {HTMLElement[]}
 */
function controlsBefore(element) {
  const controls = [...document.querySelectorAll("main :is(button, input, select, a[href])")];
  const end = controls.indexOf(element);
  return controls.slice(0, Math.max(0, end)).filter((control) => control instanceof HTMLElement);
}

/**
 * Whether the core may change an attribute. The browser itself writes `open` on a dialog and a person on details.
 * What is being typed stays: a field that has no value of the core's, and any before the core has heard of it.
 * @param {string} name
 * @param {Element} element
 * @param {"update" | "remove"} change
 */
function mayChange(name, element, change) {
  if (name === "value" && element === document.activeElement) return hear !== null && change === "update";
  return name !== "open";
}

/**
 * Whether an element is to become like the new one bit by bit. The rows of a table that nobody is in give way to the new
 * ones as they are: of another page nothing is the same, and to look for it takes longest.
 * @param {Node} old
 * @param {Node} fresh
 */
function isToBeMorphed(old, fresh) {
  if (!(old instanceof HTMLTableElement && fresh instanceof HTMLTableElement)) return true;
  if (old.contains(document.activeElement)) return true;
  // Of a part that begins as it did the browser keeps how high it is: what is in view stays there.
  if (beginOf(old) === beginOf(fresh)) replaceParts(old, fresh);
  else old.replaceWith(fresh);
  return false;
}

/**
 * What tells a table's page, or a part of it, from others: the first of its controls that says what it is about.
 * @param {Element | undefined} element
 */
function beginOf(element) {
  const within = element instanceof HTMLTableElement ? element.tBodies[0] : element;
  return within?.querySelector("[data-with]")?.getAttribute("data-with");
}

/**
 * @param {HTMLTableElement} old
 * @param {HTMLTableElement} fresh
 */
function replaceParts(old, fresh) {
  takeAttributes(old, fresh);
  const parts = [...fresh.children];
  for (const [place, part] of parts.entries()) {
    const mine = old.children[place];
    if (!mine) old.append(part);
    else if (beginOf(mine) !== beginOf(part)) mine.replaceWith(part);
    else if (!mine.isEqualNode(part)) {
      takeAttributes(mine, part);
      mine.replaceChildren(...part.childNodes);
    }
  }
  while (old.children.length > parts.length) old.lastElementChild?.remove();
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function takeAttributes(old, fresh) {
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/**
 * What HTML alone cannot say: the third state of a box, a modal dialog, the state of a control that was clicked.
 * @param {ParentNode} region
 */
function settle(region) {
  for (const input of region.querySelectorAll("input")) {
    if (input.type !== "checkbox" && input.type !== "radio") continue;
    const checked = input.hasAttribute("checked"), mixed = input.dataset.mixed === "true";
    if (input.checked !== checked) input.checked = checked;
    if (input.indeterminate !== mixed) input.indeterminate = mixed;
  }
  for (const select of region.querySelectorAll("select")) {
    const chosen = select.querySelector("option[selected]");
    if (chosen instanceof HTMLOptionElement) select.value = chosen.value;
  }
  for (const dialog of region.querySelectorAll("dialog")) {
    if (!dialog.open && dialog.hasAttribute("data-modal")) dialog.showModal();
  }
  const wanted = region.querySelector("[autofocus]:not([data-had-focus])");
  if (wanted instanceof HTMLElement && !region.contains(document.activeElement)) {
    wanted.setAttribute("data-had-focus", "");
    wanted.focus();
  }
}

/**
 * Move the keyboard's focus, once the drawing is done.
 * @param {string} id
 */
export function focus(id) {
  const target = document.getElementById(id);
  target?.focus({ preventScroll: false });
  // Of a menu that opens, all is to be seen.
  (target?.closest("[role=menu]") ?? target)?.scrollIntoView({ block: "nearest" });
}

/**
 * Bring an element into view, wherever the focus is.
 * @param {string} id
 */
export function reveal(id) {
  document.getElementById(id)?.scrollIntoView({ block: "center" });
}

/**
 * Warn before the page is left and keep the screen on, or no longer.
 * @param {boolean} now
 */
export function hold(now) {
  busy = now;
  stayAwake(now);
}

/**
 * Say how far the page is, on its timeline too. One that is ready has not failed, whatever it was taken for before.
 * @param {string} state
 */
export function tell(state) {
  document.documentElement.dataset.state = state;
  performance.mark(`overlay:${state}`);
  const failed = document.getElementById("failed");
  if (failed && state === "ready") failed.hidden = true;
}

/**
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
function control(event, selector) {
  const target = event.target instanceof Element ? event.target.closest(selector) : null;
  return target instanceof HTMLElement ? target : null;
}

/** @param {HTMLElement} element */
function reportOf(element, value = "", checked = false) {
  report(element.dataset.do ?? "", element.dataset.with ?? "", value, checked);
}

/** @param {Event} event */
function hearClick(event) {
  const button = control(event, "button[data-do]");
  const menu = document.querySelector(".menu");
  const opens = button && ["menu", "forms"].includes(button.dataset.do ?? "");
  if (menu && !control(event, ".menu") && !opens) report("leave-menu", "");
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  if (button.dataset.do === "open-file") document.getElementById("file")?.click();
  else reportOf(button);
}

/** @param {Event} event */
function hearChange(event) {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.type === "file") {
    const files = [...(field.files ?? [])];
    // The same file can then be chosen again.
    field.value = "";
    reportFiles(files);
  } else if (field instanceof HTMLInputElement && field.dataset.do && field.type !== "text") {
    reportOf(field, field.value, field.checked);
  } else if (field instanceof HTMLSelectElement && field.dataset.do) {
    reportOf(field, field.value);
  }
}

/** @param {Event} event */
function hearInput(event) {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.type === "text" && field.dataset.do) reportOf(field, field.value);
}

const hearing = { click: hearClick, change: hearChange, input: hearInput };
for (const [type, heard] of Object.entries(hearing)) document.addEventListener(type, heard);

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = control(event, "form[data-do]");
  const field = form?.querySelector(`[name="${form.dataset.valueOf}"]`);
  if (!form || !(field instanceof HTMLInputElement)) return;
  const value = field.value;
  // A token is not left lying in the page.
  if (field.type === "password") field.value = "";
  reportOf(form, value);
});

/**
 * Where a key leads in a menu, as WAI-ARIA's practices have it: arrows go round, Home and End to its ends, a letter to
 * the next name that begins with it.
 * @param {string} key
 * @param {HTMLElement[]} items
 * @param {number} at
 */
function stepTo(key, items, at) {
  const count = items.length;
  if (key === "ArrowDown") return items[(at + 1) % count];
  if (key === "ArrowUp") return items[(at - 1 + count) % count];
  if (key === "Home") return items[0];
  if (key === "End") return items[count - 1];
  if (key.length !== 1 || key === " ") return undefined;
  const following = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return following.find((item) => item.textContent.toLowerCase().startsWith(key.toLowerCase()));
}

/** @param {KeyboardEvent} event */
function walkMenu(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const opens = control(event, "button[aria-haspopup=menu][aria-expanded=false]");
  if (opens && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    reportOf(opens);
  }
  const menu = control(event, "[role=menu]");
  if (!menu) return;
  // The focus is back at the menu's button by then, and goes on from there.
  if (event.key === "Tab") report("leave-menu", "");
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[role=menuitem]")]);
  const next = stepTo(event.key, items, items.findIndex((item) => item === document.activeElement));
  if (!next) return;
  event.preventDefault();
  next.focus();
}

document.addEventListener("keydown", walkMenu);

document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" ? control(event, "[data-escape]") : null;
  if (place && !(place instanceof HTMLDialogElement)) report(place.dataset.escape ?? "", "");
});

document.addEventListener(
  "cancel",
  (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    event.preventDefault();
    report(event.target.dataset.escape ?? "", "");
  },
  true,
);

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.documentElement.dataset.drop = "over";
});

document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) delete document.documentElement.dataset.drop;
});

document.addEventListener("drop", (event) => {
  event.preventDefault();
  delete document.documentElement.dataset.drop;
  reportFiles(event.dataTransfer?.files ?? []);
});

window.addEventListener("beforeunload", (event) => {
  if (busy) event.preventDefault();
});

// What was done before this script was there is heard now, and stands as it was left.
const early = overlayStart.early();
for (const event of early) hearing[/** @type {keyof typeof hearing} */ (event.type)](event);
if (early.length === 0) settle(document);
