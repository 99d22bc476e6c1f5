// @ts-check
// The parts of a line of code: comments, strings, numbers, keywords and names. Pure: no page.

/** @typedef {import("./languages.js").Kind} Kind */
/** @typedef {import("./languages.js").Language} Language */
/** @typedef {import("./languages.js").Mode} Mode */
/** @typedef {{start: number, end: number, kind: Kind}} Token */

const MAX_LINE = 1000; // characters: what comes after them has no colour

/**
 * The tokens of a line, and the mode that the next line starts in.
 *
 * @param {string} line
 * @param {string} mode "main" in the first line
 * @param {Language} language
 * @returns {{tokens: Token[], mode: string}}
 */
export function readCodeLine(line, mode, language) {
  /** @type {Token[]} */
  const tokens = [];
  const end = Math.min(line.length, MAX_LINE);
  for (let at = 0; at < end; ) {
    const { rules, fill } = language.modes[mode];
    const pattern = patternOf(language.modes[mode]);
    pattern.lastIndex = at;
    const found = rules.length > 0 ? pattern.exec(line) : null;
    const start = found?.index ?? end;
    if (fill && start > at) tokens.push({ start: at, end: start, kind: fill });
    if (!found) break;
    const [, kind, next] = rules[found.findIndex((part, index) => index > 0 && part !== undefined) - 1];
    at = start + Math.max(found[0].length, 1);
    const known = kind === "word" ? kindOfWord(found[0], language) : kind;
    if (known) tokens.push({ start, end: at, kind: known });
    mode = next ?? mode;
  }
  return { tokens, mode };
}

/** @param {Mode} mode */
function patternOf(mode) {
  mode.pattern ??= new RegExp(mode.rules.map(([source]) => `(${source})`).join("|"), "gu");
  return mode.pattern;
}

/**
 * @param {string} word
 * @param {Language} language
 * @returns {Kind | null}
 */
function kindOfWord(word, { words, anyCase }) {
  return words.has(anyCase ? word.toLowerCase() : word) ? "keyword" : null;
}
