// @ts-check
// Code spans, links, images and autolinks: what binds tighter than emphasis. Pure: no page.
//
// Each function reads the one construct that `source` may start with. It returns a description
// with its `length`; null: there is none; or WAIT: only more text can tell. Nothing is WAIT
// when `final` is true: no more text will come.

import { unescape } from "./escapes.js";
import { endOf, WAIT } from "./reading.js";
import { safeUrl } from "./urls.js";

/** @typedef {import("./reading.js").FindRun} FindRun */
/**
 * @typedef {{at: number, open: string[], labelEnd: number | null}} LinkReading
 * How far a link has been read that is not complete. `labelEnd`: where its text ends; null: not yet
 */

const MAX_BRACKETS = 8; // in one another, and as many parentheses in a URL
const LINK_PART = /\\[^]?|`+|<|!?\[|\]|!|[^\\`<![\]]+/y;
const HOST_PART = "[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?";
const EMAIL = new RegExp(
  `^[\\w.!#$%&'*+/=?^\`{|}~-]+@${HOST_PART}(?:\\.${HOST_PART})*$`,
  "i",
);

/**
 * A code span: `{length, text}`. `source` has a backtick at `at`, and `findRun` finds the runs that
 * are complete.
 *
 * @param {string} source
 * @param {number} at
 * @param {boolean} final
 * @param {FindRun} findRun
 */
export function readCode(source, at, final, findRun) {
  const start = endOf(/`+/y, source, at);
  const fence = start - at;
  const close = findRun(fence, start);
  if (close < 0) return final ? null : WAIT;
  return { length: close + fence - at, text: codeText(source.slice(start, close)) };
}

/**
 * What stands between the backticks, as code.
 *
 * @param {string} text
 */
function codeText(text) {
  const line = text.replaceAll("\n", " ");
  const isPadded = line.startsWith(" ") && line.endsWith(" ") && line.trim() !== "";
  return isPadded ? line.slice(1, -1) : line;
}

/**
 * A URL or an address between "<" and ">": `{length, text, href}`.
 *
 * @param {string} source
 * @param {boolean} final
 */
export function readAutolink(source, final) {
  const [found, text] = /^<([^<>\x00-\x20]*)/.exec(source);
  if (found.length === source.length) return final ? null : WAIT;
  if (source[found.length] !== ">") return null;
  const href = safeUrl(EMAIL.test(text) ? `mailto:${text}` : text);
  return href && { length: found.length + 1, text, href };
}

/** @returns {LinkReading} */
export function startLink() {
  return { at: 0, open: [], labelEnd: null };
}

/**
 * A link or an image: `{length, image, label, href, title}`; `label` is Markdown.
 * `source` starts with "[" or "![". When it has grown, `reading` goes on where it had to wait.
 *
 * @param {string} source
 * @param {boolean} final
 * @param {FindRun} findRun
 * @param {LinkReading} reading
 */
export function readLink(source, final, findRun, reading) {
  let open = reading.open; // the brackets not closed yet; "" is one that no longer can be a link
  reading.labelEnd = null;
  while (reading.at < source.length) {
    const { at } = reading;
    LINK_PART.lastIndex = at;
    const [part] = LINK_PART.exec(source);
    let { length } = part;
    const isCut = at + length === source.length && !final;
    if (isCut && (part === "!" || part === "\\")) return WAIT; // one half of "![", or of "\]"
    if (part[0] === "`" || part === "<") {
      const span =
        part === "<"
          ? readAutolink(source.slice(at), final)
          : readCode(source, at, final, findRun);
      if (span === WAIT) return WAIT;
      length = span ? span.length : part.length;
    } else if (part === "[" || part === "![") {
      if (open.push(part) > MAX_BRACKETS) return null;
    } else if (part === "]") {
      const kind = open.at(-1);
      if (open.length === 1) reading.labelEnd = at;
      const target = kind && readTarget(source.slice(at + 1), final);
      if (target === WAIT) return WAIT;
      open.pop();
      if (target) length += target.length;
      if (open.length === 0) {
        const label = source.slice(kind.length, at);
        return target ? { ...target, length: at + length, image: kind === "![", label } : null;
      }
      // A link has no links in it: the inner one wins.
      if (target && kind === "[") open = open.map((outer) => (outer === "[" ? "" : outer));
      if (open[0] === "") return null;
      reading.open = open;
    }
    reading.at += length;
  }
  return final ? null : WAIT;
}

/**
 * What follows the label of a link: `(url "title")`, as `{length, href, title}`.
 *
 * @param {string} source
 * @param {boolean} final
 * @returns {{length: number, href: string, title: string} | null | typeof WAIT}
 */
function readTarget(source, final) {
  /** @type {null | typeof WAIT} */
  const unfinished = final ? null : WAIT;
  if (source === "") return unfinished;
  if (source[0] !== "(") return null;

  const start = skipSpace(source, 1);
  const inAngles = source[start] === "<";
  const end = inAngles ? endOf(ANGLES, source, start) : endOfUrl(source, start);
  if (end === source.length) return unfinished;
  if (inAngles ? source[end] !== ">" : end < 0) return null;
  const url = inAngles ? source.slice(start + 1, end) : source.slice(start, end);

  let title = "";
  const afterUrl = inAngles ? end + 1 : end;
  let at = skipSpace(source, afterUrl);
  const quoted = at > afterUrl && TITLES[source[at]];
  if (quoted) {
    const close = endOf(quoted, source, at);
    if (close === source.length) return unfinished;
    title = source.slice(at + 1, close);
    if (source[close] === "(") return null;
    at = skipSpace(source, close + 1);
  }
  if (at === source.length) return unfinished;
  const href = source[at] === ")" ? safeUrl(unescape(url)) : null;
  return href && { length: at + 1, href, title: unescape(title) };
}

/**
 * How many characters of `source` are the target of a link, the text of which ends in front of it.
 *
 * @param {string} source
 */
export function lengthOfTarget(source) {
  const target = readTarget(source, true);
  return target && target !== WAIT ? target.length : 0;
}

// Each stops in front of what closes it.
const ANGLES = /<(?:[^<>\\\n]|\\[^\n]?)*/y;
const TITLES = {
  '"': /"(?:[^"\\]|\\[^]?)*/y,
  "'": /'(?:[^'\\]|\\[^]?)*/y,
  "(": /\((?:[^()\\]|\\[^]?)*/y,
};

/**
 * Where the URL that starts at `at` ends; -1: a parenthesis in it is left open.
 *
 * @param {string} source
 * @param {number} at
 */
function endOfUrl(source, at) {
  let depth = 0;
  for (; at < source.length && source[at] > " " && source[at] !== "\x7f"; at += 1) {
    if (source[at] === "\\" && at + 1 < source.length && source[at + 1] > " ") at += 1;
    else if (source[at] === "(" && ++depth > MAX_BRACKETS) return -1;
    else if (source[at] === ")" && --depth < 0) return at;
  }
  return at === source.length || depth === 0 ? at : -1;
}

/**
 * @param {string} source
 * @param {number} at
 */
function skipSpace(source, at) {
  return endOf(/[ \t\n]*/y, source, at);
}
