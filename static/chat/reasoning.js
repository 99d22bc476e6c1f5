// @ts-check
// What a model thinks before it answers: folded, above the reply and not part of it. It is plain
// text, as it was written: it is read now and then, and Markdown that streams costs more than that.
//
// While it is folded a browser lays out nothing of it, and unfolded only what is new.

import { create } from "../shared/elements.js";
import { inNextFrame } from "../shared/next_frame.js";
import { createRawText } from "./raw_text.js";

/** @typedef {import("../client/store.js").Turn} Turn */

/**
 * Returns `{element, show, rangeOf, offsetAt}`; these two as raw_text.js has them. `onUnfold()` is
 * called before the reader opens what has grown already, and moves what is below it.
 *
 * @param {() => void} onUnfold
 */
export function createReasoning(onUnfold) {
  const words = create("span", "");
  const time = create("span", "");
  const summary = create("summary", "", words, time);
  const text = create("div", "");
  const element = create("details", "reasoning", summary, text);
  const raw = createRawText(text);
  text.dataset.reasoning = "";
  let whole = "";
  let restarts = 0;
  let isAll = false; // it grows, and there is nothing below it
  let timer = 0;

  summary.addEventListener("click", () => {
    if (!element.open && !isAll) onUnfold();
  });

  /** @param {Turn} turn */
  function show(turn) {
    if (turn.restarts !== restarts) raw.clear();
    ({ restarts, reasoning: whole } = turn);
    if (whole === "") return;
    const isLive = turn.status === "streaming";
    isAll = isLive && turn.text === "";
    text.translate = !isLive; // a translator changes what grows
    tell(turn);
    inNextFrame(draw);
  }

  function draw() {
    raw.append(whole.slice(raw.length));
  }

  /** How long it thinks: as seconds that go on, which a screen reader need not hear. */
  function tell(turn) {
    clearTimeout(timer);
    const { thinking, thought } = turn.times;
    const isThinking = thinking !== null && turn.status === "streaming";
    const isTimed = wasSeen(turn) && !(isThinking && turn.connection.lost);
    const gone = isThinking ? performance.now() - thinking : 0;
    set(words, isThinking ? "Thinking…" : "Thought");
    set(time, isTimed ? duration(thought + gone, isThinking) : "");
    time.ariaHidden = String(isThinking);
    element.toggleAttribute("data-thinking", isThinking);
    if (!isThinking || !isTimed) return;
    timer = setTimeout(() => element.isConnected && tell(turn), 1001 - ((thought + gone) % 1000));
  }

  return { element, show, rangeOf: raw.rangeOf, offsetAt: raw.offsetAt };
}

/** Whether this page was there from the message on, and nothing has begun anew. @param {Turn} turn */
function wasSeen({ times, restarts }) {
  return times.sent !== null && restarts === 0;
}

function duration(milliseconds, isThinking) {
  const seconds = Math.floor(milliseconds / 1000);
  if (isThinking) return seconds > 0 ? ` ${seconds} s` : "";
  return seconds > 0 ? ` for ${seconds} s` : " for less than a second";
}

function set(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
