// @ts-check
// A formula that goes over several lines, as it streams: all is its text until it is closed.

import { grow } from "./growing_text.js";

// What may be the start of an "\end{…}" is whole only with the next piece.
const PART = /\\end\{[A-Za-z]{1,20}\*?\}|\\(?:en?|end(?:\{[A-Za-z]{0,20}\*?)?)$|\\[^]?|\${1,2}|[^\\$]+/g;

/**
 * Write into `code` `opening`, which has come, and what follows until `closing` comes, "\]",
 * "$$" or "\end{…}". `append(piece)` returns what is behind it, "" as long as it `isOpen`.
 *
 * @param {Element} code
 * @param {string} opening
 * @param {string} closing
 */
export function createDisplay(code, opening, closing) {
  /** @type {Text | null} */
  let words = null;
  let held = ""; // the start of what may be the closing

  /** @param {string} text */
  function write(text) {
    if (text !== "") words = grow(words, text, (node) => code.append(node));
  }

  write(opening);
  return {
    isOpen: true,

    /** @param {string} piece */
    append(piece) {
      const source = held + piece;
      held = "";
      for (const { 0: part, index } of source.matchAll(PART)) {
        const isLast = index + part.length === source.length;
        const mayBeHalf = isLast && (part === "\\" || (part !== closing && closing.startsWith(part)));
        if (mayBeHalf) held = part;
        else write(part);
        if (part === closing) {
          this.isOpen = false;
          return source.slice(index + part.length);
        }
      }
      return "";
    },

    end() {
      write(held);
    },
  };
}
