// @ts-check
// What the server can be asked about turns and chats. Every URL is relative to the page.

const PATIENCE = 10_000; // milliseconds for a whole answer: a line that has died never brings it

/** A call that failed. `message` tells a person what happened and what to do. */
export class CallFailed extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP; 0: there was no answer
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Call the server, with `json` in the body if there is any.
 *
 * @param {string} url
 * @param {RequestInit & {json?: any, onItem?: (item: object) => void}} [options] `onItem` is told
 *   the request and the answer, as record.js describes them; `signal` gives up earlier than the
 *   ten seconds after which a call has failed
 * @returns {Promise<any>} what it answers
 */
export async function call(url, { json, onItem = () => {}, signal, ...options } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  if (json !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(json);
  }
  const { method = "GET", headers = {}, body = null } = options;
  const asked = { method, url, headers: Object.entries(headers), body, transport: "fetch" };
  onItem({ kind: "request", time: performance.now(), ...asked });
  let response, text;
  try {
    response = await fetch(url, {
      ...options,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    text = await response.text();
  } catch {
    onItem({ kind: "end", time: performance.now(), reason: "no answer", status: 0, method });
    throw new CallFailed("The server does not answer. Check that it runs, then try again.", 0);
  }
  const { ok, status } = response;
  const answered = { ok, status, headers: Array.from(response.headers), body: text, method };
  onItem({ kind: "answer", time: performance.now(), ...answered });
  const answer = parse(text);
  if (!ok) throw new CallFailed(explain(status, answer?.detail), status);
  if (answer === null) throw new CallFailed("The server's answer cannot be read.", status);
  return answer;
}

/** @returns {any} null: it is not JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function explain(status, detail) {
  // FastAPI describes invalid input as a list, everything else as a sentence.
  if (Array.isArray(detail)) detail = detail.map((item) => item.msg).join(", ") + ".";
  switch (status) {
    case 409:
      return detail ?? "The server has something else by now. Load the page again.";
    case 413:
      return `${detail ?? "The message is too large."} Shorten it, then send it again.`;
    case 422:
      return `The server cannot take this. ${detail ?? ""} Change it, then send it again.`;
    case 503:
      return `The server is busy. ${detail ?? ""} Wait a moment, then try again.`;
    default:
      return `The server answered with an error (${status}). ${detail ?? ""} Try again.`;
  }
}

/**
 * Send a message; the server starts the reply.
 *
 * Without `chat`, in a new chat. `parent` is the id of the turn that it follows; null: none.
 *
 * @param {{message: string, chat?: string, parent?: string | null}} json
 * @param {(item: object) => void} [onItem]
 * @param {AbortSignal} [signal] gives up; the message may have arrived all the same
 * @returns {Promise<{turn: string, chat: string, events: string}>}
 */
export function startTurn({ message, chat, parent }, onItem, signal) {
  return call("turns", { method: "POST", json: { message, chat, parent }, onItem, signal });
}

/**
 * The turn as it stands now.
 *
 * @param {string} turn
 * @returns {Promise<any>} `{status, reply, last, ...}`
 */
export function readTurn(turn) {
  return call(`turns/${turn}`);
}

/**
 * Stop the writer of a turn.
 *
 * @param {string} turn
 * @param {(item: object) => void} [onItem]
 */
export function cancelTurn(turn, onItem) {
  return call(`turns/${turn}/cancel`, { method: "POST", onItem });
}

/**
 * The chat as it stands now.
 *
 * @param {string} chat
 * @returns {Promise<{turns: any[]}>} the oldest first, each as readTurn gives it
 */
export function readChat(chat) {
  return call(`chats/${chat}`);
}

/** The URL of the event stream of a turn. @param {string} turn */
export function eventsOf(turn) {
  return `turns/${turn}/events`;
}
