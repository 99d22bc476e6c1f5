// @ts-check
// The first transport: the browser's EventSource. It hands on events, and hides everything else:
// the bytes, the comments, the status of a refusal, and how a connection ended.
//
// EventSource would reconnect by itself, but not after an HTTP error, and without saying when; where
// nobody answers, Firefox 140 does not, nor does Firefox 153 for a server of another origin (which
// is allowed: https://github.com/whatwg/html/pull/226). So it gets one try here, as the other
// transport does; connection.js decides about the next.

import { EVENT_TYPES } from "./protocol.js";

/**
 * Read the event stream at `url` once.
 *
 * @param {string} url
 * @param {(item: any) => void} on gets what happens, as record.js describes it: "request",
 *   "answer", "event", and always "end" as the last
 * @returns {() => void} closes the stream; nothing more comes then
 */
export function openEventSource(url, on) {
  const source = new EventSource(url);
  let opened = false;

  function tell(kind, details) {
    on({ kind, time: performance.now(), ...details });
  }

  // The standard sets these two headers: HTML, section 9.2.3.
  const headers = [
    ["Accept", "text/event-stream"],
    ["Cache-Control", "no-store"],
  ];
  tell("request", { method: "GET", url, headers, body: null, transport: "EventSource" });

  source.onopen = () => {
    opened = true;
    tell("answer", { ok: true, status: null, headers: [] });
  };
  source.onerror = () => {
    const refused = !opened && source.readyState === EventSource.CLOSED;
    source.close();
    tell("end", { reason: opened ? "lost" : refused ? "refused" : "no answer", status: 0 });
  };
  for (const eventType of EVENT_TYPES) {
    source.addEventListener(eventType, ({ type, data, lastEventId }) => {
      tell("event", { event: { type, data, lastEventId } });
    });
  }
  return () => source.close();
}
