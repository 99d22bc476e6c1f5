// Tables, as GitHub has them: a row of names, a row of dashes, then a row of cells in each line.
//
// A row appears when its line is complete.

import { createInline } from "./inline.js";

/** The alignment of each column, if `text` is a row of dashes; else null. */
export function readDelimiters(text) {
  if (!/^[ \t|:-]+$/.test(text)) return null;
  const cells = splitRow(text);
  if (cells.length === 0 || !cells.every((cell) => /^:?-+:?$/.test(cell))) return null;
  return cells.map((cell) => {
    if (cell.endsWith(":")) return cell.startsWith(":") ? "center" : "right";
    return cell.startsWith(":") ? "left" : "";
  });
}

/** The cells of a row, as Markdown. */
export function splitRow(text) {
  const cells = text.trim().split(/(?<!\\)\|/);
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** A table in `element`: append(text) adds to a row, endLine() finishes it. */
export function createTable(element, names, alignments) {
  const table = document.createElement("table");
  element.append(table);
  element.tabIndex = 0; // the keyboard can scroll it sideways
  let row = "";
  addRow(table.createTHead(), "th", names);

  function addRow(section, cellName, cells) {
    const line = section.insertRow();
    cells.slice(0, alignments.length).forEach((text, column) => {
      const cell = document.createElement(cellName);
      if (alignments[column]) cell.dataset.align = alignments[column];
      const inline = createInline(cell);
      inline.append(text);
      inline.end();
      line.append(cell);
    });
  }

  return {
    kind: "table",
    append(text) {
      row += text;
    },
    endLine() {
      if (row !== "") addRow(table.tBodies[0] ?? table.createTBody(), "td", splitRow(row));
      row = "";
    },
    end() {},
  };
}
