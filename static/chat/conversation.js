// @ts-check
// The conversation: the view of the store's turns. Nothing is remembered here that the store knows.
//
// However often the state changes, an animation frame draws it once. Only a reply that has just
// ended is drawn at once, since it is proved, and that is news for the store.

import { pathOf } from "../client/store.js";
import { versionsOf } from "../client/tree.js";
import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";
import { inNextFrame } from "../shared/next_frame.js";
import { followEnd } from "../shared/scrolling.js";
import { createAnnouncer } from "./announcer.js";
import { rememberMarkdown, wantsMarkdown } from "./markdown_switch.js";
import { createPair, createSendingPair, messageIdPair } from "./messages.js";

const NEAR = 24; // pixels

/** @typedef {import("../client/store.js").Turn} Turn */

/**
 * Draw the conversation in `box`, whose element `list` has the messages; `main` has the attribute
 * data-view. `onFocusLost()` is called when what had the focus has left the page.
 *
 * Returns `{editLast, light, onPoint}`. `light(part)` marks a part of a reply, `{turn, of, from,
 * to}`, where `of` is "text" or "reasoning"; null: none. `onPoint(listener)` lets
 * `listener(turn, offset, of)` know which character of which reply the pointer is on, `(null)` for
 * none; without a listener, nothing is looked for.
 *
 * @param {{box: HTMLElement, list: HTMLElement, main: HTMLElement}} elements
 * @param {ReturnType<typeof import("../client/store.js").createStore>} store
 * @param {{onFocusLost: () => void}} on
 */
