// What went wrong, said where it went wrong, with a way on.

/**
 * Say `text` at the end of the element `place`; with `onRetry`, offer a button.
 *
 * Returns `{clear, settle}`: `clear()` takes it away, `settle()` leaves the words only.
 */
export function showProblem(place, text, onRetry) {
  const problem = document.createElement("div");
  problem.className = "problem";
  const words = document.createElement("p");
  words.setAttribute("role", "alert");
  words.textContent = text;
  problem.append(words);

  const button = document.createElement("button");
  if (onRetry) {
    button.type = "button";
    button.textContent = "Retry";
    button.addEventListener("click", onRetry);
    problem.append(button);
  }
  place.append(problem);

  return {
    clear: () => problem.remove(),
    settle() {
      words.removeAttribute("role");
      button.remove();
    },
  };
}
