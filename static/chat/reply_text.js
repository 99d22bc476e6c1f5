// The text of a reply on screen, in two forms: raw, which is always there, and as Markdown.
//
// Pieces can come faster than frames are drawn. They are gathered in the turn, and each frame
// shows what is new; a long backlog of Markdown is rendered a slice at a time.

import { create } from "../shared/elements.js";
import { inNextFrame } from "../shared/next_frame.js";
import { createMarkdown } from "../markdown/markdown.js";
import { createRawText } from "./raw_text.js";

const SLICE = 4_000; // UTF-16 code units of Markdown at a time

/**
 * Returns `{elements, show, setMarkdown, text}`. `show(turn)` must see every state of the turn;
 * when it has ended, the raw text is complete at once. `text()` is the raw text in the page.
 */
export function createReplyText() {
  const rawElement = create("div", "");
  const renderedElement = create("div", "markdown");
  rawElement.dataset.text = "";
  renderedElement.dataset.markdown = "";
  const raw = createRawText(rawElement);
  let whole = ""; // the reply so far
  let ended = false;
  let markdown = null; // the renderer, once it is wanted
  let rendered = 0; // how much of `whole` it has
  let complete = false; // whether it knows that this is all
  let wanted = false;

  function show(turn) {
    if (turn.added === null) startAgain();
    whole = turn.text;
    ended = turn.status !== "streaming";
    if (ended) drawRaw();
    inNextFrame(draw);
  }

  function startAgain() {
    raw.clear();
    renderedElement.replaceChildren();
    markdown = null;
    rendered = 0;
    complete = false;
  }

  function draw() {
    drawRaw();
    if (wanted) drawMarkdown();
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
  }

  return {
    elements: [rawElement, renderedElement],
    show,
    text: raw.text,
    setMarkdown(wish) {
      wanted = wish;
      rawElement.ariaHidden = wanted ? "true" : null; // nobody has to hear it twice
      if (wanted) inNextFrame(draw);
    },
  };
}
