// @ts-check
// What a fault left behind on the wire, what the client did about it, and which of its functions
// saved the text. All of it is read from the facts of observe.js: nothing is said that was not so.

import { count } from "../shared/format.js";

/**
 * @typedef {import("./observe.js").Facts} Facts
 * @typedef {{file: string, name: string, how: string}} PageFunction a function of static/, and
 *   what it does; without a file it is the browser's
 */

/** @type {(file: string, name: string, how: string) => PageFunction} */
const entry = (file, name, how) => ({ file, name, how });

export const FUNCTIONS = {
  again: entry("client/connection.js", "openLater()", "waits, and asks for what is behind the cursor"),
  atOnce: entry("client/connection.js", "openAgain()", "reads again from the cursor"),
  whole: entry("client/turn_reader.js", "isOver()", "reads a finished reply in one piece"),
  check: entry("client/connection.js", "check()", "asks whether a silent stream is behind"),
  gap: entry("client/protocol.js", "isWhole()", "sees that a number is missing"),
  read: entry("client/protocol.js", "read()", "drops an event whose number it has"),
  refused: entry("client/fetch_stream.js", "whyNoStream()", "takes 200 and text/event-stream only"),
  lines: entry("client/sse.js", "Parser.feed()", "ends a line at LF, CR or CRLF"),
  bytes: entry("client/sse.js", "Parser.feed()", "keeps bytes until their line is complete"),
  frames: entry("client/sse.js", "Parser.feed()", "lets no event out before its blank line"),
  browser: entry("", "EventSource", "the browser's own parser does it"),
};

// By kind: `mark`, what the wire shows of it (empty: nothing), and `saved`, what kept the text
// whole besides what savedBy() finds by itself. A kind that is not here gets the general words.
/** @type {Record<string, {mark: (facts: Facts) => string, saved?: PageFunction[]}>} */
const VERDICTS = {
  drop: { mark: outage },
  close: { mark: outage },
  "cut-event": { mark: outage, saved: [FUNCTIONS.frames] },
  refuse: { mark: outage },
  500: { mark: answered },
  503: { mark: answered },
  html: { mark: answered },
  204: { mark: answered },
  hold: {
    mark: ({ most }) => (most > 1 ? `${most} events in one chunk` : ""),
    saved: [FUNCTIONS.frames],
  },
  delay: { mark: ({ pause }) => (pause > 0 ? `an event every ${seconds(pause)}` : "") },
  twice: { mark: ({ seen }) => (seen > 0 ? `${count(seen, "event")} came twice` : "") },
  skip: { mark: ({ gaps }) => (gaps.length > 0 ? `event ${gaps[0]} came too early` : "") },
  silence: { mark: ({ comments }) => (comments === 0 ? "no comment came" : "") },
  cr: {
    mark: ({ cr, crlf }) => (cr > crlf ? "\\r at the end of lines" : ""),
    saved: [FUNCTIONS.lines],
  },
  crlf: { mark: ({ crlf }) => (crlf > 0 ? "\\r\\n at the end of lines" : ""), saved: [FUNCTIONS.lines] },
  "cut-character": {
    mark: ({ cut }) => (cut > 0 ? "a chunk ended inside a character" : ""),
    saved: [FUNCTIONS.bytes],
  },
};

/**
 * What the wire shows of a fault of this kind; empty: nothing.
 *
 * @type {(kind: string, facts: Facts) => string}
 */
export function markOf(kind, facts) {
  return VERDICTS[kind]?.mark(facts) ?? "";
}

/**
 * The functions that kept the text whole; none: it was never in danger.
 *
 * @param {string} kind
 * @param {Facts} facts
 * @returns {PageFunction[]}
 */
