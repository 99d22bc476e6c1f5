// @ts-check
// The messages on screen, in pairs: what was said, and the reply. Text goes in as text nodes
// only, so it can never become HTML.

import { create } from "../shared/elements.js";
import { createReply } from "./reply.js";
import { createSending, createUserMessage } from "./user_message.js";

/** The ids of the two elements of a turn: what was said, and the reply. */
export function messageIdPair(turn) {
  return { user: `${turn}-user`, assistant: `${turn}-assistant` };
}

/**
 * The pair of a turn, which says what is done to it by `dispatch`.
 *
 * `step(turn, of, step)` goes to another version of its "message" or "reply", `toggleRaw()` to the
 * other form of all replies; `onUnfold()` is called before a reasoning is unfolded.
 *
 * @param {import("../client/store.js").Turn} turn
 * @param {{
 *   dispatch: (action: {type: string, [detail: string]: any}) => any,
 *   step: (turn: string, of: "message" | "reply", step: -1 | 1) => void,
 *   toggleRaw: () => void,
 *   onUnfold: () => void,
 * }} on
 */
export function createPair({ id, message }, { dispatch, step, toggleRaw, onUnfold }) {
  const ids = messageIdPair(id);
  const resend = (words) => dispatch({ type: "send", message: words, instead: id });
  const said = createUserMessage(ids.user, message, {
    onSave: resend,
    onStep: (by) => step(id, "message", by),
  });
  const reply = createReply(ids.assistant, {
    onAgain: () => resend(message),
    onStep: (by) => step(id, "reply", by),
    onTryNow: () => dispatch({ type: "tryNow" }),
    onProved: (proof) => dispatch({ type: "proved", turn: id, proof }),
    onRaw: toggleRaw,
    onUnfold,
  });
  const shown = { message: said.versions, reply: reply.versions };
  return {
    element: create("div", "pair", said.element, reply.element),
    text: reply.text,
    reasoning: reply.reasoning,
    show: reply.show,
    setMarkdown: reply.setMarkdown,
    edit: said.edit,
    focusEditor: said.focus,

    /** @param {ReturnType<typeof import("../client/tree.js").versionsOf>} versions */
    setVersions(versions) {
      for (const of of Object.keys(shown)) shown[of].show(versions[of].index, versions[of].all.length);
    },

    /** @type {(of: "message" | "reply", step: number) => void} */
    focusVersions: (of, by) => shown[of].focus(by),
  };
}

/** A message that is on its way to the server, in the place of its pair. @param {string} message */
export function createSendingPair(message) {
  const pair = create("div", "pair", createSending(message), create("p", "note", "Sending…"));
  pair.dataset.sending = "";
  return pair;
}
