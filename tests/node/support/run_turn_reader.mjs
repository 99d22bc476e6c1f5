// Follow a turn with static/client/turn_reader.js, where the browser and the server are played.
//
// Standard input: a JSON list of walks, each a list of steps:
//
//   ["event", {type, data, lastEventId}]   the stream that is open brings an event
//   ["error", closed]                      it breaks; closed: the browser has given up
//   ["server", status, body]               what the server answers from now on, when it is asked
//   ["wait"]                               the time that is waited for is over
//   ["leave"] or ["end", problem, status]  what the page may do
//
// Standard output: for each walk the URLs that were opened, how many of these streams are open
// still, the states of the connection, the longest that was waited for each time (milliseconds),
// and the turn at the end.

import { NEW_TURN } from "../../../static/client/protocol.js";
import { followTurn } from "../../../static/client/turn_reader.js";

let sources, waits, answer;

globalThis.location = { hostname: "localhost" };
globalThis.addEventListener = () => {};
globalThis.fetch = async () => new Response(answer.body, { status: answer.status });
globalThis.setTimeout = (call, delay) => waits.push({ call, delay });
globalThis.clearTimeout = () => {};
Math.random = () => 1;

globalThis.EventSource = class extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  readyState = 1;

  constructor(url) {
    super();
    this.url = url;
    sources.push(this);
  }

  close() {
    this.readyState = 2;
  }
};

const STEPS = {
  event: (_, { type, ...init }) => sources.at(-1).dispatchEvent(new MessageEvent(type, init)),
  error(_, closed) {
    sources.at(-1).readyState = closed ? 2 : 0;
    sources.at(-1).onerror();
  },
  server(_, status, body) {
    answer = { status, body: JSON.stringify(body) };
  },
  wait: () => waits.at(-1).call(),
  leave: (followed) => followed.close(),
  end: (followed, problem, status) => followed.end(problem, status),
};

async function walk(steps) {
  [sources, waits, answer] = [[], [], { status: 200, body: '{"status": "streaming"}' }];
  const states = [];
  let turn = NEW_TURN;
  const followed = followTurn("t", turn, {
    onTurn: (next) => (turn = next),
    onConnection: (state) => states.push(state),
  });
  for (const [name, ...values] of steps) {
    STEPS[name](followed, ...values);
    await new Promise(setImmediate); // until nothing more comes of it
  }
  return {
    opened: sources.map(({ url }) => url),
    open: sources.filter(({ readyState }) => readyState < 2).length,
    states,
    waits: waits.map(({ delay }) => delay),
    turn,
  };
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const walks = [];
for (const steps of JSON.parse(input)) walks.push(await walk(steps));
process.stdout.write(JSON.stringify(walks));
