// @ts-check
// What the store holds: a chat as this page knows it, and what that means. Nothing here changes it.

import { fromState, NEW_TURN } from "./protocol.js";
import { pathTo } from "./tree.js";

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

/** Whether this page was there while a turn was written: how it ends is news. @param {Turn} turn */
export function isNews({ connection }) {
  return connection.state !== IDLE.state;
}

/** Whether all that has come of a reply is reasoning. @param {Turn} turn */
function isThinking({ text, reasoning }) {
  return text === "" && reasoning !== "";
}

/** Whether a stream is open for a turn, or is to be. @param {Turn} turn */
export function isFollowed({ status, connection }) {
  return status === "streaming" && !["idle", "closed"].includes(connection.state);
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
export const IDLE = Object.freeze({ state: "idle", lost: false, offline: false, nextTry: null });

/** A turn as the server lists it, of which this page has read nothing yet. */
export function fromList({ turn, parent, message, ...rest }) {
  const read = rest.status === "streaming" ? NEW_TURN : fromState(rest);
  return createTurn(turn, parent, message, read);
}

/** @returns {Turn} */
export function createTurn(id, parent, message, read = NEW_TURN, sent = null) {
  const times = { ...NOT_SEEN, sent };
  const known = { restarts: 0, drops: 0, stopping: false, connection: IDLE, times, proof: null };
  return { id, parent, message, ...read, ...known };
}

/**
 * The times of a turn that has been read further, `now`.
 *
 * @type {(turn: Turn, read: import("./protocol.js").TurnState, now: number) => Times}
 */
export function timesAfter({ times, reasoning }, read, now) {
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
