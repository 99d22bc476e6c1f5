// What a person said, and the way to say it differently.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { isDone, isGivenUp } from "../shared/keys.js";

/**
 * Returns the elements of a message with a button "Edit". `onSave(text)` is called for another
 * text; when it was taken, this message has left the page.
 */
export function createSaid(id, message, onSave) {
  const article = create("article", "", message);
  article.id = id;
  article.dataset.role = "user";
  article.setAttribute("aria-label", "You");

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
  const tools = create("div", "tools", edit);
  return [article, tools];
}

/** A form to edit `text` in. Enter saves, Escape cancels. */
function createEditor(text, onSave, onCancel) {
  const box = create("textarea", "");
  const save = create("button", "main", "Save");
  const cancel = createButton("Cancel", onCancel);
  const form = create("form", "editor", box, create("div", "tools", cancel, save));
  box.value = text;
  box.dir = "auto";
  box.setAttribute("aria-label", "Your text");

  box.addEventListener("keydown", (event) => {
    if (!isDone(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("keydown", (event) => {
    if (!isGivenUp(event)) return;
    event.preventDefault();
    onCancel();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim() !== "") onSave(box.value);
  });
  return form;
}
