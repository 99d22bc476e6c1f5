// Loads the page's program. While its server is being replaced, a part of it may not come. Then
// the page is loaded again: a browser does not ask a second time for a module that has failed.

const PAUSE = 1_000; // milliseconds

const script = document.createElement("script");
script.type = "module";
script.src = "static/main.js";
script.addEventListener("error", () => setTimeout(() => location.reload(), PAUSE));
document.head.append(script);
