// @ts-check
// Keys for the buttons of the page: each button says its own, in aria-keyshortcuts.

/** Let these keys press their buttons, from now on. */
export function listenForShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (!isCommand && isTyping(/** @type {Element} */ (event.target))) return;
    const keys = nameKeys(event, isCommand);
    for (const button of document.querySelectorAll("button[aria-keyshortcuts]")) {
      if (button.getAttribute("aria-keyshortcuts") !== keys) continue;
      event.preventDefault();
      /** @type {HTMLButtonElement} */ (button).click();
    }
  });
}

/** As in aria-keyshortcuts: "Control+Shift+O", "?". Shift is part of a sign that needs it. */
function nameKeys({ key, altKey, shiftKey }, isCommand) {
  const isSign = key.length === 1 && key.toUpperCase() === key.toLowerCase();
  const name = key.length === 1 ? key.toUpperCase() : key;
  return [isCommand && "Control", altKey && "Alt", shiftKey && !isSign && "Shift", name]
    .filter(Boolean)
    .join("+");
}

/** @param {Element} element */
function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}
