// What went wrong, said where it went wrong, with a way on.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";

/**
 * Say `text` at the end of `element`; with `onRetry`, offer a button.
 *
 * Returns `{settle}`: `settle()` leaves the words only.
 */
export function showProblem(element, text, onRetry) {
  const words = create("p", "", text);
  const problem = create("div", "problem", words);
  const retry = createButton("Retry", () => onRetry());
  words.setAttribute("role", "alert");
  if (onRetry) problem.append(retry);
  element.append(problem);

  return {
    settle() {
      words.removeAttribute("role");
      retry.remove();
    },
  };
}

/** Say `text`, which is worth knowing and no problem, at the end of `element`. */
export function showNotice(element, text) {
  element.append(create("p", "notice", text));
}
