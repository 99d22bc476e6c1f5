// @ts-check
// The small figures under a reply: whether it is proved, how long it is, and how fast it came.

import { create } from "../shared/elements.js";
import { count, seconds } from "../shared/format.js";
import { countCharacters } from "../client/proof.js";

const NO_BREAK = "\u00a0"; // a space at which no line is broken
const ENOUGH = 1_000; // milliseconds of text that say how fast it comes
const VERDICTS = {
  ok: { badge: "✓ exact", says: "This is exactly what the server wrote." },
  mismatch: { badge: "⚠ not exact", says: "This is not exactly what the server wrote." },
};

/** @typedef {import("../client/store.js").Turn} Turn */

/** Returns `{element, show}`: `show(turn)` draws them. */
export function createFigures() {
  const words = create("span", "words");
  const element = create("div", "figures", words);
  const badge = create("summary", "");
  const card = create("div", "card");
  const proof = create("details", "proof", badge, card);
  let counted = { restarts: 0, length: 0, characters: 0 };
  let drawn = ""; // of the card

  proof.name = "proof"; // of all, one is open
  proof.addEventListener("toggle", () => {
    if (proof.open) card.scrollIntoView({ block: "nearest" });
    document[proof.open ? "addEventListener" : "removeEventListener"]("click", closeFor);
  });

  /** The card is over what follows: who goes on elsewhere has read it. It goes when the click is
      over: what is pressed must not move away. */
  function closeFor({ target }) {
    if (!proof.contains(target)) proof.open = false;
  }

  /** @param {Turn} turn */
  function show(turn) {
    const figures = [count(countUpTo(turn), "character"), ...timesOf(turn)];
    if (turn.status === "cancelled") figures.unshift("Stopped");
    const says = turn.text === "" ? "" : figures.map(unbroken).join(` ·${NO_BREAK}`);
    if (words.textContent !== says) words.textContent = says;
    if (turn.proof && isWorthSaying(turn)) showProof(turn, says);
    else proof.remove();
  }

  /** Only what is new is counted: a reply may be long, and there are many frames. */
  function countUpTo({ text, chars, restarts }) {
    if (chars !== null) return chars;
    if (restarts !== counted.restarts) counted = { restarts, length: 0, characters: 0 };
    counted.characters += countCharacters(text.slice(counted.length));
    counted.length = text.length;
    return counted.characters;
  }

  /** @param {Turn} turn */
  function timesOf({ drops, restarts, times: { sent, first, last, pieces, reasoned } }) {
    if (sent === null || first === null) return [];
    const what = reasoned === null ? "first piece" : "first text";
    const figures = [`${what} after ${seconds(first - sent, 2)}`];
    if (reasoned !== null) figures.push(`reasoning after ${seconds(reasoned - sent, 2)}`);
    const isWhole = drops + restarts === 0; // else what was missed came at once
    if (isWhole && last - first >= ENOUGH) {
      const rate = ((pieces - 1) * 1000) / (last - first);
      figures.push(`${rate.toLocaleString("en", { maximumSignificantDigits: 2 })} pieces/s`);
    }
    return figures;
  }

  function showProof({ proof: verdict, chars, sha256 }, figures) {
    const { badge: name, says } = VERDICTS[verdict];
    if (badge.textContent !== name) badge.textContent = name;
    if (!proof.isConnected) element.prepend(proof);
    if (drawn === verdict + figures) return;
    drawn = verdict + figures;
    card.replaceChildren(
      create("p", "", says),
      create("p", "", `Its log has ${count(chars, "character")}, SHA-256 `, create("code", "", sha256)),
      create("p", "", figures),
    );
  }

  return { element, show };
}

/** Where nothing was, or not all that was meant to be, nothing is praised. A difference is told. */
function isWorthSaying({ status, text, proof }) {
  return proof === "mismatch" || (text !== "" && ["done", "cancelled"].includes(status));
}

const unbroken = (words) => words.replaceAll(" ", NO_BREAK);
