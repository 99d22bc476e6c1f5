// @ts-check
// What went over the network, as rows that a person reads. Pure: no page.
//
// A record is a list of small facts, in the order in which they happened (client/record.js). A row
// puts together what belongs together: the bytes of a frame, its event and what the page made of
// it; a request and its answer.

import { join } from "../client/sse.js";
import { answerWords, checkWords, closedWords, endWords, waitWords } from "./words.js";

/** What the page can make of an event that moves its cursor. */
export const TAKEN = ["new", "reasoning", "other"];

const LAST_EVENTS = ["end", "failure"];
const FINAL = ["complete", "left", "caught up", "close()"]; // nothing is asked for after that
const NO_STREAM = { last: "", over: false };
const NO_LOSS = [...FINAL, "transport"];

/**
 * `kind` is "request", "answer", "event", "comment" (nothing else in the frame), "frame" (it
 * dispatched nothing, or is not finished), "end", "wait", "check" or "closed".
 *
 * @typedef {object} Row
 * @property {string} kind
 * @property {number} time performance.now()
 * @property {number} delta milliseconds since the row before it
 * @property {number} start when the first row was: what times are counted from
 * @property {number} size bytes; 0 where the transport does not show them
 * @property {string} [words] of a line about the connection
 * @property {boolean} [bad] what a line tells is a loss
 * @property {{chunk: number, bytes: Uint8Array}[]} [pieces] of a frame, cut where a chunk ended
 * @property {{fields: any[], event: any, end: number}|null} [frame] null until its blank line
 * @property {boolean} [discarded] the stream was over before the blank line
 * @property {{type: string, data: string, lastEventId: string}|null} [event]
 * @property {string} [as] what the page made of the event
 * @property {number} [from] where its text begins in the reply, or in the reasoning
 * @property {number} [to]
 * @property {{text: number, reasoning: number}} [ends] how long both are with it
 * @property {any} [request]
 * @property {any} [answer]
 * @property {number|null} [outage] milliseconds without a connection before this request's answer
 * @property {boolean} [again] it was read again from the log, not by the page itself
 * @property {HTMLElement} [element] where it is drawn
 * @property {boolean} [open] its details are shown
 */

/**
 * Returns `{take, lastEventId}`: `take(item)` reads the next item of a record. `put(row)` gets
 * every new row, and each that has changed.
 *
 * @param {(row: Row) => void} put
 * @param {{again?: boolean}} [options]
 */
