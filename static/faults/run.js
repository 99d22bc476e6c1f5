// @ts-check
// One fault, tried on a reply of its own: in a new chat, beside the conversation, with no page text.

import { openFetch } from "../client/fetch_stream.js";
import { NEW_TURN } from "../client/protocol.js";
import { call, cancelTurn, readTurn, startTurn } from "../client/server.js";
import { followTurn } from "../client/turn_reader.js";
import { observe } from "./observe.js";
import { compare, markOf, savedBy } from "./verdicts.js";

// Shorter than what the server suggests: 16 of them are waited for.
const SHORTER = { refuse: { seconds: 1 }, delay: { seconds: 0.2 } };

/**
 * @typedef {object} Result
 * @property {string} turn
 * @property {boolean} hit whether the fault has hit this turn: the reply may be too short for it
 * @property {boolean} taken whether a stream of this turn got it: else another page's did
 * @property {number} streams that were asked for
 * @property {string} mark what the wire shows of the fault; empty: nothing
 * @property {ReturnType<typeof compare>} exact text and reasoning, beside those of the server
 * @property {import("./verdicts.js").PageFunction[]} saved
 */

/**
 * @param {import("./lab.js").Kind} kind
 * @param {AbortSignal} signal ends it: the reply is stopped then
 * @param {(turn: string) => void} onTurn is told the turn as soon as it is there
 * @returns {Promise<Result>} rejects with the reason of `signal`
 */
export async function runFault({ kind, label }, signal, onTurn) {
  await call("faults", { method: "POST", json: { kind, ...SHORTER[kind] } });
  const { turn } = await startTurn({ message: `${label} é 🦊` });
  onTurn(turn);
  const items = [];
  const read = await readToEnd(turn, items, signal);
  const log = await readTurn(turn).catch(() => null);
  const { hits, taken } = await call("faults");
  const facts = observe(items, true);
  const isThis = (fault) => fault.turn === turn && fault.kind === kind;
  return {
    turn,
    hit: hits.some(isThis),
    taken: taken.some(isThis),
    streams: facts.streams.length,
    mark: markOf(kind, facts),
    exact: compare(read, log),
    saved: savedBy(kind, facts),
  };
}

/** @returns {Promise<import("../client/protocol.js").TurnState>} */
function readToEnd(turn, items, signal) {
  return new Promise((resolve, reject) => {
    const reader = followTurn(turn, NEW_TURN, {
      transport: openFetch, // sees every byte
      heartbeat: heartbeat(),
      onTurn(read) {
        if (read.status === "streaming") return;
        signal.removeEventListener("abort", stop);
        resolve(read);
      },
      onConnection: () => {},
      onItem: (item) => items.push(item),
    });

    function stop() {
      reader.close();
      cancelTurn(turn).catch(() => {}); // the server may be gone
      reject(signal.reason);
    }

    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}

/** Of the server, in seconds. */
function heartbeat() {
  const said = document.querySelector('meta[name="chatkit-heartbeat"]')?.getAttribute("content");
  return Number(said ?? 15);
}
