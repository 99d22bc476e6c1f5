// @ts-check
// What the events of a turn mean. Pure: no network, no page.
//
// A turn is a plain object, never changed in place: read(turn, event) returns the next one,
// or the same object when the event says nothing new.

/** The event types that a stream of a turn can carry. */
export const EVENT_TYPES = ["message", "reasoning", "end", "failure", "reset"];

/**
 * A turn, as far as it has been read.
 *
 * `status` is "streaming", "done", "failed" or "cancelled"; `last` the number of the newest
 * event that was read, which is the cursor for going on; `text` the reply so far, and `added`
 * what the newest event added to it (null: `text` is not a continuation of what it was).
 * `reasoning` is what the model has thought so far, which is not part of the reply.
 * `problem` says why a turn failed. `chars` and `sha256` describe the whole reply, and `finish` is
 * what the model has said of its end, if it has; they come with the last event.
 *
 * @typedef {{reason?: string, input_tokens?: number, output_tokens?: number}} Finish
 * @typedef {{status: string, last: number, text: string, added: string | null, reasoning: string,
 *   problem: string, chars: number | null, sha256: string | null, finish: Finish | null}} TurnState
 */

/** A turn of which nothing has been read yet. @type {TurnState} */
export const NEW_TURN = Object.freeze({
  status: "streaming",
  last: 0,
  text: "",
  added: null,
  reasoning: "",
  problem: "",
  chars: null,
  sha256: null,
  finish: null,
});

/** The turn after one more event. `event` is a MessageEvent, or anything of its shape. */
export function read(turn, event) {
  if (turn.status !== "streaming") return turn;
  if (event.type === "reset") return NEW_TURN; // the log follows from its start

  const number = Number(event.lastEventId);
  if (number <= turn.last) return turn; // seen before

  const data = parse(event.data);
  if (event.type === "message" && typeof data === "string") {
    return { ...turn, last: number, text: turn.text + data, added: data };
  }
  const next = { ...turn, last: number, added: "" };
  if (event.type === "reasoning" && typeof data === "string") {
    return { ...next, reasoning: turn.reasoning + data };
  }
  if (event.type === "end" && data?.status) {
    const { status, chars, sha256, finish = null } = data;
    return { ...next, status, chars, sha256, finish };
  }
  if (event.type === "failure" && data?.message) {
    const { message, chars, sha256, finish = null } = data;
    return { ...next, status: "failed", problem: message, chars, sha256, finish };
  }
  return fail(turn, "The page could not read what the server sent.");
}

/** Whether nothing is missing between the turn and the event: no number was left out. */
export function isWhole(turn, event) {
  return event.type === "reset" || Number(event.lastEventId) <= turn.last + 1;
}

/** The turn, ended by the page itself: what it has read stays, `problem` says what happened. */
export function fail(turn, problem, status = "failed") {
  return { ...turn, added: "", status, problem };
}

/** A finished turn as `GET turns/{turn}` describes it: the way to the end without a stream. */
export function fromState(state) {
  const { status, last, reply: text, reasoning = "", problem = "" } = state;
  const { chars, sha256, finish = null } = state;
  return { ...NEW_TURN, status, last, text, reasoning, problem, chars, sha256, finish };
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
