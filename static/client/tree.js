// @ts-check
// A chat as a tree of turns. Pure: no network, no page.
//
// `turns` is always a list of all turns of the chat, the oldest first: `{id, parent, message}` and
// whatever else. A turn follows its `parent`; one whose parent is null, or not in the list, begins
// a conversation. Turns that follow the same one are siblings: a message that was edited, or a
// reply that was asked for again.

/** The turns that lead to the one with the id `leaf`, from the first to itself. */
export function pathTo(leaf, turns) {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const path = [];
  for (let turn = byId.get(leaf); turn; turn = byId.get(turn.parent)) path.unshift(turn);
  return path;
}

/**
 * The id of the newest turn among those with the given ids and all that follow them; null: there
 * is none.
 */
export function newestFrom(ids, turns) {
  const branch = new Set(ids);
  let newest = null;
  for (const { id, parent } of turns) {
    if (branch.has(parent)) branch.add(id);
    if (branch.has(id)) newest = id;
  }
  return newest;
}

/**
 * The versions that a turn is one of: `{message, reply}`, each `{index, all}`, where `all` is a
 * list of versions, in order of their first appearance, and a version the list of its turns' ids.
 *
 * Siblings that differ in their message are versions of the message. Those with the same message
 * are versions of the reply, each of one turn.
 */
export function versionsOf(turn, turns) {
  const ids = new Set(turns.map(({ id }) => id));
  const parentOf = ({ parent }) => (ids.has(parent) ? parent : null);
  const siblings = turns.filter((other) => parentOf(other) === parentOf(turn));
  const messages = [...new Set(siblings.map(({ message }) => message))];
  const saying = (words) => siblings.filter(({ message }) => message === words);
  const replies = saying(turn.message);
  return {
    message: {
      index: messages.indexOf(turn.message),
      all: messages.map((words) => saying(words).map(({ id }) => id)),
    },
    reply: { index: replies.indexOf(turn), all: replies.map(({ id }) => [id]) },
  };
}
