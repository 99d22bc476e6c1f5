// @ts-check
// What is shown of inline Markdown that is not clear yet: of a link its text without the URL, of
// code what has come of it, of a "**" nothing. So no markup flashes while a text streams.
//
// What is shown depends on the text alone, not on the pieces that it came in.

import { WAIT } from "./reading.js";
import { readBareUrl } from "./urls.js";

const MAX_LABEL = 80; // characters: after as many, a bracket is probably just a bracket
const MAX_SCHEME = "<mailto".length;

/**
 * @typedef {{text?: string, name?: string, content?: string, markdown?: string, rest?: string}} View
 * Text, then an element that has text or Markdown in it, then more text
 */

/**
 * A preview behind the text node `end`, which is its first part.
 *
 * @param {Text} end
 * @param {typeof import("./inline.js").createInline} createInline
 */
export function createPreview(end, createInline) {
  /** @type {Element | null} */
  let element = null;
  let inline = null; // what writes into it, if it has Markdown
  let written = 0; // how much of that
  const rest = document.createTextNode("");

  /**
   * Show `source`, which begins with what was shown before, unless it was cleared. `link`: how
   * far the link has been read that it begins with.
   *
   * @param {string} source
   * @param {import("./spans.js").LinkReading | null} link
   */
  function show(source, link) {
    const view = source === "" ? {} : viewOf(source, link);
    if (end.data !== (view.text ?? "")) end.data = view.text ?? "";
    const { name, markdown } = view;
    if (element?.localName !== name || (inline && markdown.length < written)) removeElement();
    if (!name) return;
    element ??= createElement(name, markdown !== undefined);
    if (markdown === undefined) {
      element.textContent = view.content;
    } else {
      inline.append(markdown.slice(written));
      written = markdown.length;
    }
    rest.data = view.rest ?? "";
    if (rest.data === "") rest.remove();
    else element.after(rest);
  }

  /**
   * @param {string} name
   * @param {boolean} isMarkdown
   */
  function createElement(name, isMarkdown) {
    const next = document.createElement(name);
    if (isMarkdown) inline = createInline(next, { isLabel: name === "a" });
    end.after(next);
    return next;
  }

  function removeElement() {
    element?.remove();
    rest.remove();
    element = inline = null;
    written = 0;
  }

  function clear() {
    end.data = "";
    removeElement();
  }

  return { show, clear };
}

/**
 * @param {string} source
 * @param {import("./spans.js").LinkReading | null} link
 * @returns {View}
 */
function viewOf(source, link) {
  switch (source[0]) {
    case "*":
    case "_":
    case "~":
    case "&":
      return {};
    case "`":
      return code(source.replaceAll(/^`+[ \n]?|`+$/g, "").replaceAll("\n", " "));
    case "\\":
      return code(source.slice(0, 2) === source ? "" : source);
    case "$":
      if (source.startsWith("$$")) return code(source.length > 2 ? source : "");
      if (/[\\^_{}]/.test(source)) return code(source);
      return { text: "$", name: "span", markdown: source.slice(1) }; // money, for all we know
    case "<":
      if (source.length <= MAX_SCHEME) return {};
      return /^<(?:https?:|mailto:|[\w.+-]+@)/i.test(source)
        ? { name: "a", content: source.slice(1) }
        : { text: source };
    case "[":
    case "!":
      return link ? viewOfLink(source, link) : {};
    default: {
      const url = readBareUrl(source, true);
      if (!url || url === WAIT) return { text: source };
      return { name: "a", content: url.text, rest: source.slice(url.length) };
    }
  }
}

/**
 * @param {string} content
 * @returns {View}
 */
function code(content) {
  return content.trim() === "" ? {} : { name: "code", content };
}

/**
 * @param {string} source
 * @param {import("./spans.js").LinkReading} link
 * @returns {View}
 */
function viewOfLink(source, link) {
  const start = source.indexOf("[") + 1;
  const label = source.slice(start, link.labelEnd ?? source.length);
  const isText = link.labelEnd === null && (label.length > MAX_LABEL || label.includes("\n"));
  return { text: isText ? source.slice(0, start) : "", name: "a", markdown: label };
}
