// @ts-check
// Formulas, which are shown as they are written: what is typeset elsewhere is at least not damaged
// here. `\(…\)`, `\[…\]`, `$$…$$`, `\begin{…}…\end{…}`, and `$…$` where it can be told from money.
// Pure: no page.

import { WAIT } from "./reading.js";

const MAX_INLINE = 500; // characters between "$" and "$", or "\(" and "\)"
const CLOSING = { "\\(": "\\)", "\\[": "\\]", $$: "$$", $: "$" };
const DISPLAY = ["$$", "\\["];
const BEGIN = /^\\begin\{[A-Za-z]{1,20}\*?\}/;
const HALF_OF_BEGIN = /^\\(?:b(?:e(?:g(?:in?)?)?)?|begin\{[A-Za-z]{0,20}\*?)?$/;
const PART = /\\end\{[A-Za-z]{1,20}\*?\}|\\[^]?|\${1,2}|\]\(|[^\\$\]]+|\]/y;
const SIGN = /[\\^_{}=]|\p{Sm}/u;
const TEX = /[\\^_{}=]/;
const WORD = /\p{L}{3,}/u;
const AMOUNT =
  /^\$\d[\d.,]*(?:[kmb]n?|[%+])?(?:[.,;:!?)]*\s+[a-z]{3}|[;:!?)]+\s|\/[a-z]{2}|\*\*|__|~~|[*_][\s.,;:!?)])/i;

/**
 * The formula that `source` starts with, its delimiters included: `{length, text, isDisplay}`;
 * null: there is none; WAIT: only more text can tell. `before`: the character in front of it.
 *
 * @param {string} source
 * @param {string} before
 * @param {boolean} final whether no more text will come
 */
export function readMath(source, before, final) {
  const open = openingOf(source);
  if (open === null) return null;
  if (open === WAIT) return final ? null : WAIT;
  if (open[0] === "$" && before === "$") return null;
  if (open === "$" && !mayOpen(source, before)) return null;
  const isDisplay = mayTakeLines(open);
  const isLong = !isDisplay && source.length >= MAX_INLINE;
  const text = isLong ? source.slice(0, MAX_INLINE) : source;
  const isLast = final || isLong;
  const end = findClosing(text, open);
  if (end === null) return null;
  if (end === WAIT) return isLast ? null : WAIT;
  const length = end + closingOf(open).length;
  const after = text[length] ?? "";
  if (open === "$" && after === "" && !isLast) return WAIT; // the character after it decides
  if (!isFormula(open, text.slice(open.length, end), after)) return null;
  return { length, text: text.slice(0, length), isDisplay };
}

/**
 * What closes the formula that `source` begins, which is open at the end of its line; null: it
 * takes no other line, or is none. `before`: the character in front of it.
 *
 * @param {string} source
 * @param {string} before
 * @returns {string | null}
 */
export function openDisplay(source, before) {
  const open = openingOf(source);
  if (open === null || open === WAIT || !mayTakeLines(open)) return null;
  if (findClosing(source, open) !== WAIT) return null;
  const content = source.slice(open.length);
  const isStart = before === "" || before === "\n";
  return content.trim() === "" || (isStart && TEX.test(content)) ? closingOf(open) : null;
}

/** @param {string} source */
function openingOf(source) {
  if (source === "$" || HALF_OF_BEGIN.test(source)) return WAIT;
  if (source.startsWith("$$")) return source[2] === "$" ? null : "$$";
  if (source[0] === "$") return "$";
  if (source[1] === "(" || source[1] === "[") return source.slice(0, 2);
  return BEGIN.exec(source)?.[0] ?? null;
}

/** @param {string} open */
function mayTakeLines(open) {
  return DISPLAY.includes(open) || open.startsWith("\\begin");
}

/** @param {string} open @returns {string} */
function closingOf(open) {
  return CLOSING[open] ?? open.replace("begin", "end");
}

/**
 * @param {string} source starts with "$"
 * @param {string} before
 */
function mayOpen(source, before) {
  return !/[a-z\d]/i.test(before) && /^\$(?:[^\s${]|\{\\|\{?$)/.test(source) && !AMOUNT.test(source);
}

/**
 * Where the delimiter stands that closes the formula; null: nothing can.
 *
 * @param {string} source
 * @param {string} open
 */
function findClosing(source, open) {
  const closing = closingOf(open);
  for (let at = open.length; at < source.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [part] = PART.exec(source);
    if (part === closing) return at;
    const isHalf = part === "$" && open === "$$" && at + 1 === source.length;
    if (part[0] === "$" && open[0] === "$") return isHalf ? WAIT : null;
    if (part === "](" && open === "\\[") return null; // a link, after a bracket that was escaped
    if (part === "\\(" || part === "\\[") return null; // there is none in another one
    if (open === "$" && part.includes("\n")) return null;
  }
  return WAIT;
}

/**
 * @param {string} open
 * @param {string} content
 * @param {string} after the character behind it, or ""
 */
function isFormula(open, content, after) {
  if (!/[\p{L}\p{N}]/u.test(content)) return false;
  if (open[0] === "\\") return true;
  const isSpaced = /\s/.test(content);
  if (open === "$") {
    if (/\s$/.test(content) || /[\d({$]/.test(after)) return false;
    // "$n$th", but not "$HOME/$USER"
    if (/[a-z]/i.test(after) && (isSpaced || !/[\p{L}\p{N})}]$/u.test(content))) return false;
  }
  if (SIGN.test(content) || !isSpaced) return true;
  return !WORD.test(content) && (open === "$$" || /^\p{L}/u.test(content));
}
