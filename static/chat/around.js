// @ts-check
// What stands around the conversation: the suggestions of an empty chat, the list of chats, the help,
// and the keys for all that.

import { call } from "../client/server.js";
import { createChats } from "./chats.js";
import { createHelp } from "./help.js";
import { listenForShortcuts } from "./shortcuts.js";
import { titleOf } from "./status.js";
import { createWelcome } from "./welcome.js";

/** What is done to the next stream where the line is to break. */
const BREAK = { kind: "drop", after: 12 };

/**
 * @param {ReturnType<typeof import("../client/store.js").createStore>} store
 * @param {{onWire: () => void}} on opens the Wire
 */
export function createAround(store, { onWire }) {
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

  createHelp(find("#help"));
  listenForShortcuts();
  welcome();
  store.subscribe(noteChat);
  noteChat();

  /** Only some servers have a fault lab. */
  async function welcome() {
    await untilEmpty(store);
    const hasFaults = await call("healthz").then(
      ({ faults }) => faults,
      () => false, // the server may be away
    );
    createWelcome(find("#welcome"), {
      onSuggest: (message) => dispatch({ type: "send", message }),
      onWire,
      onBreak: hasFaults ? () => call("faults", { method: "POST", json: BREAK }) : null,
    });
  }
}

/** Resolves once there is no chat to see. */
function untilEmpty(store) {
  return new Promise((resolve) => {
    const look = () => {
      if (store.state.chat) return;
      stop();
      resolve();
    };
    const stop = store.subscribe(look);
    look();
  });
}
