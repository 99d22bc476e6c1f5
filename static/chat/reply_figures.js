// The small figures under a reply: how long it is, how fast it came, and whether it is proved.

import { create } from "../shared/elements.js";
import { count, seconds } from "../shared/format.js";
import { inNextFrame } from "../shared/next_frame.js";
import { countCharacters } from "../client/proof.js";

const NO_BREAK = "\u00a0"; // a space at which no line is broken
const VERDICTS = {
  ok: { badge: "✓ verified", says: "This is exactly what the server wrote." },
  mismatch: { badge: "⚠ not verified", says: "This is not exactly what the server wrote." },
};

/**
 * Returns `{element, show, setProof}`. `show(turn)` must see every state of the turn. `sent` is
 * when its message was sent, as performance.now() counts; null: not by this page, so that nothing
 * can be said about time.
 */
export function createFigures(sent) {
  const words = create("span", "");
  const element = create("div", "figures", words);
  let pieces, characters, first, last; // `first` and `last` are times
  let stopped = false;

  function begin() {
    pieces = characters = 0;
    first = last = null;
  }

  function take(text) {
    pieces += 1;
    characters += countCharacters(text);
    last = performance.now();
    first ??= last;
  }

  function draw() {
    const parts = stopped ? ["Stopped"] : [];
    parts.push(count(characters, "character"));
    if (sent !== null && first !== null) parts.push(`first piece after ${seconds(first - sent)}`);
    if (sent !== null && last > first) parts.push(`${rate()} pieces/s`);
    words.textContent = parts.map((part) => part.replaceAll(" ", NO_BREAK)).join(" · ");
  }

  function rate() {
    const perSecond = ((pieces - 1) * 1000) / (last - first);
    return perSecond.toLocaleString("en", { maximumSignificantDigits: 3 });
  }

  begin();
  return {
    element,
    show(turn) {
      if (turn.added === null) begin();
      const text = turn.added ?? turn.text;
      if (text !== "") take(text);
      stopped = turn.status === "cancelled";
      inNextFrame(draw);
    },
    /** Say what came of proof.js. */
    setProof(proof, { chars, sha256 }) {
      const { badge, says } = VERDICTS[proof];
      const details = create(
        "details",
        "proof",
        create("summary", "", badge),
        create("p", "", says),
        create("p", "", `Its log has ${count(chars, "character")}, SHA-256 `, create("code", "", sha256)),
      );
      element.prepend(details);
    },
  };
}
