// @ts-check
// What a client did, read from what client/record.js keeps of a turn. Pure: no network, no page.

/**
 * @typedef {object} Stream one request for the events, and what came of it
 * @property {number} after the cursor that was sent
 * @property {number} time when it was asked for, as performance.now() counts
 * @property {number | null} status of the answer; null: there was none, or EventSource keeps it
 * @property {string} type the content type of the answer; empty: it is not known
 * @property {string} why it is over: a reason of "end" or "closed"; empty: it is not over
 * @property {number} over when that was
 *
 * @typedef {object} Facts
 * @property {Stream[]} streams
 * @property {string} transport "EventSource" or "fetch"
 * @property {number} taken events that said something new
 * @property {number} seen events whose numbers had been there
 * @property {number[]} gaps the numbers of events that came too early
 * @property {number[]} resets
 * @property {{behind: boolean}[]} checks after silence
 * @property {number} comments that came
 * @property {number} cr carriage returns among the bytes
 * @property {number} crlf of them those that a line feed follows
 * @property {number} cut chunks that ended inside a character
 * @property {number} most events in one chunk
 * @property {boolean} inOnePiece the end came without a stream
 * @property {number} pause the middle one between two events, in milliseconds
 */

/**
 * @param {any[]} items of one turn
 * @param {boolean} isOver whether it has ended for this page
 * @returns {Facts}
 */
export function observe(items, isOver) {
  /** @type {Facts} */
  const facts = {
    ...{ streams: [], transport: "", taken: 0, seen: 0, gaps: [], resets: [], checks: [] },
    ...{ comments: 0, cr: 0, crlf: 0, cut: 0, most: 0, pause: 0 },
    inOnePiece: isOver && !items.some(({ kind, as }) => kind === "read" && as === "other"),
  };
  let stream = null;
  const times = [];
  for (const item of items) {
    if (item.method === "POST") continue; // it may be answered in the middle of a stream
    if (item.kind === "request") {
      const asked = asStream(item);
      if (!asked) continue; // a POST
      stream = asked;
      facts.streams.push(stream);
      facts.transport = item.transport;
    } else if (item.kind === "answer" && stream) {
      stream.status = item.status;
      stream.type = item.headers.find(([name]) => name === "content-type")?.[1] ?? "";
    } else if ((item.kind === "end" || item.kind === "closed") && stream) {
      stream.why = item.reason ?? item.why;
      stream.over = item.time;
    } else if (item.kind === "read") {
      if (item.as === "seen") facts.seen += 1;
      else if (item.as === "gap") facts.gaps.push(item.number);
      else if (item.as === "reset") facts.resets.push(item.number);
      else times.push(item.time);
    } else if (item.kind === "check") {
      facts.checks.push(item);
    }
  }
  facts.taken = times.length;
  facts.pause = middle(times.slice(1).map((time, index) => time - times[index]));
  for (const chunk of chunksOf(items)) observeChunk(chunk, facts);
  return facts;
}

function asStream({ url, time }) {
  const cursor = /\/events\?after=(\d+)/.exec(url);
  if (!cursor) return null;
  return { after: Number(cursor[1]), time, status: null, type: "", why: "", over: time };
}

/** The chunks as they arrived: a large one is read in slices. */
function chunksOf(items) {
  const chunks = [];
  let last = null;
  for (const item of items) {
    if (item.kind === "request") last = null;
    if (item.kind !== "bytes") continue;
    if (last?.number !== item.chunk) chunks.push((last = { number: item.chunk, slices: [] }));
    last.slices.push(item);
  }
  return chunks.map(({ slices }) => slices);
}

function observeChunk(slices, facts) {
  const frames = slices.flatMap((slice) => slice.frames);
  facts.most = Math.max(facts.most, frames.filter(({ event }) => event).length);
  for (const { fields } of frames) {
    facts.comments += fields.filter(({ name }) => name === "").length;
  }
  for (const { bytes } of slices) {
    bytes.forEach((byte, at) => {
      if (byte !== 13) return;
      facts.cr += 1;
      facts.crlf += Number(bytes[at + 1] === 10);
    });
  }
  facts.cut += Number(endsInCharacter(slices.at(-1).bytes));
}

/** Whether a character of UTF-8 has begun at the end of `bytes`, and is not complete. */
function endsInCharacter(bytes) {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return false; // ASCII
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);
  }
  return false;
}

function middle(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
