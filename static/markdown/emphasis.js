// @ts-check
// Emphasis: runs of "*", "_" or "~~", matched as CommonMark does.
//
// A run that opens makes its elements at once, so that what is bold is bold from its first letter
// on. A run that closes takes the nearest run that opens; the runs between the two become text,
// and so does what is still open at the end of the block. What is matched stays.

/** @typedef {import("./growing_text.js").Writer} Writer */
/**
 * @typedef {{char: string, length: number, left: number, both: boolean, elements: HTMLElement[]}} Run
 * `left`: how many of its delimiters are not matched; `elements`: what those would make, outermost first
 */

const MAX_OPENERS = 16; // runs that wait to be closed; the oldest becomes plain text
const MAX_RUN = 8; // delimiters; a longer run is plain text

// Scripts in which words stand without spaces, and their punctuation.
const CJK =
  /^[\u1100-\u11ff\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uffee\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\u{e0100}-\u{e01ef}]/u;

/**
 * Returns `{take, end}`. `take(run, before, after)` opens or closes emphasis, and returns what of
 * the run is plain text. `before` and `after` are the characters next to it, "" at the ends of
 * the block.
 *
 * @param {Writer} writer
 */
export function createEmphasis(writer) {
  /** @type {Run[]} */
  const openers = []; // innermost last

  /**
   * @param {string} delimiters
   * @param {string} before
   * @param {string} after
   * @returns {string}
   */
  function take(delimiters, before, after) {
    const [char] = delimiters;
    const { length } = delimiters;
    if (length > MAX_RUN || (char === "~" && length !== 2)) return delimiters;

    const { opens, closes } = flanking(char, before, after);
    const run = { char, length, left: length, both: opens && closes, elements: [] };
    while (closes && run.left > 0) {
      const found = openers.findLastIndex((opener) => match(opener, run));
      if (found < 0) break;
      while (openers.length > found + 1) giveUp(openers.pop());
      emphasize(openers[found], run);
      if (openers[found].left === 0) openers.pop();
    }

    if (!opens || run.left === 0) return char.repeat(run.left);
    open(run);
    if (openers.push(run) > MAX_OPENERS) giveUp(openers.shift());
    return "";
  }

  /** @param {Run} run */
  function open(run) {
    const odd = run.left % 2 === 1 ? [1] : [];
    const used = [...odd, ...Array(run.left >> 1).fill(2)];
    run.elements = used.map((count) => document.createElement(nameOf(run.char, count)));
    for (const element of run.elements) writer.enter(element);
  }

  /**
   * @param {Run} opener the innermost that is open
   * @param {Run} closer
   */
  function emphasize(opener, closer) {
    const used = Math.min(2, opener.left, closer.left);
    const name = nameOf(opener.char, used);
    opener.left -= used;
    closer.left -= used;
    const inner = opener.elements.at(-1);
    if (inner.localName === name) {
      writer.leave(inner);
      opener.elements.pop();
      return;
    }
    // It was to become <strong>, and the closing run has only one delimiter.
    const [outer] = opener.elements;
    const element = document.createElement(name);
    writer.leave(outer);
    moveContent(inner, (node) => element.append(node));
    outer.remove();
    open(opener);
    writer.place(element);
  }

  /** @param {Run} opener what it wrote becomes text; what it contains stays */
  function giveUp(opener) {
    const [outer] = opener.elements;
    const isInnermost = writer.end.parentNode === opener.elements.at(-1);
    outer.before(opener.char.repeat(opener.left));
    moveContent(opener.elements.at(-1), (node) => outer.before(node));
    if (isInnermost) writer.leave(outer);
    outer.remove();
  }

  return {
    take,
    end() {
      while (openers.length > 0) giveUp(openers.pop());
    },
  };
}

/**
 * @param {Element} element
 * @param {(node: ChildNode) => void} move
 */
function moveContent(element, move) {
  while (element.firstChild) move(element.firstChild);
}

/**
 * @param {string} char
 * @param {number} used how many delimiters it takes
 */
function nameOf(char, used) {
  if (char === "~") return "del";
  return used === 2 ? "strong" : "em";
}

/**
 * Whether a run of `char` may open and close emphasis: it leans on a word, not on a space. Where
 * words have no spaces between them, what stands beside punctuation may be a word too; that is
 * an amendment to CommonMark, see https://github.com/tats-u/markdown-cjk-friendly
 *
 * @param {string} char
 * @param {string} before
 * @param {string} after
 */
function flanking(char, before, after) {
  const sides = [before, after];
  const [spaceBefore, spaceAfter] = sides.map((side) => /^(?:\s|$)/.test(side));
  const [markBefore, markAfter] = sides.map((side) => /^[\p{P}\p{S}]/u.test(side));
  const [cjkBefore, cjkAfter] = sides.map((side) => CJK.test(side));
  const left =
    !spaceAfter && (!markAfter || cjkAfter || spaceBefore || markBefore || cjkBefore);
  const right =
    !spaceBefore && (!markBefore || cjkBefore || spaceAfter || markAfter || cjkAfter);
  if (char !== "_") return { opens: left, closes: right };
  // Not inside a word: snake_case_names are not emphasis.
  return { opens: left && (!right || markBefore), closes: right && (!left || markAfter) };
}

/**
 * Whether two runs make emphasis. By the rule of three, the "*" in `**a*b**` is text.
 *
 * @param {Run} opener
 * @param {Run} closer
 */
function match(opener, closer) {
  if (opener.char !== closer.char) return false;
  if (!opener.both && !closer.both) return true;
  const multiples = opener.length % 3 === 0 && closer.length % 3 === 0;
  return multiples || (opener.length + closer.length) % 3 !== 0;
}
