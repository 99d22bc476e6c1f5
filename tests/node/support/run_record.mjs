// Put items into the record of static/client/record.js.
//
// Standard input: a JSON list of [turn, count, size]: so many items with a body of so many letters
// for a turn. Standard output: what is kept of each turn, and how many items listeners were told.

import { createRecord } from "../../../static/client/record.js";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const record = createRecord();
let told = 0;
const stop = record.subscribe((_, item) => (told += item ? 1 : 0));
for (const [turn, count, size] of JSON.parse(input)) {
  record.begin(turn, "message of " + turn);
  for (let number = 1; number <= count; number += 1) {
    record.add(turn, { kind: "request", number, body: "x".repeat(size) });
  }
}
stop();
record.add(record.entries.at(-1).turn, { kind: "end" });
const kept = record.entries.map(({ turn, items, bytes, dropped }) => {
  return { turn, first: items[0]?.number ?? null, items: items.length, bytes, dropped };
});
process.stdout.write(JSON.stringify({ kept, told }));
