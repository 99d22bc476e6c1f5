// @ts-check
// How others in the room reach this page: its address, and the same as a QR code, which the server
// draws. Only where the server says that others reach it.

import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";

/**
 * Show `button`, and let it open a dialog. It is made when it is first wanted.
 *
 * @param {HTMLButtonElement} button a hidden one
 * @param {string} url where others reach the page
 */
export function createRoom(button, url) {
  /** @type {HTMLDialogElement} */
  let dialog = null;

  button.addEventListener("click", () => {
    dialog ??= createDialog(url);
    dialog.showModal();
  });
  button.hidden = false;
}

/** @param {string} url */
function createDialog(url) {
  /** @type {HTMLDialogElement} */
  const dialog = create("dialog", "sheet room");
  const title = create("h2", "", "Join from another device");
  const close = createIconButton("close", "Close", () => dialog.close());
  /** @type {HTMLAnchorElement} */
  const link = create("a", "", url);
  /** @type {HTMLImageElement} */
  const code = create("img", "");
  link.href = url;
  code.src = "room.svg";
  code.alt = `QR code of ${url}`;
  title.id = "room-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(
    create("div", "top", title, close),
    create("p", "", "Whoever is in the same network can open ", link, " and use this chat: there is ",
      "no password. Others do not see your chats, unless you give them the address of one."),
    code,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  document.querySelector("main").append(dialog);
  return dialog;
}
