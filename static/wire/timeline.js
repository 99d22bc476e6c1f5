// @ts-check
// The connection of a turn along an axis of seconds: its states, a tick for each event, and what
// was lost, in words. Shapes differ, not colours only: open is a bar, connecting an outline,
// waiting a dashed line; a tick of reasoning is half as high.

import { create } from "../shared/elements.js";
import { History, outageWords } from "./history.js";

const SVG = "http://www.w3.org/2000/svg";
const OFTEN = 100; // milliseconds between two drawings
const LIVE = 500; // the same where nothing comes, but time goes on

// The lanes, from top to bottom, in pixels.
const HEIGHT = 58;
const NAME = "Connection of the page";
const LABELS = 10;
const TICKS = { top: 15, bottom: 26 };
const LANE = { top: 29, height: 12 };
const AXIS = 44;

// The axis ends at one of these, so that it does not change with each event.
const SPANS = [
  ...[0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45],
  ...[60, 90, 120, 180, 300, 600, 1200, 1800, 3600],
];
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];
const LABEL_WIDTH = 52;
const LETTER = 5.6; // pixels, about
const BOLD = 6.6; // the same of the words about an outage

/**
 * Returns `{element, show, touch, mark, stop}`: `show(history)` takes the history of another turn,
 * `touch()` says that it has gone on, `mark(time)` puts a line there (null: none).
 *
 * @param {(time: number) => void} onPick gets the time, as performance.now() counts, of a click
 */
export function createTimeline(onPick) {
  const svg = svgElement("svg", { height: HEIGHT, role: "img", "aria-label": NAME });
  const element = create("div", "timeline", svg);
  let history = new History();
  let width = 0;
  let scale = 1; // pixels a millisecond
  let timer = 0;
  let drawnAt = 0;
  let isDue = false; // it has changed, and will be drawn
  let marked = null;

  new ResizeObserver(() => {
    width = element.clientWidth - 24;
    draw();
  }).observe(element);

  svg.addEventListener("click", (event) => {
    const left = event.clientX - svg.getBoundingClientRect().left;
    if (history.changes.length > 0) onPick(history.start + left / scale);
  });

  const isLive = () => history.changes.length > 0 && history.changes.at(-1).state !== "closed";
  const now = () => (isLive() ? Math.max(history.end, performance.now()) : history.end);

  /** Milliseconds from end to end. */
  function span() {
    const needed = (now() - history.start) / 1000;
    return 1000 * (SPANS.find((seconds) => seconds >= needed) ?? Math.ceil(needed / 3600) * 3600);
  }

  function draw() {
    clearTimeout(timer);
    isDue = false;
    drawnAt = performance.now();
    scale = width / span();
    if (!element.isConnected || width <= 0) return;
    svg.setAttribute("width", String(width));
    svg.setAttribute("aria-label", `${NAME}: ${history.words}`);
    const drawn = history.changes.length > 0;
    svg.replaceChildren(...(drawn ? [...axis(), ...lane(), ...ticks(), ...outages(), mark()] : []));
    if (isLive()) timer = window.setTimeout(draw, LIVE);
  }

  function x(time) {
    return (time - history.start) * scale;
  }

  function axis() {
    const seconds = span() / 1000;
    const step = STEPS.find((size) => (size / seconds) * width >= LABEL_WIDTH) ?? seconds;
    const parts = [line("axis", 0, AXIS, width, AXIS)];
    let free = 0; // where the next label may begin
    for (let number = 0; number * step <= seconds + 0.001; number += 1) {
      const left = x(history.start + number * step * 1000);
      parts.push(line("axis", left, AXIS, left, AXIS + 3));
      const label = `${Number((number * step).toFixed(1))} s`;
      const start = clamp(left, label);
      if (start < free) continue; // the last one
      free = start + (label.length + 1) * LETTER;
      parts.push(text("label", start, HEIGHT - 2, label));
    }
    return parts;
  }

  /** Where a label is to begin, so that it does not leave the picture. */
  function clamp(left, label, letter = LETTER) {
    return Math.max(0, Math.min(left, width - label.length * letter));
  }

  function lane() {
    const { changes } = history;
    const middle = LANE.top + LANE.height / 2;
    return changes.flatMap(({ state, time }, number) => {
      if (state === "closed") return [];
      const from = x(time);
      const to = Math.max(from + 1, x(changes[number + 1]?.time ?? now()));
      const room = state.length * LETTER + 8;
      const word = to - from > room ? [text("word", from + 4, LANE.top + 9.5, state)] : [];
      const shape =
        state === "waiting"
          ? line("waiting", word.length ? Math.min(to, from + room) : from, middle, to, middle)
          : svgElement("rect", { x: from, y: LANE.top, width: to - from, height: LANE.height });
      shape.setAttribute("data-state", state);
      return [shape, ...word];
    });
  }

  function ticks() {
    const [thoughts, others] = [true, false].map((wanted) => {
      return history.events.filter(({ isReasoning }) => isReasoning === wanted);
    });
    const middle = (TICKS.top + TICKS.bottom) / 2;
    return [ticksOf(thoughts, middle, "ticks reasoning"), ticksOf(others, TICKS.top, "ticks")];
  }

  /** Events in one path: there may be thousands. */
  function ticksOf(events, top, className) {
    const columns = new Set(events.map(({ time }) => Math.round(x(time) * 2) / 2));
    const d = Array.from(columns, (left) => `M${left} ${top}V${TICKS.bottom}`).join("");
    return svgElement("path", { d, class: className });
  }

  function outages() {
    let free = 0; // where the next label may begin
    return history.outages.slice(-20).flatMap((outage) => {
      const from = x(outage.from);
      const to = x(Number.isNaN(outage.to) ? now() : outage.to);
      const [top, height] = [TICKS.top, TICKS.bottom - TICKS.top];
      const shape = svgElement("rect", { x: from, y: top, width: Math.max(2, to - from), height });
      shape.setAttribute("class", "outage");
      const [whole, ...less] = outageWords(outage);
      const words = [whole, ...less].find(({ length }) => length * BOLD < width) ?? "";
      const start = clamp(from, words, BOLD);
      if (start < free) return [shape];
      free = start + words.length * BOLD + 8;
      return [shape, text("lost", start, LABELS, words)];
    });
  }

  function mark() {
    if (marked === null) return "";
    return line("mark", x(marked), LABELS, x(marked), AXIS);
  }

  return {
    element,
    /** @param {History} next */
    show(next) {
      history = next;
      marked = null;
      draw();
    },
    touch() {
      if (isDue) return;
      isDue = true;
      clearTimeout(timer);
      timer = window.setTimeout(draw, drawnAt + OFTEN - performance.now());
    },
    /** @param {number|null} time */
    mark(time) {
      if (time === marked) return;
      marked = time;
      this.touch();
    },
    stop() {
      clearTimeout(timer);
      isDue = false;
    },
  };
}

function svgElement(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function line(className, x1, y1, x2, y2) {
  return svgElement("line", { class: className, x1, y1, x2, y2 });
}

function text(className, x, y, words) {
  const element = svgElement("text", { class: className, x, y });
  element.textContent = words;
  return element;
}
