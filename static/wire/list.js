// The rows of the inspector on screen: never too many, and drawn only as fast as frames are.
//
// Blocks can come faster than a screen can show them. They wait as data; each frame draws some,
// and what is too old by then is dropped without ever being drawn.

import { inNextFrame } from "../shared/next_frame.js";
import { followEnd } from "../shared/scrolling.js";

const MOST_ROWS = 1_000;
const MOST_BYTES = 8_000_000;
const DRAWN_PER_FRAME = 15; // their layout costs more than the making
const FILTERED_PER_FRAME = 200;
const NEAR = 100; // pixels: heights of rows out of sight are estimates

/**
 * Show rows in `list`, an element in the scrolling element `box`. While the reader is at the end
 * of the box, it stays there. `onDraw(counts)` is called after each frame: `kept` blocks, `shown`
 * of them by the filter, `waiting` to be drawn, `dropped` as too old.
 */
export function createWireList(box, list, onDraw) {
  const rows = new Map(); // row -> its size, the oldest first
  const waiting = new Set(); // of these, the rows to draw ...
  const unfiltered = new Set(); // ... and the rows that the filter, which is new, has not seen
  let gone = []; // dropped, but still in the page
  let bytes = 0;
  let dropped = 0;
  let paused = false;
  let filter = { text: "", comments: true };

  /** Add a row; or, if it was added before, show how it has changed. */
  function put(row) {
    bytes += row.size - (rows.get(row) ?? 0);
    rows.set(row, row.size);
    waiting.add(row);
    while (rows.size > MOST_ROWS || (bytes > MOST_BYTES && rows.size > 1)) dropOldest();
    inNextFrame(draw);
  }

  function dropOldest() {
    const [row, size] = rows.entries().next().value;
    rows.delete(row);
    waiting.delete(row);
    unfiltered.delete(row);
    if (row.element.isConnected) gone.push(row);
    bytes -= size;
    if (size > 0) dropped += 1;
  }

  function draw() {
    if (!paused) {
      for (const row of gone) row.element.remove();
      gone = [];
      takeFirst(waiting, DRAWN_PER_FRAME).forEach(drawRow);
    }
    takeFirst(unfiltered, FILTERED_PER_FRAME).forEach(filterRow);
    tell();
    const more = (waiting.size > 0 && !paused) || unfiltered.size > 0;
    if (more) setTimeout(inNextFrame, 0, draw); // not in this frame again
  }

  function drawRow(row) {
    row.draw();
    filterRow(row);
    if (!row.element.isConnected) list.append(row.element);
  }

  function filterRow(row) {
    row.element.hidden = !row.matches(filter);
  }

  function isShown(row) {
    return row.element.isConnected && !row.element.hidden;
  }

  function tell() {
    const blocks = [...rows.keys()].filter((row) => row.size > 0);
    onDraw({
      kept: blocks.length,
      shown: blocks.filter(isShown).length,
      waiting: blocks.filter((row) => waiting.has(row)).length,
      dropped,
    });
  }

  const goToEnd = followEnd(box, list, {
    near: NEAR,
    onFollow: (following) => box.classList.toggle("following", following),
  });
  // A browser goes to where it thinks that the end is: the heights there are estimates.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "End") return;
    event.preventDefault();
    goToEnd();
  });

  return {
    put,
    /** Hold the screen still. Rows go on coming in, and wait. */
    pause(wish) {
      paused = wish;
      inNextFrame(draw);
    },
    filter(next) {
      filter = next;
      for (const row of rows.keys()) unfiltered.add(row);
      inNextFrame(draw);
    },
    clear() {
      rows.clear();
      waiting.clear();
      unfiltered.clear();
      list.replaceChildren();
      gone = [];
      bytes = 0;
      dropped = 0;
      goToEnd();
      inNextFrame(draw);
    },
    /** The bytes of the blocks on screen, as text. */
    text() {
      return [...rows.keys()].filter(isShown).map((row) => row.text()).join("");
    },
  };
}

/** Take the first `most` out of a Set. */
function takeFirst(set, most) {
  const taken = [...set].slice(0, most);
  for (const item of taken) set.delete(item);
  return taken;
}
