// Feed streams to the Parser of static/client/sse.js.
//
// Standard input: a JSON list of streams, each a list of chunks in base64. Standard output: for
// each stream the events, how many of them had come after each chunk, the last event ID, the
// reconnection time as a string, the fields of all frames, and for each chunk where frames ended.

import { Parser } from "../../../static/client/sse.js";

function parse(chunks) {
  const parser = new Parser();
  const events = [];
  const counts = [];
  const fields = [];
  const ends = [];
  for (const chunk of chunks) {
    const frames = parser.feed(Uint8Array.from(Buffer.from(chunk, "base64")));
    ends.push(frames.map((frame) => frame.end));
    for (const frame of frames) {
      fields.push(frame.fields);
      if (frame.event) events.push(frame.event);
    }
    counts.push(events.length);
  }
  const retry = parser.retry === null ? null : String(parser.retry);
  return { events, counts, lastEventId: parser.lastEventId, retry, fields, ends };
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
process.stdout.write(JSON.stringify(JSON.parse(input).map(parse)));
