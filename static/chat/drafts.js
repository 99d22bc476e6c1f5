// @ts-check
// What was begun to be written, for each chat, kept over a reload of this tab.

const KEY = "chatkit draft";

/** @param {string | null} chat */
const keyOf = (chat) => `${KEY} ${location.pathname} ${chat ?? ""}`;

/** The draft for a chat; null: for a new one. @param {string | null} chat @returns {string} */
export function readDraft(chat) {
  try {
    return sessionStorage.getItem(keyOf(chat)) ?? "";
  } catch {
    return ""; // an iframe may be denied its storage
  }
}

/** @param {string | null} chat @param {string} text */
export function keepDraft(chat, text) {
  try {
    if (text) sessionStorage.setItem(keyOf(chat), text);
    else sessionStorage.removeItem(keyOf(chat));
  } catch {
    // denied, or too long: then it is lost with a reload
  }
}
