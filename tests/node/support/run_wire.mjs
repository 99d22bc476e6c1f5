// Read records with the pure modules of static/wire/.
//
// Standard input: a JSON list of records, each a list of items as static/client/record.js has them,
// but that bytes are in base64, without their frames. Standard output: for each its rows, what
// stands about it over the timeline, and what is saved, in base64.

import { Parser } from "../../../static/client/sse.js";
import { History, outageWords } from "../../../static/wire/history.js";
import { fileName, savedBytes } from "../../../static/wire/sse_file.js";
import { createTranscript, oddities } from "../../../static/wire/transcript.js";

function show(record) {
  let parser;
  const items = record.map((item) => {
    if (item.kind === "request" && item.method === "GET") parser = new Parser();
    if (item.kind !== "bytes") return item;
    const bytes = Uint8Array.from(Buffer.from(item.bytes, "base64"));
    return { ...item, bytes, frames: parser.feed(bytes) };
  });
  const rows = new Set();
  const transcript = createTranscript((row) => rows.add(row));
  const history = new History();
  for (const item of items) {
    transcript.take(item);
    history.take(item);
  }
  return {
    rows: Array.from(rows, describe),
    lastEventId: transcript.lastEventId,
    words: history.words,
    outages: history.outages.map(outageWords),
    saved: Buffer.from(savedBytes(items)).toString("base64"),
    name: fileName("a/b c"),
  };
}

function describe(row) {
  const { kind, delta, words, size, discarded, outage, as, from, to } = row;
  return { kind, delta, words, size, discarded, outage, as, from, to, odd: oddities(row) };
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
process.stdout.write(JSON.stringify(JSON.parse(input).map(show)));
