// @ts-check
// What is armed, in words that nobody overlooks, and the button that disarms it.

import { createButton } from "../shared/buttons.js";
import { count } from "../shared/format.js";
import { create } from "../shared/elements.js";

/**
 * @param {import("./lab.js").Kind[]} kinds
 * @param {{onDisarm: () => void}} on
 */
export function createBand(kinds, { onDisarm }) {
  const labels = new Map(kinds.map(({ kind, label }) => [kind, label]));
  const words = create("p");
  const disarm = createButton("Disarm", onDisarm);
  const element = create("div", "band", words, disarm);
  element.setAttribute("aria-live", "polite");

  function say(text, state) {
    if (words.textContent !== text) words.textContent = text; // announced once
    element.dataset.state = state;
    disarm.hidden = state !== "armed";
  }

  return {
    element,

    /**
     * @param {object} state of the server
     * @param {import("./lab.js").Fault[]} state.armed
     * @param {number} state.refusing
     * @param {boolean} state.elsewhere the last fault went to a stream of another page
     */
    show({ armed, refusing, elsewhere }) {
      const sentences = [];
      if (refusing > 0) sentences.push(`Streams are refused for ${Math.ceil(refusing)} s.`);
      if (armed.length > 0) sentences.push(describeArmed(armed, labels));
      if (sentences.length > 0) say(sentences.join(" "), "armed");
      else if (elsewhere) say("Nothing is armed. A stream of another page took the last fault.", "idle");
      else say("Nothing is armed.", "idle");
    },

    /** @param {string} problem */
    fail(problem) {
      say(problem, "failed");
    },
  };
}

/** "Armed: Drop the line after 3 events. It hits the next stream." */
function describeArmed(faults, labels) {
  const names = faults.map((fault) => describeFault(fault, labels.get(fault.kind) ?? fault.kind));
  const streams = faults.reduce((sum, { times }) => sum + times, 0);
  const which = streams === 1 ? "the next stream" : `the next ${streams} streams`;
  const [subject, order] = faults.length === 1 ? ["It hits", ""] : ["They hit", ", in this order"];
  return `Armed: ${names.join(", then ")}. ${subject} ${which}${order}.`;
}

/**
 * A fault with what it was told: "Drop the line after 3 events", "Delay (0.5 s)".
 *
 * @param {import("./lab.js").Fault} fault
 * @param {string} label
 */
export function describeFault({ kind: _, times: __, ...own }, label) {
  if ("after" in own) return `${label} after ${count(own.after, "event")}`;
  const words = Object.entries(own).map(([name, value]) => describeParameter(name, value));
  return words.length > 0 ? `${label} (${words.join(", ")})` : label;
}

function describeParameter(name, value) {
  if (name === "seconds") return `${value} s`;
  if (name === "size") return count(value, "byte");
  return `${name} ${value}`;
}
