// @ts-check
// What is behind a row: bytes, fields and event side by side; of a request its headers.

import { createButton, createCopyButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { count, seconds } from "../shared/format.js";
import { asCurl, asHttpx } from "./commands.js";
import { showBytes, showText } from "./escaped.js";
import { whyNothing } from "./transcript.js";
import { readWords, SIGHT } from "./words.js";

/** @typedef {import("./transcript.js").Row} Row */

const LONGEST = 600; // bytes or characters shown of one thing; a copy has all of it

/**
 * @param {Row} row
 * @param {(() => void)|null} onReadFrom reads the log again, after this event; null: there is none
 * @returns {HTMLElement}
 */
export function createDetails(row, onReadFrom) {
  const details = create("div", "details", create("p", "arrival", arrival(row)));
  if (row.kind === "request") details.append(requestParts(row.request), commands(row.request));
  else if (row.answer) details.append(headerPart("Headers of the answer", row.answer.headers));
  if (row.answer?.body && row.kind === "answer") details.append(bodyPart("Body", row.answer.body));
  if (row.pieces) {
    details.append(create("div", "parts", bytesPart(row), fieldsPart(row), eventPart(row)));
    const number = row.event?.lastEventId;
    if (row.as) details.append(create("p", "reading", readWords(row)));
    if (number && onReadFrom) details.append(create("p", "actions", readFrom(number, onReadFrom)));
  }
  return details;
}

/** @param {Row} row */
function arrival({ kind, time, start, pieces = [], size, words }) {
  const parts = [seconds(time - start)];
  if (pieces.length > 0) {
    const [first, last] = [pieces[0].chunk, pieces.at(-1).chunk];
    parts.push(first === last ? `chunk ${first}` : `chunks ${first} to ${last}`);
    parts.push(count(size, "byte"));
  }
  if (words && kind !== "answer") parts.push(words);
  return parts.join(" · ");
}

function part(name, ...children) {
  return create("div", "part", create("p", "name", name), ...children);
}

function requestParts({ url, headers, body, transport, method }) {
  const whole = new URL(url, location.href).href;
  const parts = create("div", "parts", part("URL", create("pre", "", ...show(whole))));
  parts.append(headerPart("Headers that the page has set", headers));
  if (body !== null) parts.append(bodyPart("Body", body));
  if (method === "GET") parts.append(create("p", "sight", SIGHT[transport]));
  return parts;
}

function headerPart(name, headers) {
  if (headers.length === 0) return part(name, create("p", "nothing", "none that a page can see"));
  const list = create("dl", "headers");
  for (const [header, value] of headers) list.append(pair(header, value));
  return part(name, list);
}

function bodyPart(name, body) {
  return part(name, create("pre", "", ...show(body)));
}

function commands(request) {
  const base = location.href;
  return create(
    "p",
    "actions",
    createCopyButton(() => asCurl(request, base), "Copy as curl"),
    createCopyButton(() => asHttpx(request, base), "Copy as httpx"),
  );
}

function readFrom(number, onReadFrom) {
  const button = createButton("Replay from here", onReadFrom);
  button.title = `Reads the log again, after event ${number}`;
  return button;
}

/** @param {Row} row */
function bytesPart({ pieces, size }) {
  const bytes = create("pre", "bytes", ...shownBytes(pieces, size));
  if (size > 0) return part("Bytes as they arrived", bytes);
  return part("Bytes", create("p", "nothing", SIGHT.EventSource));
}

function shownBytes(pieces, size) {
  const nodes = [];
  let left = size;
  for (const { bytes } of pieces) {
    const room = LONGEST - (size - left);
    if (room <= 0) break;
    if (nodes.length > 0) nodes.push(cut());
    const shown = bytes.subarray(0, wholeCharacters(bytes, room));
    nodes.push(...showBytes(shown).map(node));
    left -= shown.length;
    if (shown.length < bytes.length) break;
  }
  if (left > 0) nodes.push(create("span", "more", ` … ${count(left, "more byte")}`));
  return nodes;
}

/** @param {Row} row */
function fieldsPart({ frame, size }) {
  if (size === 0) return "";
  const list = create("dl", "fields");
  for (const { name, value, used } of frame?.fields ?? []) {
    const comment = name === "";
    const item = pair(comment ? ":" : name, value);
    item.className = comment ? "comment" : used ? "" : "ignored";
    if (!used && !comment) item.append(create("dd", "note", "ignored"));
    list.append(item);
  }
  return part("Fields", list);
}

/** @param {Row} row */
function eventPart(row) {
  const { event, frame, discarded } = row;
  if (!event) {
    const lost = "discarded: the stream was over before its blank line";
    const open = discarded ? lost : "not finished";
    const words = frame ? `nothing dispatched: ${whyNothing(row)}` : open;
    return part("Event", create("p", "event nothing", words));
  }
  const list = create("dl", "event");
  for (const name of ["type", "data", "lastEventId"]) {
    const item = pair(name, event[name]);
    item.className = name;
    list.append(item);
  }
  return part("Event", list);
}

function pair(name, value) {
  return create("div", "", create("dt", "", ...show(name)), create("dd", "", ...show(value)));
}

function show(text) {
  if (text.length <= LONGEST) return showText(text).map(node);
  const start = text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, ""); // half of a character
  return [...showText(start).map(node), create("span", "more", " …")];
}

function node({ text, kind }) {
  return kind === "text" ? document.createTextNode(text) : create("span", kind, text);
}

function cut() {
  const mark = create("span", "cut", "¦");
  mark.title = "The next chunk begins here.";
  return mark;
}

/** At most `most`, and fewer where that would cut a character in two. */
function wholeCharacters(bytes, most) {
  if (most >= bytes.length) return bytes.length;
  let end = most;
  while (end > most - 4 && (bytes[end] & 0xc0) === 0x80) end -= 1;
  return end;
}
