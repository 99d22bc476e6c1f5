// Buttons.

import { copyText } from "./clipboard.js";
import { create } from "./elements.js";

const MOMENT = 2_000; // milliseconds

/** A button that says `name`. */
export function createButton(name, onClick) {
  const button = create("button", "", name);
  button.type = "button";
  button.addEventListener("click", onClick);
  return button;
}

/** A button that copies what `text()` returns, and says for a moment what came of it. */
export function createCopyButton(text) {
  let timer;
  const button = createButton("Copy", async () => {
    button.textContent = (await copyText(text())) ? "Copied" : "Not copied";
    clearTimeout(timer);
    timer = setTimeout(() => button.replaceChildren("Copy"), MOMENT);
  });
  return button;
}
