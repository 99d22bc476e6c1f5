// One turn's stream, kept alive.
//
// EventSource reconnects by itself after a broken connection, but not after an HTTP error,
// and some browsers give up as soon as a server is down. Then readyState is CLOSED, for ever,
// and a new EventSource is needed. It can't send a Last-Event-ID header for the first request,
// so the cursor goes into the URL. There is never more than one EventSource for a turn.

import { EVENT_TYPES } from "./protocol.js";

const FIRST_DELAY = 500; // milliseconds; doubled for each failure in a row ...
const LONGEST_DELAY = 10_000; // ... up to this

/**
 * Follow the events at `url`. Returns `{close}`; the caller closes when a turn has ended.
 *
 * `cursor()` returns the number of the last event read, `onEvent(event)` gets each event.
 * `onState(state)` gets "connecting" (also while the browser reconnects by itself), "open",
 * "waiting" (the browser has given up, the next try is ours) or "closed".
 * `isOver()` is asked each time the browser gives up: true if there is nothing to go on for.
 */
export function follow({ url, cursor, onEvent, onState, isOver }) {
  let source;
  let timer;
  let failures = 0;
  let closed = false;

  function open() {
    onState("connecting");
    source = new EventSource(`${url}?after=${cursor()}`);
    source.onopen = () => onState("open");
    source.onerror = () => {
      if (source.readyState === EventSource.CONNECTING) onState("connecting");
      else waitAndOpen();
    };
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, (event) => {
        failures = 0; // only an event is progress: a stream may open and break at once
        onEvent(event);
      });
    }
  }

  async function waitAndOpen() {
    onState("waiting");
    const over = await isOver();
    if (over || closed) return;
    timer = setTimeout(open, delay(failures));
    failures += 1;
  }

  function close() {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    source.close();
    onState("closed");
  }

  open();
  return { close };
}

/** Milliseconds to wait: longer each time, and at random, so that pages don't come all at once. */
function delay(failures) {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
