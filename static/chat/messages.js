// The messages on screen, in pairs: what was said, and the reply. Text goes in as text nodes
// only, so it can never become HTML.

import { create } from "../shared/elements.js";
import { createReply } from "./reply.js";
import { createUserMessage } from "./user_message.js";

/** The ids of the two elements of a turn: what was said, and the reply. */
export function messageIdPair(turn) {
  return { user: `${turn}-user`, assistant: `${turn}-assistant` };
}

/**
 * Show pairs in the element `list`. Returns `{create, arrange, setMarkdown}`.
 *
 * `create(turn, message, {sent, resend, goToVersion})` makes the pair of a turn, as createPair
 * returns it. `arrange(pairs)` makes these the pairs on screen, in this order.
 */
export function createMessages(list) {
  let pairs = [];
  let markdown = false;

  function arrange(next) {
    for (const pair of pairs) if (!next.includes(pair)) pair.element.remove();
    for (const pair of next) if (!pairs.includes(pair)) pair.reply.setMarkdown(markdown);
    pairs = next;
    pairs.forEach(({ element }, index) => {
      const there = list.children[index] ?? null;
      if (there !== element) list.insertBefore(element, there);
    });
  }

  function setMarkdown(wish) {
    markdown = wish;
    for (const pair of pairs) pair.reply.setMarkdown(markdown);
  }

  return { create: createPair, arrange, setMarkdown };
}

/**
 * Returns `{element, reply, setVersions, focusVersions}`; `reply` is as createReply returns it.
 *
 * `resend(text)` is called for another try with this turn, `goToVersion(of, step)` for another
 * version of its "message" or "reply". `setVersions` takes them as versionsOf() returns them.
 */
function createPair(turn, message, { sent, resend, goToVersion }) {
  const ids = messageIdPair(turn);
  const said = createUserMessage(ids.user, message, {
    onSave: resend,
    onStep: (step) => goToVersion("message", step),
  });
  const reply = createReply(ids.assistant, {
    sent,
    onAgain: () => resend(message),
    onStep: (step) => goToVersion("reply", step),
  });
  const shown = { message: said.versions, reply: reply.versions };
  return {
    reply,
    element: create("div", "pair", ...said.elements, reply.element),
    setVersions(versions) {
      for (const of of Object.keys(shown)) shown[of].show(versions[of].index, versions[of].all.length);
    },
    focusVersions: (of, step) => shown[of].focus(step),
  };
}
