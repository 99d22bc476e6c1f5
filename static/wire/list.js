// @ts-check
// The rows of the Wire on screen: never too many, and drawn only as fast as a screen shows them.
//
// Rows can come faster than that. They wait as data; some are drawn each time the screen is, and what
// is too old by then is dropped without ever being drawn.

import { inNextFrame } from "../shared/next_frame.js";
import { followEnd } from "../shared/scrolling.js";
import { createGroups } from "./groups.js";
import { drawRow } from "./row.js";

/** @typedef {import("./transcript.js").Row} Row */

const MOST_ROWS = 1_000;
const MOST_BYTES = 8_000_000;
const DRAWN_AT_ONCE = 30; // their layout costs more than the making
const FILTERED_AT_ONCE = 200;
const NEAR = 30; // pixels: a row is not as high as that

/**
 * Show rows in `list`, an element in the scrolling element `box`. While the reader is at the end
 * of the box, it stays there. `onCounts(counts)` is called each time rows were drawn: `kept`
 * frames, `shown` of them by the filter, `waiting` to be drawn, `dropped` as too old.
 * `onDraw(row)`: a row was drawn, for the first time or again.
 *
 * @param {HTMLElement} box
 * @param {HTMLElement} list
 * @param {{onCounts: (counts: object) => void, onDraw: (row: Row) => void}} handlers
 */
export function createWireList(box, list, { onCounts, onDraw }) {
  const groups = createGroups(list);
  /** @type {Map<Row, number>} */
  const rows = new Map(); // row -> its size, the oldest first
  /** @type {WeakMap<Element, Row>} */
  const drawn = new WeakMap();
  /** @type {Set<Row>} */
  const waiting = new Set(); // of these, the rows to draw
  /** @type {Set<Row>} */
  const unfiltered = new Set(); // of these, the rows that a new filter has not seen
  let gone = []; // dropped, but still in the page
  let bytes = 0;
  let dropped = 0;
  let paused = false;
  let following = true;
  let filter = { text: "", comments: true };

  /** Add a row; or, if it was added before, show how it has changed. @param {Row} row */
  function put(row) {
    if (!rows.has(row) && row.element) return; // too old, and dropped
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
    if (row.element?.isConnected) gone.push(row);
    bytes -= size;
    if (row.pieces) dropped += 1;
  }

  function draw() {
    if (!paused) {
      gone.forEach(remove);
      gone = [];
      takeFirst(waiting, DRAWN_AT_ONCE).forEach(drawOne);
    }
    takeFirst(unfiltered, FILTERED_AT_ONCE).forEach(filterRow);
    groups.measure();
    tell();
    const more = (waiting.size > 0 && !paused) || unfiltered.size > 0;
    if (more) setTimeout(inNextFrame, 0, draw); // not before the screen is drawn
  }

  function drawOne(row) {
    const element = drawRow(row);
    if (!element.isConnected) {
      drawn.set(element, row);
      groups.append(element, row.kind === "request");
    }
    filterRow(row);
    onDraw(row);
  }

  /** Whoever stands in a row that leaves goes on from the box. */
  function remove(row) {
    if (row.element.matches(":focus-within")) box.focus();
    groups.remove(row.element);
  }

  function filterRow(row) {
    if (!row.element) return;
    const hidden = !matches(row, filter);
    if (hidden === row.element.hidden) return;
    row.element.hidden = hidden;
    groups.touch(row.element);
  }

  function isShown(row) {
    return Boolean(row.element?.isConnected) && !row.element.hidden;
  }

  function tell() {
    const frames = [...rows.keys()].filter((row) => row.pieces);
    onCounts({
      kept: frames.length,
      shown: frames.filter(isShown).length,
      waiting: frames.filter((row) => waiting.has(row) && !row.element).length,
      dropped,
    });
  }

  const { goToEnd, stay } = followEnd(box, list, {
    near: NEAR,
    onFollow(wish) {
      following = wish;
    },
  });

  return {
    put,
    goToEnd,
    stay,
    /** The row that an element inside of the list belongs to. @param {any} element */
    rowOf(element) {
      const item = element?.closest?.(".row");
      return item ? drawn.get(item) : undefined;
    },
    /** Rows in sight by the filter, the oldest first. */
    shown: () => [...rows.keys()].filter(isShown),
    /** A row was opened or closed. @param {Row} row */
    resized(row) {
      groups.touch(row.element);
      groups.measure();
    },
    /** The newest row of which this is true. @param {(row: Row) => boolean} isIt */
    find: (isIt) => [...rows.keys()].findLast(isIt),
    isFollowing: () => following,
    /** Hold the screen still. Rows go on coming in, and wait. @param {boolean} wish */
    pause(wish) {
      paused = wish;
      inNextFrame(draw);
    },
    /** @param {{text: string, comments: boolean}} next */
    filter(next) {
      filter = next;
      for (const row of rows.keys()) unfiltered.add(row);
      inNextFrame(draw);
    },
    clear() {
      rows.clear();
      waiting.clear();
      unfiltered.clear();
      groups.clear();
      gone = [];
      bytes = 0;
      dropped = 0;
      goToEnd();
      inNextFrame(draw);
    },
  };
}

/**
 * `text` must be in the event's type or data, or in a comment; `comments`: show those, too. What
 * tells of the connection is always shown.
 * @param {Row} row
 * @param {{text: string, comments: boolean}} filter
 */
function matches({ kind, event, frame }, { text, comments }) {
  if (!comments && kind === "comment") return false;
  if (!frame && !event) return true;
  const where = event ? [event.type, event.data] : frame.fields.map(({ value }) => value);
  return text === "" || where.some((value) => value.toLowerCase().includes(text));
}

/** Take the first `most` out of a Set. */
function takeFirst(set, most) {
  const taken = [...set].slice(0, most);
  for (const item of taken) set.delete(item);
  return taken;
}
