// @ts-check
// The event-stream format, and a parser that shows all of it. No network, no page.
//
// EventSource hides its work: the bytes, the comments, the frames that dispatch nothing. This is
// the same work in the open. The two steps of Parser are those of chatkit/sse.py: bytes to lines,
// then lines to events. Source: HTML Standard, section 9.2.5 "Parsing an event stream" and 9.2.6
// "Interpreting an event stream".

const LF = 10;
const CR = 13;

/**
 * Bytes of an event stream in, frames out, whatever the size of the chunks. A frame is the lines
 * up to a blank one.
 *
 * `lastEventId` is what a client that reconnects now would send, and `retry` the reconnection
 * time in milliseconds, or null while the stream has set none. A frame that the end of the
 * stream finds unfinished never comes out.
 */
export class Parser {
  lastEventId = "";
  retry = null;

  // What of the bytes is not read yet.
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // it would drop one in each line
  #atStart = true;
  #afterCr = false;
  #line = []; // the pieces of a line whose end has not come

  // What the lines since the last blank one have said.
  #fields = [];
  #data = [];
  #type = "";
  #id = "";

  /**
   * Take the next bytes, a Uint8Array; return the frames that they complete, in order:
   * `{fields, event, lastEventId, end}`.
   *
   * `fields` has `{name, value, used}` for every line: a comment has the name "", and what the
   * standard ignores is not `used`. `event` is `{type, data, lastEventId}`, or null if the frame
   * dispatches nothing. `end` says where in the chunk the frame ended.
   */
  feed(chunk) {
    const frames = [];
    for (const [line, end] of this.#lines(chunk)) {
      if (line === "") frames.push({ ...this.#dispatch(), end });
      else this.#interpret(line);
    }
    return frames;
  }

  *#lines(chunk) {
    // A CR has ended its line at once. An LF that comes next is its other half.
    let start = this.#afterCr && chunk[0] === LF ? 1 : 0;
    if (chunk.length > 0) this.#afterCr = chunk.at(-1) === CR;
    for (let i = start; i < chunk.length; i += 1) {
      if (chunk[i] !== LF && chunk[i] !== CR) continue;
      const rest = chunk.subarray(start, i);
      if (chunk[i] === CR && chunk[i + 1] === LF) i += 1;
      start = i + 1;
      yield [this.#decode(rest), start];
    }
    if (start < chunk.length) this.#line.push(chunk.slice(start));
  }

  #decode(rest) {
    const bytes = this.#line.length > 0 ? join([...this.#line, rest]) : rest;
    this.#line = [];
    let line = this.#decoder.decode(bytes);
    if (this.#atStart && line.startsWith("\ufeff")) line = line.slice(1);
    this.#atStart = false;
    return line;
  }

  #interpret(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    this.#fields.push({ name, value, used: this.#use(name, value) });
  }

  /** Do what a field says. Returns false if it is one to ignore. */
  #use(name, value) {
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Number(value);
    else return false;
    return true;
  }

  #dispatch() {
    const lastEventId = this.#id;
    this.lastEventId = lastEventId;
    let event = null;
    if (this.#data.length > 0) {
      event = { type: this.#type || "message", data: this.#data.join("\n"), lastEventId };
    }
    const frame = { fields: this.#fields, event, lastEventId };
    this.#fields = [];
    this.#data = [];
    this.#type = "";
    return frame;
  }
}

/** One Uint8Array out of several. */
export function join(pieces) {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
