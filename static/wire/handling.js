// @ts-check
// The rows by mouse and by keys: which one is pointed at, which are open.

import { createDetails } from "./details.js";

/** @typedef {import("./transcript.js").Row} Row */

/**
 * Arrow keys go from row to row, Enter or a click shows what is behind one, and End goes to the
 * end. Returns `{drawn, reveal}`: `drawn(row)` says that a row was drawn, for the first time or
 * again; `reveal(row)` marks a row and brings it into sight (null: none).
 *
 * @param {HTMLElement} box
 * @param {ReturnType<typeof import("./list.js").createWireList>} list
 * @param {object} handlers
 * @param {(row: Row|undefined) => void} handlers.onLight
 * @param {(row: Row) => void} handlers.onReadFrom the log is to be read again, after this event
 * @param {() => boolean} handlers.canRead whether there is such a log
 */
export function handleRows(box, list, { onLight, onReadFrom, canRead }) {
  let lit; // the row that is pointed at, or has the focus
  let marked = null;

  function light(row) {
    if (row === lit) return;
    lit = row;
    onLight(row);
  }

  function setOpen(row, wish) {
    if (row.open === wish) return;
    row.open = wish;
    lineOf(row).setAttribute("aria-expanded", String(wish));
    if (wish) list.stay();
    redraw(row);
    if (!wish) return;
    row.element.scrollIntoView({ block: "nearest" });
    lineOf(row).scrollIntoView({ block: "nearest" }); // where not all of the row has room
  }

  function redraw(row) {
    row.element.classList.toggle("open", row.open);
    row.element.querySelector(".details")?.remove();
    if (row.open) row.element.append(createDetails(row, canRead() ? () => onReadFrom(row) : null));
    list.resized(row);
  }

  function mark() {
    if (!marked?.element) return; // it is not drawn yet
    marked.element.dataset.marked = "";
    marked.element.scrollIntoView({ block: "nearest" });
  }

  /** The row `step` rows on. */
  function neighbour(row, step) {
    const rows = list.shown();
    return rows[Math.min(Math.max(rows.indexOf(row) + step, 0), rows.length - 1)];
  }

  /** The first row that is in sight. */
  function firstInSight() {
    const top = box.getBoundingClientRect().top;
    return list.shown().find((row) => row.element.getBoundingClientRect().bottom > top + 2);
  }

  const keys = {
    ArrowDown: (row) => focus(row ? neighbour(row, 1) : firstInSight()),
    ArrowUp: (row) => focus(row ? neighbour(row, -1) : list.shown().at(-1)),
    Home: (row) => row && focus(list.shown()[0]),
    End(row) {
      list.goToEnd(); // a browser goes to where it thinks that the end is
      if (row) focus(list.shown().at(-1));
    },
    Enter: (row) => row && setOpen(row, !row.open),
    " ": (row) => row && setOpen(row, !row.open),
    ArrowRight: (row) => row && setOpen(row, true),
    ArrowLeft: (row) => row && setOpen(row, false),
  };

  box.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const isLine = target.classList.contains("line");
    if (target !== box && !isLine) return; // a button in the details
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = isLine ? list.rowOf(target) : undefined;
    if (!(event.key in keys) || (!row && !/^(Arrow(Up|Down)|End)$/.test(event.key))) return;
    event.preventDefault();
    keys[event.key](row);
  });
  box.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest(".line") || !getSelection().isCollapsed) return;
    const row = list.rowOf(target);
    if (row) setOpen(row, !row.open);
  });
  box.addEventListener("pointerover", (event) => light(list.rowOf(event.target)));
  box.addEventListener("pointerleave", () => light(undefined));
  box.addEventListener("focusin", (event) => light(list.rowOf(event.target)));
  box.addEventListener("focusout", () => light(undefined));

  return {
    /** @param {Row} row */
    drawn(row) {
      if (row.open) redraw(row);
      if (row === marked) mark();
    },
    /** @param {Row|null|undefined} row */
    reveal(row) {
      marked?.element?.removeAttribute("data-marked");
      marked = row;
      mark();
    },
  };
}

function lineOf(row) {
  return row.element.firstElementChild;
}

function focus(row) {
  if (row) lineOf(row).focus();
}
