// @ts-check
// The page's store: a chat, as far as this page knows it, and all that changes it. No document
// here: views subscribe, and draw what `state` says. What a person does comes in by `dispatch`.
//
// The server's list is the truth. What is done to the chat elsewhere, in another tab or on another
// device, reaches this page in one way: the list is read again, and what it brings is added. A turn
// on the path that is still being written is followed, by one stream; one beside the path has
// none, and goes on from where it was left when the reader comes to it.

import { openEventSource } from "./event_source.js";
import { openFetch } from "./fetch_stream.js";
import { fromState, NEW_TURN } from "./protocol.js";
import { createRecord } from "./record.js";
import { cancelTurn, readChat, startTurn } from "./server.js";
import { newestFrom, pathTo, versionsOf } from "./tree.js";
import { followTurn, GONE } from "./turn_reader.js";

/** By their names. */
export const TRANSPORTS = { EventSource: openEventSource, fetch: openFetch };
const OUTCOMES = { done: "Response complete", failed: "Response failed", cancelled: "Stopped" };
const DIFFERS = "The response is not what the server wrote";
const STOP_WAITS = 1_500; // milliseconds: with the answer to a message its turn can be stopped
const ARRIVED = "The message had arrived, after all.";
const NOT_STOPPED = "Stopped on this page. The server could not be told, and may go on writing.";
const UNKNOWN = "The server no longer has the messages of this chat. You can go on with new ones.";

/**
 * @typedef {import("./protocol.js").TurnState & {
 *   id: string,
 *   parent: string | null,
 *   message: string,
 *   restarts: number,
 *   drops: number,
 *   stopping: boolean,
 *   connection: {state: string, lost: boolean, offline: boolean, nextTry: number | null},
 *   times: Times,
 *   proof: string | null,
 * }} Turn
 * A turn: as protocol.js has it, and what this page knows of it besides. `restarts` is how often
 * its text has begun anew, `drops` how often its stream was lost, `stopping` that the server has
 * been asked to stop it. `connection.state` is as in connection.js, or "idle". `proof` is "ok" or
 * "mismatch" once a view has compared its text.
 *
 * @typedef {object} Times what performance.now() said; null: not seen here
 * @property {number | null} sent
 * @property {number | null} first piece of text
 * @property {number | null} last piece of text
 * @property {number} pieces of text that have come
 * @property {number | null} reasoned the first piece of reasoning
 * @property {number | null} thinking since when the model thinks; null: it does not
 * @property {number} thought milliseconds that it has thought before that
 *
 * @typedef {object} State
 * @property {string | null} chat null: a new chat, which gets its id with the first message
 * @property {Turn[]} turns all of the chat, the oldest first
 * @property {string | null} leaf the id of the turn that the path on screen leads to
 * @property {"loading" | "ready" | "sending" | "streaming"} phase
 * @property {{message: string, parent: string | null, instead: string | null, time: number} | null}
 *   sending a message on its way
 * @property {{text: string, action: object | null} | null} problem outside of any reply; `action`
 *   tries again
 * @property {string} notice worth knowing, and not a problem
 * @property {string} outcome of what was done last, in words
 * @property {"EventSource" | "fetch"} transport
 */

/** The turns on screen, from the first to the leaf. @param {State} state @returns {Turn[]} */
export function pathOf({ leaf, turns }) {
  return pathTo(leaf, turns);
}

/** The turn on screen that is being written; null: none. @param {State} state */
export function liveTurn(state) {
  return pathOf(state).findLast(isFollowed) ?? null;
}

/** The state of the connection: of the live turn, or of the last one. @param {State} state */
export function connectionOf(state) {
  return (liveTurn(state) ?? pathOf(state).at(-1))?.connection.state ?? "idle";
}

/** How the chat stands, in words. @param {State} state @returns {string} */
export function statusOf(state) {
  if (state.phase === "loading") return state.problem ? state.outcome : "Loading";
  if (state.phase === "sending") return "Sending";
  const live = liveTurn(state);
  if (!live) return state.outcome;
  if (live.stopping) return "Stopping";
  if (live.connection.offline) return "Offline";
  if (live.connection.lost) return "Reconnecting";
  return isThinking(live) ? "Thinking" : "Generating";
}

/** Whether this page has followed a turn: how it ends is news. @param {Turn} turn */
export function isNews({ connection }) {
  return connection.state !== IDLE.state;
}

