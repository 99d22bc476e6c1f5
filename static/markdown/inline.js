// @ts-check
// Inline Markdown, as it streams: emphasis, code, links and line breaks within one block.
//
// What is clear becomes text nodes and elements, and stays. What is not clear yet, a "**" of
// which the next character is missing or a link without its ")", is previewed as what it will
// probably be, until more text comes. Nothing is parsed from the start again: a piece of plain
// text costs the same however long the block is.

import { createDisplay } from "./display.js";
import { createEmphasis } from "./emphasis.js";
import { decodeEntity, mayBecomeEntity } from "./escapes.js";
import { createWriter } from "./growing_text.js";
import { createLink, describe } from "./links.js";
import { openDisplay, readMath } from "./math.js";
import { createPreview } from "./preview.js";
import { createBacktickRuns, WAIT } from "./reading.js";
import { readAutolink, readCode, readLink, startLink } from "./spans.js";
import { findUrl, readBareUrl } from "./urls.js";

const LINE_BREAK = /^<br[ \t]*\/?>|^<(?:b|br[ \t]*\/?)?$/i; // or the beginning of one
const LIMIT = 2000; // characters: what is not closed within as many is plain text

/**
 * Write Markdown into `element`: `append(piece)` as often as wanted, then `end()`.
 *
 * `isLabel`: it is the text of a link, so it has no links in it. `isCell`: it is a cell of a
 * table, where "<br>" is a line break.
 *
 * @param {Element} element
 * @param {{isLabel?: boolean, isCell?: boolean}} [where]
 */
