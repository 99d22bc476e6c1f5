// @ts-check
// Tables, as GitHub has them: a row of names, a row of dashes, then a row of cells in each line.
//
// All cells of a row are there from its first character on, and fill while it comes.

import { createInline } from "./inline.js";

const PART = /\\[^]?|\||[^\\|]+/g; // of a row: an escaped character, a bar, other text

/**
 * The alignment of each column, if `text` is a row of dashes; else null.
 *
 * @param {string} text
 * @returns {string[] | null}
 */
export function readDelimiters(text) {
  if (!/^[ \t|:-]+$/.test(text) || !/[|:]/.test(text)) return null; // or it is a rule
  const cells = splitRow(text);
  if (cells.length === 0 || !cells.every((cell) => /^:?-+:?$/.test(cell))) return null;
  return cells.map((cell) => {
    if (cell.endsWith(":")) return cell.startsWith(":") ? "center" : "right";
    return cell.startsWith(":") ? "left" : "";
  });
}

/**
 * The cells of a row, as Markdown.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function splitRow(text) {
  const cells = [""];
  for (const [part] of text.trim().matchAll(PART)) {
    if (part === "|") cells.push("");
    else cells.push(cells.pop() + part);
  }
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells.map((cell) => cell.trim());
}

/**
 * A table in `element`: append(text) adds to a row, endLine() finishes it.
 *
 * @param {HTMLElement} element
 * @param {string} names its first row
 * @param {string[]} alignments
 */
export function createTable(element, names, alignments) {
  const table = document.createElement("table");
  element.append(table);
  element.dataset.table = "";
  element.tabIndex = 0; // the keyboard can scroll it sideways
  /** @type {ReturnType<typeof createRow> | null} */
  let row = createRow(table.createTHead(), "th", alignments);
  row.append(names);
  let growing = row.cell;
  endLine();

  function endLine() {
    row?.end();
    row = null;
  }

  return {
    kind: "table",
    get growing() {
      return row?.cell ?? growing;
    },
    /** @param {string} text */
    append(text) {
      row ??= createRow(table.tBodies[0] ?? table.createTBody(), "td", alignments);
      row.append(text);
      growing = row.cell;
    },
    endLine,
    end: endLine,
  };
}

/**
 * The row of names of what may become a table in `element`, while nobody knows how many there
 * will be.
 *
 * @param {HTMLElement} element
 */
export function createFirstRow(element) {
  const table = document.createElement("table");
  element.append(table);
  const row = createRow(table.createTHead(), "th", null);
  return {
    append: row.append,
    remove: () => table.remove(),
    get cell() {
      return row.cell;
    },
  };
}

/**
 * @param {HTMLTableSectionElement} section
 * @param {string} name of the element of a cell
 * @param {string[] | null} alignments of its columns; null: there may be any number
 */
function createRow(section, name, alignments) {
  const line = section.insertRow();
  /** @type {HTMLElement[]} */
  const cells = [];
  let column = 0;
  /** @type {ReturnType<typeof createInline> | null} */
  let inline = null; // what writes into the cell; null: it is empty
  let blanks = ""; // which may stand at its end
  let isStarted = false; // a bar in front of the first cell is not a border between two
  let held = ""; // a backslash; what it escapes has not come
  for (const alignment of alignments ?? []) addCell(alignment);

  /** @param {string} alignment */
  function addCell(alignment) {
    const cell = document.createElement(name);
    if (alignment) cell.dataset.align = alignment;
    cells.push(cell);
    line.append(cell);
  }

  /** @param {string} part */
  function write(part) {
    const text = blanks + part;
    let end = text.length;
    while (text[end - 1] === " " || text[end - 1] === "\t") end -= 1;
    blanks = text.slice(end);
    if (end === 0 || (alignments && column >= alignments.length)) return;
    isStarted = true;
    while (cells.length <= column) addCell("");
    const start = inline ? 0 : text.search(/[^ \t]/);
    inline ??= createInline(cells[column], { isCell: true });
    inline.append(text.slice(start, end));
  }

  function endCell() {
    inline?.end();
    inline = null;
    blanks = "";
  }

  /** @param {string} text */
  function append(text) {
    const source = held + text;
    held = "";
    for (const [part] of source.matchAll(PART)) {
      if (part === "|") takeBar();
      else if (part === "\\") held = part;
      else write(part === "\\|" ? "|" : part);
    }
  }

  function takeBar() {
    if (isStarted) {
      endCell();
      column += 1;
    }
    isStarted = true;
  }

  return {
    append,
    end() {
      write(held);
      endCell();
    },
    get cell() {
      return cells[Math.min(column, cells.length - 1)] ?? null;
    },
  };
}
