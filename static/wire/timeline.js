// How the page's own connection has been: a bar in proportion, and the list of its states.

import { create } from "../shared/elements.js";
import { seconds } from "../shared/format.js";

const MOST_STATES = 100;
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1_000; // the bar's own unit

/**
 * Returns `{element, begin, add, draw}`: `begin(time)` forgets all and counts from there,
 * `add(state, detail, time)` is called when the state changes, `draw(time)` brings the bar up to
 * date. Times are milliseconds, as performance.now() counts them.
 */
export function createTimeline() {
  const now = create("b", "", "idle");
  const bar = document.createElementNS(SVG, "svg");
  bar.setAttribute("viewBox", `0 0 ${WIDTH} 1`);
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("aria-hidden", "true");
  const list = create("ol", "");
  list.tabIndex = 0; // it scrolls
  list.setAttribute("aria-label", "States of the connection");
  const element = create(
    "details",
    "timeline",
    create("summary", "", "Connection of the page: ", now, bar),
    list,
  );
  let start = 0;
  let states = []; // {state, time}

  function draw(time) {
    const first = states[0]?.time ?? time;
    const scale = WIDTH / Math.max(1, time - first);
    const rects = states.map(({ state, time: from }, number) => {
      const rect = document.createElementNS(SVG, "rect");
      const to = states[number + 1]?.time ?? time;
      rect.setAttribute("x", (from - first) * scale);
      rect.setAttribute("width", (to - from) * scale);
      rect.setAttribute("height", 1);
      rect.dataset.state = state;
      return rect;
    });
    bar.replaceChildren(...rects);
  }

  return {
    element,
    draw,
    begin(time) {
      start = time;
      states = [];
      list.replaceChildren();
      bar.replaceChildren();
    },
    add(state, detail, time) {
      states.push({ state, time });
      const words = [seconds(time - start), " ", create("b", "", state)];
      list.append(create("li", "", ...words, detail ? ` · ${detail}` : ""));
      if (states.length > MOST_STATES) {
        states.shift();
        list.firstChild.remove();
      }
      now.textContent = state;
      draw(time);
    },
  };
}
