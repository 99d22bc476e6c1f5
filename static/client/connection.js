// One turn's stream, kept alive.
//
// EventSource reconnects by itself after a broken connection, but not after an HTTP error,
// and Firefox 140 not where nobody answers. Then readyState is CLOSED, for ever,
// and a new EventSource is needed. It can't send a Last-Event-ID header for the first request,
// so the cursor goes into the URL. There is never more than one EventSource for a turn.

import { delay } from "./backoff.js";
import { EVENT_TYPES } from "./protocol.js";

/**
 * Follow the events at `url`. Returns `{close}`; the caller closes when a turn has ended.
 *
 * `cursor()` returns the number of the last event read. `onEvent(event)` gets each event, and
 * returns false if one before it is missing: the stream is then read again from the cursor.
 * `onState(state)` gets "connecting" (also while the browser reconnects by itself), "open",
 * "waiting" (the browser has given up, the next try is ours), "offline" (there is no network,
 * so nothing is tried) or "closed". `isOver(failures)` is asked before each try of ours: true if
 * there is nothing to go on for. `failures` is how many tries in a row have brought nothing.
 */
export function follow({ url, cursor, onEvent, onState, isOver }) {
  const listening = new AbortController();
  let source = null;
  let timer = 0;
  let tries = 0; // of all; what waits for an older one is too late
  let failures = 0; // in a row

  function open() {
    leave();
    onState("connecting");
    source = new EventSource(`${url}?after=${cursor()}`);
    source.onopen = () => onState("open");
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED || isOffline()) openLater();
      else onState("connecting");
    };
    for (const type of EVENT_TYPES) source.addEventListener(type, take);
  }

  function take(event) {
    const before = cursor();
    const whole = onEvent(event);
    if (cursor() !== before) failures = 0; // a stream that only opens is no progress
    if (!whole) openAgain();
  }

  /** Read again what is missing: at once, and if that was no help, later. */
  function openAgain() {
    if (failures > 0) return openLater();
    failures = 1;
    open();
  }

  async function openLater() {
    leave();
    if (isOffline()) return onState("offline");
    onState("waiting");
    const mine = tries;
    if ((await isOver(failures)) || mine !== tries) return;
    timer = setTimeout(open, delay(failures));
    failures += 1;
  }

  /** Close the stream, and wait for no other. */
  function leave() {
    tries += 1;
    clearTimeout(timer);
    source?.close();
  }

  function isOpen() {
    return source.readyState === EventSource.OPEN;
  }

  function close() {
    if (listening.signal.aborted) return;
    listening.abort();
    leave();
    onState("closed");
  }

  // A connection may die with the network, and the browser not notice.
  addEventListener("offline", () => isOffline() && openLater(), { signal: listening.signal });
  addEventListener("online", () => isOpen() || open(), { signal: listening.signal });
  open();
  return { close };
}

/** Whether the server is out of reach. This machine itself can be reached without a network. */
function isOffline() {
  return !navigator.onLine && !/^(localhost|127\.|\[::1\])|\.localhost$/.test(location.hostname);
}
