// @ts-check
// All faults, one after the other, and a table of what came of each.

import { call } from "../client/server.js";
import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { createFunctionLink, withCursors } from "./cards.js";
import { runFault } from "./run.js";

const COLUMNS = ["Fault", "Streams", "Mark on the wire", "Text", "Saved by"];
const TEXTS = { ok: "✓ exact", mismatch: "✗ differs", none: "not compared" };

/**
 * @param {import("./lab.js").Kind[]} kinds
 * @param {{onChange: () => void}} on is called when what is armed may have changed
 */
export function createExperiment(kinds, { onChange }) {
  const turns = new Set(); // of these runs: none of them is part of the conversation
  const button = createButton(`Run all ${kinds.length}`, () => (running ? stop() : runAll()));
  button.title = "Each fault on a reply of its own, outside of this chat";
  const progress = create("p", "about");
  progress.setAttribute("aria-live", "polite");
  const rows = create("tbody");
  const results = create("div", "results", createTable(rows));
  results.hidden = true;
  /** @type {AbortController | null} */
  let running = null;

  async function runAll() {
    running = new AbortController();
    const { signal } = running;
    button.textContent = "Stop the run";
    rows.replaceChildren();
    results.hidden = false;
    addEventListener("pagehide", disarm);
    try {
      progress.textContent = summary(await runEach(signal));
    } catch (error) {
      progress.textContent = signal.aborted ? "Stopped." : error.message;
    }
    running = null;
    removeEventListener("pagehide", disarm);
    button.textContent = `Run all ${kinds.length}`;
    await disarm();
    onChange();
  }

  async function runEach(signal) {
    const results = [];
    await disarm();
    for (const [index, kind] of kinds.entries()) {
      progress.textContent = `${index + 1} of ${kinds.length}: ${kind.label}`;
      const result = await runFault(kind, signal, (turn) => turns.add(turn));
      signal.throwIfAborted();
      results.push(result);
      rows.append(createRow(kind, result));
      await disarm(); // what is left of it would hit the next one
    }
    return results;
  }

  function stop() {
    running?.abort();
  }

  return { button, element: create("section", "experiment", progress, results), turns };
}

/** Leave nothing armed, even when the page goes. */
async function disarm() {
  await call("faults", { method: "DELETE", keepalive: true }).catch(() => {});
}

function summary(results) {
  const exact = results.filter((result) => result.exact.text === "ok").length;
  const failed = results.filter((result) => result.exact.hasFailed).length;
  const hit = results.filter((result) => result.hit);
  const seen = hit.filter(({ mark }) => mark).length;
  const missed = results.filter((result) => !result.hit && result.taken).length;
  const lost = results.length - hit.length - missed;
  const rest =
    (missed > 0 ? ` ${missed} did not hit: the reply was too short.` : "") +
    (lost > 0 ? ` ${lost} did not hit: another stream took the fault.` : "");
  const broken = failed > 0 ? ` ${failed} of the replies failed.` : "";
  const said = `${exact} of ${results.length} texts exact; ${seen} of ${hit.length} faults seen on the wire.`;
  return said + rest + broken;
}

function createTable(rows) {
  const heads = COLUMNS.map((name) => {
    const head = create("th", "", name);
    head.setAttribute("scope", "col");
    return head;
  });
  return create("table", "", create("thead", "", create("tr", "", ...heads)), rows);
}

function createRow({ label }, { hit, taken, streams, mark, exact, saved }) {
  const name = create("th", "", label);
  name.setAttribute("scope", "row");
  const text = create("td", "", TEXTS[exact.text], exact.hasFailed ? "; the reply failed" : "");
  text.dataset.exact = exact.text;
  const missed = taken ? "not hit: the reply was too short" : "not hit: another stream took it";
  const functions = saved.flatMap((entry, index) => {
    return [index > 0 ? ", " : "", createFunctionLink(entry, true)];
  });
  return create(
    "tr",
    "",
    name,
    create("td", "", String(streams)),
    create("td", "", ...withCursors(hit ? mark || "none" : missed)),
    text,
    create("td", "", ...(functions.length > 0 ? functions : ["not needed"])),
  );
}
