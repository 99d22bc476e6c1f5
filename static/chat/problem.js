// What went wrong, said where it went wrong, with a way on.

import { create } from "../shared/elements.js";

/**
 * Say `text` at the end of the element `place`; with `onRetry`, offer a button.
 *
 * Returns `{settle}`: `settle()` leaves the words only.
 */
export function showProblem(place, text, onRetry) {
  const words = create("p", "", text);
  const problem = create("div", "problem", words);
  const button = create("button", "", "Retry");
  words.setAttribute("role", "alert");
  button.type = "button";
  button.addEventListener("click", () => onRetry());
  if (onRetry) problem.append(button);
  place.append(problem);

  return {
    settle() {
      words.removeAttribute("role");
      button.remove();
    },
  };
}

/** Say `text`, which is worth knowing and no problem, at the end of the element `place`. */
export function showNotice(place, text) {
  place.append(create("p", "notice", text));
}
