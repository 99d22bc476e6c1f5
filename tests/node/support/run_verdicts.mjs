// Judge what a client did about a fault, with static/faults/observe.js and verdicts.js.
//
// Standard input: a JSON list of [kind, items, isOver], the items as client/record.js has them, but the
// bytes of each chunk as a list of numbers, and without frames. Standard output: for each what
// verdicts.js says; and at the end all functions that it can name. A list of [read, log] instead: how exact
// what was read is.

import { Parser } from "../../../static/client/sse.js";
import { observe } from "../../../static/faults/observe.js";
import { FUNCTIONS, compare, markOf, savedBy, whatItDid } from "../../../static/faults/verdicts.js";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;

function complete(items) {
  let parser = new Parser();
  return items.map((item) => {
    if (item.kind === "request") parser = new Parser();
    if (item.kind !== "bytes") return item;
    const bytes = new Uint8Array(item.bytes);
    return { ...item, bytes, frames: parser.feed(bytes) };
  });
}

const verdicts = JSON.parse(input).map(([kind, items, isOver]) => {
  if (typeof kind === "object") return compare(kind, items);
  const facts = observe(complete(items), isOver);
  const saved = savedBy(kind, facts).map(({ file, name }) => `${file} ${name}`);
  return { mark: markOf(kind, facts), did: whatItDid(facts), saved };
});
process.stdout.write(JSON.stringify({ verdicts, functions: Object.values(FUNCTIONS) }));
