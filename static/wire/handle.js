// @ts-check
// The edge of the panel, by which it is made larger: with the mouse, or with the arrow keys.

import { create } from "../shared/elements.js";

const STEP = 24; // pixels for an arrow key

/**
 * @param {HTMLElement} panel its size is the custom property --panel-size
 * @returns {HTMLElement}
 */
export function createHandle(panel) {
  const handle = create("div", "handle");
  handle.tabIndex = 0;
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-label", "Size of the panel");
  handle.setAttribute("aria-valuenow", "50");

  const isBelow = () => panel.offsetWidth >= panel.parentElement.clientWidth;

  function setSize(pixels) {
    panel.style.setProperty("--panel-size", `${Math.round(pixels)}px`);
    tell();
  }

  /** The size, in per cent of the page. */
  function tell() {
    const { clientWidth, clientHeight } = panel.parentElement;
    const part = isBelow() ? panel.offsetHeight / clientHeight : panel.offsetWidth / clientWidth;
    handle.setAttribute("aria-orientation", isBelow() ? "horizontal" : "vertical");
    handle.setAttribute("aria-valuenow", String(Math.round(part * 100)));
  }

  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    if (!handle.hasPointerCapture(pointerId)) return;
    const { right, bottom } = panel.getBoundingClientRect();
    setSize(isBelow() ? bottom - clientY : right - clientX);
  });
  handle.addEventListener("keydown", (event) => {
    const grow = { ArrowUp: 1, ArrowLeft: 1, ArrowDown: -1, ArrowRight: -1 }[event.key];
    if (!grow) return;
    event.preventDefault();
    setSize((isBelow() ? panel.offsetHeight : panel.offsetWidth) + grow * STEP);
  });
  handle.addEventListener("focus", tell);
  return handle;
}
