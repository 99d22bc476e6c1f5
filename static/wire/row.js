// The rows of the inspector: a block of the stream, or a line about the connection.
//
// A row is data until it is drawn, and many are never drawn. Each has `size` (bytes), `element`,
// `draw()`, `matches(filter)` and `text()`, which is what it adds to a copy.

import { create } from "../shared/elements.js";
import { count, seconds } from "../shared/format.js";
import { join } from "../client/sse.js";
import { plain, showBytes, showText } from "./escaped.js";

const LONGEST = 600; // bytes or characters shown of one thing; a copy has all of it

/** A block: its bytes, its fields, and the event that it dispatched. */
export class BlockRow {
  element = create("li", "block");
  size = 0;
  #pieces = []; // the bytes, cut where a chunk ended: {chunk, bytes}
  #time;
  #block = null; // what the parser made of it; null until its blank line
  #broken = false;

  /** Bytes that arrived `time` milliseconds after the start, in the chunk with this number. */
  append(bytes, chunk, time) {
    const last = this.#pieces.at(-1);
    if (last?.chunk === chunk) last.bytes = join([last.bytes, bytes]);
    else this.#pieces.push({ chunk, bytes });
    this.size += bytes.length;
    this.#time = time;
  }

  /** The blank line has come. */
  finish(block) {
    this.#block = block;
  }

  /** The stream is over, and the blank line has not come. */
  discard() {
    this.#broken = true;
  }

  draw() {
    this.element.dataset.event = this.#block?.event?.type ?? "";
    this.element.replaceChildren(
      create("p", "arrival", this.#arrival()),
      create("pre", "bytes", ...this.#bytes()),
      this.#fields(),
      this.#event(),
    );
  }

  /** `filter`: `text` must be in the event's type or data; `comments`: show those, too. */
  matches({ text, comments }) {
    if (!this.#block) return true;
    if (!comments && this.#nothing() === "comment") return false;
    const { event, fields } = this.#block;
    const where = event ? [event.type, event.data] : fields.map(({ value }) => value);
    return where.some((value) => value.toLowerCase().includes(text)) || text === "";
  }

  text() {
    return plain(join(this.#pieces.map(({ bytes }) => bytes)));
  }

  #arrival() {
    const [first, last] = [this.#pieces[0].chunk, this.#pieces.at(-1).chunk];
    const chunks = first === last ? `chunk ${first}` : `chunks ${first} to ${last}`;
    return `${seconds(this.#time)} · ${chunks} · ${count(this.size, "byte")}`;
  }

  #bytes() {
    const nodes = [];
    let left = this.size;
    for (const { bytes } of this.#pieces) {
      const room = LONGEST - (this.size - left);
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

  #fields() {
    const list = create("dl", "fields");
    for (const { name, value, used } of this.#block?.fields ?? []) {
      const comment = name === "";
      const pair = create("div", comment ? "comment" : used ? "" : "ignored");
      pair.append(create("dt", "", ...show(comment ? ":" : name)));
      pair.append(create("dd", "", ...show(value)));
      if (!used && !comment) pair.append(create("dd", "note", "ignored"));
      list.append(pair);
    }
    return list;
  }

  #event() {
    if (!this.#block) {
      const discarded = "discarded: the stream ended before its blank line";
      return create("p", "event nothing", this.#broken ? discarded : "not finished");
    }
    const { event } = this.#block;
    if (!event) return create("p", "event nothing", `nothing dispatched: ${this.#nothing()}`);
    const list = create("dl", "event");
    for (const name of ["type", "data", "lastEventId"]) {
      const pair = create("div", name);
      pair.append(create("dt", "", name), create("dd", "", ...show(event[name])));
      list.append(pair);
    }
    return list;
  }

  /** Why the block dispatches nothing; "" if it does. */
  #nothing() {
    const { event, fields } = this.#block;
    if (event) return "";
    if (fields.length === 0) return "blank line";
    return fields.every(({ name }) => name === "") ? "comment" : "no data";
  }
}

/** A line about the connection. */
export class LineRow {
  element = create("li", "line");
  size = 0;
  #words;

  constructor(time, words) {
    this.#words = `${seconds(time)} · ${words}`;
  }

  draw() {
    this.element.replaceChildren(create("p", "", this.#words));
  }

  matches() {
    return true;
  }

  text() {
    return "";
  }
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
