// @ts-check
// What a person said, and the way to say it differently.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";
import { isGivenUp, submitOnEnter } from "../shared/keys.js";
import { createVersions } from "./versions.js";

const LINES = 12; // a message that is longer is shown in part
const CHARACTERS = 800; // UTF-16 code units: the same

/**
 * Returns `{element, versions, edit, focus}`: a message with a button "Edit". `onSave(text)` is
 * called for another text, and returns whether it was taken; `onStep` is for createVersions. `edit()`
 * opens the editor, `focus()` puts the focus into it where it is open.
 *
 * @param {string} id
 * @param {string} message
 * @param {{onSave: (text: string) => Promise<boolean>, onStep: (step: -1 | 1) => void}} on
 */
export function createUserMessage(id, message, { onSave, onStep }) {
  const shown = createBubble(message);
  const versions = createVersions(onStep);
  const button = createIconButton("edit", "Edit", edit);
  const tools = create("div", "tools", versions.element, button);
  const element = create("div", "said", ...shown, tools);
  let form = null;
  /** @type {Element} */
  let before = button; // where the focus was
  shown[0].id = id;

  function edit() {
    before = document.activeElement;
    form ??= createEditor(message, onSave, close);
    element.replaceChildren(form);
    focus();
  }

  function close() {
    form = null;
    element.replaceChildren(...shown, tools);
    const last = /** @type {HTMLElement} */ (before === document.body ? button : before);
    last.focus();
  }

  function focus() {
    form?.elements[0].focus();
  }

  return { element, versions, edit, focus };
}

/** What is on its way to the server. @param {string} message */
export function createSending(message) {
  return create("div", "said", ...createBubble(message));
}

/** The words of a message, and a button for the rest of a long one. */
function createBubble(message) {
  const article = create("article", "", message);
  article.dataset.role = "user";
  article.setAttribute("aria-label", "You");
  const isLong = message.length > CHARACTERS || message.split("\n", LINES + 1).length > LINES;
  if (!isLong) return [article];

  const more = createButton("Show all", () => show(!("clamped" in article.dataset)));
  more.className = "more";
  const show = (clamped) => {
    if (clamped) article.dataset.clamped = "";
    else delete article.dataset.clamped;
    more.textContent = clamped ? "Show all" : "Show less";
    more.setAttribute("aria-expanded", String(!clamped));
  };
  show(true);
  return [article, more];
}

/** A form to edit `text` in. Enter saves, Escape cancels. `onClose()` is called when it is over. */
function createEditor(text, onSave, onClose) {
  const box = create("textarea", "");
  const save = create("button", "main", "Save");
  const cancel = createButton("Cancel", onClose);
  const form = create("form", "editor", box, create("div", "tools", cancel, save));
  box.value = text;
  box.dir = "auto";
  box.setAttribute("aria-label", "Your text");

  submitOnEnter(box);
  form.addEventListener("keydown", (event) => {
    if (!isGivenUp(event)) return;
    event.preventDefault();
    onClose();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (box.value.trim() !== "" && (await onSave(box.value))) onClose();
  });
  return form;
}
