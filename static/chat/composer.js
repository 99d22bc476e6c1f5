// The box that a message is written in, and its keys.

import { isGivenUp, submitOnEnter } from "../shared/keys.js";

/**
 * Make the form work: `onSend(text)` for a message, `onStop()` for a wish to stop the reply.
 *
 * Returns `{setState, forget, submit, focus}`. `setState` takes "ready", "sending" or
 * "streaming"; what is typed is kept in all of them. `forget(text)` empties the box unless
 * it holds something else by now.
 */
export function createComposer(form, { onSend, onStop }) {
  const [box, send, stop] = ["#message", "#send", "#stop"].map((id) => form.querySelector(id));
  let state = "sending"; // until the page listens

  function setState(next) {
    state = next;
    send.disabled = state !== "ready";
    stop.hidden = state !== "streaming";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state === "ready" && box.value.trim() !== "") onSend(box.value);
    box.focus();
  });

  submitOnEnter(box);
  document.addEventListener("keydown", (event) => {
    if (state === "streaming" && isGivenUp(event)) onStop();
  });

  stop.addEventListener("click", () => {
    onStop();
    box.focus();
  });

  return {
    setState,
    forget(text) {
      if (box.value === text) box.value = "";
    },
    submit: () => form.requestSubmit(),
    focus: () => box.focus(),
  };
}
