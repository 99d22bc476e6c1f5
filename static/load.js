// @ts-check
// Loads the page's program. While its server is being replaced, a part of it may not come. Then
// the page is loaded again: a browser does not ask a second time for a module that has failed.
//
// Words in the page say that the program does not run. They show up late, and are gone once it does.

const PAUSE = 1_000; // milliseconds
const main = import.meta.resolve("./main.js");
const words = document.querySelector("#no-program");
let runs = false;

function sayIt() {
  if (!words) return; // a page of a learner's own
  words.classList.add("now");
  document.body.prepend(words);
}

/**
 * A part of the program has not come, as a script or an `import()` has found out.
 *
 * @param {any} [error] what the `import()` was rejected with: not each says that nothing came
 */
export function loadAgain(error) {
  if (runs && words) words.textContent = "The server does not answer. This page waits for it.";
  sayIt();
  // An error of the part itself would be there again. No browser has another sign for this one.
  const came = error && !/dynamically imported module|importing a module/i.test(error.message);
  if (came) reportError(error);
  else setTimeout(reload, PAUSE);
}

/** Not while nobody answers: then a browser would have its own page in the place of this one. */
async function reload() {
  const isThere = await fetch(location.href, { method: "HEAD" }).then(
    () => true,
    () => false,
  );
  if (isThere) location.reload();
  else setTimeout(reload, PAUSE);
}

/**
 * A style that is not needed at once.
 *
 * @param {string} url
 * @returns {Promise<void>} resolves when it is there, or cannot be had
 */
export function loadStyle(url) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  return new Promise((resolve) => {
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}

const script = document.createElement("script");
script.type = "module";
script.src = main;
script.addEventListener("error", () => loadAgain());
// All of it has come. The same module again: that tells whether it ran, and what it threw.
script.addEventListener("load", () => {
  import(main).then(() => {
    runs = true;
    words?.remove();
  }, sayIt);
});
document.head.append(script);

// A chat that is in the address is not greeted as a new one until it is there.
if (location.search) document.querySelector("main").dataset.phase = "loading";
