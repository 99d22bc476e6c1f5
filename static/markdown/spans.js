// Code spans, links, images and autolinks: what binds tighter than emphasis. Pure: no page.
//
// Each function reads the one construct that `source` may start with. It returns a description
// with its `length`; null: there is none; or WAIT: only more text can tell. Nothing is WAIT
// when `final` is true: no more text will come.

import { unescape } from "./escapes.js";

export const WAIT = Symbol("wait");

const MAX_BRACKETS = 8; // in one another, and as many parentheses in a URL
const SAFE_SCHEMES = ["http:", "https:", "mailto:"];
const LINK_PART = /\\[^]?|`+|<|!?\[|\]|!|[^\\`<![\]]+/y;
const HOST_PART = "[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?";
const EMAIL = new RegExp(
  `^[\\w.!#$%&'*+/=?^\`{|}~-]+@${HOST_PART}(?:\\.${HOST_PART})*$`,
  "i",
);

/** A code span: `{length, text}`. `source` starts with a backtick. */
export function readCode(source, final) {
  const fence = /^`+/.exec(source)[0].length;
  for (const { 0: run, index } of source.slice(fence).matchAll(/`+/g)) {
    if (run.length !== fence) continue;
    const length = fence + index + fence;
    if (length === source.length && !final) return WAIT; // the run may become longer
    return { length, text: codeText(source.slice(fence, fence + index)) };
  }
  return final ? null : WAIT;
}

function codeText(text) {
  const line = text.replaceAll("\n", " ");
  const isPadded = line.startsWith(" ") && line.endsWith(" ") && line.trim() !== "";
  return isPadded ? line.slice(1, -1) : line;
}

/** A URL or an address between "<" and ">": `{length, text, href}`. */
export function readAutolink(source, final) {
  const [found, text] = /^<([^<>\x00-\x20]*)/.exec(source);
  if (found.length === source.length) return final ? null : WAIT;
  if (source[found.length] !== ">") return null;
  const href = safeUrl(EMAIL.test(text) ? `mailto:${text}` : text);
  return href && { length: found.length + 1, text, href };
}

/**
 * A link or an image: `{length, image, label, href, title}`; `label` is Markdown.
 * `source` starts with "[" or "![".
 */
export function readLink(source, final) {
  let open = []; // the brackets not closed yet; "" is one that no longer can be a link
  for (let at = 0; at < source.length; ) {
    LINK_PART.lastIndex = at;
    const [part] = LINK_PART.exec(source);
    let length = part.length;
    if (part[0] === "`" || part === "<") {
      const read = part === "<" ? readAutolink : readCode;
      const span = read(source.slice(at), final);
      if (span === WAIT) return WAIT;
      length = span ? span.length : part.length;
    } else if (part === "[" || part === "![") {
      if (open.push(part) > MAX_BRACKETS) return null;
    } else if (part === "]") {
      const kind = open.pop();
      const target = kind && readTarget(source.slice(at + 1), final);
      if (target === WAIT) return WAIT;
      if (target) length += target.length;
      if (open.length === 0) {
        const label = source.slice(kind.length, at);
        return target ? { ...target, length: at + length, image: kind === "![", label } : null;
      }
      // A link has no links in it: the inner one wins.
      if (target && kind === "[") open = open.map((outer) => (outer === "[" ? "" : outer));
      if (open[0] === "") return null;
    }
    at += length;
  }
  return final ? null : WAIT;
}

/** What follows the label of a link: `(url "title")`, as `{length, href, title}`. */
function readTarget(source, final) {
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

// Each stops in front of what closes it.
const ANGLES = /<(?:[^<>\\\n]|\\[^\n]?)*/y;
const TITLES = {
  '"': /"(?:[^"\\]|\\[^]?)*/y,
  "'": /'(?:[^'\\]|\\[^]?)*/y,
  "(": /\((?:[^()\\]|\\[^]?)*/y,
};

/** Where the URL that starts at `at` ends; -1: a parenthesis in it is left open. */
function endOfUrl(source, at) {
  let depth = 0;
  for (; at < source.length && source[at] > " " && source[at] !== "\x7f"; at += 1) {
    if (source[at] === "\\" && at + 1 < source.length && source[at + 1] > " ") at += 1;
    else if (source[at] === "(" && ++depth > MAX_BRACKETS) return -1;
    else if (source[at] === ")" && --depth < 0) return at;
  }
  return at === source.length || depth === 0 ? at : -1;
}

function endOf(pattern, source, at) {
  pattern.lastIndex = at;
  pattern.test(source);
  return pattern.lastIndex;
}

function skipSpace(source, at) {
  return endOf(/[ \t\n]*/y, source, at);
}

/** `text` as an absolute URL that is safe to follow, or null. Browsers read "java\tscript:" too. */
function safeUrl(text) {
  const escaped = text.replaceAll("\\", "%5C"); // browsers take a backslash for a slash
  if (!URL.canParse(escaped)) return null;
  const url = new URL(escaped);
  return SAFE_SCHEMES.includes(url.protocol) ? url.href : null;
}
