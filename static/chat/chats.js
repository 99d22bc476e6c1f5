// @ts-check
// The chats of this browser on this server: a list to come back to them.
//
// The server gives no list of its chats, on purpose: whoever knows the id of a chat can read it,
// and a list would show everybody's. So each browser remembers its own.

import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";

const MOST_CHATS = 50;
const DAY = 86_400_000; // milliseconds

/** @typedef {{id: string, title: string, time: number}} Chat `time` is as Date.now() has it */

/**
 * Let `button` open the list. `onOpen(id)` is called for the chat that is wanted, `current()`
 * gives the id of the one on screen.
 *
 * Returns `{note, forget}`: `note(id, title)` when a chat is begun or opened, `forget(id)` when
 * the server no longer has it.
 *
 * @param {HTMLButtonElement} button
 * @param {{onOpen: (id: string) => void, current: () => string | null}} on
 */
export function createChats(button, { onOpen, current }) {
  const list = create("ul", "");
  const empty = create("p", "", "No chats yet.");
  const about = create("p", "", "The list is kept in this browser, the chats on the server.");
  const sheet = create("div", "sheet", create("h2", "", "Chats"), empty, list, about);
  sheet.id = "chat-list";
  sheet.popover = "auto";
  sheet.tabIndex = -1;
  sheet.setAttribute("role", "dialog");
  sheet.setAttribute("aria-label", "Chats");
  // Without bullets it is not one, in Safari: https://bugs.webkit.org/show_bug.cgi?id=170179
  list.setAttribute("role", "list");
  button.popoverTargetElement = sheet;
  button.after(sheet);
  button.disabled = false;

  function draw() {
    const chats = readChats();
    empty.hidden = chats.length > 0;
    about.hidden = chats.length === 0;
    list.replaceChildren(...chats.map(createItem));
  }

  /** @param {Chat} chat */
  function createItem({ id, title, time }) {
    const open = create("button", "", create("b", "", title), create("span", "", ago(time)));
    const remove = createIconButton("remove", "Remove from the list", () => {
      forget(id);
      draw();
      sheet.focus(); // the button is gone
    });
    open.type = "button";
    open.ariaCurrent = id === current() ? "true" : null;
    open.addEventListener("click", () => {
      sheet.hidePopover();
      if (id !== current()) onOpen(id);
    });
    return create("li", "", open, remove);
  }

  sheet.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") draw();
  });

  /** @param {string} id @param {string} title */
  function note(id, title) {
    const chats = readChats();
    if (chats[0]?.id === id && chats[0].title === title) return;
    const others = chats.filter((chat) => chat.id !== id);
    keepChats([{ id, title, time: Date.now() }, ...others].slice(0, MOST_CHATS));
  }

  /** @param {string} id */
  function forget(id) {
    keepChats(readChats().filter((chat) => chat.id !== id));
  }

  return { note, forget };
}

/** "14:05" today, else "3 Mar". @param {number} time */
function ago(time) {
  const isRecent = Date.now() - time < DAY && new Date(time).getDate() === new Date().getDate();
  /** @type {Intl.DateTimeFormatOptions} */
  const format = isRecent
    ? { hour: "2-digit", minute: "2-digit", hour12: false }
    : { day: "numeric", month: "short" };
  return new Date(time).toLocaleString("en-GB", format);
}

// Storage is the origin's, which is the server's; behind a proxy, several servers share one.

const KEY = `chatkit chats ${location.pathname}`;
/** @type {Chat[]} */
let known = []; // where storage is denied: until the page is left

/** @returns {Chat[]} the newest first */
function readChats() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return known;
  }
}

/** @param {Chat[]} chats */
function keepChats(chats) {
  known = chats;
  try {
    localStorage.setItem(KEY, JSON.stringify(chats));
  } catch {
    // then they hold until the page is left
  }
}
