// Follow a turn with static/client/turn_reader.js, where the browser and the server are played.
//
// Standard input: a JSON list of walks, each a list of steps:
//
//   ["event", {type, data, lastEventId}]   the stream that is open brings an event
//   ["error", closed]                      it breaks; closed: it was refused
//   ["server", status, body]               what the server answers from now on, when it is asked
//   ["server", 0]                          it does not answer
//   ["wait"]                               the time that is waited for next is over
//   ["pass", milliseconds]                 so much time goes by, and nothing is due
//   ["leave"] or ["end", problem, status] or ["told", state] or ["now"]   what the page may do
//
// Standard output: for each walk the URLs that were opened, how many of these streams are open
// still, the states of the connection, what was waited for (milliseconds), what is waited for
// still, the kinds of the record's items, and the turn at the end. The heartbeat is 10 s.

import { NEW_TURN } from "../../../static/client/protocol.js";
import { followTurn } from "../../../static/client/turn_reader.js";
import { openEventSource } from "../../../static/client/event_source.js";

let sources, timers, waits, answer, clock;

globalThis.location = { hostname: "localhost" };
globalThis.addEventListener = () => {};
globalThis.fetch = async () => {
  if (answer.status === 0) throw new TypeError("no answer");
  return new Response(answer.body, { status: answer.status });
};
performance.now = () => clock;
globalThis.setTimeout = (call, delay) => {
  timers.push({ call, due: clock + Math.max(0, delay), delay });
  return timers.at(-1);
};
globalThis.clearTimeout = (timer) => (timers = timers.filter((other) => other !== timer));
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
  wait() {
    const next = timers.reduce((first, timer) => (timer.due < first.due ? timer : first));
    waits.push(next.due - clock);
    clock = next.due;
    clearTimeout(next);
    next.call();
  },
  pass(_, milliseconds) {
    clock += milliseconds;
  },
  leave: (followed) => followed.close(),
  end: (followed, problem, status) => followed.end(problem, status),
  told: (followed, state) => followed.takeState(state),
  now: (followed) => followed.tryNow(),
};

async function walk(steps) {
  [sources, timers, waits, clock] = [[], [], [], 0];
  answer = { status: 200, body: '{"status": "streaming"}' };
  const [states, items] = [[], []];
  let turn = NEW_TURN;
  const followed = followTurn("t", turn, {
    transport: openEventSource,
    heartbeat: 10,
    onTurn: (next) => (turn = next),
    onConnection: ({ state }) => states.push(state),
    onItem: (item) => items.push(item),
  });
  for (const [name, ...values] of steps) {
    STEPS[name](followed, ...values);
    await new Promise(setImmediate); // until nothing more comes of it
  }
  return {
    opened: sources.map(({ url }) => url),
    open: sources.filter(({ readyState }) => readyState < 2).length,
    states,
    waits,
    due: timers.map(({ due }) => due - clock),
    items: items.map(({ kind, as, why, reason, behind }) => {
      return [kind, as ?? why ?? reason ?? behind].filter((it) => it !== undefined).join(" ");
    }),
    turn,
  };
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const walks = [];
for (const steps of JSON.parse(input)) walks.push(await walk(steps));
process.stdout.write(JSON.stringify(walks));
