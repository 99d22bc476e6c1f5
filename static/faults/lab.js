// @ts-check
// The fault lab: break a stream on purpose, and see what came of it.
//
// The server says which faults there are, and what each can be told. An armed fault hits the next
// stream that anyone asks for; one that breaks it now, the stream of this page's reply. Without
// `chatkit serve --faults` there is nothing to call, and nothing is shown.

import { liveTurn } from "../client/store.js";
import { call } from "../client/server.js";
import { create } from "../shared/elements.js";
import { createBand } from "./band.js";
import { createCards } from "./cards.js";
import { createChoice } from "./choice.js";
import { createExperiment } from "./experiment.js";

const HOW =
  "Arm a fault, then send a message: what was hit, what the page did about it, and which function " +
  "saved the text will stand here. Or run all of them, each on a reply of its own.";
const PAUSE = 300; // milliseconds between two questions while a fault is about to hit

/**
 * @typedef {{kind: string, group: string, label: string, description: string,
 *   parameters: Record<string, any>}} Kind parameters: as JSON Schema describes them
 * @typedef {{kind: string, times: number, [parameter: string]: any}} Fault
 * @typedef {{number: number, kind: string, turn: string}} Taken a stream of the turn got the fault
 * @typedef {Taken & {after: number}} Hit
 */

/**
 * Fill `element` with the fault lab, if the server has one.
 *
 * @param {HTMLElement} element
 * @param {object} page
 * @param {ReturnType<typeof import("../client/store.js").createStore>} page.store
 * @param {ReturnType<typeof import("../client/record.js").createRecord>} page.record
 * @returns {Promise<{refresh: () => Promise<void>} | null>} `refresh` asks the server how things
 *   stand; null: it has no fault lab
 */
export async function createFaultLab(element, { store, record }) {
  const found = await findFaults();
  if (!found) return null;
  const { kinds } = found;
  const before = found.taken.at(-1)?.number ?? 0; // what was taken until now is no news
  let armed = []; // as the server said last
  let timer = 0;

  const choice = createChoice(kinds, {
    onArm: (fault) => update("POST", fault),
    onBreak: (fault) => update("POST", { ...fault, now: true, turn: liveTurn(store.state)?.id }),
  });
  const band = createBand(kinds, { onDisarm: () => update("DELETE") });
  const cards = createCards(kinds, { store, record });
  const experiment = createExperiment(kinds, { onChange: refresh });

  /** Call the server, and show what it says, or why it says nothing. */
  async function update(method, json) {
    try {
      await call("faults", { method, json });
    } catch (error) {
      return band.fail(error.message);
    }
    await refresh();
  }

  async function refresh() {
    clearTimeout(timer);
    timer = 0;
    try {
      const { hits, taken, ...state } = await call("faults");
      armed = state.armed;
      const newest = taken.at(-1);
      band.show({ ...state, elsewhere: newest?.number > before && !isOwn(newest.turn) });
      const inChat = ({ turn }) => !experiment.turns.has(turn);
      cards.show(hits.filter(inChat), taken.filter(inChat));
      if (state.refusing > 0) refreshIn(1000);
    } catch (error) {
      band.fail(error.message);
    }
  }

  /** Whether this page follows the turn, or has. */
  function isOwn(id) {
    return experiment.turns.has(id) || record.entries.some(({ turn }) => turn === id);
  }

  function refreshIn(pause) {
    timer ||= setTimeout(refresh, pause);
  }

  /** Something happened on the page's streams: has a fault hit? */
  function look() {
    const live = liveTurn(store.state);
    choice.setLive(live?.connection.state === "open");
    if (isSeen(element) && (armed.length > 0 || live)) refreshIn(PAUSE);
    cards.draw();
  }

  element.classList.add("fault-lab");
  element.replaceChildren(
    choice.element,
    create("div", "state", band.element, experiment.button),
    experiment.element,
    cards.element,
    create("p", "about", HOW),
  );
  store.subscribe(look);
  look();
  await refresh();
  return { refresh };
}

function isSeen(element) {
  return element.getClientRects().length > 0;
}

/** What the server's fault lab has; null: there is none. Its 404 would be an error in the console. */
async function findFaults() {
  try {
    const health = await call("healthz");
    return health.faults ? await call("faults") : null;
  } catch {
    return null;
  }
}
