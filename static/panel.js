// The panel beside the chat: the wire inspector, and the fault lab where the server has one.
//
// Closed, it asks for nothing. Where there is no room beside the chat it covers the chat, and
// what it covers cannot be reached meanwhile.

import { createFaults } from "./faults/faults.js";
import { createInspector } from "./wire/inspector.js";
import { isGivenUp } from "./shared/keys.js";

const NARROW = "(max-width: 60rem)";

/**
 * Let `button` open and close `panel`, which has an element for the inspector and one for the
 * fault lab. `covered` is the chat. Returns `{follow, note, left}`, for what the page itself does.
 */
export function createWire(panel, button, covered) {
  const [aside, lab] = ["aside", "section"].map((name) => panel.querySelector(name));
  const inspector = createInspector(aside, { onClose: close });
  const narrow = matchMedia(NARROW);
  let open = false;
  let faults = null; // the fault lab, once the server has said that there is one
  let next = ""; // the events that the page has asked for, and not got an answer for yet
  let asked = 0; // when it did

  function setOpen(wish) {
    open = wish;
    panel.hidden = !open;
    button.setAttribute("aria-expanded", open);
    inspector.setOpen(open);
    cover();
    if (covered.inert) panel.querySelector("button").focus();
    if (open) openFaults();
  }

  function close() {
    setOpen(false);
    button.focus();
  }

  function cover() {
    covered.inert = open && narrow.matches;
  }

  async function openFaults() {
    faults ??= await createFaults(lab).catch(() => null);
    faults?.refresh();
  }

  /** The page has begun to follow these events. */
  function follow(events) {
    next = events;
    asked = performance.now();
  }

  /** The state of the page's own connection. */
  function note(state) {
    // Not before the page itself: a fault is for the first stream that is asked for.
    if (next !== "" && state !== "connecting") {
      inspector.watch(next, asked);
      next = "";
    }
    inspector.note(state);
    if (open) faults?.refresh();
  }

  function left() {
    next = "";
    inspector.left();
  }

  button.addEventListener("click", () => setOpen(!open));
  panel.addEventListener("keydown", (event) => {
    if (!isGivenUp(event)) return;
    event.preventDefault();
    close();
  });
  narrow.addEventListener("change", cover);
  return { follow, note, left };
}
