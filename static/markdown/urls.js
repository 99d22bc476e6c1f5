// @ts-check
// Which URLs become links, and where a URL that stands bare in a text begins and ends. Pure: no page.

import { unescape } from "./escapes.js";
import { endOf, WAIT } from "./reading.js";

const SAFE_SCHEMES = ["http:", "https:", "mailto:"];

// What a URL may begin with, or the start of that at the end of what has come.
const START =
  /(?<![a-z\d])(?:https?:\/\/|(?<![/.@:-])www\.|(?:h(?:t(?:tp?)?)?|https?(?::\/?)?|w{1,3})$)/i;
const WHOLE_START = /^(?:https?:\/\/|www\.)/i;
const HOST = /[\p{L}\p{M}\p{N}._~%:@[\]-]*/uy;
const CJK_AFTER_HOST = /^([a-z\d.-]+\.[a-z]{2,}(?::\d+)?)(?=[\u2e80-\u9fff\uac00-\ud7ff])/i;
const REST = /[^\s\x00-\x1f<>"`“”«»\u3000-\u303f\ufe30-\ufe4f\uff00-\uff65]*/y;
const TRAILING = /(?:[?!.,:;*_~'’…\\]+|&[a-z\d]+;)$/i;
const PAIRS = { ")": "(", "]": "[", "}": "{" };

/**
 * `text` as an absolute URL that is safe to follow, or null. Browsers read "java\tscript:" too.
 *
 * @param {string} text
 * @returns {string | null}
 */
export function safeUrl(text) {
  const escaped = text.replaceAll("\\", "%5C"); // browsers take a backslash for a slash
  if (!URL.canParse(escaped)) return null;
  const url = new URL(escaped);
  return SAFE_SCHEMES.includes(url.protocol) ? url.href : null;
}

/**
 * Where in `text` a URL starts, or may start if more text comes; -1: nowhere.
 *
 * @param {string} text
 * @param {string} before the character in front of it, or ""
 */
export function findUrl(text, before) {
  const found = START.exec(before + text)?.index ?? -1;
  return found < before.length ? -1 : found - before.length;
}

/**
 * The bare URL that `source` starts with, as GitHub reads it, without the punctuation that ends a
 * sentence: `{length, text, href}`; null: there is none; WAIT: only more text can tell.
 *
 * @param {string} source
 * @param {boolean} final whether no more text will come
 */
export function readBareUrl(source, final) {
  const [start] = WHOLE_START.exec(source) ?? [];
  if (!start) return final || findUrl(source, "") !== 0 ? null : WAIT;
  const end = endOfUrl(source, start.length);
  if (end === source.length && !final) return WAIT;
  const written = withoutTrailing(source.slice(0, end));
  if (written.length <= start.length) return null;
  const text = unescape(written);
  const href = safeUrl(start.toLowerCase() === "www." ? `http://${text}` : text);
  return href && { length: written.length, text, href };
}

/**
 * @param {string} source
 * @param {number} at where the host begins
 */
function endOfUrl(source, at) {
  const host = source.slice(at, endOf(HOST, source, at));
  const [, withoutText] = CJK_AFTER_HOST.exec(host) ?? [];
  if (withoutText) return at + withoutText.length; // nobody put a space after it
  const end = at + host.length;
  if (!"/?#".includes(source[end] ?? " ")) return end;
  return endOf(REST, source, end);
}

/** @param {string} url */
function withoutTrailing(url) {
  for (;;) {
    const last = url.at(-1);
    const opening = PAIRS[last];
    const isLeftOpen = opening && url.split(opening).length < url.split(last).length;
    const kept = isLeftOpen ? url.slice(0, -1) : url.replace(TRAILING, "");
    if (kept === url) return url;
    url = kept;
  }
}
