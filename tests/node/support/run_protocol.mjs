// Take steps through static/client/protocol.js.
//
// Standard input: a JSON list of walks, each a list of steps: ["read", event],
// ["fail", problem, status?] or ["fromState", state]. Standard output: for each walk the turn
// after each step, whether it is the same object as before, and, for an event, whether it was
// whole.

import { fail, fromState, isWhole, NEW_TURN, read } from "../../../static/client/protocol.js";

const STEPS = {
  read,
  fail,
  fromState: (turn, state) => fromState(state),
};

function walk(steps) {
  let turn = NEW_TURN;
  return steps.map(([name, ...values]) => {
    const before = turn;
    const whole = name === "read" ? isWhole(before, ...values) : null;
    turn = Object.freeze(STEPS[name](before, ...values)); // no step may change it in place
    return { turn, same: turn === before, whole };
  });
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
process.stdout.write(JSON.stringify(JSON.parse(input).map(walk)));
