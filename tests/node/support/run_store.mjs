// Run static/client/store.js against a real server.
//
// Standard input: JSON {base, heartbeat, transport, patience, steps}. `patience`: milliseconds that a
// call waits at most. A step is
//
//   ["do", action]          dispatch it, and wait for what comes of it
//   ["begin", action]       dispatch it, and wait for nothing
//   ["until", expression]   until this is so of `state`, as JavaScript
//   ["call", method, url]   somebody else calls the server
//   ["step", by]            go from the leaf to another version of its message
//
// Standard output: what each "do" gave, each different status and connection that there was, in
// order, the state at the end, and the record: for each turn its items, of which bytes are base64.

import { createRecord } from "../../../static/client/record.js";
import { connectionOf, createStore, pathOf, statusOf } from "../../../static/client/store.js";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const { base, heartbeat, transport, patience, steps } = JSON.parse(input);

// What a browser has, and Node has not.
const { fetch, EventSource } = globalThis;
globalThis.addEventListener ??= () => {};
globalThis.location = new URL(base);
globalThis.fetch = (url, options) => fetch(new URL(url, base), options);
globalThis.EventSource = class extends EventSource {
  constructor(url) {
    super(new URL(url, base));
  }
};

const { timeout } = AbortSignal;
AbortSignal.timeout = (time) => timeout(Math.min(time, patience));

const record = createRecord();
const store = createStore({ heartbeat, transport, record });
const [told, results] = [[], []];
const woken = new Set();
store.subscribe(() => {
  const now = `${statusOf(store.state)} ${connectionOf(store.state)}`;
  if (told.at(-1) !== now) told.push(now);
  for (const wake of woken) wake();
});

const STEPS = {
  do: async (action) => results.push((await store.dispatch(action)) ?? null),
  begin: async (action) => void store.dispatch(action),
  step: (by) => store.dispatch({ type: "step", turn: store.state.leaf, of: "message", step: by }),
  call: (method, url) => globalThis.fetch(url, { method }),
  async until(expression) {
    const holds = new Function("state", "path", `return ${expression};`);
    while (!holds(store.state, pathOf(store.state))) {
      await new Promise((resolve) => woken.add(resolve));
      woken.clear();
    }
  },
};

for (const [name, ...values] of steps) await STEPS[name](...values);
const base64 = (key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value);
const { state } = store;
const entries = record.entries;
process.stdout.write(JSON.stringify({ results, told, state, path: pathOf(state), entries }, base64));
process.exit();
