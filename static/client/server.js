// The calls to the server that are no streams. Every URL is relative to the page.

/** A call that failed. `message` tells a person what happened and what to do. */
export class CallFailed extends Error {
  /** `status` is the HTTP status; 0: there was no answer. */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Send a message; the server starts the reply. Returns `{turn, chat, events}`.
 *
 * Without `chat`, in a new chat. `replaces` is a turn of the chat: it and all after it leave.
 */
export function startTurn({ message, chat, replaces }) {
  return call("turns", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message, chat, replaces }),
  });
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

async function call(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new CallFailed("The server does not answer. Check that it runs, then try again.", 0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new CallFailed(explain(response.status, answer?.detail), response.status);
  if (answer === null) throw new CallFailed("The server's answer cannot be read.", response.status);
  return answer;
}

function explain(status, detail) {
  // FastAPI describes invalid input as a list, everything else as a sentence.
  if (Array.isArray(detail)) detail = detail.map((item) => item.msg).join(", ") + ".";
  switch (status) {
    case 409:
      return detail ?? "The chat was changed elsewhere.";
    case 413:
      return `${detail ?? "The message is too large."} Shorten it, then send it again.`;
    case 422:
      return `The server cannot take this message. ${detail ?? ""} Change it, then send it again.`;
    case 503:
      return `The server is busy. ${detail ?? ""} Wait a moment, then try again.`;
    default:
      return `The server answered with an error (${status}). ${detail ?? ""} Try again.`;
  }
}