/** Whether all that has come of a reply is reasoning. @param {Turn} turn */
function isThinking({ text, reasoning }) {
  return text === "" && reasoning !== "";
}

/** @type {Times} */
const NOT_SEEN = Object.freeze({
  sent: null,
  first: null,
  last: null,
  pieces: 0,
  reasoned: null,
  thinking: null,
  thought: 0,
});
const IDLE = Object.freeze({ state: "idle", lost: false, offline: false, nextTry: null });

/**
 * The times of a turn that has been read further, `now`.
 *
 * @type {(turn: Turn, read: import("./protocol.js").TurnState, now: number) => Times}
 */
function timesAfter({ times, reasoning }, read, now) {
  const { first, pieces, reasoned, thinking, thought } = times;
  if (read.added === null) return { ...times, reasoned: null, thinking: null, thought: 0 };
  if (read.reasoning.length > reasoning.length) {
    return { ...times, reasoned: reasoned ?? now, thinking: thinking ?? now };
  }
  if (!read.added && read.status === "streaming") return times;
  const over = thinking === null ? 0 : now - thinking; // what came is not reasoning
  const next = { ...times, thinking: null, thought: thought + over };
  return read.added ? { ...next, first: first ?? now, last: now, pieces: pieces + 1 } : next;
}

function isFollowed({ status, connection }) {
  return status === "streaming" && !["idle", "closed"].includes(connection.state);
}

/**
 * @param {object} [settings]
 * @param {number} [settings.heartbeat] of the server, in seconds; 0: it has none
 * @param {ReturnType<typeof createRecord>} [settings.record]
 * @param {"EventSource" | "fetch"} [settings.transport]
 * @param {(chat: string) => void} [settings.onSent] is told the chat of each message that was taken
 */
