// @ts-check
// What a key press means in a box that text is written in.

/** Whether a key press belongs to an input method, which is still composing a character. */
function isComposing(event) {
  // 229: Safari, for the Enter that confirms: https://bugs.webkit.org/show_bug.cgi?id=165004
  return event.isComposing || event.keyCode === 229;
}

/** Whether keys are tapped on the screen, where no Shift and Enter can be pressed together. */
export const hasTouchKeyboard = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** Let Enter in `box` submit its form. */
export function submitOnEnter(box) {
  box.addEventListener("keydown", submitIfEnter);
}

/** A key press in a box: Enter submits. With Shift, or on a touch keyboard, it is a new line. */
export function submitIfEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
  if (hasTouchKeyboard()) return;
  event.preventDefault();
  event.currentTarget.form.requestSubmit();
}

/** Escape as "give up", unless something nearer to the key has taken it. */
export function isGivenUp(event) {
  return event.key === "Escape" && !event.defaultPrevented && !isComposing(event);
}
