// @ts-check
// `‹ 2/3 ›`: which of several versions is on screen, and the way to the others.

import { create } from "../shared/elements.js";
import { createIconButton } from "../shared/icons.js";

/**
 * Returns `{element, show, focus}`. `show(index, count)` says which one it is; a single one needs
 * no words. `onStep(step)` is called for the one before (-1) or after (1); `focus(step)` puts the
 * focus on the button that leads there, or on the other where this is the last.
 *
 * @param {(step: -1 | 1) => void} onStep
 */
export function createVersions(onStep) {
  const number = create("span", "");
  const previous = createIconButton("previous", "Previous version", () => onStep(-1));
  const next = createIconButton("next", "Next version", () => onStep(1));
  const element = create("div", "versions", previous, number, next);
  element.setAttribute("role", "group");
  element.hidden = true;

  return {
    element,
    /** @type {(index: number, count: number) => void} */
    show(index, count) {
      element.hidden = count < 2;
      element.setAttribute("aria-label", `Version ${index + 1} of ${count}`);
      number.textContent = `${index + 1}/${count}`;
      previous.disabled = index === 0;
      next.disabled = index === count - 1;
    },
    /** @param {number} step */
    focus(step) {
      const [wanted, other] = step < 0 ? [previous, next] : [next, previous];
      (wanted.disabled ? other : wanted).focus();
    },
  };
}
