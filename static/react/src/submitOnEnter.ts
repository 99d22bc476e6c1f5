import type { KeyboardEvent } from "react";

/** Enter submits the form of a box; with Shift it begins a new line. */
export function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
  const { isComposing, keyCode } = event.nativeEvent; // 229: Safari, while a character is composed
  if (event.key !== "Enter" || event.shiftKey || isComposing || keyCode === 229) return;
  event.preventDefault();
  event.currentTarget.form!.requestSubmit();
}
