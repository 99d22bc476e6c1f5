// @ts-check
// A short help: what the page is, and its keys.

import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";

const KEYS = [
  ["Enter", "Send the message"],
  ["Shift + Enter", "Start a new line"],
  ["↑", "In an empty box: edit the last message"],
  ["Esc", "Stop the reply"],
  ["Ctrl + Shift + O", "New chat"],
  ["Ctrl + .", "Open or close the Wire"],
  ["?", "This help"],
];

/** Let `button` open the help. It is made when it is first wanted. @param {HTMLButtonElement} button */
export function createHelp(button) {
  /** @type {HTMLDialogElement} */
  let dialog = null;

  button.addEventListener("click", () => {
    dialog ??= createDialog();
    dialog.showModal();
  });
  button.disabled = false;
}

function createDialog() {
  /** @type {HTMLDialogElement} */
  const dialog = create("dialog", "sheet");
  const title = create("h2", "", "Help");
  const close = createIconButton("close", "Close", () => dialog.close());
  const keys = create("dl", "");
  for (const [key, says] of KEYS) {
    const parts = key.split(" + ").flatMap((name) => ["+", create("kbd", "", name)]);
    keys.append(create("dt", "", ...parts.slice(1)), create("dd", "", says));
  }
  title.id = "help-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(
    create("div", "top", title, close),
    create("p", "", "A reply is a log on the server, and this page reads it while it is written. ",
      "A line that drops, a reload or a second tab: nothing is lost, and nothing comes twice."),
    create("p", "", create("b", "", "Wire"), " shows what goes over the network: each request, each ",
      "event, and what the page makes of it. Point at an event, and its text lights up in the reply."),
    keys,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  document.querySelector("main").append(dialog);
  return dialog;
}
