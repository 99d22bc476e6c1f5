// @ts-check
// One turn, followed to its end: what its stream says, read into the turn's state.

import { follow } from "./connection.js";
import { fail, fromState, isWhole, read } from "./protocol.js";
import { eventsOf, readTurn } from "./server.js";

/** Why a reply that the server has forgotten goes no further. */
export const GONE = "The server no longer knows this reply: it was restarted, or has forgotten it.";

const SILENCE = 1.25; // heartbeats without a sign of life before a stream is checked

/**
 * @typedef {import("./protocol.js").TurnState} TurnState
 * @typedef {object} Reader
 * @property {(why?: string) => void} close leaves the turn to itself
 * @property {(problem: string, status?: string) => void} end ends it on this page
 * @property {(state: {last: number, status: string}) => void} takeState takes what the server
 *   says of the turn elsewhere, in the list of a chat
 * @property {(transport: import("./connection.js").Transport) => void} use
 * @property {() => void} tryNow
 */

/**
 * Follow the turn `id` from its state `turn` on, as far as it has been read.
 *
 * @param {string} id
 * @param {TurnState} turn
 * @param {object} how
 * @param {import("./connection.js").Transport} how.transport
 * @param {number} how.heartbeat of the server, in seconds; 0: it has none
 * @param {(turn: TurnState) => void} how.onTurn gets every new state of the turn
 * @param {(connection: object) => void} how.onConnection gets that of its stream
 * @param {(item: any) => void} [how.onItem] gets all that happens, as record.js describes it
 * @returns {Reader}
 */
export function followTurn(id, turn, how) {
  const { transport, heartbeat, onTurn, onConnection, onItem = () => {} } = how;
  let closed = false;

  function update(next) {
    if (closed || next === turn || turn.status !== "streaming") return;
    turn = next;
    onTurn(turn);
    if (turn.status !== "streaming") close("complete");
  }

  function close(why = "left") {
    closed = true;
    connection.close(why);
  }

  /** Take an event. Returns false if one before it is missing. */
  function take(event) {
    const whole = isWhole(turn, event);
    const next = whole ? read(turn, event) : turn;
    onItem(describeRead(event, turn, next, whole));
    update(next);
    return whole;
  }

  /**
   * There was no stream to be had: is the turn gone, or finished? A finished turn is asked for
   * once more as a stream, which brings only what is missing.
   */
  async function isOver(failures) {
    try {
      const state = await readTurn(id);
      if (state.status !== "streaming" && failures > 0) update(fromState(state));
    } catch (error) {
      if (error.status === 404) update(fail(turn, GONE));
    }
    return turn.status !== "streaming";
  }

  async function isBehind() {
    try {
      return hasMore(await readTurn(id));
    } catch (error) {
      if (error.status === 404) update(fail(turn, GONE));
      return true;
    }
  }

  function hasMore({ last }) {
    return last > turn.last;
  }

  const connection = follow({
    url: eventsOf(id),
    transport,
    silence: heartbeat * SILENCE * 1000,
    cursor: () => turn.last,
    onEvent: take,
    onState: onConnection,
    onItem,
    isOver,
    isBehind,
  });
  return {
    close,
    end: (problem, status) => update(fail(turn, problem, status)),
    takeState: (state) => hasMore(state) && connection.expectMore(),
    use: connection.use,
    tryNow: connection.tryNow,
  };
}

/** What was made of an event, for the record. */
function describeRead({ type, lastEventId }, before, after, whole) {
  const item = { kind: "read", time: performance.now(), number: Number(lastEventId) };
  if (!whole) return { ...item, as: "gap" };
  if (type === "reset") return { ...item, as: "reset" };
  if (after === before) return { ...item, as: "seen" };
  const ends = { text: after.text.length, reasoning: after.reasoning.length };
  if (type === "reasoning") {
    return { ...item, as: type, from: before.reasoning.length, to: ends.reasoning, ends };
  }
  const as = type === "message" ? "new" : "other";
  return { ...item, as, from: before.text.length, to: ends.text, ends };
}
