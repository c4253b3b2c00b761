// Runs before anything else is asked for: browsers load no modules from files, so a page that was opened as a file
// goes on to the one that is made for that, and that one on a server to the page itself.
(() => {
  const isFile = location.protocol === "file:";
  if (isFile === location.pathname.endsWith("/from-file.html")) return;
  location.replace(`${isFile ? "./from-file.html" : "./"}${location.search}${location.hash}`);
})();