export function createInline(element, { isLabel = false, isCell = false } = {}) {
  const writer = createWriter(element);
  const { write, place } = writer;
  const emphasis = createEmphasis(writer);
  const preview = createPreview(writer.end, createInline);
  let source = ""; // what is not clear
  let before = isLabel ? "[" : ""; // the last character that was taken
  let reading = null; // how far the link has been read that `source` begins with
  let display = null; // the formula that goes over several lines

  function append(piece, ended = false) {
    if (display) {
      piece = display.append(piece);
      if (display.isOpen) return;
      display = null;
    }
    source += piece;
    let at = 0;
    let runs = null; // of backticks, once they are asked for
    while (at < source.length) {
      const ahead = source.slice(at, at + LIMIT);
      const last = ended && at + ahead.length === source.length;
      const findRun = (length, from) => {
        runs ??= createBacktickRuns(source);
        const end = runs.find(length, at + from) - at + length;
        // A run at the end may become longer.
        const isComplete = end > from && (last ? end <= ahead.length : end < ahead.length);
        return isComplete ? end - length : -1;
      };
      const take = RULES[ahead[0]] ?? takeText;
      const length = take(ahead, last || ahead.length === LIMIT, last, findRun);
      if (length === 0) break;
      reading = null;
      at += length;
      before = Array.from((before + ahead.slice(0, length)).slice(-2)).at(-1);
    }
    if (at > 0) preview.clear();
    source = source.slice(at);
    preview.show(source, reading);
  }

  function end() {
    display?.end();
    display = null;
    append("", true);
    emphasis.end();
    preview.clear();
    writer.end.remove();
  }

  // The rules. Each takes what stands at the start of `ahead` and returns its length; 0: that
  // is not clear yet. It is always clear when `final`. `last`: the block ends with `ahead`.

  const RULES = {
    "\\": takeEscape,
    "&": takeEntity,
    "`": takeCode,
    "*": takeDelimiters,
    _: takeDelimiters,
    "~": takeDelimiters,
    $: takeDollar,
    "[": takeLink,
    "!": takeLink,
    "<": takeAngle,
  };

  function takeText(ahead, final, last) {
    const [text] = /^[^\\&`*_~$[!<\n]*/.exec(ahead);
    const url = isLabel ? -1 : findUrl(text, before);
    if (url === 0) return takeUrl(ahead, final);
    if (url > 0) return takeMark(text.slice(0, url));
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

  function takeUrl(ahead, final) {
    const url = readBareUrl(ahead, final);
    if (url === WAIT) return 0;
    if (!url) return takeMark(/^[a-z]+/i.exec(ahead)[0]);
    placeLink(url, url.text);
    return url.length;
  }

  function takeEscape(ahead, final) {
    if (ahead.length === 1 && !final) return 0;
    const length = takeFormula(ahead, final);
    if (length !== null) return length;
    if (ahead[1] === "\n") place(document.createElement("br"));
    else if (/^\\[!-/:-@[-`{-~]/.test(ahead)) write(ahead[1]);
    else return takeMark("\\");
    return 2;
  }

  function takeDollar(ahead, final) {
    return takeFormula(ahead, final) ?? takeMark(/^\$+/.exec(ahead)[0]);
  }

  /** Null: there is none. */
  function takeFormula(ahead, final) {
    const math = readMath(ahead, before, final);
    if (math === WAIT) return 0;
    if (math === null) return null;
    const code = placeFormula(math.isDisplay);
    code.append(math.text);
    return math.length;
  }

  function placeFormula(isDisplay) {
    const code = document.createElement("code");
    code.dataset.math = isDisplay ? "display" : "";
    place(code);
    return code;
  }

  function takeEntity(ahead, final) {
    const [entity] = /^&(?:#x[0-9a-f]{0,6}|#[0-9]{0,7}|[a-z][a-z0-9]{0,31})?;?/i.exec(ahead);
    if (entity === ahead && !final && mayBecomeEntity(entity)) return 0;
    const character = decodeEntity(entity);
    if (character === undefined) return takeMark("&");
    write(character);
    return entity.length;
  }

  function takeCode(ahead, final, last, findRun) {
    const code = readCode(ahead, 0, final, findRun);
    if (code === WAIT) return 0;
    if (!code) return takeMark(/^`+/.exec(ahead)[0]);
    const element = document.createElement("code");
    element.append(code.text);
    place(element);
    return code.length;
  }

  function takeAngle(ahead, final) {
    const [lineBreak] = (isCell && LINE_BREAK.exec(ahead)) || [""];
    if (lineBreak.endsWith(">")) {
      place(document.createElement("br"));
      return lineBreak.length;
    }
    if (lineBreak !== "" && !final) return 0;
    const link = readAutolink(ahead, final);
    if (link === WAIT) return 0;
    if (!link) return takeMark("<");
    placeLink(link, link.text);
    return link.length;
  }

  function takeLink(ahead, final, last, findRun) {
    if (ahead === "!" && !final) return 0;
    if (ahead[0] === "!" && ahead[1] !== "[") return takeMark("!");
    reading ??= startLink();
    const link = readLink(ahead, final, findRun, reading);
    if (link === WAIT) return 0;
    if (!link) return takeMark(ahead[0] === "!" ? "![" : "[");
    const label = document.createElement("span");
    const inline = createInline(label, { isLabel: true, isCell });
    inline.append(link.label);
    inline.end();
    placeLink(link, ...(link.image ? [describe(label) || link.href] : label.childNodes));
    return link.length;
  }

  function placeLink(link, ...nodes) {
    if (isLabel) nodes.forEach((node) => place(node));
    else place(createLink(link, nodes));
  }

  function takeDelimiters(ahead, final) {
    const [run] = /^(?:\*+|_+|~+)/.exec(ahead);
    const after = ahead.slice(run.length, run.length + 2);
    if (!final && /^[\ud800-\udbff]?$/.test(after)) return 0; // the character after it decides
    write(emphasis.take(run, before, after));
    return run.length;
  }

  /** At the end of a line: whether the formula that is open there takes the next line too. */
  function keepFormula() {
    if (display) return;
    const closing = openDisplay(source, before);
    if (closing === null) return;
    preview.clear();
    display = createDisplay(placeFormula(true), source, closing);
    before = closing.at(-1);
    source = "";
  }

  return {
    append: (/** @type {string} */ piece) => append(piece),
    end,
    keepFormula,
    get isInFormula() {
      return display !== null;
    },
  };
}

function trimSpaces(text) {
  let end = text.length;
  while (text[end - 1] === " ") end -= 1;
  return text.slice(0, end);
}
