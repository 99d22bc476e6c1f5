// @ts-check
// The record of a page that keeps none: what its own EventSource and fetch do, noted as it happens.
//
// Nothing is asked for twice, and nothing is read that the page does not read. With EventSource
// that means: events of the types that the page listens to. What was opened before the tap is not
// seen, so the script that brings it stands first in the page.

import { createRecord } from "../client/record.js";
import { Parser } from "../client/sse.js";

const NO_EVENTS = ["open", "error"];
const CLOSED = { why: "close()" };

let record = null;

/** The record of this page. The first call puts the tap in. */
export function tap() {
  if (record) return record;
  record = createRecord();
  const notes = createNotes(record);
  window.EventSource = tappedEventSource(window.EventSource, notes);
  window.fetch = tappedFetch(window.fetch, notes);
  return record;
}

/**
 * Which entry of the record something belongs to: a POST and the stream that comes next are one
 * turn, and so is a stream that goes on from a cursor. `post` and `stream` return a function that
 * notes an item, and returns it.
 */
function createNotes(record) {
  let count = 0;
  let turn = "";
  let path = ""; // of the turn's stream; "" before there is one
  let isOpen = false;

  function begin(name, message = "") {
    count += 1;
    turn = `${count} ${name}`;
    path = "";
    record.begin(turn, message);
  }

  function writer() {
    const mine = turn;
    return (kind, details, time = performance.now()) => {
      const item = { kind, time, ...details };
      if (mine === turn && ["end", "closed"].includes(kind)) isOpen = false;
      record.add(mine, item);
      return item;
    };
  }

  return {
    post(url, body) {
      if (!isOpen) begin(pathOf(url), messageIn(body)); // else it is about that stream
      return writer();
    },
    stream(url) {
      const goesOn = path === pathOf(url) && /[?&]after=[1-9]/.test(url);
      if (turn === "" || (path !== "" && !goesOn)) begin(pathOf(url));
      path = pathOf(url);
      isOpen = true;
      return writer();
    },
  };
}

/** @returns {any} */
function tappedEventSource(Native, notes) {
  return class EventSource extends Native {
    #note;
    #types = new Set();
    #asked = true; // a request is on its way; else the browser waits to make the next
    #lastEventId = "";

    constructor(url, options) {
      super(url, options);
      this.#note = notes.stream(this.url);
      this.#noteRequest();
      super.addEventListener("open", () => this.#noteOpen());
      super.addEventListener("error", () => this.#noteError());
      this.#watch("message");
    }

    addEventListener(type, ...rest) {
      this.#watch(type);
      super.addEventListener(type, ...rest);
    }

    close() {
      if (this.readyState !== Native.CLOSED) this.#note("closed", CLOSED);
      super.close();
    }

    #watch(type) {
      if (NO_EVENTS.includes(type) || this.#types.has(type)) return;
      this.#types.add(type);
      super.addEventListener(type, ({ data, lastEventId }) => {
        this.#lastEventId = lastEventId;
        this.#note("event", { event: { type, data, lastEventId } });
      });
    }

    #noteRequest() {
      this.#asked = true;
      const headers = [["Accept", "text/event-stream"]];
      if (this.#lastEventId !== "") headers.push(["Last-Event-ID", this.#lastEventId]);
      const asked = { method: "GET", url: this.url, headers, body: null };
      this.#note("request", { ...asked, transport: "EventSource" });
    }

    #noteOpen() {
      if (!this.#asked) this.#noteRequest(); // the browser has asked by itself
      this.#asked = false;
      this.#note("answer", { ok: true, status: null, headers: [] });
    }

    #noteError() {
      const isOver = this.readyState === Native.CLOSED;
      const wasOpen = !this.#asked;
      this.#asked = false;
      if (wasOpen) this.#note("end", { reason: "lost", status: 0 });
      else this.#note("end", { reason: isOver ? "refused" : "no answer", status: 0 });
    }
  };
}

function tappedFetch(native, notes) {
  return async function fetch(input, init) {
    const request = describe(input, init);
    if (!request) return native(input, init);
    const asked = performance.now();
    let note = null;
    if (request.method !== "GET") note = notes.post(request.url, request.body);
    else if (asksForStream(request)) note = notes.stream(request.url);
    note?.("request", request, asked);
    let response;
    try {
      response = await native(input, init);
    } catch (error) {
      note?.("end", { reason: "no answer", status: 0, method: request.method });
      throw error;
    }
    const { ok, status, headers } = response;
    const isStream = ok && (headers.get("Content-Type") ?? "").startsWith("text/event-stream");
    if (isStream && !note) {
      note = notes.stream(request.url);
      note("request", request, asked);
    }
    if (!note) return response;
    const answer = note("answer", { ok, status, headers: Array.from(headers), method: request.method });
    if (isStream && response.body) return tapBody(response, note);
    if (request.method !== "GET") noteBody(response.clone(), answer);
    else note("end", { reason: status === 204 ? "no content" : "status", status });
    return response;
  };
}

/** The request that `fetch` is called with; null: it is for somebody else, or not a GET or POST. */
function describe(input, init = {}) {
  const given = input instanceof Request ? input : null;
  const url = new URL(given?.url ?? String(input), location.href);
  const method = (init.method ?? given?.method ?? "GET").toUpperCase();
  if (url.origin !== location.origin || !["GET", "POST"].includes(method)) return null;
  const headers = Array.from(new Headers(init.headers ?? given?.headers));
  const body = typeof init.body === "string" ? init.body : null;
  return { method, url: url.href, headers, body, transport: "fetch" };
}

function asksForStream({ headers }) {
  return headers.some(([name, value]) => name === "accept" && value.includes("event-stream"));
}

/** The same response, whose bytes are noted when the page reads them. */
function tapBody(response, note) {
  const reader = response.body.getReader();
  const parser = new Parser();
  let chunk = 0;
  const source = {
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          note("end", { reason: "end", status: response.status });
          return controller.close();
        }
        chunk += 1;
        const bytes = value.slice();
        note("bytes", { chunk, bytes, frames: parser.feed(bytes) });
        controller.enqueue(value);
      } catch (error) {
        if (error.name === "AbortError") note("closed", CLOSED);
        else note("end", { reason: "broken", status: response.status });
        controller.error(error);
      }
    },
    cancel(reason) {
      note("closed", CLOSED);
      return reader.cancel(reason);
    },
  };
  const { status, statusText, headers, url } = response;
  const body = new ReadableStream(source, { highWaterMark: 0 });
  const tapped = new Response(body, { status, statusText, headers });
  return Object.defineProperty(tapped, "url", { value: url });
}

async function noteBody(response, answer) {
  answer.body = await response.text().catch(() => "");
}

function pathOf(url) {
  return new URL(url, location.href).pathname;
}

function messageIn(body) {
  try {
    return String(JSON.parse(body).message ?? "");
  } catch {
    return "";
  }
}
