// One chat: its turns, in the order of the server's list, and which of them are being written.
//
// The server's list is the truth. What is done to the chat elsewhere, in another tab or on
// another device, reaches this page in one way: the list is read again, and what is on screen
// made to agree with it. A turn that is still being written is followed, by one stream.

import { followTurn, GONE } from "../client/turn_reader.js";
import { fromState } from "../client/protocol.js";
import { cancelTurn, readChat, startTurn } from "../client/server.js";

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
  let turns = []; // {id, pair, live}; `live` follows the turn while it is being written
  let changes = 0; // of `turns`
  let newest = null; // the turn that was followed last
  let busy = false; // waiting for an answer on which it depends what comes next
  let left = false; // another chat is on screen
  let problem = null; // the last one shown

  // What comes from the server

  /** Show the chat as the server has it. */
  async function load() {
    if (id === undefined) return settle("Ready");
    begin("Loading");
    try {
      await agree();
    } catch (error) {
      if (left) return;
      if (error.status !== 404) return complain(error.message, load, "Not loaded");
      page.notice(UNKNOWN);
    }
    busy = false;
    if (!left) settle(isLive() ? "Generating" : "Ready");
  }

  /** The chat may have changed elsewhere. If the server cannot say, what is on screen stays. */
  function refresh() {
    if (id !== undefined) agree().catch(() => {});
  }

  /** Make the turns on screen agree with the server's list. */
  async function agree() {
    let list, before;
    do {
      before = changes;
      list = (await readChat(id)).turns;
      if (left) return;
    } while (changes !== before); // the list may be older than what is on screen
    const known = turns.findIndex((turn) => list.some((state) => state.turn === turn.id));
    const forgotten = turns.slice(0, Math.max(known, 0)); // by the server, the oldest first
    put([...forgotten, ...list.map((state) => find(state.turn) ?? createTurn(state))]);
    settle();
  }

  // What a person does

  /**
   * Send a message. Returns whether the server took it. `replaces` is the id of a turn: it and
   * all after it leave the chat. `again()` is called to try again.
   */
  async function send(message, { replaces, again = () => send(message, { replaces }) } = {}) {
    if (busy) return false;
    const sent = performance.now();
    begin("Sending");
    page.sending();
    let started;
    try {
      started = await start(message, replaces);
    } catch (error) {
      if (!left) refuse(error, again);
      return false;
    }
    if (left) return abandon(started.turn);
    busy = false;
    id = started.chat;
    page.named(id);
    if (!find(started.turn)) {
      const turn = createTurn({ turn: started.turn, message, status: "streaming" }, sent);
      put([...turns.slice(0, place(replaces)), turn]);
    }
    settle();
    page.sent(id);
    return true;
  }

  /** Start a turn in the place of others; those that the server has forgotten don't count. */
  async function start(message, replaces) {
    for (const turn of turns.slice(place(replaces))) {
      try {
        return await startTurn({ message, chat: id, replaces: turn.id });
      } catch (error) {
        if (error.status !== 404) throw error;
      }
    }
    return startTurn({ message, chat: id });
  }

  /** The server did not take a message. Trying again may help. */
  function refuse(error, again) {
    busy = false;
    const pointless = [409, 413, 422].includes(error.status);
    complain(error.message, pointless ? null : again, "Not sent");
    if (error.status === 409) refresh();
  }

  /** The page was left before it knew this turn. In a new chat, nobody can come back to it. */
  function abandon(turn) {
    if (id === undefined) cancelTurn(turn).catch(() => {}); // the server may be gone
    return id !== undefined;
  }

  /** Stop every reply that is being written. Their streams then say that they have ended. */
  function stop() {
    if (!isLive()) return;
    page.say("Stopping");
    for (const { id, live } of turns) if (live) stopTurn(id, live);
  }

  async function stopTurn(turn, live) {
    try {
      await cancelTurn(turn);
    } catch (error) {
      if (error.status === 404) live.end(GONE);
      else live.end(NOT_STOPPED, "cancelled");
    }
  }

  /** Show another chat instead. Leaving is not cancelling: the replies are written on. */
  function leave() {
    left = true;
    put([]);
  }

  // The turns

  function createTurn(state, sent = null) {
    const resend = (message) => send(message, { replaces: state.turn });
    const pair = page.messages.create(state.turn, state.message, { sent, resend });
    const turn = { id: state.turn, pair, live: null };
    if (state.status === "streaming") followOn(turn, () => resend(state.message));
    else showFinished(pair.reply, fromState(state));
    return turn;
  }

  function showFinished(reply, state) {
    reply.show(state);
    if (state.problem) reply.complain(state.problem).settle(); // old news
  }

  function followOn(turn, again) {
    const { reply } = turn.pair;
    newest = turn;
    page.follows(turn.id);
    page.say("Generating");
    turn.live = followTurn(turn.id, {
      onTurn(state) {
        reply.show(state);
        if (state.status !== "streaming") finish(turn, state, again);
      },
      onConnection: (state) => turn === newest && page.setConnection(state),
    });
  }

  function finish(turn, state, again) {
    const { reply } = turn.pair;
    turn.live = null;
    settle(busy ? "" : FINISHED[state.status]); // it may end because another takes its place
    if (state.problem) {
      problem = reply.complain(state.problem, state.status === "failed" ? again : null);
    }
    reply.prove(state).then((proof) => {
      if (proof === "mismatch" && !left) page.say(DIFFERS);
    });
  }

  /** Make these the turns of the chat. */
  function put(next) {
    const replaced = turns.filter((turn) => turn.live && !next.includes(turn));
    turns = next;
    changes += 1;
    page.messages.arrange(turns.map((turn) => turn.pair));
    for (const turn of replaced) turn.live.close();
    if (replaced.length > 0 && !isLive()) page.say("Ready");
  }

  const find = (turn) => turns.find(({ id }) => id === turn);
  const isLive = () => turns.some(({ live }) => live);

  /** Where a turn stands; behind all, if it is none of the chat. */
  function place(turn) {
    const index = turns.findIndex(({ id }) => id === turn);
    return index === -1 ? turns.length : index;
  }

  // What the page says

  function begin(words) {
    busy = true;
    problem?.settle();
    page.clear();
    settle(words);
  }

  function complain(words, again, status) {
    problem = page.complain(words, again);
    settle(status);
  }

  function settle(words) {
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
