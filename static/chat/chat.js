// One chat: a tree of turns, of which the page shows the path that leads to one of them, the leaf.
//
// The server's list is the truth. What is done to the chat elsewhere, in another tab or on
// another device, reaches this page in one way: the list is read again, and what it brings is
// added to the tree. A turn on the path that is still being written is followed, by one stream;
// one beside the path has none, and goes on from where it was left when the reader comes to it.

import { fromState, NEW_TURN } from "../client/protocol.js";
import { cancelTurn, readChat, startTurn } from "../client/server.js";
import { newestFrom, pathTo, versionsOf } from "../client/tree.js";
import { followTurn, GONE } from "../client/turn_reader.js";

const FINISHED = { done: "Response complete", failed: "Response failed", cancelled: "Stopped" };
const DIFFERS = "The response is not what the server wrote";
const NOT_STOPPED = "Stopped on this page. The server could not be told, and may go on writing.";
const UNKNOWN = "The server no longer has the messages of this chat. You can go on with new ones.";

/**
 * The chat with the id `id`; undefined: a new one, which gets its id with the first message.
 *
 * `page` is what it is shown on; main.js describes it. Returns `{id, load, refresh, send, stop,
 * leave}`.
 */
export function createChat(id, page) {
  // All of the chat, the oldest first: {id, parent, message, sent, state, pair, reader}. `state` is
  // as in protocol.js, `pair` the turn on screen, `reader` follows it while it is being written.
  let turns = [];
  let leaf = null; // the id of the turn that the path on screen leads to
  let added = 0; // turns, by this page
  let followed = null; // the turn that was followed last
  let busy = false; // waiting for an answer on which it depends what comes next
  let left = false; // another chat is on screen
  let problem = null; // the last one shown

  // What comes from the server

  /** Show the chat as the server has it. */
  async function load() {
    if (id === undefined) return setState("Ready");
    beginWaiting("Loading");
    try {
      await readList();
    } catch (error) {
      if (left) return;
      if (error.status !== 404) return showError(error.message, load, "Not loaded");
      page.notice(UNKNOWN);
    }
    busy = false;
    if (!left) setState(isLive() ? "Generating" : "Ready");
  }

  /** The chat may have changed elsewhere. If the server cannot say, what is on screen stays. */
  function refresh() {
    if (id !== undefined) readList().catch(() => {});
  }

  /**
   * Take in the server's list. A reader at the newest turn follows the newest; one in another
   * branch stays in it. What the server has forgotten, the oldest first, stays on this page.
   */
  async function readList() {
    let list, before;
    do {
      before = added;
      list = (await readChat(id)).turns;
      if (left) return;
    } while (added !== before); // the list may be older than what is on screen
    const isAtNewest = leaf === newest();
    const listed = new Set(list.map(({ turn }) => turn));
    const forgotten = turns.filter((turn) => !listed.has(turn.id));
    turns = [...forgotten, ...list.map((state) => find(state.turn) ?? fromList(state))];
    show(isAtNewest ? newest() : newestFrom([leaf], turns));
    setState();
  }

  function fromList({ turn, parent, message, ...rest }) {
    const state = rest.status === "streaming" ? NEW_TURN : fromState(rest);
    return createTurn({ id: turn, parent, message, state });
  }

  // What a person does

  /**
   * Send a message, after what is on screen. Returns whether the server took it. With `instead`,
   * a turn, it is another try with that one: its sibling. `again()` is called to try again.
   */
  async function send(message, { instead, again = () => send(message, { instead }) } = {}) {
    if (busy) return false;
    const sent = performance.now();
    const parent = instead ? instead.parent : leaf;
    beginWaiting("Sending");
    page.sending();
    let started;
    try {
      started = await start(message, parent);
    } catch (error) {
      if (!left) refuse(error, again);
      return false;
    }
    if (left) return abandon(started.turn);
    busy = false;
    id = started.chat;
    page.named(id);
    if (!find(started.turn)) {
      turns = [...turns, createTurn({ id: started.turn, parent, message, sent })];
      added += 1;
    }
    show(started.turn);
    setState();
    if (instead) stopReplaced(instead);
    page.sent(id);
    return true;
  }

  /** Start a turn after `parent`; if the server no longer knows that one, after none. */
  async function start(message, parent) {
    try {
      return await startTurn({ message, chat: id, parent });
    } catch (error) {
      if (error.status !== 404 || parent === null) throw error;
      return startTurn({ message, chat: id, parent: null });
    }
  }

  /** The server did not take a message. Trying again may help. */
  function refuse(error, again) {
    busy = false;
    const pointless = [409, 413, 422].includes(error.status);
    showError(error.message, pointless ? null : again, "Not sent");
  }

  /** The page was left before it knew this turn. In a new chat, nobody can come back to it. */
  function abandon(turn) {
    if (id === undefined) cancelTurn(turn).catch(() => {}); // the server may be gone
    return id !== undefined;
  }

  /** Nobody waits for the rest of a reply that another one has replaced on screen. */
  function stopReplaced({ id, state }) {
    if (state.status === "streaming") cancelTurn(id).catch(() => {}); // then it is written on
  }

  /** Stop every reply on screen that is being written. Their streams then say that they have ended. */
  function stop() {
    if (!isLive()) return;
    page.say("Stopping");
    for (const { id, reader } of turns) if (reader) stopTurn(id, reader);
  }

  async function stopTurn(turn, reader) {
    try {
      await cancelTurn(turn);
    } catch (error) {
      if (error.status === 404) reader.end(GONE);
      else reader.end(NOT_STOPPED, "cancelled");
    }
  }

  /** Go `step` versions on, of a turn's "message" or "reply": to the newest turn of that branch. */
  function goToVersion(turn, of, step) {
    const { index, all } = versionsOf(turn, turns)[of];
    const depth = pathTo(turn.id, turns).length - 1;
    show(newestFrom(all[index + step], turns));
    setState(isLive() ? "Generating" : "Ready");
    pathTo(leaf, turns)[depth].pair.focusVersions(of, step);
  }

  /** Show another chat instead. Leaving is not cancelling: the replies are written on. */
  function leave() {
    left = true;
    show(null);
  }

  // The turns

  function createTurn({ id, parent, message, sent = null, state = NEW_TURN }) {
    return { id, parent, message, sent, state, pair: null, reader: null };
  }

  const find = (turn) => turns.find(({ id }) => id === turn);
  const newest = () => turns.at(-1)?.id ?? null;
  const isLive = () => turns.some(({ reader }) => reader);

  /** Show the path that leads to the turn with the id `next`, and follow it. */
  function show(next) {
    leaf = next;
    const path = pathTo(leaf, turns);
    const beside = turns.filter((turn) => turn.reader && !path.includes(turn));
    for (const turn of path) turn.pair ??= createPair(turn);
    page.messages.arrange(path.map(({ pair }) => pair));
    for (const turn of path) turn.pair.setVersions(versionsOf(turn, turns));
    for (const turn of beside) stopFollowing(turn);
    for (const turn of path) if (turn.state.status === "streaming") startFollowing(turn);
    if (beside.length > 0 && !isLive()) page.say("Ready");
  }

  function createPair(turn) {
    const pair = page.messages.create(turn.id, turn.message, {
      sent: turn.sent,
      resend: (message) => send(message, { instead: turn }),
      goToVersion: (of, step) => goToVersion(turn, of, step),
    });
    pair.reply.show(turn.state);
    if (turn.state.problem) pair.reply.complain(turn.state.problem).settle(); // old news
    if (turn.state.status !== "streaming") prove(pair.reply, turn.state);
    return pair;
  }

  function startFollowing(turn) {
    if (turn.reader) return;
    followed = turn;
    page.follows(turn.id);
    page.say("Generating");
    turn.reader = followTurn(turn.id, turn.state, {
      onTurn(state) {
        turn.state = state;
        turn.pair.reply.show(state);
        if (state.status !== "streaming") finish(turn);
      },
      onConnection: (state) => turn === followed && page.setConnection(state),
    });
  }

  function stopFollowing(turn) {
    turn.reader.close();
    turn.reader = null;
    if (turn === followed) page.followsNoMore();
  }

  function finish(turn) {
    const { message, state } = turn;
    const { reply } = turn.pair;
    turn.reader = null;
    setState(busy ? "" : FINISHED[state.status]); // it may end because another replaces it
    if (state.problem) {
      const again = () => send(message, { instead: turn });
      problem = reply.complain(state.problem, state.status === "failed" ? again : null);
    }
    prove(reply, state);
  }

  async function prove(reply, state) {
    const proof = await reply.prove(state);
    if (proof === "mismatch" && !left) page.say(DIFFERS);
  }

  // What the page says

  function beginWaiting(words) {
    busy = true;
    problem?.settle();
    page.clear();
    setState(words);
  }

  function showError(words, again, status) {
    problem = page.complain(words, again);
    setState(status);
  }

  function setState(words) {
    page.setState(busy ? "sending" : isLive() ? "streaming" : "ready");
    if (words) page.say(words);
  }

  return {
    get id() {
      return id;
    },
    ...{ load, refresh, send, stop, leave },
  };
}