export function createConversation({ box, list, main }, store, { onFocusLost }) {
  const { dispatch } = store;
  /** @type {Map<string, ReturnType<typeof createTurnPair>>} */
  const pairs = new Map(); // by the ids of their turns; also of those that are not on screen
  let markdown = wantsMarkdown();
  /** @type {import("../client/store.js").State | null} */
  let drawn = null;
  let onItsWay = null; // the pair of a message that is being sent

  const toEnd = createToEnd(() => goToEnd());
  box.append(toEnd.element);
  const { goToEnd, stay } = followEnd(box, list, { near: NEAR, onFollow: toEnd.setFollowing });
  const announcer = createAnnouncer(main);

  // Drawing

  function takeChange() {
    const hasEnded = ({ id, status }) => status !== "streaming" && drawnStatus(id) === "streaming";
    if (pathOf(store.state).some(hasEnded)) draw();
    else inNextFrame(draw);
  }

  const drawnStatus = (id) => pairs.get(id)?.turn?.status;

  function draw() {
    const { state } = store;
    if (state === drawn) return;
    const before = drawn;
    drawn = state;
    const hadFocus = list.contains(document.activeElement);
    const isOther = before !== null && before.chat !== null && state.chat !== before.chat;
    if (isOther || state.turns.length < pairs.size) forgetPairs(state);
    const path = shownPath(state);
    for (const turn of path) if (!pairs.has(turn.id)) pairs.set(turn.id, createTurnPair(turn));
    arrange(path, state.sending);
    const newest = state.sending ? null : path.at(-1);
    for (const turn of path) showTurn(turn, turn === newest);
    if (isOther || hasOtherTurns(state, before)) showVersions(path, state);
    announcer.show(path.at(-1) ?? null);
    if (state.turns !== before?.turns) toEnd.noteText();
    if (isOther || (state.sending && !before?.sending)) goToEnd();
    keepFocus(hadFocus, state, before);
  }

  /** What is on its way takes the place of the turn that it is another try with. */
  function shownPath(state) {
    const path = pathOf(state);
    const index = path.findIndex(({ id }) => id === state.sending?.instead);
    return index === -1 ? path : path.slice(0, index);
  }

  function forgetPairs({ turns }) {
    const known = new Set(turns.map(({ id }) => id));
    for (const id of pairs.keys()) if (!known.has(id)) pairs.delete(id);
  }

  /** @param {Turn} turn */
  function createTurnPair(turn) {
    const pair = createPair(turn, { dispatch, step, toggleRaw, onUnfold: stay });
    pair.setMarkdown(markdown);
    return { ...pair, turn: /** @type {Turn | null} */ (null), isNewest: false };
  }

  function arrange(path, sending) {
    if (sending?.time !== onItsWay?.time) {
      onItsWay = sending && { time: sending.time, element: createSendingPair(sending.message) };
    }
    const elements = path.map(({ id }) => pairs.get(id).element);
    if (onItsWay) elements.push(onItsWay.element);
    for (const element of [...list.children]) {
      if (!elements.includes(element)) element.remove();
    }
    elements.forEach((element, index) => {
      const there = list.children[index] ?? null;
      if (there !== element) list.insertBefore(element, there);
    });
  }

  /** @type {(turn: Turn, isNewest: boolean) => void} */
  function showTurn(turn, isNewest) {
    const pair = pairs.get(turn.id);
    if (turn === pair.turn && isNewest === pair.isNewest) return;
    Object.assign(pair, { turn, isNewest });
    pair.show(turn, isNewest);
  }

  function hasOtherTurns(state, before) {
    return state.leaf !== before?.leaf || state.turns.length !== before.turns.length;
  }

  function showVersions(path, { turns }) {
    for (const turn of path) pairs.get(turn.id).setVersions(versionsOf(turn, turns));
  }

  /** The button that was pressed may have left the page. Whoever went elsewhere stays there. */
  function keepFocus(hadFocus, state, before) {
    if (!document.hasFocus()) return;
    if (hadFocus && document.activeElement === document.body) onFocusLost();
    const refused = state.problem && !state.sending && before?.sending?.instead;
    if (refused) pairs.get(refused)?.focusEditor();
  }

  // What a person does

  /** @type {(turn: string, of: "message" | "reply", by: -1 | 1) => void} */
  function step(turn, of, by) {
    const depth = pathOf(store.state).findIndex(({ id }) => id === turn);
    dispatch({ type: "step", turn, of, step: by });
    draw();
    pairs.get(pathOf(store.state)[depth].id).focusVersions(of, by);
  }

  function toggleRaw() {
    rememberMarkdown(!markdown);
    setMarkdown(!markdown);
  }

  function setMarkdown(on) {
    markdown = on;
    main.dataset.view = on ? "markdown" : "raw";
    for (const pair of pairs.values()) pair.setMarkdown(on);
  }

  function editLast() {
    pairs.get(shownPath(store.state).at(-1)?.id)?.edit();
  }

  // The Wire

  let lit = null;

  /** @param {{turn: string, of: "text" | "reasoning", from: number, to: number} | null} part */
  async function light(part) {
    lit = part;
    const range = part && (await pairs.get(part.turn)?.[part.of].rangeOf(part.from, part.to));
    if (lit !== part) return;
    if (range) CSS.highlights?.set("wire", new Highlight(range));
    else CSS.highlights?.delete("wire");
  }

  /** @type {((turn: string | null, offset?: number, of?: "text" | "reasoning") => void) | null} */
  let pointTo = null;
  let pointer = null; // the last event of it

  async function point() {
    const event = pointer;
    const form = event?.target.closest("[data-text], [data-markdown], [data-reasoning]");
    const article = form?.closest("article");
    const of = form?.hasAttribute("data-reasoning") ? "reasoning" : "text";
    const turn = article && pathOf(store.state).find(({ id }) => messageIdPair(id).assistant === article.id);
    const found = turn && textAt(event.clientX, event.clientY);
    const offset = found ? await pairs.get(turn.id)?.[of].offsetAt(found.node, found.offset) : null;
    if (event === pointer) pointTo?.(offset === null ? null : turn.id, offset, of);
  }

  for (const type of ["pointermove", "pointerleave"]) {
    list.addEventListener(type, (event) => {
      if (!pointTo) return;
      pointer = type === "pointermove" ? event : null;
      inNextFrame(point);
    });
  }

  setMarkdown(markdown);
  store.subscribe(takeChange);
  draw();
  return {
    editLast,
    light,

    /** @param {typeof pointTo} listener */
    onPoint(listener) {
      pointTo = listener;
    },
  };
}

/** The text node at a point of the screen, and where in it; null: there is none. */
function textAt(x, y) {
  const caret = document.caretPositionFromPoint?.(x, y);
  if (caret) return { node: caret.offsetNode, offset: caret.offset };
  const range = document.caretRangeFromPoint?.(x, y);
  return range && { node: range.startContainer, offset: range.startOffset };
}

/** The way back to the end, for a reader who is not there. */
function createToEnd(onClick) {
  const button = createIconButton("down", "To the end", onClick);
  const words = create("span", "", "New text below");
  const element = create("div", "to-end", button);
  button.append(words);

  function setFollowing(following) {
    element.hidden = following;
    words.hidden = true;
  }

  setFollowing(true);
  return { element, setFollowing, noteText: () => (words.hidden = element.hidden) };
}
