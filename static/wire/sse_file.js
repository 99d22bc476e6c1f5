// @ts-check
// What a turn's streams have brought, as a file. Pure: no page.

import { join } from "../client/sse.js";

/**
 * The bytes of all streams of a turn, one after the other, exactly as they came. What came through
 * an EventSource, which shows no bytes, is written out as events.
 * @param {any[]} items of a record
 */
export function savedBytes(items) {
  const encoder = new TextEncoder();
  const pieces = items.map((item) => {
    if (item.kind === "bytes") return item.bytes;
    return encoder.encode(item.kind === "event" ? writtenOut(item.event) : "");
  });
  return join(pieces);
}

/**
 * An event as it could have stood in a stream.
 * @param {{type: string, data: string, lastEventId: string}} event
 */
export function writtenOut({ type, data, lastEventId }) {
  const lines = lastEventId === "" ? [] : [`id: ${lastEventId}`];
  if (type !== "message") lines.push(`event: ${type}`);
  lines.push(...data.split("\n").map((line) => `data: ${line}`));
  return `${lines.join("\n")}\n\n`;
}

/** @param {string} turn its id, or whatever names it */
export function fileName(turn) {
  return `chatkit-${turn.replace(/[^A-Za-z0-9._-]+/g, "-") || "stream"}.sse`;
}
