// @ts-check
// What happened to a connection, in words. Pure: no page.

import { seconds } from "../shared/format.js";

/** @typedef {import("./transcript.js").Row} Row */

/**
 * How a stream ended.
 * @param {{reason: string, status?: number|null}} item
 * @param {{last: string, over: boolean}} so `last`: the number of the newest event, "" for none;
 *   `over`: the reply's last event has come.
 */
export function endWords({ reason, status }, { last, over }) {
  const where = last === "" ? "before the first event" : `after event ${last}`;
  switch (reason) {
    case "end":
      return over ? "the stream ended" : `the stream ended ${where}, and the reply has not`;
    case "no content":
      return "204: the server has nothing more to send";
    case "status":
      return `refused with ${status ?? "an error"}`;
    case "content type":
      return "refused by the page: this is not an event stream";
    case "no answer":
      return "no answer";
    case "broken":
      return `the connection broke ${where}`;
    case "lost":
      return `the connection was lost ${where}; EventSource does not say why`;
    case "refused":
      return "EventSource gave up; it does not say what the answer was";
    default:
      return reason;
  }
}

/**
 * Why the page has closed a stream.
 * @param {{why: string}} item
 * @param {{cursor: string, silence: number}} so `cursor`: the number of the last event that the
 *   page has read, `silence`: milliseconds since the last byte.
 */
export function closedWords({ why }, { cursor, silence }) {
  switch (why) {
    case "complete":
      return "closed by the page: the reply is complete";
    case "left":
      return "closed by the page: it has left this turn";
    case "caught up":
      return "closed by the page: this is all that is written by now";
    case "transport":
      return "closed by the page, to read on with the other transport";
    case "gap":
      return `closed by the page: an event is missing, asked again after ${cursor || "0"}`;
    case "silent":
      return `closed by the page: silent for ${seconds(silence)}`;
    case "offline":
      return "closed by the page: this machine has no network";
    case "again":
      return "closed by the page, to ask again";
    default:
      return `closed by the page: ${why}`;
  }
}

/** @param {{delay: number, failures: number}} item */
export function waitWords({ delay, failures }) {
  const often = failures > 1 ? ` · ${failures} tries have brought nothing` : "";
  return `next try in ${seconds(delay)}${often}`;
}

/**
 * @param {{behind: boolean}} item
 * @param {number} silence
 */
export function checkWords({ behind }, silence) {
  const found = behind ? "the server is further: asked again" : "the server has nothing new either";
  return `silent for ${seconds(silence)}, ${found}`;
}

/**
 * An answer's own line.
 * @param {{ok: boolean, status: number|null, headers: [string, string][], body?: string}} item
 * @param {number} after milliseconds since the request
 */
export function answerWords({ ok, status, headers, body }, after) {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const said = status ?? (ok ? "open; EventSource shows no status and no headers" : "refused");
  return [`${said}`, type, `after ${seconds(after)}`, body].filter(Boolean).join(" · ");
}

/** What the page made of an event. @param {Row} row */
export function readWords({ as, from, to }) {
  switch (as) {
    case "new":
      return to > from
        ? `The page added it to the reply: characters ${from} to ${to}.`
        : "The page read it; it adds no text.";
    case "reasoning":
      return `The page added it to the reasoning: characters ${from} to ${to}. The reply has none of it.`;
    case "seen":
      return "The page has read this number before, and ignored it.";
    case "gap":
      return "An event before it is missing: the page ignored it, and asked again.";
    case "reset":
      return "The log begins anew: the page threw away what it had.";
    default:
      return "";
  }
}

/** What a page can see with each transport. */
export const SIGHT = {
  EventSource:
    "EventSource shows a page the events, and nothing else: " +
    "no bytes, no comments, no status, no headers.",
  fetch: "With fetch the page reads the stream itself: each new byte can be shown.",
};