export function createStore(settings = {}) {
  const { heartbeat = 15, record = createRecord(), onSent = () => {} } = settings;
  const listeners = new Set();
  const readers = new Map(); // of the turns that are followed, by their ids
  let visit = 0; // of a chat; what was begun for an earlier one is too late
  let added = 0; // turns, by this page
  let refused = 0; // messages
  let wantsStop = false; // a wish from before the turn was there
  let giveUp = new AbortController(); // the message on its way

  /** @type {State} */
  let state = {
    chat: null,
    turns: [],
    leaf: null,
    phase: "loading",
    sending: null,
    problem: null,
    notice: "",
    outcome: "Ready",
    transport: settings.transport ?? "EventSource",
  };

  function change(patch) {
    state = { ...state, ...patch };
    for (const listener of listeners) listener();
  }

  const find = (id) => state.turns.find((turn) => turn.id === id);
  const newest = (turns) => turns.at(-1)?.id ?? null;
  const idlePhase = (turns) => (turns.some(isFollowed) ? "streaming" : "ready");

  function changeTurn(id, patch, rest) {
    const turns = state.turns.map((turn) => (turn.id === id ? { ...turn, ...patch } : turn));
    const phase = ["streaming", "ready"].includes(state.phase) ? idlePhase(turns) : state.phase;
    change({ turns, phase, ...rest });
  }

  // What comes from the server

  /** Show the chat with this id, as the server has it; null: a new one. */
  async function show(chat) {
    leave();
    const blank = { turns: [], leaf: null, sending: null, problem: null, notice: "" };
    change({ ...blank, chat, phase: chat ? "loading" : "ready", outcome: "Ready" });
    if (chat) await load();
  }

  async function load() {
    const mine = visit;
    change({ phase: "loading", problem: null });
    try {
      await readList();
    } catch (error) {
      if (mine !== visit) return;
      if (error.status !== 404) {
        const problem = { text: error.message, action: { type: "load" } };
        return change({ problem, outcome: "Not loaded" });
      }
      change({ notice: UNKNOWN });
    }
    if (mine === visit) change({ phase: idlePhase(state.turns), outcome: "Ready" });
  }

  /** The chat may have changed elsewhere. If the server cannot say, what is known stays. */
  async function refresh() {
    if (state.phase === "loading") return state.problem ? load() : undefined;
    if (state.chat) await readList().catch(() => {});
  }

  /**
   * Take in the server's list. A reader at the newest turn follows the newest; one in another
   * branch stays in it. What the server has forgotten, the oldest first, stays on this page.
   */
  async function readList() {
    const mine = visit;
    let list, before;
    do {
      before = added;
      list = (await readChat(state.chat)).turns;
      if (mine !== visit) return;
    } while (added !== before); // the list may be older than what is on screen
    const isAtNewest = state.leaf === newest(state.turns);
    const listed = new Set(list.map(({ turn }) => turn));
    const forgotten = state.turns.filter(({ id }) => !listed.has(id));
    const turns = [...forgotten, ...list.map((item) => find(item.turn) ?? fromList(item))];
    change({ turns });
    goTo(isAtNewest ? newest(turns) : newestFrom([state.leaf], turns));
    for (const item of list) readers.get(item.turn)?.takeState(item);
  }

  function fromList({ turn, parent, message, ...rest }) {
    const read = rest.status === "streaming" ? NEW_TURN : fromState(rest);
    return createTurn(turn, parent, message, read);
  }

  /** @returns {Turn} */
  function createTurn(id, parent, message, read = NEW_TURN, sent = null) {
    const times = { ...NOT_SEEN, sent };
    const known = { restarts: 0, drops: 0, stopping: false, connection: IDLE, times, proof: null };
    return { id, parent, message, ...read, ...known };
  }

  // What a person does

  /**
   * Send a message, after what is on screen; or, with the id `instead`, as another try with that
   * turn: its sibling. Returns whether the server took it.
   */
  async function send({ message, instead = null }) {
    if (["loading", "sending"].includes(state.phase)) return false;
    const mine = visit;
    const time = performance.now();
    const { chat } = state;
    const parent = instead ? find(instead).parent : state.leaf;
    wantsStop = false;
    giveUp = new AbortController();
    const sending = { message, parent, instead, time };
    change({ sending, phase: "sending", problem: null, notice: "" });
    const asked = []; // for the record
    let started;
    try {
      started = await start(message, parent, (item) => asked.push(item));
    } catch (error) {
      if (mine !== visit) return false;
      refused += 1;
      record.begin(`refused ${refused}`, message, asked);
      refuse(error, { type: "send", message, instead });
      if (error.status === 0) lookFor(message, parent);
      return false;
    }
    if (mine !== visit) return abandon(started.turn, chat);
    const turns = find(started.turn)
      ? state.turns
      : [...state.turns, createTurn(started.turn, parent, message, NEW_TURN, time)];
    added += 1;
    change({ chat: started.chat, turns });
    record.begin(started.turn, message, asked);
    goTo(started.turn);
    change({ sending: null, phase: idlePhase(state.turns) });
    if (instead) stopReplaced(instead);
    if (wantsStop) stop();
    onSent(started.chat);
    return true;
  }

  /** Start a turn after `parent`; if the server no longer knows that one, after none. */
  async function start(message, parent, onItem) {
    const chat = state.chat ?? undefined;
    try {
      return await startTurn({ message, chat, parent }, onItem, giveUp.signal);
    } catch (error) {
      if (error.status !== 404 || parent === null) throw error;
      return startTurn({ message, chat, parent: null }, onItem, giveUp.signal);
    }
  }

  /** A message had no answer. It may have arrived: then the server's list has it. */
  async function lookFor(message, parent) {
    const known = new Set(state.turns.map(({ id }) => id));
    await refresh();
    const isIt = (turn) =>
      !known.has(turn.id) && turn.message === message && turn.parent === parent;
    if (!state.turns.some(isIt)) return;
    change({ problem: null, notice: ARRIVED });
    if (wantsStop) stop();
  }

  /** The server did not take a message. Trying again may help. */
  function refuse({ message, status }, action) {
    const pointless = [409, 413, 422].includes(status);
    const problem = { text: message, action: pointless ? null : action };
    change({ sending: null, problem, outcome: "Not sent", phase: idlePhase(state.turns) });
  }

  /** The chat was left before the page knew this turn. In a new chat, nobody can come back to it. */
  function abandon(turn, chat) {
    if (chat === null) cancelTurn(turn).catch(() => {}); // the server may be gone
    return chat !== null;
  }

  /** Nobody waits for the rest of a reply that another one has replaced on screen. */
  function stopReplaced(id) {
    if (find(id).status !== "streaming") return;
    cancelTurn(id, (item) => record.add(id, item)).catch(() => {}); // then it is written on
  }

  /** Stop every reply on screen that is being written. Their streams then say that they have ended. */
  function stop() {
    if (state.phase === "sending") {
      wantsStop = true;
      const mine = giveUp;
      setTimeout(() => mine.abort(), STOP_WAITS);
    }
    for (const [id, reader] of readers) {
      changeTurn(id, { stopping: true });
      stopTurn(id, reader);
    }
  }

  async function stopTurn(id, reader) {
    try {
      await cancelTurn(id, (item) => record.add(id, item));
    } catch (error) {
      if (error.status === 404) reader.end(GONE);
      else reader.end(NOT_STOPPED, "cancelled");
    }
  }

  /** Go to another version of a turn's "message" or "reply": to the newest turn of that branch. */
  function step({ turn, of, step }) {
    const { index, all } = versionsOf(find(turn), state.turns)[of];
    goTo(newestFrom(all[index + step], state.turns));
    change({ outcome: "Ready" });
  }

  function use({ name }) {
    change({ transport: name });
    for (const reader of readers.values()) reader.use(TRANSPORTS[name]);
  }

  function tryNow() {
    for (const reader of readers.values()) reader.tryNow();
  }

  /** A view has compared the text on screen with what it should be. */
  function proved({ turn, proof }) {
    if (find(turn)) changeTurn(turn, { proof }, proof === "mismatch" ? { outcome: DIFFERS } : {});
  }

  // The streams

  /** Show the path that leads to the turn with the id `leaf`, and follow what is being written. */
  function goTo(leaf) {
    change({ leaf });
    const path = pathOf(state);
    for (const [id, reader] of readers) {
      if (path.some((turn) => turn.id === id)) continue;
      readers.delete(id);
      reader.close();
    }
    for (const turn of path) {
      if (turn.status === "streaming" && !readers.has(turn.id)) startFollowing(turn);
    }
  }

  /** @param {Turn} turn */
  function startFollowing({ id, message, ...turn }) {
    record.begin(id, message);
    const { status, last, text, added, reasoning, problem, chars, sha256, finish } = turn;
    const read = { status, last, text, added, reasoning, problem, chars, sha256, finish };
    const reader = followTurn(id, read, {
      transport: TRANSPORTS[state.transport],
      heartbeat,
      onTurn: (next) => takeTurn(id, next),
      onConnection: (connection) => takeConnection(id, { ...IDLE, ...connection }),
      onItem: (item) => record.add(id, item),
    });
    readers.set(id, reader);
  }

  function takeConnection(id, connection) {
    const before = find(id);
    const drops = before.drops + Number(connection.lost && !before.connection.lost);
    changeTurn(id, { connection, drops });
  }

  /** A turn has been read further. @param {import("./protocol.js").TurnState} read */
  function takeTurn(id, read) {
    const before = find(id);
    const restarts = before.restarts + Number(read.added === null);
    const times = timesAfter(before, read, performance.now());
    if (read.status === "streaming") return changeTurn(id, { ...read, restarts, times });
    readers.delete(id);
    changeTurn(id, { ...read, restarts, times }, { outcome: OUTCOMES[read.status] });
  }

  /** Leave the chat. Leaving is not cancelling: its replies are written on. */
  function leave() {
    visit += 1;
    for (const reader of readers.values()) reader.close();
    readers.clear();
  }

  /** @type {Record<string, (action: any) => any>} */
  const actions = {
    show: ({ chat }) => show(chat),
    load,
    refresh,
    send,
    stop,
    step,
    transport: use,
    tryNow,
    proved,
    dismiss: () => change({ problem: null, notice: "" }),
  };

  return {
    get state() {
      return state;
    },

    /**
     * Do what a person wants. Actions, by their `type`:
     *
     *   show {chat}               a chat; null: a new one
     *   send {message, instead}   resolves to whether the server took it
     *   stop                      the replies on screen that are being written
     *   step {turn, of, step}     to the version before (-1) or after (1) of a "message" or "reply"
     *   refresh                   the chat may have changed elsewhere
     *   load                      try again what `show` could not read
     *   transport {name}          "EventSource" or "fetch", from now on
     *   tryNow                    do not wait for the next try
     *   proved {turn, proof}      the text on screen has been compared
     *   dismiss                   the problem and the notice have been read
     *
     * @param {{type: string, [detail: string]: any}} action
     */
    dispatch: (action) => actions[action.type](action),

    /**
     * @param {() => void} listener is called after each change of `state`
     * @returns {() => void} to stop that
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
