// @ts-check
// A row on one line: number, type, data, time since the row before, bytes.
//
// Rows come by the hundred a second, so one is as few elements as there are columns, and each is
// one line of text. What is behind it is drawn when somebody asks for it (details.js).

import { create } from "../shared/elements.js";
import { showText } from "./escaped.js";
import { oddities, whyNothing } from "./transcript.js";

/** @typedef {import("./transcript.js").Row} Row */

const LONGEST = 300; // characters shown of one thing; the details have more, a copy has all of it

/**
 * Draw `row` into its element, which is made if there is none.
 * @param {Row} row
 * @returns {HTMLElement}
 */
export function drawRow(row) {
  row.element ??= newElement();
  const { element } = row;
  element.dataset.kind = row.kind;
  if (row.event) {
    element.dataset.number = row.event.lastEventId;
    element.dataset.type = row.event.type;
  }
  if (row.as) element.dataset.as = row.as;
  if (row.bad) element.dataset.bad = "";
  element.firstElementChild.replaceChildren(...columns(row));
  return element;
}

function newElement() {
  const line = create("div", "line");
  line.tabIndex = -1; // arrow keys come here
  line.setAttribute("role", "button");
  line.setAttribute("aria-expanded", "false");
  return create("li", "row", line);
}

function columns(row) {
  if (row.kind === "request") return requestColumns(row);
  const delta = create("span", "delta", since(row.delta));
  if (row.words !== undefined) return [create("span", "words", oneLine(row.words)), delta];
  return [
    create("span", "id", row.event?.lastEventId ?? ""),
    create("span", "type", oneLine(row.event?.type ?? nameOf(row))),
    create("span", "data", ...oddities(row).map(tag), oneLine(dataOf(row))),
    delta,
    create("span", "size", row.size > 0 ? row.size.toLocaleString("en") : ""),
  ];
}

function requestColumns({ request, answer, outage, again, time, start }) {
  const words = create("span", "words");
  words.append(create("b", "method", request.method), ` ${shortUrl(request.url)} → `);
  words.append(answer ? status(answer) : create("b", "status", "…"));
  const lost = ` · after an outage of ${brief(outage)}`;
  if (outage !== null) words.append(create("span", "outage", lost));
  const how = again ? "read again from the log" : request.method === "GET" && request.transport;
  if (how) words.append(create("span", "how", ` · ${how}`));
  return [words, create("span", "delta", again ? "" : brief(time - start))];
}

function status({ ok, status: code }) {
  const element = create("b", "status", code === null ? (ok ? "open" : "no answer") : String(code));
  element.dataset.ok = String(ok);
  return element;
}

/** "turns/…/events?after=3", seen from this page: the id says nothing to a person. */
function shortUrl(url) {
  return url.replace(new URL(".", location.href).href, "").replace(/\b(turns\/)[^/?]+/, "$1…");
}

function tag(words) {
  return create("span", "tag", words);
}

function nameOf(row) {
  if (row.discarded) return "discarded";
  return row.frame ? whyNothing(row) : "…";
}

function dataOf({ event, frame, kind }) {
  if (event) return event.data;
  const fields = frame?.fields ?? [];
  const words = ({ name, value }) => (kind === "comment" ? value : `${name}: ${value}`);
  return fields.map(words).join(" ");
}

/** Text on one line: what is not seen is written out. */
function oneLine(text) {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
  return showText(cut).map(({ text: shown }) => (shown === "\n" ? "" : shown)).join("");
}

function since(milliseconds) {
  return milliseconds < 9_999.5 ? `+${Math.round(milliseconds)} ms` : `+${brief(milliseconds)}`;
}

/** "0.52 s" for 520 milliseconds. */
function brief(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
