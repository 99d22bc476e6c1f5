// @ts-check
// Whether replies are shown raw or as Markdown: one choice for the page, remembered for the next
// visit.

const KEY = "chatkit markdown";

/** @returns {boolean} */
export function wantsMarkdown() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true; // an iframe may be denied its storage
  }
}

/** @param {boolean} on */
export function rememberMarkdown(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // then it holds until the page is left
  }
}
