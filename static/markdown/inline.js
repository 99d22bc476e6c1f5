// Inline Markdown, as it streams: emphasis, code, links and line breaks within one block.
//
// What is clear becomes text nodes and elements, and stays. What is not clear yet, a "**" of
// which the next character is missing or a link without its ")", stands as it was written in
// the last text node, until more text comes. Nothing is parsed from the start again: a piece
// of plain text costs the same however long the block is.

import { createEmphasis } from "./emphasis.js";
import { decodeEntity } from "./escapes.js";
import { grow } from "./growing_text.js";
import { readAutolink, readCode, readLink, WAIT } from "./spans.js";

const LIMIT = 2000; // characters: what is not closed within as many is plain text

/**
 * Write Markdown into `element`: `append(piece)` as often as wanted, then `end()`.
 *
 * `isLabel`: it is the text of a link, so it has no links in it.
 */
export function createInline(element, isLabel = false) {
  const unclear = document.createTextNode("");
  element.append(unclear);
  let source = ""; // what `unclear` shows
  let before = isLabel ? "[" : ""; // the last character that was taken
  let words = null; // the text node being written, if nothing came after it
  const takeEmphasis = createEmphasis(unclear, place);

  function append(piece, ended = false) {
    source += piece;
    let at = 0;
    while (at < source.length) {
      const ahead = source.slice(at, at + LIMIT);
      const last = ended && at + ahead.length === source.length;
      const take = RULES[ahead[0]] ?? takeText;
      const length = take(ahead, last || ahead.length === LIMIT, last);
      if (length === 0) break;
      at += length;
      before = Array.from((before + ahead.slice(0, length)).slice(-2)).at(-1);
    }
    source = source.slice(at);
    if (unclear.data !== source) unclear.data = source;
  }

  function end() {
    append("", true);
    unclear.remove();
  }

  function write(text) {
    if (text === "") return;
    words = grow(words, text, (node) => unclear.before(node));
  }

  function place(node) {
    unclear.before(node);
    words = null;
  }

  // The rules. Each takes what stands at the start of `ahead` and returns its length; 0: that
  // is not clear yet. It is always clear when `final`. `last`: the block ends with `ahead`.

  const RULES = {
    "\\": takeEscape,
    "&": takeEntity,
    "`": takeCode,
    "*": takeDelimiters,
    _: takeDelimiters,
    "[": takeLink,
    "!": takeLink,
    "<": takeAutolink,
  };

  function takeText(ahead, final, last) {
    const [text] = /^[^\\&`*_[!<\n]*/.exec(ahead);
    const trimmed = trimSpaces(text);
    if (ahead[text.length] === "\n") {
      write(trimmed);
      if (text.length - trimmed.length < 2) write("\n");
      else place(document.createElement("br"));
      return text.length + 1;
    }
    if (text.length < ahead.length) return takeMark(text);
    if (last) {
      write(isLabel ? text : trimmed);
      return text.length;
    }
    if (trimmed === "" && final) return takeMark(text);
    return takeMark(trimmed); // the spaces wait: they may stand at the end of a line
  }

  function takeMark(text) {
    write(text);
    return text.length;
  }

  function takeEscape(ahead, final) {
    if (ahead.length === 1 && !final) return 0;
    if (ahead[1] === "\n") place(document.createElement("br"));
    else if (/^\\[!-/:-@[-`{-~]/.test(ahead)) write(ahead[1]);
    else return takeMark("\\");
    return 2;
  }

  function takeEntity(ahead, final) {
    const [entity] = /^&(?:#x[0-9a-f]{0,6}|#[0-9]{0,7}|[a-z][a-z0-9]{0,31})?;?/i.exec(ahead);
    if (entity === ahead && !entity.endsWith(";") && !final) return 0;
    const character = decodeEntity(entity);
    if (character === undefined) return takeMark("&");
    write(character);
    return entity.length;
  }

  function takeCode(ahead, final) {
    const code = readCode(ahead, final);
    if (code === WAIT) return 0;
    if (!code) return takeMark(/^`+/.exec(ahead)[0]);
    const element = document.createElement("code");
    element.append(code.text);
    place(element);
    return code.length;
  }

  function takeAutolink(ahead, final) {
    const link = readAutolink(ahead, final);
    if (link === WAIT) return 0;
    if (!link) return takeMark("<");
    placeLink(link, link.text);
    return link.length;
  }

  function takeLink(ahead, final) {
    if (ahead === "!" && !final) return 0;
    if (ahead[0] === "!" && ahead[1] !== "[") return takeMark("!");
    const link = readLink(ahead, final);
    if (link === WAIT) return 0;
    if (!link) return takeMark(ahead[0] === "!" ? "![" : "[");
    const label = document.createElement("span");
    const inline = createInline(label, true);
    inline.append(link.label);
    inline.end();
    // An image is a link too: nothing that a reply holds makes the page ask for it.
    if (link.image) placeLink(link, textOf(label) || link.href);
    else placeLink(link, ...label.childNodes);
    return link.length;
  }

  function placeLink({ href, title }, ...nodes) {
    if (isLabel) return nodes.forEach((node) => place(node));
    const anchor = document.createElement("a");
    anchor.href = href;
    if (title) anchor.title = title;
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
    anchor.append(...nodes);
    place(anchor);
  }

  function takeDelimiters(ahead, final) {
    const [run] = /^(?:\*+|_+)/.exec(ahead);
    const after = ahead.slice(run.length, run.length + 2);
    if (!final && /^[\ud800-\udbff]?$/.test(after)) return 0; // the character after it decides
    write(takeEmphasis(run, before, after));
    return run.length;
  }

  return { append: (piece) => append(piece), end };
}

function textOf(label) {
  for (const lineBreak of label.querySelectorAll("br")) lineBreak.replaceWith("\n");
  return label.textContent;
}

function trimSpaces(text) {
  let end = text.length;
  while (text[end - 1] === " ") end -= 1;
  return text.slice(0, end);
}
