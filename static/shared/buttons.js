// @ts-check
// Buttons, and what copies.

import { create } from "./elements.js";
import { createIconButton, setIcon } from "./icons.js";

const MOMENT = 2_000; // milliseconds

/**
 * A button that says `name`.
 *
 * @param {string} name
 * @param {(event: MouseEvent) => void} onClick
 */
export function createButton(name, onClick) {
  const button = create("button", "", name);
  button.type = "button";
  button.addEventListener("click", onClick);
  return button;
}

/**
 * A button that copies what `text()` returns, and says for a moment what came of it.
 *
 * @param {() => string} text
 * @param {string} [name]
 */
export function createCopyButton(text, name = "Copy") {
  const button = createButton(name, copyFor(text, (words) => button.replaceChildren(words ?? name)));
  return button;
}

/** The same as an icon. @param {() => string} text */
export function createCopyIcon(text) {
  const icons = { Copied: "check", "Not copied": "close" };
  const button = createIconButton("copy", "Copy", copyFor(text, show));

  function show(words) {
    setIcon(button, icons[words] ?? "copy");
    button.title = button.ariaLabel = words ?? "Copy";
  }

  return button;
}

/** Copies, and calls `say(words)`; a moment later, without words. */
function copyFor(text, say) {
  let timer = 0;
  return async () => {
    say((await copyText(text())) ? "Copied" : "Not copied");
    clearTimeout(timer);
    timer = setTimeout(say, MOMENT);
  };
}

/**
 * Copy `text`. Returns whether it worked. Call it for a click or a key, nothing else.
 *
 * It works, too, where the page may not use the Clipboard API: on an origin that is not secure, or
 * in an iframe of another page.
 *
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The old way: the browser copies what is selected. */
function copySelected(text) {
  let focused = /** @type {HTMLElement | null} */ (document.activeElement);
  while (focused?.shadowRoot?.activeElement) {
    focused = /** @type {HTMLElement} */ (focused.shadowRoot.activeElement);
  }
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  focused?.focus();
  return copied;
}
