// Call a server that is played, with static/client/server.js.
//
// Standard input: JSON {answer, call: [name, ...values]}: the answer, as played_server.mjs
// describes it (null: there is no server), and the function. If the answer is one that waits, the
// call has a hundredth of its time.
//
// Standard output: what was asked; what the call gave, or its error and status; and the items that
// it told.

import * as calls from "../../../static/client/server.js";
import { play } from "./played_server.mjs";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const { answer, call } = JSON.parse(input);
const { base, asked } = answer ? await play(answer) : { base: "http://127.0.0.1:1/", asked: [] };

const { fetch } = globalThis;
globalThis.fetch = (url, options) => fetch(new URL(url, base), options);
const timeout = AbortSignal.timeout.bind(AbortSignal);
if (answer?.then === "wait") {
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds / 100);
}

const [name, ...values] = call;
const items = [];
const onItem = (item) => items.push(item);
const told = {};
try {
  told.value = await calls[name](...values, onItem);
} catch (error) {
  if (!(error instanceof calls.CallFailed)) throw error;
  Object.assign(told, { error: error.message, status: error.status });
}
process.stdout.write(JSON.stringify({ asked, items, ...told }), () => process.exit());
