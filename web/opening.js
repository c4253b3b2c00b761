// Runs before the first paint: a page that was asked for lists of its own never shows the demo's.
(() => {
  if (!new URLSearchParams(location.search).has("products")) return;
  const opening = document.getElementById("opening");
  if (!(opening instanceof HTMLTemplateElement)) return;
  for (const region of opening.content.querySelectorAll("[data-region]")) {
    const place = document.getElementById(region.getAttribute("data-region") ?? "");
    place?.replaceChildren(...region.childNodes);
  }
})();
