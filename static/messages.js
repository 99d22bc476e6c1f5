// The messages on screen. Text goes in as text nodes only, so it can never become HTML.

/** The ids of the two elements of a turn: what was said, and the reply. */
export function messageIdPair(turn) {
  return { user: `${turn}-user`, assistant: `${turn}-assistant` };
}

/**
 * Add the pair of messages of a turn to `log`.
 *
 * Returns `{reply, show, text, remove}`: `reply` is the element of the reply, `show(turn)`
 * brings it up to date and must see every state of the turn, `text()` is what it holds.
 */
export function addPair(log, turn, message) {
  const ids = messageIdPair(turn);
  const user = createMessage(ids.user, "user", "You");
  user.append(message);

  const reply = createMessage(ids.assistant, "assistant", "Reply");
  const body = document.createElement("div");
  body.dataset.text = "";
  const text = document.createTextNode("");
  body.append(text);
  reply.append(body);
  log.append(user, reply);

  return {
    reply,
    text: () => text.data,
    show(turn) {
      // Appending costs the same however long the text is.
      if (turn.added === null) text.data = turn.text;
      else text.appendData(turn.added);
      reply.dataset.status = turn.status;
    },
    remove() {
      user.remove();
      reply.remove();
    },
  };
}

function createMessage(id, role, label) {
  const element = document.createElement("article");
  element.id = id;
  element.dataset.role = role;
  element.setAttribute("aria-label", label);
  return element;
}
