// The fault lab: buttons that break the next stream on purpose.
//
// The server says which faults there are, and what each can be told; this module knows none
// of them by name. A fault is armed on the server, so it hits the next stream that anyone asks
// for. Without `chatkit serve --faults` there is nothing to call, and nothing is shown.

import { call } from "../client/call.js";
import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";

/**
 * Fill `element` with the fault lab, and show it, if the server has one.
 *
 * Returns `{refresh}`, which brings the line that says what is armed up to date: a stream that
 * begins takes its fault along. Null: the server has no fault lab, and `element` stays hidden.
 */
export async function createFaults(element) {
  const found = await findFaults();
  if (!found) return null;
  const { kinds, ...state } = found;
  const labels = new Map(kinds.map(({ kind, label }) => [kind, label]));
  const armed = create("p", "armed");
  const times = numberInput({ ...kinds[0].parameters.times, title: "Streams to hit" });
  let timer;

  function show({ armed: faults, refusing }) {
    armed.textContent = describe(faults, refusing, labels);
    clearTimeout(timer);
    if (refusing > 0) timer = setTimeout(refresh, refusing * 1000);
  }

  /** Call the server, and show what it says, or why it says nothing. */
  async function update(method, json) {
    try {
      show(await call("faults", { method, json }));
    } catch (error) {
      armed.textContent = error.message;
    }
  }

  const refresh = () => update("GET");
  const disarm = createButton("Disarm", () => update("DELETE"));
  const list = create("ul");
  list.setAttribute("role", "list"); // which one without bullets is not, in Safari
  for (const kind of kinds) {
    list.append(faultItem(kind, times.input, (fault) => update("POST", fault)));
  }

  element.classList.add("fault-lab");
  element.replaceChildren(
    create("h2", "", "Fault lab"),
    create("p", "", "Break the next stream on purpose. No text may be lost or doubled."),
    create("div", "state", armed, times.label, disarm),
    list,
  );
  show(state);
  element.hidden = false;
  return { refresh };
}

/** One fault: a button, its parameters, and what it does. */
function faultItem({ kind, label, description, parameters }, times, onArm) {
  const { times: _, ...own } = parameters; // one input serves all faults
  const inputs = Object.entries(own).map(([name, schema]) => [name, numberInput(schema, label)]);

  const button = createButton(label, () => {
    const all = [["times", times], ...inputs.map(([name, { input }]) => [name, input])];
    if (!all.every(([, input]) => input.reportValidity())) return;
    const values = all.map(([name, input]) => [name, input.valueAsNumber]);
    onArm({ kind, ...Object.fromEntries(values) });
  });
  const about = create("p", "", description);
  about.id = `fault-${kind}`;
  button.setAttribute("aria-describedby", about.id);
  return create("li", "", button, ...inputs.map(([, { label }]) => label), about);
}

/** An input for a parameter, which the server describes with JSON Schema; and its label. */
function numberInput(schema, owner = "") {
  const input = Object.assign(create("input"), {
    type: "number",
    required: true,
    min: schema.minimum,
    max: schema.maximum,
    step: schema.type === "integer" ? 1 : "any",
    value: schema.default,
  });
  if (owner) input.setAttribute("aria-label", `${schema.title}, ${owner}`);
  return { input, label: create("label", "", schema.title, input) };
}

/** What is armed, in words. */
function describe(faults, refusing, labels) {
  const names = faults.map(({ kind, times }) => labels.get(kind) + (times > 1 ? ` × ${times}` : ""));
  if (refusing > 0) names.unshift(`every stream is refused for ${Math.ceil(refusing)} s`);
  return names.length ? `Armed: ${names.join(", then ")}` : "Nothing is armed";
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
