// @ts-check
// What stands around the conversation: how it stands, the suggestions of an empty chat, the list of
// chats, the help, the keys for all that, and the other tabs.

import { call } from "../client/server.js";
import { joinTabs } from "../client/tabs.js";
import { createChats } from "./chats.js";
import { createHelp } from "./help.js";
import { listenForShortcuts } from "./shortcuts.js";
import { createStatus, titleOf } from "./status.js";
import { createWelcome } from "./welcome.js";

/** What is done to the next stream where the line is to break. */
const BREAK = { kind: "drop", after: 12 };

/**
 * @param {ReturnType<typeof import("../client/store.js").createStore>} store
 * @param {{hasFaults: boolean, hasModel: boolean, onWire: () => Promise<void>}} page what the server has;
 *   `onWire` opens the Wire, and resolves when it is open
 * @returns `tellTabs(chat)`: this chat has been changed here
 */
export function createAround(store, { hasFaults, hasModel, onWire }) {
  const { dispatch } = store;
  /** @type {(selector: string) => any} */
  const find = (selector) => document.querySelector(selector);
  const chats = createChats(find("#chats"), {
    onOpen: (chat) => dispatch({ type: "show", chat }),
    current: () => store.state.chat,
  });
  let noted = "";

  /** Keep the chat on screen in the list, for as long as the server knows it. */
  function noteChat() {
    const { chat, notice, turns } = store.state;
    const title = titleOf(store.state);
    if (!chat || noted === `${chat} ${title}`) return;
    if (title) chats.note(chat, title);
    else if (notice && turns.length === 0) chats.forget(chat);
    else return;
    noted = `${chat} ${title}`;
  }

  const [main, line, heading, problems] = ["main", "#status", "#title", "#problem"].map(find);
  createStatus({ main, line, heading, problems }, store);
  createHelp(find("#help"));
  listenForShortcuts();
  createWelcome(find("#welcome"), {
    hasModel,
    onSuggest: (message) => dispatch({ type: "send", message }),
    onWire,
    onBreak: hasFaults ? () => call("faults", { method: "POST", json: BREAK }) : null,
  });
  store.subscribe(noteChat);
  noteChat();
  return {
    tellTabs: joinTabs((chat) => chat === store.state.chat && dispatch({ type: "refresh" })),
  };
}
