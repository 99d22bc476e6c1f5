// @ts-check
// How the connection of a turn has been: its states one after the other, its events, its outages.
// Pure: no page.

import { count, seconds } from "../shared/format.js";
import { isFinal, TAKEN } from "./transcript.js";

const MOST_EVENTS = 20_000;
const BURST = 10; // milliseconds: what comes with less between it came at once

/**
 * @typedef {{state: "sending"|"connecting"|"open"|"waiting"|"closed", time: number}} Change
 * @typedef {{from: number, to: number, after: string, asked: string, events: number, first: number,
 *   last: number}} Outage `to` is NaN while it lasts; then `events` came at once, from `first` to
 *   `last`
 */

/** The states of a turn's connection. `take(item)` reads the next item of a record. */
export class History {
  /** @type {Change[]} */
  changes = [];
  /** @type {{time: number, isReasoning: boolean}[]} */
  events = [];
  /** @type {Outage[]} */
  outages = [];
  start = NaN;
  end = NaN; // time of the newest item
  #after = ""; // the number of the newest event
  #read = ""; // the number of the last one that the page has read
  #asked = ""; // the cursor of the newest request
  #over = false;
  #sign = NaN; // time of the last sign of life

  /** @param {any} item */
  take(item) {
    const { kind, time } = item;
    if (Number.isNaN(this.start)) this.start = time;
    if (time !== undefined) this.end = time;
    if (["request", "answer", "event", "bytes"].includes(kind)) this.#sign = time;
    if (isPost(item)) this.#posted(item);
    else if (kind === "request") {
      this.#asked = askedFor(item);
      this.#become("connecting", time);
    } else if (kind === "answer") this.#answered(item);
    else if (kind === "event") this.#heard(item.event, time);
    else if (kind === "bytes") {
      for (const { event } of item.frames) if (event) this.#heard(event, time);
    } else if (kind === "read") {
      if (TAKEN.includes(item.as)) this.#read = String(item.number);
      if (item.as === "gap") this.#after = this.#read;
    } else if (kind === "end") this.#lost(time, !this.#over && item.reason !== "no content");
    else if (kind === "closed") {
      if (isFinal(item.why)) this.#become("closed", time);
      else this.#lost(time, item.why !== "transport", item.why === "silent" ? this.#sign : time);
    }
  }

  /** All of it in words. */
  get words() {
    const { changes, outages, events, end } = this;
    if (changes.length === 0) return "Nothing yet";
    const states = changes.map(({ state, time }, number) => {
      const to = changes[number + 1]?.time ?? end;
      return state === "closed" ? "closed" : `${state} ${seconds(to - time)}`;
    });
    const shown = states.length > 8 ? ["…", ...states.slice(-8)] : states;
    const lost = outages.slice(-3).map((outage) => outageWords(outage)[0]);
    const reasoning = events.filter(({ isReasoning }) => isReasoning).length;
    const heard = count(events.length, "event") + (reasoning > 0 ? `, ${reasoning} reasoning` : "");
    return [shown.join(", "), heard, ...lost].join("; ");
  }

  /** Of what is posted, the message is a state by itself, until there is a stream. */
  #posted({ kind, ok, time }) {
    if (kind === "request" && this.#asked === "") this.#become("sending", time);
    else if (kind !== "request" && !ok && this.changes.at(-1)?.state === "sending") {
      this.#become("closed", time);
    }
  }

  #answered({ ok, time }) {
    if (!ok) return;
    this.#become("open", time);
    const outage = this.#outage();
    if (outage) Object.assign(outage, { to: time, asked: this.#asked });
  }

  #heard(event, time) {
    this.#after = event.lastEventId || this.#after;
    this.#over ||= event.type === "end" || event.type === "failure";
    this.events.push({ time, isReasoning: event.type === "reasoning" });
    if (this.events.length > MOST_EVENTS) this.events = this.events.filter((_, index) => index % 2);
    const outage = this.outages.at(-1);
    if (!outage || Number.isNaN(outage.to) || time - outage.last > BURST) return;
    if (outage.events === 0) outage.first = time;
    outage.events += 1;
    outage.last = time;
  }

  /** The stream is over; nothing has come since the time `from`. */
  #lost(time, isOutage, from = time) {
    this.#become(this.#over ? "closed" : "waiting", time);
    if (!isOutage || this.#outage()) return;
    const nothing = { asked: "", events: 0, first: NaN, last: NaN };
    this.outages.push({ from, to: NaN, after: this.#after, ...nothing });
  }

  /** The outage that goes on. */
  #outage() {
    const last = this.outages.at(-1);
    return last && Number.isNaN(last.to) ? last : null;
  }

  #become(state, time) {
    if (this.changes.at(-1)?.state !== state) this.changes.push({ state, time });
  }
}

/** Whether an item is about a POST, which may be made in the middle of a stream. */
function isPost({ kind, method = "GET" }) {
  return ["request", "answer", "end"].includes(kind) && method !== "GET";
}

/** The cursor of a request, as it says it. */
function askedFor({ url, headers }) {
  const header = headers.find(([name]) => name.toLowerCase() === "last-event-id");
  if (header) return header.join(": ");
  return /[?&]after=[^&]*/.exec(url)?.[0].replace("&", "?") ?? "asked again";
}

/**
 * "0.520 s lost after event 3 → ?after=3 · 18 events in 5 ms"; then the same in fewer words.
 * @param {Outage} outage
 */
export function outageWords({ from, to, after, asked, events, first, last }) {
  const where = after === "" ? "before the first event" : `after event ${after}`;
  if (Number.isNaN(to)) return [`lost ${where}`, "lost"];
  const lost = `${seconds(to - from)} lost`;
  const reconnected = `${lost} ${where} → ${asked}`;
  const time = Math.round(last - first);
  const burst = ` · ${count(events, "event")} ${time > 0 ? `in ${time} ms` : "at once"}`;
  return [events > 1 ? reconnected + burst : reconnected, reconnected, lost];
}
