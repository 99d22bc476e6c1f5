// @ts-check
// Where a character of the rendered Markdown stands in its source, and the other way round.
//
// The renderer keeps no record of that. The text in the page is the source without its markup, in
// the same order: so both are walked through together, and what is in the source only is skipped.
// Complete blocks do not change, and complete items: they are walked through once.

import { decodeEntity } from "./escapes.js";
import { lengthOfTarget } from "./spans.js";

/**
 * @typedef {{node: Text, at: number, length: number, from: number, to: number}} Run
 * `length` characters of `node` from `at` on are those of the source between `from` and `to`
 */

// How far ahead in the source a text is looked for, by how many of its characters have to agree.
const LOOKS = [
  { agree: 16, within: 4000 },
  { agree: 4, within: 500 },
  { agree: 1, within: 80 },
];
const MAX_MISSES = 500; // characters that are not found: this is not the source
const MARKER = /[*_~`)\]]*[ \t]*(?:\r?\n[ \t>]*)*(?:\d{1,9}[.)]|[-+*])[ \t]*/y;
const FENCE = /[^\n`~]*(?:\n[\s>*+\-\d.)]*)?(?:`{3,}|~{3,})[^\n]*\n?/y;
const FENCE_END = /[ \t]*\n[ \t>]*(?:`{3,}|~{3,})[ \t]*(?=\r?\n|$)/y;
const CLOSED = /[*_~`]*(?=\]\()/y;
const BOX = /[^\n\]]*\[[ xX]\][ \t]*/y;
const NEXT_LINE = /[^\n]*\n[^\n]*(?:\n|$)/y;

/**
 * Returns `{rangeOf, offsetAt}`. `raw` is the source, or what has come of it; offsets are UTF-16
 * code units.
 *
 * @param {Element} element what createMarkdown() writes into
 */
export function createAlignment(element) {
  /** @type {Run[]} */
  let runs = [];
  /** @type {Map<Node, Run[]>} */
  let byNode = new Map();
  /** @type {{part: Element, runs: number, from: number}[]} */
  let walked = []; // how many runs there are in front of each, and where it begins in the source
  let raw = "";
  let at = 0; // in the source
  let misses = 0;
  let changed = true;
  /** @type {MutationObserver | null} */
  let observer = null;

  /** @param {string} source */
  function update(source) {
    observer ??= observe(element, () => {
      changed = true;
    });
    if (observer.takeRecords().length > 0) changed = true;
    if (!changed && source.length === raw.length) return;
    const parts = partsOf(element);
    const isSame = walked.every(({ part }, index) => parts[index] === part);
    if (!isSame || source.length < raw.length) walked = [];
    raw = source;
    changed = false;
    misses = 0;
    const last = walked.pop(); // it may have grown
    runs.length = last?.runs ?? 0;
    at = last?.from ?? 0;
    for (const part of parts.slice(walked.length)) {
      walked.push({ part, runs: runs.length, from: at });
      walk(part);
    }
    byNode = Map.groupBy(runs, (run) => run.node);
  }

  /** @param {Node} node */
  function walk(node) {
    if (node instanceof Text) return alignText(node);
    if (!(node instanceof Element)) return;
    const isFenced = node.localName === "pre" && skip(FENCE);
    if (node.localName === "li") skip(MARKER);
    else if (node.localName === "input") skip(BOX);
    else if (node.localName === "tbody") skip(NEXT_LINE); // the row of dashes
    for (const child of node.childNodes) walk(child);
    if (isFenced) skip(FENCE_END);
    if (node.localName === "a" && skip(CLOSED)) {
      at += 1 + lengthOfTarget(raw.slice(at + 1, at + LOOKS[0].within));
    }
  }

  /** @param {RegExp} pattern */
  function skip(pattern) {
    pattern.lastIndex = at;
    const found = pattern.test(raw);
    if (found) at = pattern.lastIndex;
    return found;
  }

  /** @param {Text} node */
  function alignText(node) {
    const text = node.data;
    /** @type {Run | null} */
    let run = null;
    for (let index = 0; index < text.length && misses < MAX_MISSES; index += 1) {
      let next = run ? stepOver(text[index], at) : -1;
      if (next < 0) {
        const offset = find(text, index);
        if (offset < 0) {
          misses += 1;
          continue; // the source does not have it
        }
        at = offset;
        next = stepOver(text[index], at);
      }
      if (run?.to === at && next === at + 1 && run.length === run.to - run.from) {
        run.length += 1;
        run.to = next;
      } else {
        run = { node, at: index, length: 1, from: at, to: next };
        runs.push(run);
      }
      at = next;
    }
  }

  /**
   * Where in the source the rest of `text` goes on; -1: nowhere near.
   *
   * @param {string} text
   * @param {number} index
   */
  function find(text, index) {
    const left = text.length - index;
    for (const { agree, within } of LOOKS.filter((look) => look.agree <= left)) {
      const end = Math.min(raw.length, at + within);
      for (let offset = at; offset < end; offset += 1) {
        if (agrees(text, index, agree, offset)) return offset;
      }
    }
    return -1;
  }

  /**
   * @param {string} text
   * @param {number} index
   * @param {number} length
   * @param {number} offset
   */
  function agrees(text, index, length, offset) {
    for (let count = 0; count < length; count += 1) {
      if (raw[offset] === "\\" && count > 0 && text[index + count] !== "\\") offset += 1;
      offset = stepOver(text[index + count], offset);
      if (offset < 0) return false;
    }
    return true;
  }

  /**
   * Where the source goes on after the character at `offset`, if that is shown as `char`; else -1.
   *
   * @param {string} char
   * @param {number} offset
   */
  function stepOver(char, offset) {
    const written = raw[offset];
    if (written === char) return offset + 1;
    if (written === undefined) return -1;
    if (char === " " && /[\n\r\t]/.test(written)) return offset + 1;
    if ((char === "\n" && written === "\r") || (char === "\ufffd" && written === "\0")) {
      return offset + 1;
    }
    if (written !== "&") return -1;
    const [entity] = /^&#?\w+;/.exec(raw.slice(offset, offset + 40)) ?? [""];
    return decodeEntity(entity) === char ? offset + entity.length : -1;
  }

  /**
   * The text in the page that stands between `from` and `to` in the source; null: none does.
   *
   * @param {string} source
   * @param {number} from
   * @param {number} to
   * @returns {Range | null}
   */
  function rangeOf(source, from, to) {
    update(source);
    const first = runs[search((run) => run.to > from)];
    const last = runs[search((run) => run.from >= to) - 1];
    if (!first || !last || first.from > last.from) return null;
    const range = document.createRange();
    const start = Math.max(0, from - first.from);
    range.setStart(first.node, first.at + Math.min(start, first.length - 1));
    range.setEnd(last.node, last.at + Math.min(to - last.from, last.length));
    return range;
  }

  /**
   * Where the character in front of which a caret would stand is in the source; null: nowhere.
   *
   * @param {string} source
   * @param {Node} node
   * @param {number} offset in it
   * @returns {number | null}
   */
  function offsetAt(source, node, offset) {
    update(source);
    const run = byNode.get(node)?.findLast((one) => one.at <= offset);
    if (!run) return null;
    return offset - run.at < run.length ? run.from + offset - run.at : run.to;
  }

  /**
   * The index of the first run for which `isBehind` holds.
   *
   * @param {(run: Run) => boolean} isBehind
   */
  function search(isBehind) {
    let low = 0;
    for (let high = runs.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (isBehind(runs[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return { rangeOf, offsetAt };
}

/**
 * The blocks in `element`; of a list, its items.
 *
 * @param {Element} element
 * @returns {Element[]}
 */
function partsOf(element) {
  return [...element.children].flatMap((block) =>
    block.matches("ul, ol") ? [...block.children] : [block],
  );
}

/**
 * @param {Element} element
 * @param {() => void} onChange
 */
function observe(element, onChange) {
  const observer = new MutationObserver(onChange);
  observer.observe(element, { childList: true, characterData: true, subtree: true });
  return observer;
}
