// Runs before the first paint: says what an address of this kind cannot do, and a page that was asked for lists
// of its own never shows the demo's.
(() => {
  const failed = document.getElementById("failed");
  if (!("overlayStart" in globalThis) && failed) {
    document.documentElement.dataset.state = "failed";
    failed.textContent = "The page could not start: “start.js”, which tells what is wrong, did not come as it should. Load the page again.";
    failed.hidden = false;
  }
  const isFile = location.protocol === "file:";
  const limits = document.getElementById(isFile ? "from-file" : "plain-http");
  if (limits) limits.hidden = !isFile && isSecureContext;
  if (!new URLSearchParams(location.search).has("products")) return;
  const opening = document.getElementById("opening");
  if (!(opening instanceof HTMLTemplateElement)) return;
  for (const region of opening.content.querySelectorAll("[data-region]")) {
    const place = document.getElementById(region.getAttribute("data-region") ?? "");
    place?.replaceChildren(...region.childNodes);
  }
  delete document.documentElement.dataset.opening;
})();
