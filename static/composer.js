// The box that a message is written in, and its keys.

/** Whether a key press belongs to an input method, which is still composing a character. */
function isComposing(event) {
  return event.isComposing || event.keyCode === 229; // 229: Safari, for the Enter that confirms
}

/**
 * Make the form work: `onSend(text)` for a message, `onStop()` for a wish to stop the reply.
 *
 * Returns `{setState, forget, submit, focus}`. `setState` takes "ready", "sending" or
 * "streaming"; what is typed is kept in all of them. `forget(text)` empties the box unless
 * it holds something else by now.
 */
export function createComposer(form, { onSend, onStop }) {
  const [box, send, stop] = ["#message", "#send", "#stop"].map((id) => form.querySelector(id));
  let state;

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

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state === "streaming" && !isComposing(event)) onStop();
  });

  stop.addEventListener("click", () => {
    onStop();
    box.focus();
  });

  setState("ready"); // until now Send was disabled: nobody would have listened
  return {
    setState,
    forget(text) {
      if (box.value === text) box.value = "";
    },
    submit: () => form.requestSubmit(),
    focus: () => box.focus(),
  };
}
