// @ts-check
// What a screen reader hears of a reply while it comes: whole sentences, now and then, and of a long
// reply the beginning. All of it can be read in its place.

import { isNews } from "../client/store.js";
import { create } from "../shared/elements.js";

const PAUSE = 3_000; // milliseconds between two announcements, at least
const ENOUGH = 600; // UTF-16 code units of a reply

const SENTENCES = /^[\s\S]*(?:[.!?…]["'”’)\]*_]*(?=\s)|[。！？]|\n)/;
const MARKS = /[*_`#>|~]+/g; // of Markdown: not to be read aloud

/**
 * Announce replies. Returns `{show}`: `show(turn)` takes the newest turn on screen, or none. Of a
 * reply that this page did not follow, nothing is said.
 *
 * @param {HTMLElement} parent of the element that a browser without ariaNotify() needs for it
 */
export function createAnnouncer(parent) {
  /** @type {import("../client/store.js").Turn | null} */
  let turn = null;
  const said = new Map(); // how much of each text that has begun
  let timer = 0;
  const say = createVoice(parent);

  /** @param {import("../client/store.js").Turn | null} next */
  function show(next) {
    turn = next;
    if (!timer) announce();
  }

  function announce() {
    timer = 0;
    if (!turn || !isNews(turn)) return;
    const text = `${turn.id} ${turn.restarts}`;
    const start = said.get(text) ?? 0;
    if (start >= ENOUGH) return;
    const rest = turn.text.slice(start);
    const news = turn.status === "streaming" ? (SENTENCES.exec(rest)?.[0] ?? "") : rest;
    if (news === "") return;
    said.set(text, start + news.length);
    say(shorten(news).replaceAll(MARKS, ""));
    timer = setTimeout(announce, PAUSE);
  }

  return { show };
}

function shorten(text) {
  return text.length > ENOUGH ? `${text.slice(0, text.lastIndexOf(" ", ENOUGH))} …` : text;
}

/** Returns what lets a screen reader say words when it has said what comes before. */
function createVoice(parent) {
  if ("ariaNotify" in parent) return (words) => /** @type {any} */ (parent).ariaNotify(words);
  const element = create("p", "unseen");
  element.setAttribute("aria-live", "polite");
  parent.append(element);
  let timer = 0;
  return (words) => {
    element.textContent = words;
    clearTimeout(timer);
    timer = setTimeout(() => element.replaceChildren(), PAUSE / 2); // nobody shall find it twice
  };
}
