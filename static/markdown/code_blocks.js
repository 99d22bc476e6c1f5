// @ts-check
// Code blocks, between fences or indented. They have the interface of the blocks of text.

import { createBar } from "./code_bar.js";
import { unescape } from "./escapes.js";
import { grow } from "./growing_text.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * Code between fences. `indent` columns before each line are left out.
 *
 * @param {HTMLElement} element
 * @param {string} fence
 * @param {string} info what stands behind it: the language, first
 * @param {number} indent
 */
export function createFencedCode(element, fence, info, indent) {
  const [language] = /^\S*/.exec(unescape(info.trim()));
  const code = createCode(element, language);
  return {
    kind: "fence",
    isOver: false,
    growing: code.element,
    append: code.append,
    end() {},
    /** @param {Line} line */
    takeLine(line) {
      const close = line.indent < 4 && /^[ \t]*(`+|~+)[ \t]*$/.exec(line.text)?.[1];
      if (close && close.startsWith(fence)) {
        this.isOver = true;
      } else {
        line.skip(Math.min(indent, line.indent));
        code.addLine(line.text);
      }
      return true;
    },
  };
}

/**
 * Code with four spaces before each line.
 *
 * @param {HTMLElement} element
 */
export function createIndentedCode(element) {
  const code = createCode(element, "");
  /** @type {string[]} */
  let blank = []; // lines that belong to it only if more code follows
  return {
    growing: code.element,
    append: code.append,
    end() {},
    /** @param {Line} line */
    takeLine(line) {
      if (!line.isBlank && line.indent < 4) return false;
      line.skip(4);
      if (line.isBlank) {
        blank.push(line.text);
      } else {
        for (const text of [...blank, line.text]) code.addLine(text);
        blank = [];
      }
      return true;
    },
  };
}

/**
 * @param {HTMLElement} element
 * @param {string} language
 */
function createCode(element, language) {
  const pre = document.createElement("pre");
  const code = document.createElement("code");
  if (language) pre.dataset.language = language;
  pre.tabIndex = 0; // the keyboard can scroll it sideways
  pre.append(code);
  element.dataset.code = "";
  element.append(pre);
  dressCode(element, code, language);
  /** @type {Text | null} */
  let node = null;

  /** @param {string} text */
  function append(text) {
    node = grow(node, text, (next) => code.append(next));
  }

  /** @param {string} text */
  function addLine(text) {
    append(node ? `\n${text}` : text);
  }

  return { element: code, append, addLine };
}

/**
 * Put the bar on `block`, and colours into its `code`. Returns what takes the bar away.
 *
 * @param {HTMLElement} block
 * @param {HTMLElement} code
 * @param {string} language
 */
export function dressCode(block, code, language) {
  const bar = createBar(block, code, language);
  block.prepend(bar);
  color(code, language);
  return () => bar.remove();
}

/**
 * Colours need no change of the page, so they can come when they are there.
 *
 * @param {HTMLElement} code
 * @param {string} language
 */
async function color(code, language) {
  if (!globalThis.CSS?.highlights) return;
  const { colorCode } = await import("./colors.js");
  colorCode(code, language);
}
