// @ts-check
// The box that a message is written in, its keys, and the one button that sends and stops.
//
// While a reply is being written the next message can be, too: it stays in the box. What was begun to
// be written is kept for each chat over a reload of this tab.

import { setIcon } from "../shared/icons.js";
import { hasTouchKeyboard, isGivenUp, submitOnEnter } from "../shared/keys.js";

const DRAFT = "chatkit draft"; // in sessionStorage
const WAIT = "The reply is still being written. Your message waits here until it is done.";

/**
 * Make the form work: `onSend(text)` for a message, `onStop()` for a wish to stop the reply,
 * `onEditLast()` for one to edit the last message.
 *
 * Returns `{show, fill, submit, focus}`. `show(state)` must see every state of the store: a message
 * leaves the box when it is on its way, and comes back if it was not taken. `fill(text)` puts a
 * text into the box.
 *
 * @param {HTMLFormElement} form
 * @param {{onSend: (text: string) => void, onStop: () => void, onEditLast: () => void}} on
 */
export function createComposer(form, { onSend, onStop, onEditLast }) {
  /** @type {HTMLTextAreaElement} */
  const box = form.querySelector("#message");
  /** @type {HTMLButtonElement} */
  const button = form.querySelector("#send");
  const hint = document.querySelector("#hint");
  let phase = "loading";
  /** @type {string | null | undefined} */
  let chat; // its draft is in the box
  let sending = null; // the message on its way; it remains the draft until it is taken
  const canStop = () => phase === "sending" || phase === "streaming";

  function draw() {
    const name = canStop() ? "Stop" : "Send";
    button.disabled = !canStop() && (phase !== "ready" || box.value.trim() === "");
    if (button.title === name) return;
    button.title = name;
    button.ariaLabel = name;
    setIcon(button, canStop() ? "stop" : "send");
  }

  /** @param {string} text */
  function fill(text) {
    box.value = text;
    keepDraft(chat, text);
    draw();
  }

  /** @param {import("../client/store.js").State} state */
  function show(state) {
    if (state.phase !== phase) hint.textContent = "";
    phase = state.phase;
    if (state.chat !== chat) goTo(state.chat);
    if (state.sending !== sending) showSending(state);
    draw();
  }

  /** Another chat has another draft. What was written for a chat goes along to a new one. */
  function goTo(next) {
    const isFirst = chat === undefined; // what was typed while the page was loading stays
    const isNamed = chat === null && phase !== "loading"; // the new chat has got its id
    const stays = box.value !== "" && (isFirst || isNamed || next === null);
    if (!isFirst) keepDraft(chat, stays ? "" : box.value);
    chat = next;
    fill(stays ? box.value : readDraft(chat));
  }

  function showSending(state) {
    const before = sending;
    sending = state.sending;
    if (sending?.message === box.value) box.value = "";
    else if (before?.instead === null && state.problem && box.value === "") fill(before.message);
    else if (!sending) keepDraft(chat, box.value);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    box.focus();
    if (box.value.trim() === "") return;
    if (phase === "ready") onSend(box.value);
    else if (canStop()) hint.textContent = WAIT;
  });

  button.addEventListener("click", (event) => {
    if (!canStop()) return;
    event.preventDefault();
    box.focus();
    if (event.detail < 2) onStop(); // not by the second half of a double click on "Send"
  });

  box.addEventListener("input", () => {
    hint.textContent = "";
    keepDraft(chat, box.value);
    draw();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" || box.value !== "" || event.isComposing) return;
    event.preventDefault();
    onEditLast();
  });
  submitOnEnter(box);
  if (hasTouchKeyboard()) box.enterKeyHint = "enter";

  document.addEventListener("keydown", (event) => {
    if (!canStop() || !isGivenUp(event)) return;
    if (document.querySelector("dialog[open], :popover-open")) return; // Escape closes that
    onStop();
  });

  return { show, fill, submit: () => form.requestSubmit(), focus: () => box.focus() };
}

/** @param {string | null} chat */
const keyOf = (chat) => `${DRAFT} ${location.pathname} ${chat ?? ""}`;

/** The draft for a chat; null: for a new one. @param {string | null} chat @returns {string} */
function readDraft(chat) {
  try {
    return sessionStorage.getItem(keyOf(chat)) ?? "";
  } catch {
    return ""; // an iframe may be denied its storage
  }
}

/** @param {string | null} chat @param {string} text */
function keepDraft(chat, text) {
  try {
    if (text) sessionStorage.setItem(keyOf(chat), text);
    else sessionStorage.removeItem(keyOf(chat));
  } catch {
    // denied, or too long: then it is lost with a reload
  }
}
