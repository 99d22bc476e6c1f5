// @ts-check
// The blocks that hold text: paragraphs and headings.
//
// Each is made in its element and has append(text) and end(). `growing` is the element that its
// next text goes to. One that has takeLine(line) says there whether the line goes on with it, and
// takes it if so; endLine() tells that a line is complete. `isOver`: it ends with this line.

import { createInline } from "./inline.js";
import { createFirstRow } from "./table.js";

/**
 * Its `lastLine` may turn out to be the first row of a table; then cutLastLine() takes it out. If
 * it begins with a bar, it already looks like one.
 *
 * @param {HTMLElement} element
 */
export function createParagraph(element) {
  let inline = createInline(element);
  /** @type {string[]} */
  let lines = [];
  /** @type {ReturnType<typeof createFirstRow> | null} */
  let row = null; // the last line, if it looks like one

  /** @param {string} text */
  function startLine(text) {
    lines.push(text);
    if (!inline.isInFormula && /^[ \t]*\|/.test(text)) {
      row = createFirstRow(element);
      row.append(text);
    } else {
      write(text);
    }
  }

  /** @param {string} text */
  function write(text) {
    inline.append(lines.length === 1 ? text : `\n${text}`);
  }

  /** No row of dashes came. */
  function endRow() {
    row?.remove();
    if (row) write(lines.at(-1));
    row = null;
  }

  return {
    kind: "paragraph",

    get lastLine() {
      return lines.at(-1);
    },
    get growing() {
      return row?.cell ?? element;
    },
    get isInFormula() {
      return inline.isInFormula;
    },

    /** @param {string} text */
    addLine(text) {
      endRow();
      startLine(text);
    },

    /** @param {string} text */
    append(text) {
      lines.push(lines.pop() + text);
      (row ?? inline).append(text);
    },

    /** @param {import("./lines.js").Line} line */
    takeLine(line) {
      if (!inline.isInFormula) return false;
      this.addLine(line.text);
      return true;
    },

    endLine() {
      if (!row) inline.keepFormula();
    },

    cutLastLine() {
      lines.pop();
      if (lines.length === 0) return element.remove();
      if (row) {
        row.remove();
        row = null;
        return;
      }
      const above = lines;
      lines = [];
      element.replaceChildren();
      inline = createInline(element);
      for (const line of above) {
        startLine(line);
        endRow();
        inline.keepFormula();
      }
    },

    end() {
      if (lines.length === 0) return;
      endRow();
      inline.end();
    },
  };
}

/** @param {HTMLElement} element */
export function createHeading(element) {
  const inline = createInline(element);
  let source = "";
  let shown = 0; // how much of it is in the page
  return {
    isOver: true,
    growing: element,
    /** @param {string} text */
    append(text) {
      source += text;
      const end = endOfHeading(source);
      inline.append(source.slice(shown, end));
      shown = end;
    },
    end: inline.end,
  };
}

/**
 * Where the text of a heading ends: without the "##" that may stand there.
 *
 * @param {string} source
 */
function endOfHeading(source) {
  const trimmed = source.trimEnd();
  let end = trimmed.length;
  while (trimmed[end - 1] === "#") end -= 1;
  const isClosed = end === 0 || /[ \t]/.test(trimmed[end - 1]);
  return isClosed ? end : source.length;
}