export function createTranscript(put, { again = false } = {}) {
  let start = NaN; // time of the first item
  let before = NaN; // time of the last row
  let heard = NaN; // time of the last byte or event
  let lastEventId = "";
  let cursor = ""; // the number of the last event that the page has read
  let over = false; // the reply's last event has come
  let lost = NaN; // since when there is no connection
  /** @type {Row|null} */
  let post = null; // the newest one
  /** @type {Row|null} */
  let request = null; // for the stream
  /** @type {Row|null} */
  let frame = null; // the one that is not finished
  /** @type {Row|null} */
  let change = null; // the line about a transport that is to change
  /** @type {Row[]} */
  let unread = []; // events of which the page has not said what it made

  /** @returns {Row} */
  function newRow(kind, time, more) {
    if (Number.isNaN(start)) start = before = time;
    const row = { kind, time, delta: time - before, start, size: 0, again, ...more };
    before = time;
    return row;
  }

  function line(item, words, bad = false) {
    const row = newRow(item.kind, item.time, { words, bad });
    put(row);
    return row;
  }

  const on = {
    request(item) {
      if (item.method !== "GET") {
        post = newRow("request", item.time, { request: item, answer: null, outage: null });
        put(post);
        return;
      }
      leaveStream();
      if (change) {
        change.words = `transport changed to ${item.transport}`;
        put(change);
        change = null;
      }
      request = newRow("request", item.time, { request: item, answer: null, outage: null });
      put(request);
      heard = item.time;
    },
    answer(item) {
      const asked = item.method === "POST" ? post : (request ?? post);
      if (!asked) return;
      asked.answer = item;
      if (item.ok && asked === request) {
        if (!Number.isNaN(lost)) request.outage = item.time - lost;
        lost = NaN;
      }
      put(asked);
      line(item, answerWords(item, item.time - asked.time), !item.ok).answer = item;
      if (asked === request) heard = item.time;
    },
    bytes({ time, chunk, bytes, frames }) {
      let from = 0;
      for (const parsed of frames) {
        addToFrame(bytes.subarray(from, parsed.end), chunk, time);
        from = parsed.end;
        finishFrame(parsed);
      }
      if (from < bytes.length) addToFrame(bytes.subarray(from), chunk, time);
      heard = time;
    },
    event({ time, event }) {
      const row = newRow("event", time, { event, pieces: [] });
      take(row);
      put(row);
      heard = time;
    },
    read({ number, as, from, to, ends }) {
      const same = unread.findIndex(({ event }) => Number(event.lastEventId) === number);
      const [row] = unread.splice(0, Math.max(0, same) + 1).slice(-1);
      if (!row) return;
      Object.assign(row, { as, from, to, ends });
      if (TAKEN.includes(as)) cursor = String(number);
      put(row);
    },
    end(item) {
      if (item.method === "POST") return void line(item, endWords(item, NO_STREAM), true);
      leaveStream();
      const bad = !over && item.reason !== "no content";
      line(item, endWords(item, { last: lastEventId, over }), bad);
      if (bad && Number.isNaN(lost)) lost = item.time;
    },
    closed(item) {
      leaveStream();
      const silence = item.time - heard;
      const bad = !NO_LOSS.includes(item.why);
      const row = line(item, closedWords(item, { cursor, silence }), bad);
      if (item.why === "transport") change = row;
      if (bad && Number.isNaN(lost)) lost = item.why === "silent" ? heard : item.time;
    },
    wait(item) {
      line(item, waitWords(item), true);
    },
    check(item) {
      line(item, checkWords(item, item.time - heard), item.behind);
    },
  };

  function addToFrame(bytes, chunk, time) {
    frame ??= newRow("frame", time, { pieces: [], frame: null });
    const last = frame.pieces.at(-1);
    if (last?.chunk === chunk) last.bytes = join([last.bytes, bytes]);
    else frame.pieces.push({ chunk, bytes });
    frame.size += bytes.length;
    put(frame);
  }

  function finishFrame(parsed) {
    const { event, fields } = parsed;
    frame.frame = parsed;
    if (event) {
      frame.kind = "event";
      frame.event = event;
      take(frame);
    } else if (fields.length > 0 && fields.every(({ name }) => name === "")) {
      frame.kind = "comment";
    }
    lastEventId = parsed.lastEventId || lastEventId; // on a new connection it is empty at first
    put(frame);
    frame = null;
  }

  function take(row) {
    const { type, lastEventId: id } = row.event;
    lastEventId = id || lastEventId;
    over ||= LAST_EVENTS.includes(type);
    unread.push(row);
  }

  /** What the end of a stream finds unfinished stays so. */
  function leaveStream() {
    unread = [];
    if (!frame) return;
    frame.discarded = true;
    put(frame);
    frame = null;
  }

  return {
    take: (item) => on[item.kind]?.(item),
    get lastEventId() {
      return lastEventId;
    },
  };
}

/** Why a frame has dispatched nothing; "" if it has, or is not finished. @param {Row} row */
export function whyNothing({ frame, event, kind }) {
  if (!frame || event) return "";
  if (frame.fields.length === 0) return "blank line";
  return kind === "comment" ? "comment" : "no data";
}

/**
 * What is odd about the bytes of a frame, in a word each: line ends that are not LF, a chunk that
 * ended inside of it.
 * @param {Row} row
 */
export function oddities({ pieces = [], as }) {
  const found = [];
  if (as === "seen") found.push("seen before");
  if (as === "gap") found.push("gap");
  if (as === "reset") found.push("reset");
  if (pieces.some(({ bytes }) => bytes.includes(13))) {
    const whole = join(pieces.map(({ bytes }) => bytes));
    const lf = whole.some((byte, index) => byte === 10 && whole[index - 1] === 13);
    found.push(lf ? "CRLF" : "CR");
  }
  if (pieces.length > 1) {
    const inside = pieces.slice(1).some(({ bytes }) => (bytes[0] & 0xc0) === 0x80);
    found.push(inside ? "cut in a character" : `${pieces.length} chunks`);
  }
  return found;
}

/** Whether a stream that the page has closed for this reason is the turn's last. */
export function isFinal(why) {
  return FINAL.includes(why);
}
