// @ts-check
// The page: which part calls which. First comes what is needed to write a message and to send it,
// then at once what shows the conversation; the Wire comes when it is opened.

import { followAddress } from "./chat/address.js";
import { createComposer } from "./chat/composer.js";
import { createTheme } from "./chat/theme.js";
import { createRecord } from "./client/record.js";
import { createStore } from "./client/store.js";
import { loadAgain, loadStyle } from "./load.js";
import { drawIcons } from "./shared/icons.js";
import { hasTouchKeyboard } from "./shared/keys.js";

const find = (selector) => /** @type {any} */ (document.querySelector(selector));
const record = createRecord();
const heartbeat = Number(setting("heartbeat") ?? 15); // seconds
const store = createStore({ heartbeat, record, onSent: async (chat) => (await around).tellTabs(chat) });
const { dispatch } = store;
const composer = createComposer(find("#composer"), {
  onSend: (message) => dispatch({ type: "send", message }),
  onStop: () => dispatch({ type: "stop" }),
  onEditLast: async () => (await conversation).editLast(),
});
createTheme(find("#theme"));
drawIcons(document);

let phase = "";
store.subscribe(() => {
  const { state } = store;
  composer.show(state);
  if (state.phase !== phase && state.phase === "sending") keepFocus();
  phase = state.phase;
});

/** The button that was pressed may have left the page. Whoever went elsewhere stays there. */
function keepFocus() {
  const isLost = document.hasFocus() && document.activeElement === document.body;
  if (isLost && !hasTouchKeyboard()) composer.focus();
}

/** What the server has put into the page; undefined: nothing. @param {string} name */
function setting(name) {
  return document.querySelector(`meta[name=chatkit-${name}]`)?.getAttribute("content");
}

// What is not needed at once

/**
 * While the server is being replaced, a part of the program may not come.
 *
 * @template Module
 * @param {Promise<Module>} module
 * @returns {Promise<Module>} which is not settled if the page is loaded again
 */
function load(module) {
  return module.catch((error) => {
    loadAgain(error);
    return new Promise(() => {});
  });
}

const main = find("main");
const styled = Promise.all([
  loadStyle(import.meta.resolve("./chat/messages.css")),
  loadStyle(import.meta.resolve("./markdown/markdown.css")),
]);

const conversation = load(import("./chat/conversation.js")).then(async ({ createConversation }) => {
  await styled;
  const elements = { box: find("#conversation"), list: find("#messages"), main };
  return createConversation(elements, store, { onFocusLost: keepFocus });
});
const around = load(import("./chat/around.js")).then(({ createAround }) => {
  const hasFaults = setting("faults") === "yes";
  const hasModel = setting("model") === "yes";
  return createAround(store, { hasFaults, hasModel, onWire: () => setWire(true) });
});
const room = setting("room"); // where others reach the page
if (room) load(import("./chat/room.js")).then(({ createRoom }) => createRoom(find("#room"), room));

// The Wire

const wire = find("#wire");
let panel = null; // once it is wanted

wire.addEventListener("click", () => setWire(wire.getAttribute("aria-expanded") !== "true"));

async function setWire(isOpen) {
  panel ??= openPanel();
  (await panel).setOpen(isOpen);
}

async function openPanel() {
  const { createPanel } = await load(import("./panel.js"));
  const { light, onPoint } = await conversation;
  const made = createPanel(find("#panel"), { store, record, button: wire, onLight: light });
  onPoint(made.point);
  return made;
}

/** Whether it was open before a reload of this tab. panel.js keeps that. */
function wasOpen() {
  try {
    return sessionStorage.getItem(`chatkit wire ${location.pathname}`) === "open";
  } catch {
    return false; // an iframe may be denied its storage
  }
}

if (wasOpen()) setWire(true);

find("#new-chat").addEventListener("click", () => {
  dispatch({ type: "show", chat: null });
  composer.focus();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") dispatch({ type: "refresh" });
});
followAddress(store);

// In a notebook's iframe the focus stays where the reader has it.
if (window === window.top) composer.focus();
