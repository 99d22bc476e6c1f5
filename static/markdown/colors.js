// @ts-check
// Colours for code, by the CSS Custom Highlight API: ranges of text that the style sheet names
// (`::highlight(code-comment)`), and no change of the page. Loaded with the first code block.
//
// A browser goes through all ranges whenever the page changes. So only what is on screen has
// some, and they are static: a live range would have to be corrected with each piece of text.

import { readCodeLine } from "./code_lines.js";
import { languageOf } from "./languages.js";

/** @typedef {import("./languages.js").Kind} Kind */
/** @typedef {{kind: Kind, range: AbstractRange}} Painted */
/** @typedef {ReturnType<typeof createColoring>} Coloring */

const MAX_LENGTH = 60_000; // UTF-16 code units of one block: what comes after them has no colour

/** @type {Map<Kind, Highlight>} */
const highlights = new Map();
for (const kind of /** @type {Kind[]} */ (["comment", "string", "number", "keyword", "name"])) {
  const highlight = new Highlight();
  highlight.priority = -1; // what lights up a part of a reply is seen in its code too
  highlights.set(kind, highlight);
  CSS.highlights.set(`code-${kind}`, highlight);
}

/** @type {WeakMap<Node, Coloring>} */
const colorings = new WeakMap(); // by the element of the code
/** @type {Set<Coloring>} */
const grown = new Set();

const growth = new MutationObserver((changes) => {
  for (const { target } of changes) {
    const coloring = colorings.get(target) ?? colorings.get(target.parentNode);
    if (coloring) grown.add(coloring);
  }
  if (grown.size > 0) requestAnimationFrame(colorGrown);
});

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) colorings.get(target).show(isIntersecting);
});

function colorGrown() {
  for (const coloring of grown) coloring.grow();
  grown.clear();
}

/**
 * Colour the text in `code`, now and while it grows.
 *
 * @param {HTMLElement} code
 * @param {string} language as it stands behind the fence
 */
export function colorCode(code, language) {
  colorings.set(code, createColoring(code, language));
  growth.observe(code, { childList: true, characterData: true, subtree: true });
  sight.observe(code);
}

/**
 * @param {HTMLElement} code
 * @param {string} name
 */
function createColoring(code, name) {
  const language = languageOf(name);
  let isShown = false;
  /** @type {Painted[]} */
  const painted = []; // of lines that are complete
  /** @type {Painted[]} */
  let last = []; // of the last line
  let mode = "main"; // in which it starts
  let line = ""; // what has come of it
  /** @type {{node: Text, start: number, from: number}[]} */
  let parts = []; // the text nodes that it stands in: `start` in the line, `from` in the node
  /** @type {Text | null} */
  let node = null; // the newest that has been read
  let read = 0; // how much of it
  let length = 0; // of all that has been read

  /** @param {boolean} wish */
  function show(wish) {
    if (wish === isShown) return;
    isShown = wish;
    for (const one of [...painted, ...last]) paint(one, wish);
    grow();
  }

  /** Colour what has come since; as long as nobody sees it, that can wait. */
  function grow() {
    if (!isShown || length > MAX_LENGTH) return;
    for (const one of last) paint(one, false);
    for (;;) {
      node ??= /** @type {Text | null} */ (code.firstChild);
      if (node && read < node.length) takeText(node.data.slice(read));
      if (!node?.nextSibling) break;
      node = /** @type {Text} */ (node.nextSibling);
      read = 0;
    }
    last = colorLine().painted;
    for (const one of last) paint(one, true);
  }

  /** @param {string} text */
  function takeText(text) {
    const lines = text.split("\n");
    lines.forEach((part, index) => {
      if (index > 0) endLine();
      if (part !== "") parts.push({ node, start: line.length, from: read });
      line += part;
      read += part.length + (index < lines.length - 1 ? 1 : 0);
    });
    length += text.length;
  }

  function endLine() {
    const colored = colorLine();
    mode = colored.mode;
    for (const one of colored.painted) {
      painted.push(one);
      paint(one, true);
    }
    line = "";
    parts = [];
  }

  function colorLine() {
    const { tokens, mode: next } = readCodeLine(line, mode, language);
    let at = 0; // in `parts`
    /** @param {number} offset */
    const nodeAt = (offset) => {
      while (at + 1 < parts.length && parts[at + 1].start <= offset) at += 1;
      const { node, start, from } = parts[at];
      return [node, from + offset - start];
    };
    const painted = tokens.map(({ start, end, kind }) => {
      const [startContainer, startOffset] = nodeAt(start);
      const [endContainer, before] = nodeAt(end - 1);
      const endOffset = /** @type {number} */ (before) + 1;
      const range = new StaticRange(
        /** @type {StaticRangeInit} */ ({ startContainer, startOffset, endContainer, endOffset }),
      );
      return { kind, range };
    });
    return { painted, mode: next };
  }

  return { grow, show };
}

/**
 * @param {Painted} one
 * @param {boolean} wish
 */
function paint({ kind, range }, wish) {
  if (wish) highlights.get(kind).add(range);
  else highlights.get(kind).delete(range);
}
