// What the server can be asked about turns and chats. Every URL is relative to the page.

import { call } from "./call.js";

/**
 * Send a message; the server starts the reply. Returns `{turn, chat, events}`.
 *
 * Without `chat`, in a new chat. `parent` is the id of the turn that it follows; null: none.
 */
export function startTurn({ message, chat, parent }) {
  return call("turns", { method: "POST", json: { message, chat, parent } });
}

/** The turn as it stands now: `{status, reply, last, ...}`. */
export function readTurn(turn) {
  return call(`turns/${turn}`, { signal: AbortSignal.timeout(10_000) });
}

/** Stop the writer of a turn. */
export function cancelTurn(turn) {
  return call(`turns/${turn}/cancel`, { method: "POST" });
}

/** The chat as it stands now: `{turns}`, the oldest first, each as readTurn gives it. */
export function readChat(chat) {
  return call(`chats/${chat}`);
}

/** The URL of the event stream of a turn. */
export function eventsOf(turn) {
  return `turns/${turn}/events`;
}
