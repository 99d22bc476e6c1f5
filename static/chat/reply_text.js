// @ts-check
// The text of a reply on screen, in two forms: raw, which is always there, and as Markdown. Only one
// of them is displayed, so that selecting, copying and searching find each text once.
//
// Pieces can come faster than animation frames. They are gathered in the turn, and each frame
// shows what is new; a long backlog of Markdown is rendered a slice at a time.
//
// A translator in the browser replaces text nodes with elements of its own, and what grows in a
// node that it has taken away is not seen. The raw text is what the server wrote, and not for
// translating; Markdown is, once it is complete. For a translator that does not ask, both forms are
// written anew at the end, once. So nothing is missing then, and what is proved is what was given
// to the page.

import { create } from "../shared/elements.js";
import { inNextFrame } from "../shared/next_frame.js";
import { createMarkdown } from "../markdown/markdown.js";
import { createRawText } from "./raw_text.js";

const SLICE = 4_000; // UTF-16 code units of Markdown at a time

/** @typedef {import("../client/store.js").Turn} Turn */

/** Returns `{elements, show, setMarkdown, text, given, rangeOf, offsetAt}`. */
export function createReplyText() {
  const rawElement = create("div", "");
  const renderedElement = create("div", "markdown");
  rawElement.dataset.text = "";
  renderedElement.dataset.markdown = "";
  rawElement.translate = false;
  renderedElement.translate = false;
  const raw = createRawText(rawElement);
  let whole = ""; // the reply so far
  let restarts = 0;
  let ended = false;
  let markdown = null; // the renderer, once it is wanted
  let rendered = 0; // how much of `whole` it has
  let complete = false; // whether it knows that this is all
  let wanted = false;
  let alignment = null; // of the Markdown with the raw text

  let isTouched = false; // others have changed the text
  const others = new MutationObserver(() => (isTouched = true));
  for (const form of [rawElement, renderedElement]) {
    others.observe(form, { childList: true, subtree: true });
  }

  /** @param {Turn} turn */
  function show(turn) {
    if (turn.restarts !== restarts) startAgain();
    restarts = turn.restarts;
    whole = turn.text;
    if (turn.status !== "streaming" && !ended) end();
    inNextFrame(draw);
  }

  /** The raw text is complete at once: it is proved. */
  function end() {
    ended = true;
    others.disconnect();
    if (isTouched) startAgain();
    drawRaw();
    if (!wanted) renderedElement.translate = true;
  }

  function startAgain() {
    raw.clear();
    startMarkdownAgain();
    ownChanges();
  }

  function startMarkdownAgain() {
    renderedElement.replaceChildren();
    markdown = null;
    rendered = 0;
    complete = false;
    alignment = null;
  }

  function draw() {
    drawRaw();
    if (wanted) drawMarkdown();
    ownChanges();
  }

  /** What has changed since the others were last looked at, this page has changed itself. */
  function ownChanges() {
    others.takeRecords();
  }

  function drawRaw() {
    raw.append(whole.slice(raw.length));
  }

  function drawMarkdown() {
    markdown ??= createMarkdown(renderedElement);
    const slice = whole.slice(rendered, rendered + SLICE);
    rendered += slice.length;
    if (slice !== "") markdown.append(slice);
    if (rendered < whole.length) inNextFrame(draw);
    else if (ended) endMarkdown();
  }

  function endMarkdown() {
    if (!complete) markdown.end();
    complete = true;
    renderedElement.translate = true;
  }

  /** @returns {Promise<any>} of the Markdown with the raw text; null: there is none */
  async function align() {
    const { createAlignment } = await import("../markdown/source.js");
    alignment ??= createAlignment(renderedElement);
    return alignment;
  }

  return {
    elements: [rawElement, renderedElement],
    show,
    text: raw.text,
    /** What the server wrote, whatever has become of it in the page. */
    given: () => whole,

    /** @param {boolean} wish */
    setMarkdown(wish) {
      wanted = wish;
      if (wanted) inNextFrame(draw);
    },

    /**
     * The part of the page, in the form that is displayed, that shows a part of the raw text.
     *
     * @param {number} from
     * @param {number} to
     * @returns {Promise<Range | null>}
     */
    async rangeOf(from, to) {
      drawRaw();
      ownChanges();
      return wanted ? (await align()).rangeOf(whole, from, to) : raw.rangeOf(from, to);
    },

    /**
     * The offset in the raw text of a character in the page; null: it has none.
     *
     * @param {Node} node
     * @param {number} offset
     * @returns {Promise<number | null>}
     */
    async offsetAt(node, offset) {
      return wanted ? (await align()).offsetAt(whole, node, offset) : raw.offsetAt(node, offset);
    },
  };
}
