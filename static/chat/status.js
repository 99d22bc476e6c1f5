// @ts-check
// How the page stands: a line of words, which alone is read aloud, an attribute, the title of the
// page, and what went wrong outside of any reply.

import { connectionOf, liveTurn, pathOf, statusOf } from "../client/store.js";
import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";

const TITLE = 40; // characters of the first message

/** @typedef {ReturnType<typeof import("../client/store.js").createStore>} Store */

/**
 * Draw how the page stands: in `line`, in attributes of `main`, in `heading` and the title of the
 * page, and in `problems`. It changes at once, not with the next frame: a short state counts, too.
 *
 * @param {Record<"main" | "line" | "heading" | "problems", HTMLElement>} elements
 * @param {Store} store
 */
export function createStatus({ main, line, heading, problems }, store) {
  let problem = null;
  let notice = "";

  function draw() {
    const { state } = store;
    const words = titleOf(state);
    set(line, "textContent", statusOf(state));
    set(main.dataset, "connection", connectionOf(state));
    set(main.dataset, "phase", state.phase);
    set(heading, "textContent", words);
    set(document, "title", (liveTurn(state) ? "● " : "") + (words ? `${words} · chatkit` : "chatkit"));
    if (state.problem !== problem || state.notice !== notice) drawProblem(state);
  }

  function drawProblem(state) {
    ({ problem, notice } = state);
    problems.replaceChildren();
    if (problem) {
      const { text, action } = problem;
      problems.append(createProblem(text, { onRetry: action && (() => store.dispatch(action)) }));
    }
    if (notice) problems.append(create("p", "notice", notice));
  }

  store.subscribe(draw);
  draw();
}

/** Whatever is set anew, a browser takes for a change. */
function set(object, name, value) {
  if (object[name] !== value) object[name] = value;
}

/**
 * What went wrong, in words, with a way on. `isAloud`: it has just happened, and is read aloud.
 *
 * @param {string} text
 * @param {{onRetry?: (() => void) | null, hint?: (Node | string)[], isAloud?: boolean}} [more]
 */
export function createProblem(text, { onRetry = null, hint = [], isAloud = true } = {}) {
  const words = create("p", "", text, ...hint);
  const problem = create("div", "problem", words);
  if (isAloud) words.setAttribute("role", "alert");
  if (onRetry) problem.append(createButton("Retry", onRetry));
  return problem;
}

/** The first words of the chat; "": there are none yet. @param {Store["state"]} state */
export function titleOf(state) {
  const said = pathOf(state)[0]?.message ?? state.sending?.message ?? "";
  const characters = Array.from(said.slice(0, 1_000).trim().replace(/\s+/g, " "));
  return characters.slice(0, TITLE).join("") + (characters.length > TITLE ? "…" : "");
}