export function savedBy(kind, facts) {
  const { gaps, seen, checks, transport, inOnePiece } = facts;
  const own = VERDICTS[kind]?.saved ?? [];
  const functions = transport === "EventSource" ? own.map(() => FUNCTIONS.browser) : [...own];
  const again = facts.streams.slice(0, -1).map(({ why }) => why);
  if (gaps.length > 0) functions.push(FUNCTIONS.gap, FUNCTIONS.atOnce);
  if (seen > 0) functions.push(FUNCTIONS.read);
  if (again.some(isRefusal) && transport === "fetch") functions.push(FUNCTIONS.refused);
  if (again.includes("silent") || checks.length > 0) functions.push(FUNCTIONS.check);
  if (again.some((why) => !HERE.includes(why))) functions.push(FUNCTIONS.again);
  if (inOnePiece) functions.push(FUNCTIONS.whole);
  return [...new Set(functions)];
}

/** Why the page itself leaves a stream for another one. */
const HERE = ["gap", "silent", "transport", "again"];

function isRefusal(why) {
  return ["status", "content type", "no content"].includes(why);
}

/**
 * How exact is what was read of a reply? `text` is "ok", "mismatch", or "none": it could not be
 * compared. `hasFailed`: the reply itself did, whatever came of its text.
 *
 * @param {import("../client/protocol.js").TurnState} read
 * @param {{status: string, reply: string, reasoning: string} | null} log what the server has
 * @returns {{text: "ok" | "mismatch" | "none", hasFailed: boolean}}
 */
export function compare({ status, text, reasoning }, log) {
  if (log === null) return { text: "none", hasFailed: false };
  const isSame = status === log.status && text === log.reply && reasoning === log.reasoning;
  return { text: isSame ? "ok" : "mismatch", hasFailed: log.status === "failed" };
}

/** What the client did, in sentences. @param {Facts} facts @returns {string[]} */
export function whatItDid({ streams, seen, gaps, resets, checks, inOnePiece }) {
  const said = streams.slice(1).map((stream, index) => reconnected(streams[index], stream));
  if (seen > 0) said.push(`Ignored ${count(seen, "event")} whose number it had.`);
  if (gaps.length > 1) said.push(`Found ${gaps.length} gaps in the numbers.`);
  if (resets.length > 0) said.push("Began the text anew, as the server told it.");
  for (const { behind } of checks) {
    said.push(`Asked the server about the silence: ${behind ? "it had more" : "nothing was missing"}.`);
  }
  if (inOnePiece) said.push("Read the finished reply in one piece: there was no stream to be had.");
  return said.length > 0 ? said : ["Only read on: no number was missing, and none came twice."];
}

/** From one stream to the next. */
function reconnected(before, { after, time }) {
  const wait = time - before.over;
  const how = wait < 20 ? "at once" : `after ${seconds(wait)}`;
  return `${because(before)} Asked again with ?after=${after} ${how}.`;
}

function because({ why, status, type }) {
  switch (why) {
    case "status":
      return `The answer was ${status}.`;
    case "content type":
      return `The answer was ${type.split(";")[0]}, not a stream.`;
    case "no content":
      return "The answer was 204, but the reply had no end yet.";
    case "refused":
      return "The answer was not a stream: the browser gave up.";
    case "no answer":
      return "There was no answer.";
    case "end":
      return "The stream ended before the reply did.";
    case "broken":
    case "lost":
      return "The connection was lost.";
    case "gap":
      return "A number was missing.";
    case "silent":
      return "The stream was silent, and the server had more.";
    case "transport":
      return "The transport was changed.";
    default:
      return "The stream was left.";
  }
}

/** The mark of a stream that broke. */
function outage({ streams }) {
  const at = streams.findIndex(({ why }) => ["broken", "lost", "end", "no answer"].includes(why));
  const next = streams[at + 1];
  return at >= 0 && next ? `${words(streams[at].why)}, then ?after=${next.after}` : "";
}

function words(why) {
  return { end: "early end", "no answer": "no answer" }[why] ?? "line lost";
}

/** The mark of an answer that was not a stream. */
function answered({ streams }) {
  const stream = streams.find(({ why }) => isRefusal(why) || why === "refused");
  if (!stream) return "";
  if (stream.why === "content type") return stream.type.split(";")[0];
  return stream.status === null ? "no stream" : `status ${stream.status}`;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 1000 ? 2 : 1)} s`;
}
