// @ts-check
// The second transport: fetch, and a parser of our own. It sees every byte.

import { Parser } from "./sse.js";

const SLICE = 16_384; // bytes: a large chunk comes in parts, so that a page can do other things
const BUDGET = 8; // milliseconds of work in a row, for the same reason

/**
 * Read the event stream at `url` once.
 *
 * @param {string} url
 * @param {(item: any) => void} on gets what happens, as record.js describes it: "request",
 *   "answer", "bytes", and always "end" as the last
 * @returns {() => void} closes the stream; nothing more comes then
 */
export function openFetch(url, on) {
  const leaving = new AbortController();
  read(url, leaving.signal, (kind, details) => {
    if (leaving.signal.aborted) return;
    try {
      on({ kind, time: performance.now(), ...details });
    } catch (error) {
      reportError(error); // as for an event's listener: it is not the fault of the connection
    }
  });
  return () => leaving.abort();
}

async function read(url, signal, tell) {
  // Exactly this, or jupyter-server-proxy does not stream:
  // https://github.com/jupyterhub/jupyter-server-proxy/pull/512
  const headers = { Accept: "text/event-stream" };
  const asked = { method: "GET", url, headers: Object.entries(headers), body: null };
  tell("request", { ...asked, transport: "fetch" });
  let response;
  try {
    response = await fetch(url, { headers, cache: "no-store", signal });
  } catch {
    return tell("end", { reason: "no answer", status: 0 });
  }

  const { status } = response;
  const refused = whyNoStream(status, response.headers.get("Content-Type") ?? "");
  tell("answer", { ok: refused === "", status, headers: Array.from(response.headers) });
  if (refused) {
    response.body?.cancel().catch(() => {});
    return tell("end", { reason: refused, status });
  }
  try {
    await readBody(response.body, signal, tell);
    tell("end", { reason: "end", status });
  } catch {
    tell("end", { reason: "broken", status });
  }
}

async function readBody(body, signal, tell) {
  const parser = new Parser();
  const reader = body.getReader();
  let rested = performance.now();
  for (let chunk = 1; ; chunk += 1) {
    const { done, value } = await reader.read();
    if (done) return;
    for (let start = 0; start < value.length && !signal.aborted; start += SLICE) {
      const bytes = value.subarray(start, start + SLICE);
      tell("bytes", { chunk, bytes, frames: parser.feed(bytes) });
      if (performance.now() - rested < BUDGET) continue;
      await rest();
      rested = performance.now();
    }
  }
}

/** Let the page do something else. A timer would wait for a second in a hidden tab. */
function rest() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

/** What EventSource asks of an answer, too: status 200, and the one content type. */
function whyNoStream(status, type) {
  if (status === 204) return "no content";
  if (status !== 200) return "status";
  return type.split(";")[0].trim().toLowerCase() === "text/event-stream" ? "" : "content type";
}
