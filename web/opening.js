// Runs before the first paint: says what an address of this kind cannot do, and a page that was asked for lists
// of its own never shows the demo's.
(() => {
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
})();
