// Read one stream with static/client/fetch_stream.js, from a server that is played.
//
// Standard input: JSON {answer, closeAt}: the answer, as played_server.mjs describes it, and the
// kind of item at which the page closes the stream (null: it does not). If the answer is one that
// waits, the script waits until the page has left; else, for the end.
//
// Standard output: what was asked, and the items, of which bytes are text, without their times.

import { openFetch } from "../../../static/client/fetch_stream.js";
import { play } from "./played_server.mjs";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const { answer, closeAt } = JSON.parse(input);
const { base, asked, left } = await play(answer);

const items = [];
const ended = new Promise((resolve) => {
  const close = openFetch(base + "stream", (item) => {
    items.push(item);
    if (item.kind === closeAt) close();
    if (item.kind === "end") resolve();
  });
});
await (answer.then === "wait" ? left : ended);

const decoder = new TextDecoder();
const told = items.map(({ time, bytes, frames, headers, ...rest }) => {
  if (!bytes) return rest;
  return { ...rest, size: bytes.length, text: decoder.decode(bytes, { stream: true }) };
});
process.stdout.write(JSON.stringify({ asked, items: told }), () => process.exit());
