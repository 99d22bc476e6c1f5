// The wire inspector: what really travels while a reply is written, beside the chat.
//
// It is a second reader of the same log. EventSource shows no bytes, so the inspector asks for
// the events of the turn itself, with fetch, and reads them with the parser of sse.js. It only
// does so while it is open: closed, it has no connection. After a connection that broke it goes
// on behind the last event ID that it has, as EventSource does.
//
//   const inspector = createInspector(document.querySelector("aside"), { onClose });
//   inspector.watch("turns/6hVw/events");      the page has begun to follow this turn's events
//   inspector.note("waiting", "server down");  the page's own connection, for the timeline
//   inspector.left();                          the page no longer follows the turn
//   inspector.setOpen(true);                   show it

import { delay } from "../client/backoff.js";
import { read } from "../client/sse.js";
import { seconds } from "../shared/format.js";
import { createPanel } from "./panel.js";
import { BlockRow, LineRow } from "./row.js";

const LAST_EVENTS = ["end", "failure"];
const MOST_FAILURES = 5; // in a row: after so many, only the page's own connection gives hope
const BYTES_AT_A_TIME = 16_384; // taken without a rest

const ENDINGS = {
  end: "the stream ended before the reply did",
  "no content": "there is nothing more to read",
  status: "refused",
  "content type": "this is no event stream",
  "no answer": "no answer",
  broken: "the connection broke",
};

/**
 * Fill `element`, an empty `<aside>`. It is hidden until `setOpen(true)`; with `onClose` it has a
 * button that calls it. Returns `{watch, left, note, setOpen}`.
 */
export function createInspector(element, { onClose } = {}) {
  const panel = createPanel(element, onClose);
  let open = false;
  let url = ""; // of the turn's events
  let over = true; // there is nothing, or nothing more, to read
  let start = 0; // when the page began to follow the turn
  let cursor = ""; // the last event ID
  let reading = null; // the AbortController of the connection
  let block = null; // the row of the block that is not finished
  let failures = 0;
  let timer = 0;

  function watch(nextUrl, began = performance.now()) {
    stop();
    url = nextUrl;
    over = false;
    start = began;
    cursor = "";
    failures = 0;
    panel.begin(start);
    panel.note("connecting", "", start);
    readOn();
  }

  function left() {
    stop("the page has left this turn");
    over = true;
  }

  function note(state, detail = "") {
    panel.note(state, detail, performance.now());
    if (state === "open") readOn(); // the server is back
  }

  function setOpen(wish) {
    if (wish === open) return;
    open = wish;
    element.hidden = !open;
    failures = 0;
    if (open) readOn();
    else stop("closed");
  }

  /** Read the stream from where the inspector stands, unless it does so already. */
  async function readOn() {
    if (!open || over || reading) return;
    clearTimeout(timer);
    const mine = new AbortController();
    reading = mine;
    const after = cursor || "0";
    say(`GET ${url}, after event ${after}`);
    let handled = 0;
    for await (const happened of read(url, { signal: mine.signal, after })) {
      if (mine !== reading) return;
      take(happened);
      handled += happened.bytes?.length ?? 0;
      if (handled < BYTES_AT_A_TIME) continue;
      handled = 0;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** Leave the stream. */
  function stop(why) {
    clearTimeout(timer);
    if (!reading) return;
    reading.abort();
    reading = null;
    discardBlock();
    if (why) say(why);
  }

  function take(happened) {
    if (happened.kind === "bytes") takeBytes(happened);
    else if (happened.kind === "end") takeEnd(happened);
    else say(`${happened.status}, ${happened.type || "no content type"}`);
  }

  function takeBytes({ time, chunk, bytes, blocks }) {
    let from = 0;
    for (const parsed of blocks) {
      addToBlock(bytes.subarray(from, parsed.end), chunk, time);
      from = parsed.end;
      finishBlock(parsed);
    }
    if (from < bytes.length) addToBlock(bytes.subarray(from), chunk, time);
  }

  function addToBlock(bytes, chunk, time) {
    block ??= new BlockRow();
    block.append(bytes, chunk, time - start);
    panel.put(block);
  }

  function finishBlock(parsed) {
    block.finish(parsed);
    block = null;
    cursor = parsed.lastEventId || cursor; // on a new connection it is empty at first
    panel.setCursor(cursor);
    if (!parsed.event) return;
    failures = 0;
    over ||= LAST_EVENTS.includes(parsed.event.type);
  }

  function discardBlock() {
    if (!block) return;
    block.discard();
    panel.put(block);
    block = null;
  }

  function takeEnd({ reason, status }) {
    reading = null;
    discardBlock();
    if (over) {
      say("end of the stream");
      return;
    }
    over = status === 204 || status === 404;
    if (over || failures === MOST_FAILURES) {
      say(ENDINGS[reason]);
      return;
    }
    const wait = delay(failures);
    failures += 1;
    timer = setTimeout(readOn, wait);
    say(`${ENDINGS[reason]}; the next try in ${seconds(wait)}`);
  }

  function say(words) {
    panel.put(new LineRow(performance.now() - start, words));
  }

  element.hidden = true;
  return { watch, left, note, setOpen };
}
