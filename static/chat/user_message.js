// What a person said, and the way to say it differently.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { isGivenUp, submitOnEnter } from "../shared/keys.js";
import { createVersions } from "./versions.js";

/**
 * Returns `{elements, versions}`: of a message with a button "Edit". `onSave(text)` is called for
 * another text, and returns whether it was taken; `onStep` is for createVersions.
 */
export function createUserMessage(id, message, { onSave, onStep }) {
  const article = create("article", "", message);
  article.id = id;
  article.dataset.role = "user";
  article.setAttribute("aria-label", "You");

  const versions = createVersions(onStep);
  const edit = createButton("Edit", () => {
    const shown = [article, tools];
    const form = createEditor(message, onSave, () => {
      form.replaceWith(...shown);
      edit.focus();
    });
    tools.remove();
    article.replaceWith(form);
    form.elements[0].focus();
  });
  const tools = create("div", "tools", edit, versions.element);
  return { elements: [article, tools], versions };
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
