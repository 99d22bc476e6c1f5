// Calls to the server that are no streams: JSON there, JSON back. Every URL is relative to the page.

/** A call that failed. `message` tells a person what happened and what to do. */
export class CallFailed extends Error {
  /** `status` is the HTTP status; 0: there was no answer. */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Call the server, with `json` in the body if there is any. Returns what it answers. */
export async function call(url, { json, ...options } = {}) {
  if (json !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(json);
  }
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
