// @ts-check
// A reply on screen: what was thought before it, its text, its figures, what can be done with it,
// and what went wrong.

import { prove } from "../client/proof.js";
import { isNews } from "../client/store.js";
import { createCopyIcon } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";
import { createReasoning } from "./reasoning.js";
import { createFigures } from "./reply_figures.js";
import { createNote } from "./reply_note.js";
import { createReplyText } from "./reply_text.js";
import { createProblem } from "./status.js";
import { createVersions } from "./versions.js";

/**
 * @typedef {import("../client/store.js").Turn} Turn
 * @typedef {object} On
 * @property {() => void} onAgain another reply to the same message is wanted
 * @property {(step: -1 | 1) => void} onStep another version is
 * @property {() => void} onTryNow the connection is to be tried at once
 * @property {() => void} onRaw the other form of all replies is wanted
 * @property {() => void} onUnfold the reasoning is about to be unfolded, which moves what is below
 * @property {(proof: string) => void} onProved the text has been compared
 */

// The words of chatkit/turns/writing.py for an error that is told on the server alone.
const TOLD_THERE = /^The reply failed on the server/;

/**
 * Returns `{element, text, reasoning, versions, show, setMarkdown}`. `show(turn, isNewest)` draws a turn, of
 * which it need not see each state; one that has ended is complete, and proved, without waiting
 * for a frame.
 *
 * @param {string} id
 * @param {On} on
 */
export function createReply(id, { onAgain, onStep, onTryNow, onRaw, onProved, onUnfold }) {
  const reasoning = createReasoning(onUnfold);
  const text = createReplyText();
  const note = createNote(onTryNow);
  const figures = createFigures();
  const copy = createCopyIcon(text.given);
  const again = createIconButton("again", "Regenerate", onAgain);
  const raw = createIconButton("code", "Raw", onRaw);
  const versions = createVersions(onStep);
  const tools = create("div", "tools", versions.element, copy, again, raw);
  const below = create("div", "below", figures.element, tools);
  const element = create("article", "", ...text.elements, note.element, below);
  element.id = id;
  element.dataset.role = "assistant";
  element.setAttribute("aria-label", "Reply");
  let problem = null;
  let asked = ""; // what was proved, or is being

  /** @type {(turn: Turn, isNewest: boolean) => void} */
  function show(turn, isNewest) {
    const { status, connection, proof } = turn;
    const isLive = status === "streaming";
    showReasoning(turn);
    text.show(turn);
    note.show(turn);
    figures.show(turn);
    element.dataset.status = status;
    element.toggleAttribute("data-empty", turn.text === "");
    element.toggleAttribute("data-lost", isLive && connection.lost);
    copy.hidden = raw.hidden = turn.text === "";
    again.hidden = isLive || (status === "failed" && isNewest); // that one has "Retry"
    showProblem(turn, isNewest);
    if (!isLive) compare(turn);
    if (proof) element.dataset.proof = proof;
    else delete element.dataset.proof;
  }

  /** Most replies have none. @param {Turn} turn */
  function showReasoning(turn) {
    if (turn.reasoning === "") reasoning.element.remove();
    else if (!reasoning.element.parentNode) element.prepend(reasoning.element);
    reasoning.show(turn);
  }

  /** @type {(turn: Turn, isNewest: boolean) => void} */
  function showProblem(turn, isNewest) {
    const { status, problem: words } = turn;
    const onRetry = status === "failed" && isNewest ? onAgain : null;
    const isAloud = isNewest && isNews(turn);
    const wanted = JSON.stringify([words, onRetry !== null, isAloud]);
    if (wanted === problem?.shows) return;
    problem?.element.remove();
    problem = null;
    if (words === "") return;
    const hint = TOLD_THERE.test(words) ? whereToLook() : [];
    problem = { shows: wanted, element: createProblem(words, { onRetry, isAloud, hint }) };
    below.before(problem.element);
  }

  /** Compare what stands in the page with what the server has written. */
  async function compare({ restarts, sha256, chars }) {
    const asking = `${restarts} ${sha256}`;
    if (!sha256 || asked === asking) return;
    asked = asking;
    const proof = await prove(text.text(), { chars, sha256 });
    if (proof) onProved(proof);
  }

  return {
    element,
    text,
    reasoning,
    versions,
    show,

    /** @param {boolean} on */
    setMarkdown(on) {
      raw.setAttribute("aria-pressed", String(!on));
      text.setMarkdown(on);
    },
  };
}

function whereToLook() {
  return [" Run ", create("code", "", "server.show_log()"), " in a cell, or look at the terminal."];
}
