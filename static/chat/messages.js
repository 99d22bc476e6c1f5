// The messages on screen, in pairs: what was said, and the reply. Text goes in as text nodes
// only, so it can never become HTML.

import { create } from "../shared/elements.js";
import { createReply } from "./reply.js";
import { createSaid } from "./user_message.js";

/** The ids of the two elements of a turn: what was said, and the reply. */
export function messageIdPair(turn) {
  return { user: `${turn}-user`, assistant: `${turn}-assistant` };
}

/**
 * Show pairs in the element `log`. Returns `{create, arrange, setMarkdown}`.
 *
 * `create(turn, message, {sent, resend})` makes the pair of a turn: its `reply`, as createReply
 * returns it, and its `element`. `resend(text)` is called for another try with this turn.
 * `arrange(pairs)` makes these the pairs on screen, in this order.
 */
export function createMessages(log) {
  let pairs = [];
  let markdown = false;

  function createPair(turn, message, { sent, resend }) {
    const ids = messageIdPair(turn);
    const reply = createReply(ids.assistant, { sent, onAgain: () => resend(message) });
    reply.setMarkdown(markdown);
    const said = createSaid(ids.user, message, resend);
    return { reply, element: create("div", "pair", ...said, reply.element) };
  }

  function arrange(next) {
    for (const pair of pairs) if (!next.includes(pair)) pair.element.remove();
    pairs = next;
    pairs.forEach(({ element }, place) => {
      const there = log.children[place] ?? null;
      if (there !== element) log.insertBefore(element, there);
    });
  }

  function setMarkdown(wish) {
    markdown = wish;
    for (const pair of pairs) pair.reply.setMarkdown(markdown);
  }

  return { create: createPair, arrange, setMarkdown };
}
