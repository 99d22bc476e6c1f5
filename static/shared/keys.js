// What a key press means in a box that text is written in.

/** Whether a key press belongs to an input method, which is still composing a character. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229; // 229: Safari, for the Enter that confirms
}

/** Enter as "done". With Shift it is a new line. */
export function isDone(event) {
  return event.key === "Enter" && !event.shiftKey && !isComposing(event);
}

/** Escape as "give up", unless something nearer to the key has taken it. */
export function isGivenUp(event) {
  return event.key === "Escape" && !event.defaultPrevented && !isComposing(event);
}
