// A reply on screen: its text, its figures, what can be done with it, and what went wrong.

import { createButton, createCopyButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { showProblem } from "./problem.js";
import { prove } from "../client/proof.js";
import { createFigures } from "./reply_figures.js";
import { createReplyText } from "./reply_text.js";
import { createVersions } from "./versions.js";

/**
 * Returns `{element, versions, show, prove, complain, setMarkdown}`. `show(turn)` must see every
 * state of the turn. `onAgain()` is called for another reply to the same message; `sent` is for
 * createFigures, `onStep` for createVersions.
 */
export function createReply(id, { sent, onAgain, onStep }) {
  const text = createReplyText();
  const figures = createFigures(sent);
  const again = createButton("Regenerate", onAgain);
  const versions = createVersions(onStep);
  const tools = create("div", "tools", createCopyButton(text.text), again, versions.element);
  const element = create("article", "", ...text.elements);
  element.append(create("div", "below", figures.element, tools));
  element.id = id;
  element.dataset.role = "assistant";
  element.setAttribute("aria-label", "Reply");

  return {
    element,
    versions,
    setMarkdown: text.setMarkdown,
    complain: (words, onRetry) => showProblem(element, words, onRetry),

    show(turn) {
      text.show(turn);
      figures.show(turn);
      if (element.dataset.status === turn.status) return;
      element.dataset.status = turn.status;
      again.hidden = turn.status === "streaming";
    },

    /** Compare what stands in the page with what the turn should be. Returns as prove() does. */
    async prove(turn) {
      const proof = await prove(text.text(), turn);
      if (proof) {
        element.dataset.proof = proof;
        figures.setProof(proof, turn);
      }
      return proof;
    },
  };
}
