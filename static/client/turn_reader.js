// One turn, followed to its end: what its stream says, read into the turn's state.

import { follow } from "./connection.js";
import { fail, fromState, isWhole, read } from "./protocol.js";
import { eventsOf, readTurn } from "./server.js";

/** Why a reply that the server has forgotten goes no further. */
export const GONE = "The server no longer knows this reply: it was restarted, or has forgotten it.";

/**
 * Follow the turn `id` from its state `turn` on, as far as it has been read. Returns `{close, end}`.
 *
 * `onTurn(turn)` gets every new state of the turn, `onConnection(state)` that of its stream.
 * `close()` leaves the turn to itself; `end(problem, status)` ends it on this page.
 */
export function followTurn(id, turn, { onTurn, onConnection }) {
  let closed = false;

  function update(next) {
    if (closed || next === turn || turn.status !== "streaming") return;
    turn = next;
    onTurn(turn);
    if (turn.status !== "streaming") close();
  }

  function close() {
    closed = true;
    connection.close();
  }

  /** Take an event. Returns false if one before it is missing. */
  function take(event) {
    if (!isWhole(turn, event)) return false;
    update(read(turn, event));
    return true;
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

  const connection = follow({
    url: eventsOf(id),
    cursor: () => turn.last,
    onEvent: take,
    onState: onConnection,
    isOver,
  });
  return {
    close,
    end: (problem, status) => update(fail(turn, problem, status)),
  };
}
