// @ts-check
// The controls of the Wire.

import { createButton, createCopyButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { SIGHT } from "./words.js";

const SPEEDS = [
  { value: "1", name: "1×" },
  { value: "0.5", name: "½×" },
  { value: "0.1", name: "⅒×" },
  { value: "0", name: "step by step" },
];
const TRANSPORTS = ["EventSource", "fetch"].map((name) => ({ value: name, name }));
const LONGEST = 30; // characters of a message in the list of turns

/**
 * @param {object} on
 * @param {(turn: string) => void} on.onTurn another turn is chosen
 * @param {(name: string) => void} on.onTransport
 * @param {(filter: {text: string, comments: boolean}) => void} on.onFilter
 * @param {() => void} on.onPause
 * @param {() => void} on.onClear
 * @param {() => void} on.onSave
 * @param {() => void} on.onReplay
 * @param {(speed: number) => void} on.onSpeed
 * @param {() => void} on.onStep
 * @param {() => string} on.text what Copy copies
 */
export function createToolbar(on) {
  const turn = select("Turn", on.onTurn);
  const transport = select("Transport", on.onTransport);
  setOptions(transport, TRANSPORTS);
  const sight = create("p", "sight");
  const filter = Object.assign(create("input"), {
    type: "text",
    placeholder: "Filter",
    autocomplete: "off",
    spellcheck: false,
  });
  filter.setAttribute("aria-label", "Filter");
  filter.addEventListener("keydown", (event) => {
    // The page cannot see that this is written into a box: it would take "?" for a command.
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  const comments = Object.assign(create("input"), { type: "checkbox", checked: true });
  for (const input of [filter, comments]) {
    input.addEventListener("input", () => {
      on.onFilter({ text: filter.value.toLowerCase(), comments: comments.checked });
    });
  }
  const pause = createButton("Pause", on.onPause);
  const clear = createButton("Clear", on.onClear);
  const save = createButton("Save", on.onSave);
  save.title = "Save the stream as a file";
  const replay = createButton("Replay", on.onReplay);
  const step = createButton("Step", on.onStep);
  const speed = select("Speed", (value) => on.onSpeed(Number(value)));
  setOptions(speed, SPEEDS);
  speed.className = "speed";
  step.hidden = true;
  const whichTurn = create("label", "turn", create("span", "", "Turn"), turn);
  const choice = create("label", "choice", create("span", "", "Transport"), transport);

  return {
    choosing: create("div", "bar", whichTurn, choice, sight),
    tools: create(
      "div",
      "bar",
      filter,
      create("label", "", comments, "Comments"),
      create("div", "group", pause, createCopyButton(on.text), clear, save),
      create("div", "group", replay, speed, step),
    ),

    /** @param {{turn: string, message: string}[]} all @param {string} shown */
    setTurns(all, shown) {
      const options = all.map(({ turn: value, message }, index) => {
        return { value, name: `${index + 1} · ${start(message) || value}` };
      });
      setOptions(turn, options.length > 0 ? options : [{ value: "", name: "none yet" }]);
      turn.value = shown;
      turn.disabled = options.length === 0;
    },
    /** @param {"EventSource"|"fetch"} name */
    setTransport(name) {
      if (sight.textContent === SIGHT[name]) return;
      transport.value = name;
      sight.textContent = SIGHT[name];
    },
    /** Whether the page's transport is ours to choose. @param {boolean} isOwn */
    setOwn(isOwn) {
      choice.hidden = sight.hidden = !isOwn;
    },
    /** @param {boolean} isPaused */
    setPaused(isPaused) {
      pause.textContent = isPaused ? "Resume" : "Pause";
    },
    /** @param {boolean} isReplaying @param {number} speed */
    setReplaying(isReplaying, speed) {
      replay.textContent = isReplaying ? "End replay" : "Replay";
      step.hidden = !isReplaying || speed > 0;
    },
    /** Whether there is something to save, and to see again. @param {boolean} can */
    setSave(can) {
      save.disabled = replay.disabled = !can;
    },
  };
}

/** A select. @returns {HTMLSelectElement} */
function select(label, onChange) {
  const element = create("select");
  element.setAttribute("aria-label", label);
  element.addEventListener("change", () => onChange(element.value));
  return element;
}

/** An option that stays as it was is not made anew: a list that is open would close. */
function setOptions(element, options) {
  options.forEach(({ value, name }, index) => {
    const option = element.options[index] ?? element.appendChild(create("option"));
    if (option.value !== value) option.value = value;
    if (option.textContent !== name) option.textContent = name;
  });
  while (element.options.length > options.length) element.lastElementChild.remove();
}

function start(message) {
  const line = message.trim().split("\n", 1)[0];
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
