// @ts-check
// A turn's log, read again from the server: for what the record does not have, or no longer has.

import { openFetch } from "../client/fetch_stream.js";
import { eventsOf, readTurn } from "../client/server.js";

/**
 * Read the events of `turn` after the one with the number `after`, as far as they are written now:
 * a turn that goes on is not followed.
 *
 * @param {string} turn
 * @param {{after: number, ends: {text: number, reasoning: number}}} from `ends`: where in the reply
 *   their text goes on, and where in the reasoning
 * @param {(item: any) => void} onItem gets what happens, as client/record.js describes it; each
 *   event comes by itself
 * @returns {Promise<void>} resolves at the end; rejects if the server does not have the turn
 */
export async function readLog(turn, { after, ends }, onItem) {
  const { last } = await readTurn(turn);
  let number = after; // of the newest event
  return new Promise((resolve) => {
    const close = openFetch(`${eventsOf(turn)}?after=${after}`, (item) => {
      if (item.kind !== "bytes") onItem(item);
      else takeBytes(item);
      if (item.kind === "end") resolve();
      if (item.kind === "bytes" && number >= last) leave(item.time);
    });

    function leave(time) {
      close();
      onItem({ kind: "closed", time, why: "caught up" });
      resolve();
    }

    function takeBytes({ bytes, frames, ...item }) {
      let start = 0;
      for (const { end, ...frame } of frames) {
        const part = { ...frame, end: end - start };
        onItem({ ...item, bytes: bytes.subarray(start, end), frames: [part] });
        start = end;
        if (!frame.event) continue;
        number = Number(frame.event.lastEventId);
        onItem({ kind: "read", time: item.time, number, ...whereOf(frame.event) });
      }
      if (start < bytes.length) onItem({ ...item, bytes: bytes.subarray(start), frames: [] });
    }

    function whereOf({ type, data }) {
      const of = type === "reasoning" ? type : "text";
      const from = ends[of];
      const isText = type === "message" || type === "reasoning";
      if (isText) ends = { ...ends, [of]: from + JSON.parse(data).length };
      const as = type === "message" ? "new" : isText ? type : "other";
      return { as, from, to: ends[of], ends };
    }
  });
}
