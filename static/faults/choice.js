// @ts-check
// The row in which a fault is chosen, told what it should do, and armed.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";

/**
 * @typedef {import("./lab.js").Kind} Kind
 * @typedef {import("./lab.js").Fault} Fault
 */

/**
 * @param {Kind[]} kinds
 * @param {{onArm: (fault: Fault) => void, onBreak: (fault: Fault) => void}} on
 */
export function createChoice(kinds, { onArm, onBreak }) {
  const select = createSelect(kinds);
  const label = create("label", "", "Fault"); // around the list it would read out all of it
  label.htmlFor = select.id = "fault";
  const about = create("p", "about");
  about.id = "fault-about";
  select.setAttribute("aria-describedby", about.id);
  const own = create("span", "parameters"); // of the fault that is chosen
  const times = createInput("times", { ...kinds[0].parameters.times, title: "Streams to hit" });
  const arm = createButton("Arm", () => choose(onArm));
  const now = createButton("Break it now", () => choose(onBreak));
  arm.className = "main";
  now.className = "now";
  arm.title = "The next stream gets the fault";
  now.title = "The reply that is being written gets the fault, from here on";
  now.disabled = true;

  const chosen = () => kinds.find(({ kind }) => kind === select.value);

  function showChosen() {
    const { description, parameters } = chosen();
    const { times: _, ...rest } = parameters; // one input serves all faults
    own.replaceChildren(
      ...Object.entries(rest).map(([name, schema]) => createInput(name, schema)),
    );
    about.textContent = description;
  }

  function choose(use) {
    const inputs = [...own.querySelectorAll("input"), ...times.querySelectorAll("input")];
    if (!inputs.every((input) => input.reportValidity())) return;
    const values = inputs.map(({ name, valueAsNumber }) => [name, valueAsNumber]);
    use({ kind: chosen().kind, ...Object.fromEntries(values) });
  }

  select.addEventListener("change", showChosen);
  showChosen();
  return {
    element: create(
      "div",
      "choice",
      create("span", "chosen", label, select),
      own,
      times,
      create("span", "chosen", arm, now),
      about,
    ),

    /** @param {boolean} live whether a stream is open that could be broken now */
    setLive(live) {
      if (now.disabled === live) now.disabled = !live;
    },
  };
}

/** The kinds, by their groups, in the order in which the server has them. */
function createSelect(kinds) {
  const select = create("select");
  const groups = new Map();
  for (const { kind, group, label } of kinds) {
    if (!groups.has(group)) {
      groups.set(group, Object.assign(create("optgroup"), { label: group }));
      select.append(groups.get(group));
    }
    const option = create("option", "", label);
    option.value = option.dataset.fault = kind;
    groups.get(group).append(option);
  }
  return select;
}

/** An input for a parameter, which the server describes with JSON Schema, in its label. */
function createInput(name, schema) {
  const input = Object.assign(create("input"), {
    ...{ name, type: "number", required: true, value: schema.default },
    ...{ min: schema.minimum, max: schema.maximum },
    step: schema.type === "integer" ? 1 : "any",
  });
  return create("label", "", schema.title, input);
}
